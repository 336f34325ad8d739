//! The table `indicator`.

use std::time::Duration;

use rusqlite::{Row, params};

use crate::domain::{Indicator, Kind, Slug};

use super::error::{Doing, StoreError};
use super::{Tables, seal, spelled};

/// An indicator and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredIndicator {
    /// Its key.
    pub id: i64,
    /// The key of its source.
    pub source_id: i64,
    /// What it is.
    pub indicator: Indicator,
}

fn indicator(row: &Row<'_>) -> rusqlite::Result<StoredIndicator> {
    let heartbeat: i64 = row.get(6)?;
    let indicator = Indicator {
        source: row.get(7)?,
        slug: Slug::of(&row.get::<_, String>(2)?),
        label: row.get(3)?,
        kind: spelled(row, 4, Kind::ALL, Kind::word)?,
        unit: row.get(5)?,
        heartbeat: Duration::from_secs(heartbeat.unsigned_abs()),
    };
    Ok(StoredIndicator { id: row.get(0)?, source_id: row.get(1)?, indicator })
}

const SELECT: &str = "SELECT indicator.id, source_id, slug, label, kind, unit, heartbeat, source.name FROM indicator \
                      JOIN source ON source.id = source_id";

impl Tables<'_> {
    /// Every indicator, in the order they were first seen.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn indicators(self) -> Result<Vec<StoredIndicator>, StoreError> {
        let sql = format!("{SELECT} ORDER BY indicator.id");
        let mut statement = self.connection.prepare_cached(&sql).doing("list the indicators")?;
        statement.query_map([], indicator).and_then(Iterator::collect).doing("list the indicators")
    }

    /// The indicators of one source.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn indicators_of(self, source_id: i64) -> Result<Vec<StoredIndicator>, StoreError> {
        let sql = format!("{SELECT} WHERE source_id = ?1 ORDER BY indicator.id");
        let mut statement = self.connection.prepare_cached(&sql).doing("list the indicators")?;
        statement.query_map([source_id], indicator).and_then(Iterator::collect).doing("list the indicators")
    }

    /// Adds an indicator that its source has not shown before.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn add_indicator(self, source_id: i64, indicator: Indicator) -> Result<StoredIndicator, StoreError> {
        let id = self.next_id("SELECT coalesce(max(id), 0) + 1 FROM indicator")?;
        let heartbeat = i64::try_from(indicator.heartbeat.as_secs()).unwrap_or(i64::MAX);
        let mut statement =
            self.connection.prepare_cached(seal::INDICATOR.put()).doing("add an indicator")?;
        let Indicator { slug, label, kind, unit, .. } = &indicator;
        statement
            .execute(params![id, source_id, slug.as_str(), label, kind.word(), unit, heartbeat])
            .doing("add an indicator")?;
        Ok(StoredIndicator { id, source_id, indicator })
    }
}
