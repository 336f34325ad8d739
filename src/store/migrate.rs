//! Applies `migrations/` in order, exactly once, and refuses what this version does not know.

use std::path::Path;

use rusqlite::Connection;

use super::Tables;
use super::error::{Doing, StoreError};

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// `pant` in ASCII: marks the file as ours, before anything else is in it: a crash may leave it with a history of
/// migrations and none applied.
const APPLICATION_ID: u32 = 1_885_433_460;

/// The newest schema that this version knows: the number of the last migration. A test compares them; asking the
/// runner at every start would cost a millisecond.
pub(super) const NEWEST: u32 = 5;

/// What a file is, judged before anything is written to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing in it yet, or no more than a first start that was cut short left.
    Empty,
    /// One of ours, of this schema.
    Schema(u32),
}

/// Reads what a file is.
pub(super) fn state(connection: &Connection, path: &Path) -> Result<State, StoreError> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, u32>(0));
    let opening = |source| StoreError::Open { path: path.to_owned(), source };
    // All of one moment: between two of these looks another process may have made the database.
    let _moment = connection.unchecked_transaction().map_err(opening)?;
    let schema = pragma("user_version").map_err(opening)?;
    let application = pragma("application_id").map_err(opening)?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(opening)?;
    match (application, tables) {
        (_, 0) => Ok(State::Empty),
        (APPLICATION_ID, _) if schema == 0 => Ok(State::Empty),
        (APPLICATION_ID, _) if schema > NEWEST => {
            Err(StoreError::Newer { path: path.to_owned(), found: schema, known: NEWEST })
        }
        (APPLICATION_ID, _) => Ok(State::Schema(schema)),
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// Brings a file to the newest schema. The migrations and the notes of them are one transaction: by default each
/// is one of its own, and a crash between the two leaves a file that can never be migrated again.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    match state(connection, path)? {
        State::Schema(NEWEST) => return Ok(()),
        State::Empty => connection
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?,
        State::Schema(_) => {}
    }
    let applied = embedded::migrations::runner().set_grouped(true).run(connection);
    // Another process may have been quicker; what counts is where the file is now.
    match applied {
        Err(_) if state(connection, path)? == State::Schema(NEWEST) => Ok(()),
        Err(source) => Err(StoreError::Migrate { path: path.to_owned(), source: Box::new(source) }),
        Ok(_) => Ok(()),
    }
}

/// The migrations that a file says were applied, by name, for `db verify`.
pub(super) fn history_matches(connection: &Connection) -> Result<bool, StoreError> {
    let mut statement = connection
        .prepare("SELECT version, name, checksum FROM refinery_schema_history ORDER BY version")
        .doing("read the migration history")?;
    let applied: Vec<(i64, String, String)> = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect)
        .doing("read the migration history")?;
    let runner = embedded::migrations::runner();
    let known = runner.get_migrations().iter().map(|migration| {
        (i64::from(migration.version()), migration.name().to_owned(), migration.checksum().to_string())
    });
    Ok(known.eq(applied))
}

impl Tables<'_> {
    /// What tells this database from others: the moment it was made, to the nanosecond. A copy of it has the same.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn birth(self) -> Result<String, StoreError> {
        let sql = "SELECT applied_on FROM refinery_schema_history ORDER BY version LIMIT 1";
        self.connection.query_row(sql, [], |row| row.get(0)).doing("read the migration history")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_schema_is_that_of_the_last_migration() {
        let runner = embedded::migrations::runner();
        let last = runner.get_migrations().iter().map(refinery::Migration::version).max();
        assert_eq!(last, i32::try_from(NEWEST).ok());
    }

    #[test]
    fn a_first_start_that_was_cut_short_is_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("short.db");
        let sql = "SELECT sql FROM sqlite_schema WHERE name = 'refinery_schema_history'";
        let whole = crate::store::Store::open_in_memory().unwrap();
        let history: String = whole.connection.query_row(sql, [], |row| row.get(0)).unwrap();
        let begun = Connection::open(&path).unwrap();
        begun.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        begun.execute_batch(&history).unwrap();
        drop(begun);
        assert!(crate::store::Store::open_reader(&path).unwrap_err().is_missing());
        drop(crate::store::Store::open_writer(&path).unwrap());
        assert!(crate::store::Store::open_reader(&path).unwrap().faults().is_empty());
    }

    #[test]
    fn every_migration_leaves_its_number_in_the_file() {
        let store = crate::store::Store::open_in_memory().unwrap();
        let version = store.connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0));
        assert_eq!(version, Ok(NEWEST));
    }
}
