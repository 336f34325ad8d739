//! How the looks at a source went, polls and archived captures alike, without the details of any.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Look, Outcome, Timestamp};

use super::error::{Doing, StoreError};
use super::{Tables, instant, spelled};

/// The newest attempts of a source that ended alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// Whether they saw the page.
    pub is_success: bool,
    /// How many there are.
    pub count: u64,
}

fn poll(row: &Row<'_>) -> rusqlite::Result<Look> {
    let at = instant(row.get(0)?)?;
    if let Some(capture) = row.get(1)? {
        return Ok(Look { at, found: Ok(capture) });
    }
    let cause = spelled(row, 2, Outcome::ALL, Outcome::word)?.failure(row.get(3)?);
    // A success without a text was never written.
    Ok(Look { at, found: Err(cause.ok_or(rusqlite::Error::InvalidQuery)?) })
}

fn archived(row: &Row<'_>) -> rusqlite::Result<Look> {
    Ok(Look { at: instant(row.get(0)?)?, found: Ok(row.get(1)?) })
}

/// The rows from the last one at or before an instant up to another, of a column of instants.
fn rows_from_before(table: &str, columns: &str, time: &str) -> String {
    format!(
        "SELECT {columns} FROM {table} WHERE source_id = ?1 AND {time} < ?3 AND {time} >= \
         coalesce((SELECT max({time}) FROM {table} WHERE source_id = ?1 AND {time} <= ?2), ?2) ORDER BY {time}"
    )
}

impl Tables<'_> {
    /// The looks at a source in a stretch of time, and the last one ahead of it, in order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn looks(self, source_id: i64, from: Timestamp, to: Timestamp) -> Result<Vec<Look>, StoreError> {
        let polls = rows_from_before("poll", "started_at, capture_id, outcome, http_status", "started_at");
        let captures = rows_from_before("sighting", "seen_at, capture_id", "seen_at");
        let params = params![source_id, from.timestamp(), to.timestamp()];
        let mut looks = Vec::new();
        for (sql, look) in [(polls + ", id", poll as fn(&Row<'_>) -> _), (captures, archived)] {
            let mut statement = self.connection.prepare_cached(&sql).doing("read the looks at a source")?;
            let rows = statement.query_map(params, look).doing("read the looks at a source")?;
            for look in rows {
                looks.push(look.doing("read the looks at a source")?);
            }
        }
        looks.sort_by_key(|look| look.at);
        // Of what lies ahead of the stretch only the last is about it.
        let ahead = looks.partition_point(|look| look.at <= from).saturating_sub(1);
        Ok(looks.split_off(ahead))
    }

    /// When a source was first polled, as far as the log goes back.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn first_poll_at(self, source_id: i64) -> Result<Option<Timestamp>, StoreError> {
        self.time("SELECT min(started_at) FROM poll WHERE source_id = ?1", params![source_id])
    }

    /// When a source was last polled.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_poll_at(self, source_id: i64) -> Result<Option<Timestamp>, StoreError> {
        self.time("SELECT max(started_at) FROM poll WHERE source_id = ?1", params![source_id])
    }

    /// When a poll last saw another text than this one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_other_text_at(self, source_id: i64, capture: i64) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT (SELECT seen_at FROM poll WHERE source_id = ?1 AND seen_at IS NOT NULL AND capture_id <> ?2 \
                   ORDER BY seen_at DESC LIMIT 1)";
        self.time(sql, params![source_id, capture])
    }

    fn time(self, sql: &str, params: impl rusqlite::Params) -> Result<Option<Timestamp>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).doing("read the poll log")?;
        let time = |row: &Row<'_>| row.get::<_, Option<i64>>(0)?.map(instant).transpose();
        statement.query_row(params, time).doing("read the poll log")
    }

    /// The newest attempts of a source that ended alike; nothing when it was never polled.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn streak(self, source_id: i64) -> Result<Option<Streak>, StoreError> {
        let newest = "SELECT seen_at IS NOT NULL FROM poll WHERE source_id = ?1 ORDER BY started_at DESC, id DESC LIMIT 1";
        let mut statement = self.connection.prepare_cached(newest).doing("read the poll log")?;
        let newest =
            statement.query_row([source_id], |row| row.get(0)).optional().doing("read the poll log")?;
        let Some(is_success) = newest else { return Ok(None) };
        let since = "WITH other AS (SELECT started_at, id FROM poll \
                       WHERE source_id = ?1 AND (seen_at IS NOT NULL) <> ?2 ORDER BY started_at DESC, id DESC LIMIT 1) \
                     SELECT count(*) FROM poll WHERE source_id = ?1 AND started_at >= coalesce((SELECT started_at FROM other), 0) \
                       AND (started_at, id) > (coalesce((SELECT started_at FROM other), 0), coalesce((SELECT id FROM other), 0))";
        let mut statement = self.connection.prepare_cached(since).doing("count the polls")?;
        let count: i64 =
            statement.query_row(params![source_id, is_success], |row| row.get(0)).doing("count the polls")?;
        Ok(Some(Streak { is_success, count: count.unsigned_abs() }))
    }
}
