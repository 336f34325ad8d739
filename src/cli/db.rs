//! `pantau db`: backup, verification and pruning.

use std::path::Path;

use crate::domain::Timestamp;
use crate::ingest;
use crate::poll::Aging;
use crate::report::PruneRow;
use crate::store::Store;

use super::DbTask;
use super::context::{Context, print};
use super::exit::{Exit, Refusal};

pub(super) fn run(context: &Context, task: &DbTask) -> anyhow::Result<Exit> {
    match task {
        DbTask::Backup { file } => back_up(context, file),
        DbTask::Verify => verify(context),
        DbTask::Prune { yes: false } => prune(context, Gone::NotYet),
        DbTask::Prune { yes: true } => prune(context, Gone::Now),
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

/// Whether what is old is removed, or only shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    NotYet,
    Now,
}

fn prune(context: &Context, gone: Gone) -> anyhow::Result<Exit> {
    // What is to be pruned is there: no database is made for it.
    let mut store = context.reader()?;
    if gone == Gone::Now {
        store = context.writer()?;
    }
    let mut rows = Vec::new();
    for aging in context.config.retention.aging(store.tables(), context.now)? {
        let Some(before) = aging.old_before(store.tables())? else { continue };
        let count = match gone {
            Gone::NotYet => aging.count(store.tables(), before)?,
            Gone::Now => remove(&mut store, &aging, before)?,
        };
        if count > 0 {
            let (source, what) = (aging.sort.source(), aging.sort.word());
            rows.push(PruneRow::new(source, what, count, before, gone == Gone::Now, context.zone));
        }
    }
    told(context, &rows, gone)
}

/// Says how many went.
fn remove(store: &mut Store, aging: &Aging, before: Timestamp) -> anyhow::Result<u64> {
    let mut removed = 0;
    while let gone @ 1.. = store.write(|tables| aging.remove_some(tables, before))? {
        removed += u64::try_from(gone)?;
    }
    Ok(removed)
}

fn told(context: &Context, rows: &[PruneRow], gone: Gone) -> anyhow::Result<Exit> {
    context.answer(rows, || PruneRow::table(rows))?;
    context.note(match gone {
        _ if rows.is_empty() => "nothing is older than it is kept",
        Gone::NotYet => "nothing was removed; --yes does it",
        Gone::Now => "the room they took is used again; the file does not shrink",
    });
    Ok(Exit::Done)
}
