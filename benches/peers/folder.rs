//! The folder of a run: data, the forms that peers keep them in, and what the commands write. Removed afterwards, unless it
//! is to be kept.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

/// What temporary folders begin with: collectd makes no file below a name that begins with a dot.
const NAME: &str = "peers-";

/// The folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Removes the folder at the end.
    _temporary: Option<TempDir>,
}

impl Folder {
    /// One of somebody's choice, or one for this run alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn new(kept: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = kept else {
            let temporary = tempfile::Builder::new().prefix(NAME).tempdir()?;
            return Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) });
        };
        std::fs::create_dir_all(path).with_context(|| format!("failed to make {}", path.display()))?;
        Ok(Self { path: path.canonicalize()?, _temporary: None })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A folder inside for one run alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn inner(&self) -> std::io::Result<TempDir> {
        tempfile::Builder::new().prefix(NAME).tempdir_in(&self.path)
    }

    /// A file of the folder; made where it is not there yet. What is made is either whole or not there under its name.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn made(
        &self,
        name: &str,
        make: impl FnOnce(&Path) -> anyhow::Result<()>,
    ) -> anyhow::Result<PathBuf> {
        let path = self.path.join(name);
        if !path.exists() {
            let unfinished = self.path.join(format!("unfinished-{name}"));
            if unfinished.exists() {
                std::fs::remove_file(&unfinished)?;
            }
            make(&unfinished).with_context(|| format!("failed to make {name}"))?;
            std::fs::rename(&unfinished, &path)?;
        }
        Ok(path)
    }
}
