//! One row of `observation` on the server. Pure.

use crate::domain::{Digest, Figures, Quantity, Timestamp, Verdict};

/// Whether what a page showed is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Standing {
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
    pub(super) fn word(self) -> &'static str {
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
pub(super) struct Row {
    /// The key of the indicator on the server.
    pub(super) series: i32,
    pub(super) at: Timestamp,
    pub(super) digest: Digest,
    pub(super) figures: Figures,
    pub(super) verdict: Verdict,
    pub(super) standing: Standing,
    /// Of a run whose later sightings are gone: it stood until then.
    pub(super) until: Option<Timestamp>,
}

impl Row {
    /// What tells rows apart, in the order that all pushers write in.
    pub(super) fn key(&self) -> (i32, Timestamp, Digest) {
        (self.series, self.at, self.digest)
    }

    /// Level, change and percentage with the decimals that were printed.
    pub(super) fn numbers(&self) -> [Option<String>; 3] {
        let Figures { level, change, percent } = self.figures;
        let text = |quantity: Option<Quantity>| quantity.map(|quantity| quantity.to_string());
        [text(level.map(|level| level.0)), text(change.map(|c| c.0)), text(percent.map(|p| p.0))]
    }
}
