//! The database: the only user of rusqlite. Knows rows and transactions; what a row means is decided in `ingest`.
//!
//! One writer, any number of readers. WAL with `synchronous=FULL`: a commit survives a power cut.
//! No delete of observations here: they are never pruned.

mod alerts;
mod backup;
mod captures;
mod deflate;
mod error;
mod held;
mod indicators;
mod lock;
mod looks;
mod migrate;
mod observations;
mod pages;
mod pauses;
mod place;
mod polls;
mod rollups;
mod seal;
mod shared;
mod sources;
#[cfg(test)]
mod tests;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::domain::Timestamp;
use crate::files;

pub use alerts::{Delivery, NewDelivery, StoredAlert};
pub use captures::{Capture, NewCapture};
pub use error::StoreError;
pub use held::{Decision, Held};
pub use indicators::StoredIndicator;
pub use lock::{DatabaseLock, Holder};
pub use looks::Streak;
pub use pages::{KeptPage, KeptSighting, MAX_KEPT, NewPage};
pub use pauses::Pause;
pub use polls::{LoggedPoll, Sighting};
pub use shared::SharedStore;
pub use sources::{StoredSource, Validator};
pub use verify::Fault;

use error::Doing;
use migrate::State;
use place::Place;

/// How often a statement that waits for another process looks whether it is its turn. SQLite's own way of waiting looks
/// ten times a second at last, and would miss the pauses that an import makes for others again and again.
const GLANCE: Duration = Duration::from_millis(10);

/// How long a statement waits for another process before it says that the database is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Five seconds: a person waits.
    Command,
    /// One second: a daemon tries again, and must be able to stop.
    Daemon,
}

impl Patience {
    fn handler(self) -> fn(i32) -> bool {
        match self {
            Self::Command => look_again::<500>,
            Self::Daemon => look_again::<100>,
        }
    }
}

fn look_again<const MOST: i32>(looks: i32) -> bool {
    std::thread::sleep(GLANCE);
    looks < MOST
}

/// 3.7.0 to 3.51.2 can lose commits when a checkpoint races a commit of another connection
/// (sqlite.org/wal.html#walresetbug); a daemon beside a command line is exactly that.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// An open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Which file it is that a writer opened.
    place: Option<Place>,
}

/// The rows of a database, inside a transaction or outside.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    connection: &'a Connection,
}

impl Store {
    /// Opens a database for writing; makes it, and brings it to the newest schema.
    ///
    /// # Errors
    /// The folder or file cannot be made or opened, or holds something else.
    pub fn open_writer(path: &Path) -> Result<Self, StoreError> {
        check_sqlite()?;
        place::expect_none_rescued(path)?;
        make_folder(path)?;
        if !path.exists() {
            // SQLite gives its other files the mode of this one. Where it cannot be made, SQLite says why.
            let _ = files::make_private(path);
        }
        let connection =
            Connection::open(path).map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        let mut store = Self::prepare(connection, path)?;
        // SQLite opens what it cannot write for reading, and says nothing.
        if store.connection.is_readonly("main").doing("open the database for writing")? {
            return Err(StoreError::ReadOnly { path: path.to_owned() });
        }
        migrate::state(&store.connection, path)?;
        make_durable(&store.connection)
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        migrate::migrate(&mut store.connection, path)?;
        store.place = Place::of(path);
        Ok(store)
    }

    /// Changes how long a statement waits for another process before it says that the database is locked.
    ///
    /// # Errors
    /// The connection does not take it.
    pub fn wait_as(&mut self, patience: Patience) -> Result<(), StoreError> {
        self.connection.busy_handler(Some(patience.handler())).doing("set the time to wait for others")
    }

    /// Opens an existing database for reading only.
    ///
    /// # Errors
    /// There is none, it cannot be opened, or it has another schema.
    pub fn open_reader(path: &Path) -> Result<Self, StoreError> {
        check_sqlite()?;
        if !path.exists() {
            return Err(StoreError::Missing { path: path.to_owned() });
        }
        let store = Self::reader(path)?;
        match migrate::state(&store.connection, path)? {
            State::Empty => Err(StoreError::Missing { path: path.to_owned() }),
            State::Schema(found) if found < migrate::NEWEST => {
                Err(StoreError::Older { path: path.to_owned(), found, known: migrate::NEWEST })
            }
            State::Schema(_) => Ok(store),
        }
    }

