//! Ordered runs of one indicator and the arithmetic on them. Pure: asks no store, no clock and no calendar.

use chrono_tz::Tz;

use crate::domain::{Indicator, Run, Timestamp};

/// Why runs are not a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run that begins at {at} begins before the one ahead of it ends")]
pub struct Disorder {
    at: Timestamp,
}

/// The runs of one indicator, strictly increasing in time, and the zone that its days belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    indicator: Indicator,
    zone: Tz,
    runs: Vec<Run>,
}

impl Series {
    /// Checks the order of the runs.
    ///
    /// # Errors
    /// A run begins before the one ahead of it ends, or ends before it begins.
    pub fn new(indicator: Indicator, zone: Tz, runs: Vec<Run>) -> Result<Self, Disorder> {
        let overlap =
            runs.windows(2).find(|pair| pair[1].first_seen <= pair[0].last_seen).map(|pair| pair[1]);
        let backwards = runs.iter().find(|run| run.last_seen < run.first_seen).copied();
        match overlap.or(backwards) {
            Some(run) => Err(Disorder { at: run.first_seen }),
            None => Ok(Self { indicator, zone, runs }),
        }
    }

    /// What the series is of.
    #[must_use]
    pub fn indicator(&self) -> &Indicator {
        &self.indicator
    }

    /// The zone of its days.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The runs in order of time.
    #[must_use]
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }
}
