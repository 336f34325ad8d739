//! `pantau poll`: one poll now, from the network or from a saved page.

use std::io::Read;
use std::path::Path;

use anyhow::Context as _;

use crate::clock;
use crate::domain::{Attempt, Outcome};
use crate::fetch::Manners;
use crate::format;
use crate::ingest::{self, Fate, Report, Turn, saved_page};
use crate::poll::{Done, poll_once};
use crate::report::{Format, QuoteRow, Summary};
use crate::store::{SharedStore, Store};

use super::PollArgs;
use super::context::{Context, complain, ingest_source, print};
use super::exit::{Exit, Refusal};
use super::plan::Clients;

/// What became of one source.
struct Outturn {
    source: String,
    /// What a message is about: the source, and the file when there is one.
    origin: String,
    report: Report,
    /// How the poll ended; absent for a saved page.
    ended: Option<Ended>,
}

/// How a poll ended, and whether trying again soon may help.
struct Ended {
    attempt: Attempt,
    is_transient: bool,
}

impl Outturn {
    fn failure(&self) -> Option<&Ended> {
        self.ended.as_ref().filter(|ended| !ended.attempt.outcome.is_success())
    }
}

pub(super) fn run(context: &Context, args: &PollArgs) -> anyhow::Result<Exit> {
    let outturns = match &args.from {
        Some(file) => vec![from_file(context, args, file)?],
        None => from_network(context, args)?,
    };
    show(context, &outturns)?;
    if !args.dry_run {
        hint_at_drift(context, &outturns);
    }
    Ok(exit_of(&outturns))
}

/// A page that used to be read and is not any more was kept.
fn hint_at_drift(context: &Context, outturns: &[Outturn]) {
    let is_lost = |outturn: &&Outturn| matches!(outturn.report.turn, Turn::Lost | Turn::StillLost);
    for outturn in outturns.iter().filter(is_lost) {
        context.hint(&format!("the page is kept; `pantau drift {}` shows what changed", outturn.source));
    }
}

/// Where rows go: the database, or a copy of it in memory that is forgotten.
fn store(context: &Context, args: &PollArgs) -> anyhow::Result<Store> {
    if args.dry_run { Ok(Store::open_scratch(&context.config.database)?) } else { context.writer() }
}

fn from_file(context: &Context, args: &PollArgs, file: &Path) -> anyhow::Result<Outturn> {
    let at = args.at.as_deref().map(|at| context.moment(at)).transpose()?;
    let at = at.map_or(context.now, |span| span.start);
    if at > context.now {
        let at = format::time(at, context.zone);
        let message = format!("a page cannot have been fetched at {at}: that is yet to come");
        return Err(Refusal::new(Exit::Usage, message).into());
    }
    let source = ingest_source(context.sources(args.source.as_deref())?[0]);
    let body = read(file)?;
    let page = saved_page(file.display().to_string(), body, at);
    let report = store(context, args)?.write(|tables| ingest::ingest(tables, &source, &page))?;
    let origin = format!("{}: {}", source.name, file.display());
    Ok(Outturn { source: source.name, origin, report, ended: None })
}

/// A file, or stdin.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).context("failed to read stdin")?;
        return Ok(body);
    }
    std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))
}

fn from_network(context: &Context, args: &PollArgs) -> anyhow::Result<Vec<Outturn>> {
    let store = SharedStore::new(store(context, args)?);
    let sources = context.sources(args.source.as_deref())?;
    let mut clients = Clients::default();
    let polled =
        sources.into_iter().map(|source| clients.polled(source)).collect::<anyhow::Result<Vec<_>>>()?;
    let (manners, spacing) = (Manners::default(), context.config.spacing);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut outturns = Vec::new();
        for polled in &polled {
            let polling = poll_once(&store, polled, &manners, spacing, clock::now);
            let interrupted =
                || Refusal::new(Exit::Interrupted, "interrupted; nothing of the poll in hand was stored");
            let Done { report, attempt, is_transient, .. } = tokio::select! {
                done = polling => done?,
                _ = tokio::signal::ctrl_c() => return Err(interrupted().into()),
            };
            let source = polled.source.name.clone();
            outturns.push(Outturn {
                origin: source.clone(),
                source,
                report,
                ended: Some(Ended { attempt, is_transient }),
            });
        }
        Ok(outturns)
    })
}

fn show(context: &Context, outturns: &[Outturn]) -> anyhow::Result<()> {
    let summary = Summary::of(outturns.iter().map(|outturn| &outturn.report));
    let is_table = context.format == Format::Table;
    if is_table {
        let quotes = outturns.iter().flat_map(|outturn| {
            outturn.report.quotes.iter().map(|(quote, fate)| (outturn.source.as_str(), quote, word(*fate)))
        });
        print(&QuoteRow::table(quotes).to_string())?;
        if summary.rows > 0 {
            print(&format!("{}\n", summary.line()))?;
        }
    } else {
        context.answer(&[summary], || unreachable!("not a table"))?;
    }
    for outturn in outturns {
        tell(context, outturn, is_table);
    }
    Ok(())
}

/// What was not as expected; the one reason why a source gave nothing is an error, the rest are notes.
fn tell(context: &Context, outturn: &Outturn, table_told: bool) {
    let name = &outturn.origin;
    let gave_nothing = outturn.report.quotes.is_empty();
    if let Some(Ended { attempt, .. }) = outturn.failure() {
        let detail = attempt.detail.as_deref().unwrap_or(attempt.outcome.word());
        complain(&format!("{name}: {detail}"));
        return;
    }
    if outturn.report.is_repeat {
        context.note(&format!("{name}: this page was recorded for this moment before"));
    }
    for issue in &outturn.report.issues {
        if gave_nothing && issue.is_defect() {
            complain(&format!("{name}: {issue}"));
        } else {
            context.note(&format!("{name}: {issue}"));
        }
    }
    for (quote, _) in outturn.report.quotes.iter().filter(|_| !table_told) {
        if let Some(remark) = quote.verdict.remark() {
            context.note(&format!("{name}: {}: {remark}", quote.label));
        }
    }
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Stored => "new",
        Fate::Unchanged => "unchanged",
        Fate::Held => "held, see `pantau review`",
    }
}

fn exit_of(outturns: &[Outturn]) -> Exit {
    let exit = |outturn: &Outturn| match outturn.failure() {
        Some(ended) if ended.attempt.outcome == Outcome::NotUnderstood => Exit::Unsound,
        Some(ended) if ended.is_transient => Exit::TryAgain,
        Some(_) => Exit::Failed,
        None if outturn.report.has_defects() => Exit::Unsound,
        None => Exit::Done,
    };
    outturns.iter().map(exit).find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done)
}
