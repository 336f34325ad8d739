//! `pantau archive plan`: from an index on stdin to a plan on stdout.

use std::io::{self, BufWriter};

use clap::Args;
use url::Url;

use crate::archive::addresses::Globs;
use crate::archive::index::{Form, Malformed};
use crate::archive::plan::{self, Tally, Wanted};

use super::super::Global;
use super::super::context::{complain, confirm};
use super::super::exit::{Exit, Refusal};

/// How many malformed lines are named; the others are counted.
const NAMED: u64 = 5;

#[derive(Debug, Args)]
#[command(after_help = "\
A line of the plan is either FILE, OFFSET and LENGTH with tabs between them, as `pantau extract` takes it too, or the \
address of a memento, https://web.archive.org/web/TIMEid_/ADDRESS, which says when it was captured and of what. \
Lines have the order of the index; a place that comes again within 262,144 lines is left out.\n\
Common Crawl's robots.txt and diagnostics records are left out, and so are revisits in files, which hold no page.\n\
Exit codes: 0 planned, 3 nothing planned, 5 some lines of the index are malformed and the others are planned.")]
pub(in crate::cli) struct PlanArgs {
    /// Form of the index: cdx-json, cdx-text (Wayback), cdxj (pywb, WACZ), cc-ndjson (Common Crawl) or csv (its
    /// columnar index)
    #[arg(long, value_name = "FORM")]
    from: Form,
    /// Only captures of this status; - for those without one, such as revisits. May be given again
    #[arg(long, value_name = "STATUS", value_parser = parse_status, allow_hyphen_values = true)]
    status: Vec<String>,
    /// Only captures of this kind, such as text/html; - for those without one. May be given again
    #[arg(long, value_name = "MIME", allow_hyphen_values = true)]
    mime: Vec<String>,
    /// Only captures of addresses like this: * is anything, slashes too. May be given again
    #[arg(long, value_name = "GLOB")]
    url: Vec<String>,
    /// Where mementos are had; arquivo.pt has `https://arquivo.pt/wayback/`
    #[arg(long, value_name = "URL", default_value = "https://web.archive.org/web/", value_parser = parse_base)]
    mementos: String,
}

fn parse_status(text: &str) -> Result<String, String> {
    let is_status = text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_status || text == "-" {
        Ok(text.to_owned())
    } else {
        Err("a status is three digits, or -".to_owned())
    }
}

/// An address of the web that others can be put below.
pub(super) fn parse_base(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err("not the address of a folder on the web".to_owned());
    }
    Ok(format!("{}/", text.trim_end_matches('/')))
}

pub(super) fn run(global: &Global, args: &PlanArgs) -> anyhow::Result<Exit> {
    let addresses = Globs::new(&args.url).map_err(|error| Refusal::new(Exit::Usage, error.to_string()))?;
    let wanted = Wanted { statuses: args.status.clone(), mimes: args.mime.clone(), addresses };
    let mut output = BufWriter::new(io::stdout().lock());
    let mut named = 0;
    let tally = plan::plan(
        (args.from, io::stdin().lock()),
        &wanted,
        &args.mementos,
        &mut output,
        &mut |line, bad| {
            named += 1;
            if named <= NAMED {
                tell(line, bad);
            }
        },
    );
    let tally = tally?;
    if tally.malformed > NAMED {
        complain(&format!("{} more malformed lines", tally.malformed - NAMED));
    }
    confirm(global.quiet, &summary(&tally));
    exit_of(&tally)
}

fn tell(line: u64, bad: &Malformed) {
    complain(&format!("line {line} of the index: {bad}"));
}

fn summary(tally: &Tally) -> String {
    let mut parts = vec![format!("{} planned", tally.planned)];
    if tally.all_left_out() > 0 {
        let reasons = tally.left_out.iter().map(|(reason, count)| format!("{count} {}", reason.word()));
        parts.push(format!("{} left out ({})", tally.all_left_out(), reasons.collect::<Vec<_>>().join(", ")));
    }
    for (count, what) in [(tally.headings, "headings or empty"), (tally.malformed, "malformed")] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    let lines = if tally.lines == 1 { "line" } else { "lines" };
    format!("{} {lines} read: {}", tally.lines, parts.join(", "))
}

/// Damage comes first: of an index that could not be read, nobody knows whether there was nothing in it.
fn exit_of(tally: &Tally) -> anyhow::Result<Exit> {
    match (tally.malformed, tally.planned) {
        (0, 0) => Err(Refusal::new(Exit::NoData, "nothing in the index is to be fetched").into()),
        (0, _) => Ok(Exit::Done),
        _ => Ok(Exit::Unsound),
    }
}
