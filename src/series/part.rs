//! What a series is made of: runs, and where nobody can tell them apart, what the runs of an hour or a day come to.

use chrono::Duration;

use crate::domain::{Grain, Rollup, Run, TimeRange, Timestamp};

/// A piece of a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Part {
    /// One run, with a level or without.
    Run(Run),
    /// What the runs with a level come to that begin in one hour or one day.
    Rollup(Grain, Rollup),
}

impl From<Run> for Part {
    fn from(run: Run) -> Self {
        Self::Run(run)
    }
}

impl Part {
    /// When it was first seen.
    #[must_use]
    pub fn first_seen(&self) -> Timestamp {
        match self {
            Self::Run(run) => run.first_seen,
            Self::Rollup(_, rollup) => rollup.first_seen,
        }
    }

    /// When it was last seen.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        match self {
            Self::Run(run) => run.last_seen,
            Self::Rollup(_, rollup) => rollup.last_seen,
        }
    }

    /// Its levels: a run is the rollup of itself. Nothing where it has none.
    #[must_use]
    pub fn levels(&self) -> Option<Rollup> {
        match self {
            Self::Run(run) => Rollup::of(run),
            Self::Rollup(_, rollup) => Some(*rollup),
        }
    }

    /// The run that it is, unless it is several.
    #[must_use]
    pub fn run(&self) -> Option<&Run> {
        match self {
            Self::Run(run) => Some(run),
            Self::Rollup(..) => None,
        }
    }

    /// What overlaps a range without what lies outside of it. No rollup begins before a range that it is read for.
    pub(super) fn cut(&self, range: TimeRange) -> Self {
        let last_inside = range.to.map(|to| to - Duration::seconds(1));
        let begin = |at: Timestamp| range.from.map_or(at, |from| at.max(from));
        let end = |at: Timestamp| last_inside.map_or(at, |last| at.min(last));
        let (first_seen, last_seen) = (begin(self.first_seen()), end(self.last_seen()));
        let last_seen = last_seen.max(first_seen);
        match *self {
            Self::Run(run) => Self::Run(Run { first_seen, last_seen, ..run }),
            Self::Rollup(grain, rollup) => {
                let (high_at, low_at) = (begin(rollup.high_at), begin(rollup.low_at));
                Self::Rollup(grain, Rollup { first_seen, last_seen, high_at, low_at, ..rollup })
            }
        }
    }
}
