//! That a page was seen to show the figures of an indicator, and whether that is believed. Pure.

use crate::domain::{Digest, Figures, Timestamp, Verdict};

/// Whether what a page showed is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is part of a run.
    Accepted,
    /// It waits for a person's decision.
    Held,
    /// A person said that it is not real.
    Rejected,
    /// Another text of the same second stands.
    Beside,
}

impl Standing {
    /// The word in SQL.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Beside => "beside",
        }
    }
}

/// That a page was seen to show the figures of an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighted {
    /// The key of the indicator in the database.
    pub indicator: i64,
    /// When.
    pub at: Timestamp,
    /// Of the ticker text.
    pub digest: Digest,
    /// What it showed.
    pub figures: Figures,
    /// What the row's arithmetic says.
    pub verdict: Verdict,
    /// Whether that is believed.
    pub standing: Standing,
    /// Of a run whose later sightings are gone: it stood until then.
    pub until: Option<Timestamp>,
}
