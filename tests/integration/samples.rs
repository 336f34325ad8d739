//! The sample pages that come with the sources, recorded as the README tells a reader to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const PAGES: &str = "tests/fixtures/sample";

/// The root of the sources.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A database of every sample page.
pub(crate) struct Samples {
    folder: TempDir,
}

impl Samples {
    pub(crate) fn recorded() -> Self {
        let samples = Self { folder: tempfile::tempdir().unwrap() };
        for line in fs::read_to_string(root().join(PAGES).join("times.txt")).unwrap().lines() {
            let (page, at) = line.split_once(' ').unwrap();
            samples.pantau(&["poll", "--from", &format!("{PAGES}/{page}"), "--at", at]);
        }
        samples
    }

    /// A folder for what a test makes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a command prints, called from the root of the sources.
    pub(crate) fn pantau(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_pantau"))
            .env_clear()
            .env("HOME", self.folder())
            .env("PANTAU_DB", self.folder().join("sample.db"))
            .current_dir(root())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}
