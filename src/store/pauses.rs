//! The table `pause`: until when a source is left alone because its server asked for it.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::Timestamp;

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

/// That a source is not polled for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Not polled before this.
    pub until: Timestamp,
    /// What its server said, for a person.
    pub reason: String,
}

fn pause(row: &Row<'_>) -> rusqlite::Result<Pause> {
    Ok(Pause { until: instant(row.get(0)?)?, reason: row.get(1)? })
}

impl Tables<'_> {
    /// The pause of a source, over or not.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn pause(self, source_id: i64) -> Result<Option<Pause>, StoreError> {
        let sql = "SELECT until, reason FROM pause WHERE source_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("look up a pause")?;
        statement.query_row([source_id], pause).optional().doing("look up a pause")
    }

    /// Notes a pause, in place of an earlier one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_pause(self, source_id: i64, pause: &Pause) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(seal::PAUSE.put()).doing("note a pause")?;
        let row = params![source_id, pause.until.timestamp(), pause.reason];
        statement.execute(row).doing("note a pause")?;
        Ok(())
    }

    /// Forgets the pause of a source.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget_pause(self, source_id: i64) -> Result<(), StoreError> {
        let sql = "DELETE FROM pause WHERE source_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("forget a pause")?;
        statement.execute([source_id]).doing("forget a pause")?;
        Ok(())
    }
}
