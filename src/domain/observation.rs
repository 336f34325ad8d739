//! What was accepted and is kept: a run of one quote from the first to the last time it was seen.

use super::{Figures, Timestamp, Verdict};

/// A stretch over which an indicator was seen to stand still, without a silence longer than its heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first time these figures were seen.
    pub first_seen: Timestamp,
    /// The last time, at or after the first.
    pub last_seen: Timestamp,
    /// What was printed.
    pub figures: Figures,
    /// What the arithmetic of the row said.
    pub verdict: Verdict,
}

/// A run as it is stored: it also knows which exact text first showed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Observation {
    /// The run itself.
    pub run: Run,
    /// The capture whose text was seen at `first_seen`.
    pub capture: i64,
}
