//! `pantau db`: backup and verification.

use crate::ingest;

use super::DbTask;
use super::context::{Context, print};
use super::exit::{Exit, Refusal};

pub(super) fn run(context: &Context, task: &DbTask) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    match task {
        DbTask::Backup { file } => {
            store.back_up(file)?;
            context.note(&format!("wrote {}", file.display()));
            Ok(Exit::Done)
        }
        DbTask::Verify => {
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
    }
}
