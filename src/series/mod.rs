//! Ordered parts of one indicator and the arithmetic on them. Pure: asks no store, no clock and no calendar.

mod change;
mod derived;
mod detail;
mod gaps;
mod part;
mod resample;
mod returns;
mod rhythm;
#[cfg(test)]
mod samples;
mod transform;

use chrono_tz::Tz;

use crate::domain::{Indicator, Run, TimeRange, Timestamp};

pub use change::{PERCENT_DECIMALS, percent_between, percent_change, round_percent};
pub use derived::{Agreement, Base, DerivedClose, Sighted, derived_closes};
pub use detail::Detail;
pub use gaps::{is_stale, stretches};
pub use part::Part;
pub use resample::{Bar, resample};
pub use returns::{DailyReturn, compound, compounded_index, daily_returns, resample_returns, start_of_day};
pub use rhythm::Rhythm;
pub use transform::{drawdown, moving_average, rebase};

/// Why parts are not a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the run that begins at {at} begins before the one ahead of it ends")]
pub struct Disorder {
    at: Timestamp,
}

/// The parts of one indicator, strictly increasing in time, and the zone that its days belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    indicator: Indicator,
    zone: Tz,
    parts: Vec<Part>,
}

impl Series {
    /// Checks the order of the parts.
    ///
    /// # Errors
    /// A part begins before the one ahead of it ends, or ends before it begins.
    pub fn new(indicator: Indicator, zone: Tz, parts: Vec<Part>) -> Result<Self, Disorder> {
        let overlap = parts.windows(2).find(|pair| pair[1].first_seen() <= pair[0].last_seen());
        let backwards = parts.iter().find(|part| part.last_seen() < part.first_seen());
        match overlap.map(|pair| &pair[1]).or(backwards) {
            Some(part) => Err(Disorder { at: part.first_seen() }),
            None => Ok(Self { indicator, zone, parts }),
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

    /// Its parts in order of time.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Those of its parts that are runs, in order of time: of a return, which has no levels to roll up, all.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Run> {
        self.parts.iter().filter_map(Part::run)
    }

    /// The part of the series inside a range: parts that reach across an end are cut there.
    #[must_use]
    pub fn within(&self, range: TimeRange) -> Self {
        let parts = self.parts_within(range).collect();
        Self { indicator: self.indicator.clone(), zone: self.zone, parts }
    }

    /// Whether nothing was seen inside a range.
    #[must_use]
    pub fn is_silent(&self, range: TimeRange) -> bool {
        self.parts_within(range).next().is_none()
    }

    fn parts_within(&self, range: TimeRange) -> impl Iterator<Item = Part> {
        let parts = &self.parts;
        let begin = range.from.map_or(0, |from| parts.partition_point(|part| part.last_seen() < from));
        let end = range.to.map_or(parts.len(), |to| parts.partition_point(|part| part.first_seen() < to));
        let backwards = range.from.zip(range.to).is_some_and(|(from, to)| to <= from);
        let inside = parts.get(begin..end).filter(|_| !backwards).unwrap_or_default();
        inside.iter().map(move |part| part.cut(range))
    }
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
        assert_eq!(inside.parts()[0], run("19T09:30", "19T10:00", "1").into());
        assert_eq!(inside.parts()[1].last_seen(), at("19T11:30") - chrono::Duration::seconds(1));
    }

    #[test]
    fn a_range_that_ends_before_it_begins_is_empty() {
        let series = index(&[("19T09:00", "19T12:00", "1")]);
        for (from, to) in [("19T13:00", "19T08:00"), ("19T11:00", "19T10:00"), ("19T11:00", "19T11:00")] {
            let range = TimeRange { from: Some(at(from)), to: Some(at(to)) };
            assert!(series.within(range).parts().is_empty());
        }
    }

    #[test]
    fn runs_out_of_order_are_no_series() {
        let series = index(&[("19T09:00", "19T10:00", "1")]);
        let overlapping = [run("19T09:00", "19T10:00", "1"), run("19T10:00", "19T11:00", "2")];
        let overlapping = overlapping.map(Part::Run).to_vec();
        assert!(Series::new(series.indicator().clone(), series.zone(), overlapping).is_err());
    }
}
