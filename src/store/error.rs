//! What can go wrong between the program and its database.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::lock::Holder;

/// A failed step of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A reader was asked for and nothing was ever recorded.
    #[error("no database at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The folder of the database cannot be made.
    #[error("failed to create the folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be made or take its place.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another daemon records into the database.
    #[error("{holder} polls into {} already", path.display())]
    Held {
        /// The database.
        path: PathBuf,
        /// Who it is.
        holder: Holder,
    },
    /// The file that says so cannot be made.
    #[error("failed to lock {}", path.display())]
    Lock {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file cannot be opened.
    #[error("failed to open the database {}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A database in a folder that cannot be written, with commits that only a writer could bring in.
    #[error("the database {} lies in a folder that cannot be written and has commits waiting in its -wal file", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
    },
    /// The file is an SQLite database of another program.
    #[error("{} is a database, but not one of pantau's", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer version; it is left untouched.
    #[error("{} has schema {found}, this version knows schemas up to {known}; it was left untouched", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema of this version.
        known: u32,
    },
    /// The file was written by an older version and this command only reads.
    #[error("{} has schema {found} and needs schema {known}; any command that writes migrates it, such as `pantau poll`", path.display())]
    Older {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The schema of this version.
        known: u32,
    },
    /// The migrations could not be applied.
    #[error("failed to migrate the database {}", path.display())]
    Migrate {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<refinery::Error>,
    },
    /// The SQLite inside this binary has a known way to lose commits.
    #[error("this binary carries SQLite {found}; commits are only safe from 3.51.3 on")]
    OldSqlite {
        /// Its version.
        found: &'static str,
    },
    /// A statement failed.
    #[error("failed to {doing}")]
    Sql {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// A stored value is not what its column holds.
    #[error("the database holds {what} that cannot be: {value}")]
    Damaged {
        /// Which value.
        what: &'static str,
        /// What stands there.
        value: String,
    },
    /// The file that is open is no longer the one at its path, or its `-wal` file is not.
    #[error("the database {} was removed or replaced while it was in use", path.display())]
    Displaced {
        /// Where it was.
        path: PathBuf,
    },
    /// The database is gone and what was saved of it lies beside.
    #[error("no database at {}, but what was rescued of it is at {}", path.display(), rescued.display())]
    Rescued {
        /// Where it was.
        path: PathBuf,
        /// The copy.
        rescued: PathBuf,
    },
    /// The commits that wait for a database that is gone would be brought into the one that took its place.
    #[error("failed to remove {}, which belongs to the database that was here before", path.display())]
    Leftover {
        /// The `-wal` file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file that was asked for to be written, and can only be read.
    #[error("the database {} cannot be written: its file or its folder is read-only", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// A backup could not be written.
    #[error("failed to write the backup {}", path.display())]
    Backup {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A backup never overwrites.
    #[error("{} exists already", path.display())]
    BackupExists {
        /// Where to.
        path: PathBuf,
    },
}

impl StoreError {
    /// Another process holds the database; trying again later will do.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
    }

    /// There is no room on the disk.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self.code(), Some(ErrorCode::DiskFull))
    }

    /// The file cannot be read or written at the moment. A limit on the size of files, a file system that turned
    /// read-only and a process without file descriptors show themselves like a failing disk.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        use ErrorCode::{CannotOpen, OutOfMemory, ReadOnly, SystemIoFailure};
        matches!(self.code(), Some(SystemIoFailure | CannotOpen | ReadOnly | OutOfMemory))
    }

    /// What was recorded is in a file that has no name any more, or not its own.
    #[must_use]
    pub fn is_displaced(&self) -> bool {
        matches!(self, Self::Displaced { .. })
    }

    /// The file is damaged, or no database at all.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        let code = matches!(self.code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
        code || matches!(self, Self::Damaged { .. } | Self::Foreign { .. })
    }

    /// Nothing was ever recorded.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    /// What SQLite says with this code.
    #[cfg(test)]
    pub(crate) fn of_code(code: std::ffi::c_int) -> Self {
        let failure = rusqlite::ffi::Error::new(code);
        Self::Sql { doing: "try", source: rusqlite::Error::SqliteFailure(failure, None) }
    }

    fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Open { source, .. } | Self::Sql { source, .. } | Self::Backup { source, .. } => {
                source.sqlite_error_code()
            }
            Self::Migrate { source, .. } => {
                let cause = std::error::Error::source(source.as_ref())?;
                cause.downcast_ref::<rusqlite::Error>()?.sqlite_error_code()
            }
            _ => None,
        }
    }
}

/// Names what was being done when a statement failed.
pub(super) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError>;
}

impl<T> Doing<T> for Result<T, rusqlite::Error> {
    fn doing(self, doing: &'static str) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::Sql { doing, source })
    }
}
