//! A copy of the database, taken while others read and write it.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;

use super::Store;
use super::error::StoreError;
use crate::files;

/// Pages a step: about 4 MB, so that a writer never waits long.
const STEP_PAGES: i32 = 1000;

impl Store {
    /// Writes a copy beside the target and gives it the target's name when it is complete.
    ///
    /// # Errors
    /// The target exists, or cannot be written.
    pub fn back_up(&self, target: &Path) -> Result<(), StoreError> {
        if target.exists() {
            return Err(StoreError::BackupExists { path: target.to_owned() });
        }
        let failed = |source| StoreError::Backup { path: target.to_owned(), source };
        let making = |source| StoreError::Write { path: target.to_owned(), source };
        let partial = files::beside(target).map_err(making)?;
        files::make_private(&partial).map_err(making)?;
        let copied = Connection::open(&partial).and_then(|mut copy| {
            self.copy_into(&mut copy)?;
            // A backup is one file: nothing may wait beside it.
            copy.execute_batch("PRAGMA journal_mode = DELETE")
        });
        let named = copied.map_err(failed).and_then(|()| std::fs::rename(&partial, target).map_err(making));
        let named = named.and_then(|()| files::keep_name(target).map_err(making));
        if named.is_err() {
            // The error is worth more than what a failed clean-up would say.
            let _ = std::fs::remove_file(&partial);
        }
        named
    }

    pub(super) fn copy_into(&self, copy: &mut Connection) -> rusqlite::Result<()> {
        Backup::new(&self.connection, copy)?.run_to_completion(STEP_PAGES, Duration::ZERO, None)
    }
}
