//! The table `capture`: the exact ticker texts, deflated, each once.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Digest, Origin, Timestamp};

use super::deflate::{fold_text, unfold_text};
use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

/// The most a stored text may unfold to; a real one has about half a kilobyte.
const MAX_BLOCK: usize = 16 * 1024 * 1024;

/// A text to be stored.
#[derive(Debug, Clone, Copy)]
pub struct NewCapture<'a> {
    /// Where the page stood.
    pub url: &'a str,
    /// When it was seen.
    pub captured_at: Timestamp,
    /// Who saw it.
    pub origin: Origin,
    /// A date that the page printed.
    pub page_date: Option<NaiveDate>,
    /// The text.
    pub block: &'a str,
}

/// A stored text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// Its key.
    pub id: i64,
    /// The key of its source.
    pub source_id: i64,
    /// Where it was first seen.
    pub url: String,
    /// When it was first seen.
    pub captured_at: Timestamp,
    /// Who saw it first.
    pub origin: Origin,
    /// The name of the text.
    pub digest: Digest,
    /// A date that the page printed.
    pub page_date: Option<NaiveDate>,
    /// The text, unless its bytes cannot be unfolded any more.
    pub block: Option<String>,
}

fn capture(row: &Row<'_>) -> rusqlite::Result<Capture> {
    let origin: String = row.get(4)?;
    let date: Option<String> = row.get(6)?;
    let date = date.map(|date| date.parse().map_err(|_| rusqlite::Error::InvalidQuery)).transpose()?;
    Ok(Capture {
        id: row.get(0)?,
        source_id: row.get(1)?,
        url: row.get(2)?,
        captured_at: instant(row.get(3)?)?,
        origin: if origin == Origin::Live.word() { Origin::Live } else { Origin::Archive },
        digest: Digest(row.get(5)?),
        page_date: date,
        block: unfold_text(row.get_ref(7)?.as_blob()?, MAX_BLOCK)
            .and_then(|text| String::from_utf8(text).ok()),
    })
}

impl Tables<'_> {
    /// Stores a text once; a sighting earlier than any before moves its address, time and origin there.
    /// Gives its key.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_capture(self, source_id: i64, new: &NewCapture<'_>) -> Result<i64, StoreError> {
        let digest = Digest::of(new.block.as_bytes());
        let sql = "SELECT id, captured_at, origin, url FROM capture WHERE source_id = ?1 AND digest = ?2";
        let mut statement = self.connection.prepare_cached(sql).doing("look up a capture")?;
        let first = |row: &Row<'_>| {
            let (at, origin, url): (i64, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
            Ok((row.get(0)?, (at, origin, url)))
        };
        let known = statement.query_row(params![source_id, digest.0], first);
        let Some((id, first)) = known.optional().doing("look up a capture")? else {
            let id = self.next_id("SELECT coalesce(max(id), 0) + 1 FROM capture")?;
            return self.add_capture(id, source_id, new, digest).map(|()| id);
        };
        // Of two sightings in the same second the archived one comes first, and of two archived ones the one whose
        // address sorts first, so that any order agrees.
        let (at, origin, url) = &first;
        if (new.captured_at.timestamp(), new.origin.word(), new.url) < (*at, origin, url) {
            self.move_capture(id, new)?;
        }
        Ok(id)
    }

    fn add_capture(
        self,
        id: i64,
        source_id: i64,
        new: &NewCapture<'_>,
        digest: Digest,
    ) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(seal::CAPTURE.add()).doing("store a capture")?;
        let page_date = new.page_date.map(|date| date.to_string());
        let (at, origin) = (new.captured_at.timestamp(), new.origin.word());
        let row =
            params![id, source_id, new.url, at, origin, digest.0, page_date, fold_text(new.block.as_bytes())];
        statement.execute(row).doing("store a capture")?;
        Ok(())
    }

    fn move_capture(self, id: i64, new: &NewCapture<'_>) -> Result<(), StoreError> {
        let sql = "UPDATE capture SET url = ?2, captured_at = ?3, origin = ?4, \
                   seal = seal('capture', id, source_id, ?2, ?3, ?4, digest, page_date, block) WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("note an earlier sighting")?;
        let row = params![id, new.url, new.captured_at.timestamp(), new.origin.word()];
        statement.execute(row).doing("note an earlier sighting")?;
        Ok(())
    }

    /// One stored text.
    ///
    /// # Errors
    /// The database cannot be read, or holds no such capture.
    pub fn capture(self, id: i64) -> Result<Capture, StoreError> {
        let sql = format!("SELECT {} FROM capture WHERE id = ?1", seal::CAPTURE.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("read a capture")?;
        statement.query_row([id], capture).doing("read a capture")
    }

    /// Goes through every stored text.
    ///
    /// # Errors
    /// The database cannot be read, or the visitor fails.
    pub fn each_capture(
        self,
        mut visit: impl FnMut(Capture) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let sql = format!("SELECT {} FROM capture ORDER BY id", seal::CAPTURE.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("read the captures")?;
        let mut rows = statement.query([]).doing("read the captures")?;
        while let Some(row) = rows.next().doing("read the captures")? {
            visit(capture(row).doing("read the captures")?)?;
        }
        Ok(())
    }
}
