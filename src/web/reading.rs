//! What the pages need of the database, all of it about the sources that are polled. Knows no page.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::domain::Timestamp;
use crate::query::{self, QueryError, Record, SourceHealth};
use crate::store::Store;

use super::pages::HealthOf;

/// What is recorded of the polled sources.
#[derive(Debug)]
pub(super) struct Reading {
    /// The health of each polled source that was ever recorded.
    pub(super) healths: Vec<SourceHealth>,
    /// The newest run of each of their indicators.
    pub(super) newest: Vec<Record>,
    /// How many values wait for a decision, by source.
    pub(super) held: BTreeMap<String, i64>,
    /// The bytes of the database, by file: `db`, and `wal` for what is not merged yet.
    pub(super) bytes: Vec<(&'static str, u64)>,
}

/// The health of each polled source that was ever recorded.
pub(super) fn healths(
    store: &Store,
    health: &HealthOf,
    polled: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Vec<SourceHealth>, QueryError> {
    let mut healths = health(store.tables(), now)?;
    healths.retain(|health| polled.contains(&health.name));
    Ok(healths)
}

/// Everything that is measured of the database.
pub(super) fn read(
    store: &Store,
    health: &HealthOf,
    polled: &BTreeSet<String>,
    now: Timestamp,
) -> Result<Reading, QueryError> {
    let mut indicators = store.tables().indicators()?;
    indicators.retain(|one| polled.contains(&one.indicator.source));
    let mut held: BTreeMap<String, i64> = polled.iter().map(|source| (source.clone(), 0)).collect();
    for (of, _) in query::held(store.tables())? {
        held.entry(of.indicator.source).and_modify(|count| *count += 1);
    }
    Ok(Reading {
        healths: healths(store, health, polled, now)?,
        newest: query::latest(store.tables(), &indicators)?,
        held,
        bytes: bytes(store.path()),
    })
}

/// A file that is not there has no bytes: nothing waits in a `-wal` file that was merged and removed.
fn bytes(database: &Path) -> Vec<(&'static str, u64)> {
    let length = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let mut wal = database.as_os_str().to_owned();
    wal.push("-wal");
    vec![("db", length(database)), ("wal", length(Path::new(&wal)))]
}
