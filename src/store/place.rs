//! Whether the database at a path is the one that was opened. A file that was removed is written on without any
//! error, and gone when it is closed.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;

use super::Store;
use super::error::{Doing, StoreError};
use crate::domain::Timestamp;

/// Between the name of a database and the time at which it was rescued.
const RESCUED: &str = ".rescued-";

/// Which files were opened: the database and its `-wal` file, which lies beside the file that a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    database: Opened,
    wal: Opened,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Opened {
    path: PathBuf,
    id: FileId,
}

/// The device and the number of a file on it.
type FileId = (u64, u64);

impl Place {
    /// `None` where a system does not number its files.
    pub(super) fn of(database: &Path) -> Option<Self> {
        let real = database.canonicalize().ok()?;
        let wal = PathBuf::from(format!("{}-wal", real.display()));
        Some(Self { database: Opened::of(database.to_owned())?, wal: Opened::of(wal)? })
    }

    fn is_left(&self) -> bool {
        !self.database.is_in_place() || !self.wal.is_in_place()
    }
}

impl Opened {
    fn of(path: PathBuf) -> Option<Self> {
        let id = id(&path).ok()??;
        Some(Self { path, id })
    }

    /// A path that cannot be looked at says nothing of what lies there.
    fn is_in_place(&self) -> bool {
        id(&self.path).map_or(true, |found| found == Some(self.id))
    }
}

/// The file at a path; nothing where there is none.
#[cfg(unix)]
fn id(path: &Path) -> std::io::Result<Option<FileId>> {
    use std::os::unix::fs::MetadataExt;
    match path.metadata() {
        Ok(file) => Ok(Some((file.dev(), file.ino()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(not(unix))]
fn id(_: &Path) -> std::io::Result<Option<FileId>> {
    Ok(None)
}

/// Refuses to begin a database where one was lost and rescued: an empty one would hide that for months.
pub(super) fn expect_none_rescued(database: &Path) -> Result<(), StoreError> {
    if database.exists() {
        return Ok(());
    }
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A folder that cannot be listed gets its error when the file is made.
    let mut entries = folder.read_dir().into_iter().flatten().flatten();
    let is_rescued = |entry: &std::fs::DirEntry| {
        entry.file_name().to_string_lossy().strip_prefix(&*name).is_some_and(|rest| rest.starts_with(RESCUED))
    };
    match entries.find(is_rescued) {
        Some(rescued) => {
            Err(StoreError::Rescued { path: database.to_owned(), rescued: folder.join(rescued.file_name()) })
        }
        None => Ok(()),
    }
}

impl Store {
    pub(super) fn expect_in_place(&self) -> Result<(), StoreError> {
        if self.place.as_ref().is_some_and(Place::is_left) {
            Err(StoreError::Displaced { path: self.path.clone() })
        } else {
            Ok(())
        }
    }

    /// Copies what is still open of a displaced database beside its path, under a name with the time, and says
    /// where. The commits that waited for it are removed, lest another database at the path be taken for theirs;
    /// everything else that lies there now is left alone.
    ///
    /// # Errors
    /// The copy cannot be written, or the commits not be removed.
    pub fn rescue(&self, now: Timestamp) -> Result<PathBuf, StoreError> {
        let target = format!("{}{RESCUED}{}", self.path.display(), now.format("%Y%m%dT%H%M%SZ"));
        let target = PathBuf::from(target);
        // Closing would bring the commits into the database and remove a `-wal` file by its name, whosever it is.
        self.connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
            .doing("leave the files of another database alone")?;
        self.back_up(&target)?;
        self.remove_own_wal()?;
        Ok(target)
    }

    fn remove_own_wal(&self) -> Result<(), StoreError> {
        let Some(Place { wal, .. }) = self.place.as_ref().filter(|place| place.wal.is_in_place()) else {
            return Ok(());
        };
        std::fs::remove_file(&wal.path)
            .map_err(|source| StoreError::Leftover { path: wal.path.clone(), source })
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Whether a write notices what was done to the files of a database that is opened under a name.
    fn is_noticed(name: &str, harm: impl FnOnce(&Path)) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("pantau.db");
        drop(Store::open_writer(&database).unwrap());
        std::os::unix::fs::symlink(&database, folder.path().join("link.db")).unwrap();
        let mut store = Store::open_writer(&folder.path().join(name)).unwrap();
        let mut write = || store.write(|tables| tables.put_source("kontan", "https://www.kontan.co.id/"));
        write().unwrap();
        harm(folder.path());
        write().is_err_and(|error| error.is_displaced())
    }

    #[test]
    fn a_removed_or_replaced_file_is_noticed_at_the_next_write() {
        let remove = |name: &'static str| move |folder: &Path| fs::remove_file(folder.join(name)).unwrap();
        let replace = |folder: &Path| {
            fs::copy(folder.join("pantau.db"), folder.join("copy.db")).unwrap();
            fs::rename(folder.join("copy.db"), folder.join("pantau.db")).unwrap();
        };
        for name in ["pantau.db", "link.db"] {
            assert!(is_noticed(name, remove("pantau.db")), "{name}");
            assert!(is_noticed(name, remove("pantau.db-wal")), "{name}");
            assert!(is_noticed(name, replace), "{name}");
            assert!(!is_noticed(name, |folder| fs::write(folder.join("else.db"), "").unwrap()), "{name}");
        }
    }
}
