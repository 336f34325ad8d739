//! `pantau db`: backup, verification and pruning.

use std::path::Path;

use crate::domain::Timestamp;
use crate::ingest;
use crate::poll::{BATCH, cutoff};
use crate::report::PruneRow;
use crate::store::{Store, StoredSource};

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
    let mut rows = Vec::new();
    for (source, begin) in old_polls(context, &store)? {
        let count = store.tables().count_polls_before(source.id, begin)?;
        rows.push(PruneRow::new(&source.name, "polls", count, begin, false, context.zone));
    }
    told(context, &rows, "nothing was removed; --yes does it")
}

fn prune(context: &Context) -> anyhow::Result<Exit> {
    // What is to be pruned is there: no database is made for it.
    drop(context.reader()?);
    let mut store = context.writer()?;
    let mut rows = Vec::new();
    for (source, begin) in old_polls(context, &store)? {
        let mut count = 0;
        while let gone @ 1.. = store.write(|tables| ingest::prune(tables, &source, begin, BATCH))? {
            count += u64::try_from(gone)?;
        }
        rows.push(PruneRow::new(&source.name, "polls", count, begin, true, context.zone));
    }
    told(context, &rows, "the room they took is used again; the file does not shrink")
}

/// The sources with polls older than they are kept, and where their log will begin.
fn old_polls(context: &Context, store: &Store) -> anyhow::Result<Vec<(StoredSource, Timestamp)>> {
    let Some(cutoff) = context.config.retention.polls.and_then(|kept| cutoff(context.now, kept)) else {
        return Ok(Vec::new());
    };
    let mut old = Vec::new();
    for source in store.tables().sources()? {
        if let Some(begin) = ingest::log_begin(store.tables(), &source, cutoff)? {
            old.push((source, begin));
        }
    }
    Ok(old)
}

fn told(context: &Context, rows: &[PruneRow], note: &str) -> anyhow::Result<Exit> {
    context.answer(rows, || PruneRow::table(rows))?;
    context.note(if rows.is_empty() { "nothing is older than it is kept" } else { note });
    Ok(Exit::Done)
}
