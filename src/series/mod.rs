//! Ordered runs of one indicator and the arithmetic on them. Pure: asks no store, no clock and no calendar.

mod change;
mod derived;
mod gaps;
mod resample;
mod returns;
mod rhythm;
#[cfg(test)]
mod samples;
mod transform;

use chrono::Duration;
use chrono_tz::Tz;

use crate::domain::{Indicator, Run, TimeRange, Timestamp};

pub use change::{PERCENT_DECIMALS, percent_between, percent_change, round_percent};
pub use derived::{Agreement, Base, DerivedClose, Sighted, derived_closes};
pub use gaps::{is_stale, stretches};
pub use resample::{Bar, resample};
pub use returns::{DailyReturn, compound, compounded_index, daily_returns, resample_returns, start_of_day};
pub use rhythm::Rhythm;
pub use transform::{drawdown, moving_average, rebase};

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
    /// The part of the series inside a range: runs that reach across an end are cut there.
    #[must_use]
    pub fn within(&self, range: TimeRange) -> Self {
        let runs = self.runs_within(range).collect();
        Self { indicator: self.indicator.clone(), zone: self.zone, runs }
    }

    fn runs_within(&self, range: TimeRange) -> impl Iterator<Item = Run> {
        let begin = range.from.map_or(0, |from| self.runs.partition_point(|run| run.last_seen < from));
        let end = range.to.map_or(self.runs.len(), |to| self.runs.partition_point(|run| run.first_seen < to));
        let backwards = range.from.zip(range.to).is_some_and(|(from, to)| to <= from);
        let inside = self.runs.get(begin..end).filter(|_| !backwards).unwrap_or_default();
        inside.iter().map(move |run| cut(run, range))
    }
}

/// A run that overlaps a range, without what lies outside of it.
fn cut(run: &Run, range: TimeRange) -> Run {
    let last_inside = range.to.map(|to| to - Duration::seconds(1));
    let first_seen = range.from.map_or(run.first_seen, |from| run.first_seen.max(from));
    let last_seen = last_inside.map_or(run.last_seen, |last| run.last_seen.min(last));
    Run { first_seen, last_seen: last_seen.max(first_seen), ..*run }
}

#[cfg(test)]
mod tests {
    use super::samples::{at, index, run};
    use super::*;

    #[test]
    fn runs_are_cut_at_the_ends_of_a_range() {
        let series = index(&[("19T09:00", "19T10:00", "1"), ("19T11:00", "19T12:00", "2")]);
        let range = TimeRange { from: Some(at("19T09:30")), to: Some(at("19T11:30")) };
        let inside = series.within(range);
        assert_eq!(inside.runs()[0], run("19T09:30", "19T10:00", "1"));
        assert_eq!(inside.runs()[1].last_seen, at("19T11:30") - Duration::seconds(1));
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_empty() {
        let series = index(&[("19T09:00", "19T12:00", "1")]);
        for (from, to) in [("19T13:00", "19T08:00"), ("19T11:00", "19T10:00"), ("19T11:00", "19T11:00")] {
            let range = TimeRange { from: Some(at(from)), to: Some(at(to)) };
            assert!(series.within(range).runs().is_empty());
        }
    }

    #[test]
    fn runs_out_of_order_are_no_series() {
        let series = index(&[("19T09:00", "19T10:00", "1")]);
        let overlapping = vec![run("19T09:00", "19T10:00", "1"), run("19T10:00", "19T11:00", "2")];
        assert!(Series::new(series.indicator().clone(), series.zone(), overlapping).is_err());
    }
}
