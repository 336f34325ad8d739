//! `pantau extract`: saved pages and archives to quotes. Stateless: no database, no network, no clock.

mod report;
mod rows;

use std::io::{BufRead, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::archive::extract::{
    Captured, Fate, Found, Globs, Input, InputError, Options, Status, Tally, TimeRule, Totals, extract,
};
use crate::domain::Quote;
use crate::parse::{Issue, Layout};

use super::context::{Context, complain, note};
use super::exit::{Exit, Refusal};
use super::{CapturedAtArg, ExtractArgs, FormatArg, Global};
use rows::Rows;

impl From<CapturedAtArg> for TimeRule {
    fn from(arg: CapturedAtArg) -> Self {
        match arg {
            CapturedAtArg::Auto => Self::Auto,
            CapturedAtArg::WarcDate => Self::WarcDate,
            CapturedAtArg::SourceUri => Self::SourceUri,
        }
    }
}

/// Whose layout pages have, and what it is called.
struct Reader {
    source: String,
    layout: Layout,
}

pub(super) fn run(global: &Global, args: &ExtractArgs) -> anyhow::Result<Exit> {
    let reader = reader(global, args)?;
    let inputs = inputs(args)?;
    let globs = Globs::new(&args.url).map_err(|error| Refusal::new(Exit::Usage, error.to_string()))?;
    let options = Options {
        layout: &reader.layout,
        globs: &globs,
        time: args.captured_at.into(),
        threads: usize::from(args.threads),
        progress: None,
    };
    let mut rows = Rows::new(global.format.unwrap_or(FormatArg::Ndjson), &reader.source)?;
    let mut written = Ok(());
    let tallies = extract(&inputs, &options, &mut |found| {
        tell(global, &found);
        if let Found::Capture(captured) = found {
            written = rows.add(captured);
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written?;
    rows.finish()?;
    if let Some(file) = &args.report {
        report::write(file, &tallies)?;
    }
    tell_totals(global, &tallies);
    Ok(exit_of(&tallies))
}

/// What is to be read, in the order in which it was named; the standard input where nothing is.
fn inputs(args: &ExtractArgs) -> anyhow::Result<Vec<Input>> {
    let mut named = args.files.clone();
    if let Some(list) = &args.paths_from {
        named.extend(listed(list)?);
    } else if named.is_empty() {
        named.push(PathBuf::from("-"));
    }
    if args.paths_from.as_deref() == Some(Path::new("-")) && named.iter().any(|path| path == Path::new("-")) {
        let message = "the standard input cannot be both a list of paths and a page";
        return Err(Refusal::new(Exit::Usage, message).into());
    }
    let mut inputs = Vec::new();
    for path in &named {
        inputs.extend(Input::named(path).map_err(refused)?);
    }
    Ok(inputs)
}

fn refused(error: InputError) -> anyhow::Error {
    match error {
        InputError::NoPart(_) => Refusal::new(Exit::Usage, error.to_string()).into(),
        InputError::Folder { .. } => error.into(),
    }
}

/// The lines of a list of paths.
fn listed(list: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let failed = || format!("failed to read {}", list.display());
    let lines: Box<dyn Read> = if list == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(list).with_context(failed)?)
    };
    let lines = std::io::BufReader::new(lines).lines().collect::<Result<Vec<_>, _>>().with_context(failed)?;
    Ok(lines.into_iter().filter(|line| !line.is_empty()).map(PathBuf::from).collect())
}

/// Says what is not as it should be. Most pages of an archive are not what is looked for, so of those only damage is
/// told, and the rest counted.
fn tell(global: &Global, found: &Found) {
    match found {
        Found::Capture(captured) if !captured.is_archived => tell_page(global, captured),
        Found::Capture(captured) => tell_capture(global, captured),
        Found::Damage { file, damage } => complain(&format!("{file}, {damage}")),
        Found::Failed { file, error } => complain(&format!("failed to read {file}: {error}")),
        Found::End(_) => {}
    }
}

fn tell_page(global: &Global, captured: &Captured) {
    let name = if &*captured.file == "-" { "stdin" } else { &captured.file };
    tell_issues(global, name, &captured.reading.issues, &captured.reading.quotes);
}

fn tell_capture(global: &Global, captured: &Captured) {
    let name = format!("{}, offset {}", captured.file, captured.offset);
    if let Fate::Untimed(untimed) = &captured.fate {
        complain(&format!("{name}: {untimed}; its rows are left out"));
    }
    if global.verbose == 0 {
        return;
    }
    if captured.fate != Fate::NoBlock {
        tell_issues(global, &name, &captured.reading.issues, &captured.reading.quotes);
    }
    if captured.fate == Fate::Unresolved {
        note(global.quiet, &format!("{name}: the same as a page that is not ahead of it here"));
    }
    if let Fate::Unreadable(coding) = &captured.fate {
        note(global.quiet, &format!("{name}: its coding '{coding}' cannot be undone"));
    }
    if captured.is_truncated {
        note(global.quiet, &format!("{name}: the crawler cut it short"));
    }
}

fn tell_issues(global: &Global, name: &str, issues: &[Issue], quotes: &[Quote]) {
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

/// What was counted and not told, where there is any.
fn tell_totals(global: &Global, tallies: &[Tally]) {
    let remark = Totals::of(tallies).remark().filter(|_| tallies.iter().any(|tally| tally.is_archive));
    if let Some(remark) = remark {
        note(global.quiet, &format!("{remark}; -v names them"));
    }
}

fn exit_of(tallies: &[Tally]) -> Exit {
    let has = |status| tallies.iter().any(|tally| tally.status == status);
    if has(Status::Failed) {
        Exit::Failed
    } else if has(Status::Partial) {
        Exit::Unsound
    } else {
        Exit::Done
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
