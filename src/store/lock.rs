//! One daemon for a database: a lock on a file beside it, held for as long as the process lives. SQLite's own locks
//! are held for a transaction, and would let two daemons take turns.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// The right to be the daemon of a database. It ends with the process at the latest.
#[derive(Debug)]
pub struct DatabaseLock {
    _file: File,
}

impl DatabaseLock {
    /// Takes the lock of a database, and makes the folder of both where there is none.
    ///
    /// # Errors
    /// Another process holds it, or its file cannot be made.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        super::make_folder(database)?;
        let path = lock_path(database);
        let failed = |source| StoreError::Lock { path: path.clone(), source };
        let mut file = open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::Held { path: database.to_owned(), holder: holder(&mut file) });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let named = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        named.and_then(|()| file.flush()).map_err(failed)?;
        Ok(Self { _file: file })
    }
}

/// Beside the database itself, not beside a link to it: two names of one database have one lock.
fn lock_path(database: &Path) -> PathBuf {
    let database = std::fs::canonicalize(database).unwrap_or_else(|_| database.to_owned());
    let mut name = database.into_os_string();
    name.push(".lock");
    PathBuf::from(name)
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The process that a lock file names; unknown while that process is about to write it.
fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    match file.take(20).read_to_string(&mut text) {
        Ok(_) => Holder(text.trim().parse().ok()),
        Err(_) => Holder(None),
    }
}

/// Who holds a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder(Option<u32>);

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(process) => write!(f, "process {process}"),
            None => f.write_str("another process"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_has_one_daemon_and_the_second_learns_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("new/pantau.db");
        let lock = DatabaseLock::take(&database).unwrap();
        let refused = DatabaseLock::take(&database).unwrap_err().to_string();
        let me = std::process::id();
        assert_eq!(refused, format!("process {me} polls into {} already", database.display()));
        drop(lock);
        DatabaseLock::take(&database).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_database_is_the_same_database() {
        let folder = tempfile::tempdir().unwrap();
        let (database, link) = (folder.path().join("pantau.db"), folder.path().join("link.db"));
        std::fs::write(&database, "").unwrap();
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let _lock = DatabaseLock::take(&database).unwrap();
        assert!(matches!(DatabaseLock::take(&link), Err(StoreError::Held { .. })));
    }
}
