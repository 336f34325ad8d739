//! The tables `source` and `validator`.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Timestamp, Validators};

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

/// A source as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredSource {
    /// Its key.
    pub id: i64,
    /// What the configuration calls it.
    pub name: String,
    /// Where it was last polled.
    pub url: String,
    /// Polls that started earlier may be gone from the log.
    pub log_begins_at: Option<Timestamp>,
}

/// What a server said about the version of its page, and the text that this version showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validator {
    /// The address it is about.
    pub url: String,
    /// The signature of the layout that the text was read with.
    pub layout: String,
    /// What it said.
    pub validators: Validators,
    /// The capture that a "not modified" confirms.
    pub capture: i64,
}

fn source(row: &Row<'_>) -> rusqlite::Result<StoredSource> {
    let log_begins_at = row.get::<_, Option<i64>>(3)?.map(instant).transpose()?;
    Ok(StoredSource { id: row.get(0)?, name: row.get(1)?, url: row.get(2)?, log_begins_at })
}

impl Tables<'_> {
    /// The source of this name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn source(self, name: &str) -> Result<Option<StoredSource>, StoreError> {
        let sql = format!("SELECT {} FROM source WHERE name = ?1", seal::SOURCE.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("look up a source")?;
        statement.query_row([name], source).optional().doing("look up a source")
    }

    /// Every source, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sources(self) -> Result<Vec<StoredSource>, StoreError> {
        let sql = format!("SELECT {} FROM source ORDER BY name", seal::SOURCE.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("list the sources")?;
        statement.query_map([], source).and_then(Iterator::collect).doing("list the sources")
    }

    /// Notes a source under its name; its address is the latest.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_source(self, name: &str, url: &str) -> Result<StoredSource, StoreError> {
        match self.source(name)? {
            Some(known) if known.url == url => Ok(known),
            Some(known) => self.write_source(StoredSource { url: url.to_owned(), ..known }),
            None => {
                let id = self.next_id("SELECT coalesce(max(id), 0) + 1 FROM source")?;
                self.write_source(StoredSource {
                    id,
                    name: name.to_owned(),
                    url: url.to_owned(),
                    log_begins_at: None,
                })
            }
        }
    }

    /// Writes a source as a whole. Not a replacement: other rows refer to it.
    fn write_source(self, source: StoredSource) -> Result<StoredSource, StoreError> {
        let begins = source.log_begins_at.map(|at| at.timestamp());
        let sql = "INSERT INTO source (id, name, url, log_begins_at, seal) \
                   VALUES (?1, ?2, ?3, ?4, seal('source', ?1, ?2, ?3, ?4)) \
                   ON CONFLICT (id) DO UPDATE SET url = excluded.url, log_begins_at = excluded.log_begins_at, \
                   seal = excluded.seal";
        let mut statement = self.connection.prepare_cached(sql).doing("note a source")?;
        statement.execute(params![source.id, source.name, source.url, begins]).doing("note a source")?;
        Ok(source)
    }

    /// Notes that polls which started earlier may be gone from the log.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn set_log_begin(self, source: StoredSource, at: Timestamp) -> Result<StoredSource, StoreError> {
        self.write_source(StoredSource { log_begins_at: Some(at), ..source })
    }

    /// The next free key of a table; keys are part of what a seal covers, so they are known before the row is.
    pub(super) fn next_id(self, sql: &str) -> Result<i64, StoreError> {
        let mut statement = self.connection.prepare_cached(sql).doing("find a free key")?;
        statement.query_row([], |row| row.get(0)).doing("find a free key")
    }

    /// What the server of a source said last.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn validator(self, source_id: i64) -> Result<Option<Validator>, StoreError> {
        let sql = "SELECT url, layout, etag, last_modified, capture_id FROM validator WHERE source_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("look up a validator")?;
        let validator = |row: &Row<'_>| {
            Ok(Validator {
                url: row.get(0)?,
                layout: row.get(1)?,
                validators: Validators { etag: row.get(2)?, last_modified: row.get(3)? },
                capture: row.get(4)?,
            })
        };
        statement.query_row([source_id], validator).optional().doing("look up a validator")
    }

    /// Remembers what the server of a source said.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_validator(self, source_id: i64, validator: &Validator) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached(seal::VALIDATOR.put()).doing("remember a validator")?;
        let Validator { url, layout, validators: Validators { etag, last_modified }, capture } = validator;
        let row = params![source_id, url, layout, etag, last_modified, capture];
        statement.execute(row).doing("remember a validator")?;
        Ok(())
    }

    /// Forgets what the server of a source said, so that a page is asked for as if for the first time.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget_validator(self, source_id: i64) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("DELETE FROM validator WHERE source_id = ?1")
            .doing("forget a validator")?;
        statement.execute([source_id]).doing("forget a validator")?;
        Ok(())
    }
}
