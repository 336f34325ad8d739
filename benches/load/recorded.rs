//! Whether what was served is in the database, whole.

use std::path::Path;

use anyhow::{Context, bail};
use pantau::domain::Outcome;
use pantau::store::Store;

use crate::server::ROWS;

/// How many polls there are, each of which read every row.
pub(crate) fn polls(database: &Path) -> anyhow::Result<usize> {
    let store = Store::open_reader(database)?;
    let tables = store.tables();
    let mut count = 0;
    for source in tables.sources()? {
        for poll in tables.newest_polls(source.id, u32::MAX)? {
            // Stopped on its way, when the time of the measurement was over.
            if poll.attempt.outcome == Outcome::Interrupted {
                continue;
            }
            if !poll.attempt.outcome.is_success() || usize::try_from(poll.attempt.rows) != Ok(ROWS) {
                bail!("a poll of {} went wrong: {:?}", source.name, poll.attempt);
            }
            count += 1;
        }
    }
    Ok(count)
}

/// How many sources were polled at least once.
pub(crate) fn sources(store: &Store) -> anyhow::Result<usize> {
    Ok(store.tables().sources().context("failed to read the database")?.len())
}
