//! Whether the database at a path is the one that was opened. A file that was removed is written on without any
//! error, and gone when it is closed.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;

use super::Store;
use super::error::{Doing, StoreError};
use crate::domain::Timestamp;

/// Between the name of a database and the time at which it was rescued.
const RESCUED: &str = ".rescued-";

/// Which files lay at the path of a database and of its `-wal` file when it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    database: FileId,
    wal: FileId,
}

/// The device and the number of a file on it.
type FileId = (u64, u64);

impl Place {
    /// `None` where a system does not number its files.
    pub(super) fn of(database: &Path) -> Option<Self> {
        Some(Self { database: id(database)?, wal: id(&wal(database))? })
    }
}

fn wal(database: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", database.display()))
}

#[cfg(unix)]
fn id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    path.metadata().ok().map(|file| (file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn id(_: &Path) -> Option<FileId> {
    None
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
        let is_displaced = self.place.is_some_and(|place| Place::of(&self.path) != Some(place));
        if is_displaced { Err(StoreError::Displaced { path: self.path.clone() }) } else { Ok(()) }
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
        let wal = wal(&self.path);
        let is_own = self.place.is_some_and(|place| id(&wal) == Some(place.wal));
        if is_own {
            std::fs::remove_file(&wal).map_err(|source| StoreError::Leftover { path: wal, source })?;
        }
        Ok(())
    }
}
