//! A folder to work in: removed afterwards, unless it is to be kept.

use std::path::{Path, PathBuf};

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// A folder of somebody's choice, made where there is none.
    pub(crate) fn kept(path: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(path)?;
        Ok(Self { path: path.canonicalize()?, is_kept: true })
    }

    /// A folder of this process alone.
    pub(crate) fn temporary() -> std::io::Result<Self> {
        let path = std::env::temp_dir().join(format!("pantau-year-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Self { path, is_kept: false })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            // What cannot be removed is left to whoever cleans the folder of temporary files.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
