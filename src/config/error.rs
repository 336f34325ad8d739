//! What can be wrong with a configuration file, and where in it. Knows nothing of what the keys mean.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::format::{escape, nearest};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is missing or cannot be read.
    #[error("failed to read the configuration {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Any user of the machine can change what is polled and where alerts go.
    #[error("the configuration {} can be changed by every user of this machine", path.display())]
    WritableByAll {
        /// The file.
        path: PathBuf,
    },
    /// The file can be read and says something that cannot be meant.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The character in the line, from 1.
        column: usize,
        /// What is wrong, in one line.
        problem: String,
    },
}

/// Something wrong at some bytes of the text.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

impl Problem {
    pub(super) fn new(at: Range<usize>, text: impl Into<String>) -> Self {
        Self { at, text: text.into() }
    }

    /// What the TOML reader says of a text, in words of ours: the key, and what it could have been.
    pub(super) fn of_toml(error: &toml::de::Error, text: &str) -> Self {
        let at = error.span().unwrap_or(0..0);
        let message = error.message();
        let reworded = if let Some(rest) = message.strip_prefix("unknown field ") {
            unknown("key", rest)
        } else if let Some(rest) = message.strip_prefix("unknown variant ") {
            in_key(text, &at, &unknown("value", rest))
        } else if let Some(rest) = message.strip_prefix("missing field ") {
            format!("missing key {rest}")
        } else if message == "duplicate key" {
            format!("duplicate key `{}`", text.get(at.clone()).unwrap_or_default())
        } else {
            in_key(text, &at, &message.replace('\n', "; "))
        };
        Self::new(at, reworded)
    }

    pub(super) fn in_file(self, path: &Path, text: &str) -> ConfigError {
        let before = text.get(..self.at.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        ConfigError::Invalid {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem: escape(&self.text).into_owned(),
        }
    }
}

/// Serde names the unknown word first, then all that it knows, each between backticks.
fn unknown(what: &str, rest: &str) -> String {
    let mut words = rest.split('`').skip(1).step_by(2);
    let word = words.next().unwrap_or_default();
    let known: Vec<&str> = words.collect();
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what} `{word}`; did you mean `{near}`?"),
        None => format!("unknown {what} `{word}`; known here: {}", known.join(", ")),
    }
}

/// Puts the key of a value before a message, where one can be seen left of the value.
fn in_key(text: &str, at: &Range<usize>, message: &str) -> String {
    let before = text.get(..at.start).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let key = line.trim_end().strip_suffix('=').map(str::trim_end);
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match key.and_then(|left| left.rsplit(|c| !bare(c)).next()) {
        Some(key) if !key.is_empty() => format!("`{key}`: {message}"),
        _ => message.to_owned(),
    }
}
