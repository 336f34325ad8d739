//! `pantau extract`: saved pages to quotes. Stateless: no database, no network, no clock.

use std::path::{Path, PathBuf};

use crate::domain::Digest;
use crate::format;
use crate::parse::{self, Issue, Layout};
use crate::report::{self, ExtractRow, Format, QuoteRow};

use super::context::{Context, complain, note, print};
use super::exit::Exit;
use super::poll::read;
use super::{ExtractArgs, Global};

/// Whose layout pages have, and what it is called.
struct Reader {
    source: String,
    layout: Layout,
}

pub(super) fn run(global: &Global, args: &ExtractArgs) -> anyhow::Result<Exit> {
    let reader = reader(global, args)?;
    let files = if args.files.is_empty() { vec![PathBuf::from("-")] } else { args.files.clone() };
    let mut exit = Exit::Done;
    let mut rows = Vec::new();
    let mut quotes = Vec::new();
    for file in &files {
        let reading = match read(file) {
            Ok(body) => parse::parse(&body, None, &reader.layout),
            Err(error) => {
                complain(&format::error_chain(error.as_ref()));
                exit = Exit::Failed;
                continue;
            }
        };
        let digest = Digest::of(reading.block.as_deref().unwrap_or_default().as_bytes());
        let name = file.display().to_string();
        rows.extend(reading.quotes.iter().map(|quote| ExtractRow::new(&reader.source, quote, digest, &name)));
        tell(global, file, &reading.issues, &reading.quotes);
        if reading.has_defects() && exit == Exit::Done {
            exit = Exit::Unsound;
        }
        quotes.extend(reading.quotes);
    }
    let format = global.format.map_or(Format::Ndjson, Format::from);
    let table = || QuoteRow::table(quotes.iter().map(|quote| (reader.source.as_str(), quote, "")));
    print(&report::render(format, &rows, table)?)?;
    Ok(exit)
}

fn tell(global: &Global, file: &Path, issues: &[Issue], quotes: &[crate::domain::Quote]) {
    let name = if file == Path::new("-") { "stdin".to_owned() } else { file.display().to_string() };
    for issue in issues {
        if issue.is_defect() {
            complain(&format!("{name}: {issue}"));
        } else {
            note(global.quiet, &format!("{name}: {issue}"));
        }
    }
    for quote in quotes {
        if let Some(remark) = quote.verdict.remark() {
            note(global.quiet, &format!("{name}: {}: {remark}", quote.label));
        }
    }
}

/// The built-in layout, unless a configured source is named: only then is the configuration read at all.
fn reader(global: &Global, args: &ExtractArgs) -> anyhow::Result<Reader> {
    let Some(name) = &args.source else {
        return Ok(Reader { source: "kontan".to_owned(), layout: Layout::Kontan });
    };
    let context = Context::load(global)?;
    let source = context.source(name)?;
    Ok(Reader { source: source.name.clone(), layout: source.layout.clone() })
}
