//! The table `held`: figures kept out of the series until a person decides.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Figures, Timestamp};

use super::error::{Doing, StoreError};
use super::observations::{columns, figures};
use super::{Tables, instant, seal};

/// What a person said of held figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// They are real.
    Accepted,
    /// They are not.
    Rejected,
}

impl Decision {
    /// The word in SQL and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }
}

/// A stretch of held figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its key; 0 while it has none.
    pub id: i64,
    /// The indicator it is of.
    pub indicator_id: i64,
    /// The first time these figures were seen.
    pub seen_at: Timestamp,
    /// The last time.
    pub last_seen: Timestamp,
    /// What was printed.
    pub figures: Figures,
    /// Why they are held.
    pub reason: String,
    /// The capture that first showed them.
    pub capture: i64,
    /// What a person said.
    pub decision: Option<Decision>,
}

fn held(row: &Row<'_>) -> rusqlite::Result<Held> {
    let decision: Option<String> = row.get(12)?;
    let decision = match decision.as_deref() {
        None => None,
        Some("accepted") => Some(Decision::Accepted),
        Some("rejected") => Some(Decision::Rejected),
        Some(_) => return Err(rusqlite::Error::InvalidQuery),
    };
    Ok(Held {
        id: row.get(0)?,
        indicator_id: row.get(1)?,
        seen_at: instant(row.get(2)?)?,
        last_seen: instant(row.get(3)?)?,
        figures: figures(row, 4)?,
        reason: row.get(10)?,
        capture: row.get(11)?,
        decision,
    })
}

impl Tables<'_> {
    /// Everything that was ever held, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn held(self) -> Result<Vec<Held>, StoreError> {
        self.held_where("1 ORDER BY id", [])
    }

    /// What was ever held of one indicator, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn held_of(self, indicator_id: i64) -> Result<Vec<Held>, StoreError> {
        self.held_where("indicator_id = ?1 ORDER BY seen_at", [indicator_id])
    }

    /// What was ever held of the indicators of one source, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn held_of_source(self, source_id: i64) -> Result<Vec<Held>, StoreError> {
        let of_source = "indicator_id IN (SELECT id FROM indicator WHERE source_id = ?1) ORDER BY seen_at";
        self.held_where(of_source, [source_id])
    }

    /// One of them.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn held_by_id(self, id: i64) -> Result<Option<Held>, StoreError> {
        let sql = format!("SELECT {} FROM held WHERE id = ?1", seal::HELD.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("look up a held value")?;
        statement.query_row([id], held).optional().doing("look up a held value")
    }

    fn held_where(self, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Held>, StoreError> {
        let sql = format!("SELECT {} FROM held WHERE {condition}", seal::HELD.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("list what is held")?;
        statement.query_map(params, held).and_then(Iterator::collect).doing("list what is held")
    }

    /// Writes a held stretch; without a key it gets one.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_held(self, held: &Held) -> Result<i64, StoreError> {
        let id = match held.id {
            0 => self.next_id("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'held'")?,
            id => id,
        };
        let [level, level_scale, change, change_scale, percent, percent_scale] = columns(&held.figures);
        let mut statement = self.connection.prepare_cached(seal::HELD.put()).doing("hold a value")?;
        statement
            .execute(params![
                id,
                held.indicator_id,
                held.seen_at.timestamp(),
                held.last_seen.timestamp(),
                level,
                level_scale,
                change,
                change_scale,
                percent,
                percent_scale,
                held.reason,
                held.capture,
                held.decision.map(Decision::word)
            ])
            .doing("hold a value")?;
        Ok(id)
    }

    /// Lets go of a held stretch that later sightings explained.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn release_held(self, id: i64) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached("DELETE FROM held WHERE id = ?1").doing("release a held value")?;
        statement.execute([id]).doing("release a held value")?;
        Ok(())
    }
}
