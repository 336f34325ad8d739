//! A file that a command makes for its user: never over another one, and whole or not at all.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::files;

use super::exit::{Exit, Refusal};

pub(super) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let failed = || format!("failed to write {}", path.display());
    let mut file = match files::make_private(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let message = format!("{} exists already; it was left as it is", path.display());
            let refusal = Refusal::new(Exit::Failed, message);
            return Err(refusal.hint("name another file, or move that one away").into());
        }
        made => made.with_context(failed)?,
    };
    let written = file.write_all(bytes);
    if written.is_err() {
        // The error is worth more than what a failed clean-up would say.
        let _ = fs::remove_file(path);
    }
    written.with_context(failed)
}
