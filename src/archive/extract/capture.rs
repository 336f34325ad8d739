//! A page that was looked at: where it stood, when it was captured, what it says, and what became of it.

use std::sync::Arc;

use crate::domain::{Digest, Timestamp};
use crate::parse::{Issue, Reading};

use super::time::Untimed;

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It has rows.
    Read,
    /// It does not show the block at all, like most pages of an archive.
    NoBlock,
    /// It has the word that the block begins with, and no row: an article that uses the word, or a changed layout.
    Unparsed,
    /// Its body is in a `Content-Encoding` that is not known, or not in the one that is named.
    Unreadable(String),
    /// It has rows, and its record no time: the rows do not count.
    Untimed(Untimed),
    /// A note that a page was the same as one that is not ahead of it in this input.
    Unresolved,
}

/// A page that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The path of the input that holds it, as it was given; of an archive in a zip file, the name of that one behind it,
    /// after a `!`.
    pub file: Arc<str>,
    /// Where its record begins in the file, in bytes; 0 for a saved page.
    pub offset: u64,
    /// Whether an archive holds it; otherwise the file is the page, and its address and time are not known.
    pub is_archived: bool,
    /// Its address, where an archive tells it.
    pub url: Option<String>,
    /// When the crawler got it, where an archive tells it.
    pub captured_at: Option<Timestamp>,
    /// What became of it.
    pub fate: Fate,
    /// What it says. Empty for a page that was not read because it does not have the block.
    pub reading: Reading,
    /// The digest of its block.
    pub digest: Option<Digest>,
    /// Whether the crawler cut it short, as it says.
    pub is_truncated: bool,
}

impl Captured {
    /// How many rows of it count.
    #[must_use]
    pub fn rows(&self) -> usize {
        if self.fate == Fate::Read { self.reading.quotes.len() } else { 0 }
    }

    /// Whether it has bytes that mean nothing in the character set or the coding that it is said to be in.
    #[must_use]
    pub fn has_encoding_mismatch(&self) -> bool {
        matches!(self.fate, Fate::Unreadable(_)) || self.has_replaced_bytes()
    }

    fn has_replaced_bytes(&self) -> bool {
        self.reading.issues.iter().any(|issue| matches!(issue, Issue::Replaced { .. }))
    }
}
