//! One attempt to poll a source, and how it ended.

use super::Timestamp;

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A text not seen the time before.
    Stored,
    /// The same text as the time before.
    Unchanged,
    /// The server said so itself (304).
    NotModified,
    /// A page came, but nothing in it could be read.
    NotUnderstood,
    /// No complete answer: name, connection, time, transfer.
    Unreachable,
    /// The server asked to be left alone (403, 429).
    Blocked,
    /// Any other answer that is not a success.
    HttpError,
    /// More bytes than the cap allows.
    TooLarge,
    /// The program was stopped before the answer was complete.
    Interrupted,
}

impl Outcome {
    /// Every outcome, for reading its word back.
    pub const ALL: [Self; 9] = [
        Self::Stored,
        Self::Unchanged,
        Self::NotModified,
        Self::NotUnderstood,
        Self::Unreachable,
        Self::Blocked,
        Self::HttpError,
        Self::TooLarge,
        Self::Interrupted,
    ];

    /// The word in SQL, logs and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Unchanged => "unchanged",
            Self::NotModified => "not_modified",
            Self::NotUnderstood => "not_understood",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::HttpError => "http_error",
            Self::TooLarge => "too_large",
            Self::Interrupted => "interrupted",
        }
    }

    /// Whether the attempt showed what the header says.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(self, Self::Stored | Self::Unchanged | Self::NotModified)
    }
}

/// One row of the poll log: every attempt leaves one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// When the request was made.
    pub started_at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The status of the last answer, when there was one.
    pub http_status: Option<u16>,
    /// From the request to the end of the poll.
    pub duration_ms: u64,
    /// Decoded bytes of the body, when one was read.
    pub body_bytes: Option<u64>,
    /// Rows that were read from it.
    pub rows: u32,
    /// What went wrong or was noticed, for a person.
    pub detail: Option<String>,
}

/// A stretch of attempts whose pages were not understood, of a source that had been understood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drift {
    /// When the first of them started.
    pub since: Timestamp,
    /// How many there were.
    pub polls: u64,
}