    /// A database that lives as long as the program, for a dry run and for tests.
    ///
    /// # Errors
    /// SQLite cannot be used at all.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        let connection = Connection::open_in_memory()
            .map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        let mut store = Self::prepare(connection, path)?;
        store.connection.execute_batch("PRAGMA foreign_keys = ON;").doing("set up the database")?;
        migrate::migrate(&mut store.connection, path)?;
        Ok(store)
    }

    /// A copy of an existing database in memory, for trying something out.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open_scratch(path: &Path) -> Result<Self, StoreError> {
        let mut scratch = Self::open_in_memory()?;
        if path.exists() {
            Self::open_reader(path)?.copy_into(&mut scratch.connection).doing("copy the database")?;
        }
        Ok(scratch)
    }

    /// The rows, for reading.
    #[must_use]
    pub fn tables(&self) -> Tables<'_> {
        Tables { connection: &self.connection }
    }

    /// Where the database lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one transaction: all of it is kept, or none. What is kept is kept in the file at the path: that this is
    /// still the one that was opened is looked at after the commit, so that the last one can be rescued too.
    ///
    /// # Errors
    /// Those of the closure, of beginning or committing, and that the file was removed or replaced.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("begin a transaction")?;
        let result = work(Tables { connection: &transaction })?;
        transaction.commit().doing("commit")?;
        self.expect_in_place()?;
        Ok(result)
    }

    /// Reads within one transaction: all that is read is of one moment, whatever is written meanwhile.
    ///
    /// # Errors
    /// Those of the closure, and of beginning.
    pub fn read<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(Tables<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        // Its end, by a rollback, leaves nothing undone.
        let transaction = self.connection.unchecked_transaction().doing("begin a transaction")?;
        work(Tables { connection: &transaction })
    }

    fn prepare(mut connection: Connection, path: &Path) -> Result<Self, StoreError> {
        // Without the planner's stability guarantee SQLite compiles a statement anew at each use: it wants to see
        // whether a bound key is 0 or 1. Measured: 121 of the 121 look-ups of a `change`, and three quarters of the time of a recorded poll.
        let prepared = connection
            .busy_handler(Some(Patience::Command.handler()))
            .and_then(|()| connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true))
            .and_then(|_| seal::register(&connection));
        prepared.map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection, path: path.to_owned(), place: None })
    }

    /// A WAL database in a folder that cannot be written cannot be opened in the ordinary way; when nothing
    /// waits in its `-wal` file it can be read as if it never changed.
    fn reader(path: &Path) -> Result<Self, StoreError> {
        let flags =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opening = |source| StoreError::Open { path: path.to_owned(), source };
        let store = Self::prepare(Connection::open_with_flags(path, flags).map_err(opening)?, path)?;
        let readable = store.connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        let cannot_open = |error: &rusqlite::Error| {
            matches!(
                error.sqlite_error_code(),
                Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly)
            )
        };
        match readable {
            Err(error) if cannot_open(&error) => {
                let wal = PathBuf::from(format!("{}-wal", path.display()));
                if wal.metadata().is_ok_and(|wal| wal.len() > 0) {
                    return Err(StoreError::Unwritable { path: path.to_owned() });
                }
                let escaped =
                    path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                let uri = format!("file:{escaped}?immutable=1");
                Self::prepare(Connection::open_with_flags(uri, flags).map_err(opening)?, path)
            }
            Err(source) => Err(opening(source)),
            Ok(()) => Ok(store),
        }
    }
}

/// A file that becomes WAL is needed alone for a moment, and for that SQLite does not wait by itself: another process that
/// makes the same database might wait for this one.
fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    let pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    let is_busy =
        |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
    let mut looks = 0;
    loop {
        match connection.execute_batch(pragmas) {
            Err(error) if is_busy(&error) && look_again::<500>(looks) => looks += 1,
            done => return done,
        }
    }
}

/// Makes the folder of a database.
fn make_folder(database: &Path) -> Result<(), StoreError> {
    match database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => files::make_private_folder(folder)
            .map_err(|source| StoreError::Folder { path: folder.to_owned(), source }),
        None => Ok(()),
    }
}

fn check_sqlite() -> Result<(), StoreError> {
    let is_safe = rusqlite::version_number() >= OLDEST_SAFE_SQLITE;
    if is_safe { Ok(()) } else { Err(StoreError::OldSqlite { found: rusqlite::version() }) }
}

/// The value that a stored word stands for.
fn spelled<T: Copy, const N: usize>(
    row: &rusqlite::Row<'_>,
    column: usize,
    all: [T; N],
    word: fn(T) -> &'static str,
) -> rusqlite::Result<T> {
    let stored = row.get_ref(column)?.as_str()?;
    all.into_iter().find(|one| word(*one) == stored).ok_or(rusqlite::Error::InvalidQuery)
}

/// A stored instant.
fn instant(seconds: i64) -> rusqlite::Result<Timestamp> {
    chrono::DateTime::from_timestamp(seconds, 0).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, seconds))
}
