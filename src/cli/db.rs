//! `pantau db`: backup, verification and pruning.

use std::path::Path;
use std::time::Duration;

use crate::domain::Timestamp;
use crate::ingest;
use crate::poll::{BATCH, cutoff};
use crate::report::PruneRow;
use crate::store::{StoredSource, Tables};

use super::DbTask;
use super::context::{Context, print};
use super::exit::{Exit, Refusal};

pub(super) fn run(context: &Context, task: &DbTask) -> anyhow::Result<Exit> {
    match task {
        DbTask::Backup { file } => back_up(context, file),
        DbTask::Verify => verify(context),
        DbTask::Prune { yes: false } => show_old(context),
        DbTask::Prune { yes: true } => prune(context),
    }
}

fn back_up(context: &Context, file: &Path) -> anyhow::Result<Exit> {
    context.reader()?.back_up(file)?;
    context.note(&format!("wrote {}", file.display()));
    Ok(Exit::Done)
}

fn verify(context: &Context) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let faults = ingest::faults(&store)?;
    if faults.is_empty() {
        print("ok: the file, every reference, every row and every derived observation\n")?;
        return Ok(Exit::Done);
    }
    for fault in &faults {
        print(&format!("{}\n", crate::format::escape(&fault.to_string())))?;
    }
    let message = format!("{} has {} faults", store.path().display(), faults.len());
    Err(Refusal::new(Exit::Unsound, message)
        .hint("keep the file, and restore the last verified backup")
        .into())
}

/// Says what `--yes` would remove.
fn show_old(context: &Context) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let tables = store.tables();
    let mut old = Vec::new();
    for source in tables.sources()? {
        if let Some(since) = since(context, context.config.retention.pages) {
            let count = tables.pages_before(source.id, since)?.len().try_into()?;
            old.push(Old { source: Some(source.name.clone()), what: "pages", count, before: since });
        }
        if let Some(begin) = log_begin(context, tables, &source)? {
            let count = tables.count_polls_before(source.id, begin)?;
            old.push(Old { source: Some(source.name), what: "polls", count, before: begin });
        }
    }
    if let Some(since) = since(context, context.config.retention.polls) {
        let count = tables.count_deliveries_before(since)?;
        old.push(Old { source: None, what: "messages", count, before: since });
    }
    told(context, &old, Gone::NotYet)
}

fn prune(context: &Context) -> anyhow::Result<Exit> {
    // What is to be pruned is there: no database is made for it.
    drop(context.reader()?);
    let mut store = context.writer()?;
    let mut old = Vec::new();
    for source in store.tables().sources()? {
        if let Some(since) = since(context, context.config.retention.pages) {
            let count = store.write(|tables| tables.drop_pages_before(source.id, since))?.try_into()?;
            old.push(Old { source: Some(source.name.clone()), what: "pages", count, before: since });
        }
        if let Some(begin) = log_begin(context, store.tables(), &source)? {
            let mut count = 0;
            while let gone @ 1.. = store.write(|tables| ingest::prune(tables, &source, begin, BATCH))? {
                count += u64::try_from(gone)?;
            }
            old.push(Old { source: Some(source.name), what: "polls", count, before: begin });
        }
    }
    if let Some(since) = since(context, context.config.retention.polls) {
        let count = store.write(|tables| tables.drop_deliveries_before(since))?.try_into()?;
        old.push(Old { source: None, what: "messages", count, before: since });
    }
    told(context, &old, Gone::Now)
}

/// Things that are older than they are kept.
struct Old {
    source: Option<String>,
    what: &'static str,
    count: u64,
    before: Timestamp,
}

/// Whether they are removed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    NotYet,
    Now,
}

/// From when on something is kept; nothing where that is for ever.
fn since(context: &Context, kept: Option<Duration>) -> Option<Timestamp> {
    kept.and_then(|kept| cutoff(context.now, kept))
}

/// Where the log of a source will begin; nothing where no poll is older than it is kept.
fn log_begin(
    context: &Context,
    tables: Tables<'_>,
    source: &StoredSource,
) -> anyhow::Result<Option<Timestamp>> {
    let Some(cutoff) = since(context, context.config.retention.polls) else { return Ok(None) };
    Ok(ingest::log_begin(tables, source, cutoff)?)
}

fn told(context: &Context, old: &[Old], gone: Gone) -> anyhow::Result<Exit> {
    let is_gone = gone == Gone::Now;
    let row = |old: &Old| {
        PruneRow::new(old.source.as_deref(), old.what, old.count, old.before, is_gone, context.zone)
    };
    let rows: Vec<PruneRow> = old.iter().filter(|old| old.count > 0).map(row).collect();
    context.answer(&rows, || PruneRow::table(&rows))?;
    context.note(match gone {
        _ if rows.is_empty() => "nothing is older than it is kept",
        Gone::NotYet => "nothing was removed; --yes does it",
        Gone::Now => "the room they took is used again; the file does not shrink",
    });
    Ok(Exit::Done)
}
