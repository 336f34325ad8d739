//! What the runs that begin in one hour or one day come to: their first, greatest, least and last level. Knows no table,
//! and no bar of a question: a bar is asked for in a zone, a rollup is of UTC.

use std::cmp::Ordering;

use super::{Level, Run, Timestamp};

/// The levels of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ohlc {
    /// The first level seen in it.
    pub open: Level,
    /// The greatest level seen in it.
    pub high: Level,
    /// The least level seen in it.
    pub low: Level,
    /// The last level seen in it.
    pub close: Level,
}

impl Ohlc {
    /// One level, from beginning to end.
    #[must_use]
    pub fn of(level: Level) -> Self {
        Self { open: level, high: level, low: level, close: level }
    }

    /// Together with levels that came later.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        let high = if compare(later.high, self.high).is_gt() { later.high } else { self.high };
        let low = if compare(later.low, self.low).is_lt() { later.low } else { self.low };
        Self { open: self.open, high, low, close: later.close }
    }
}

/// How long the stretches are that runs are rolled up by. Both divide the UTC day, so that every day is made of hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grain {
    /// An hour of UTC.
    Hour,
    /// A day of UTC.
    Day,
}

impl Grain {
    /// Both, the finer one first.
    pub const ALL: [Self; 2] = [Self::Hour, Self::Day];

    /// What it is called.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Day => 24 * 3600,
        }
    }

    /// The grain that it is made of; an hour is made of runs.
    #[must_use]
    pub fn finer(self) -> Option<Self> {
        match self {
            Self::Hour => None,
            Self::Day => Some(Self::Hour),
        }
    }

    /// The first instant of the hour or day that an instant lies in.
    #[must_use]
    pub fn start_of(self, at: Timestamp) -> Timestamp {
        let inside = at.timestamp().rem_euclid(self.seconds());
        at - chrono::Duration::seconds(inside)
            - chrono::Duration::nanoseconds(at.timestamp_subsec_nanos().into())
    }

    /// The first instant after it.
    #[must_use]
    pub fn end_of(self, at: Timestamp) -> Timestamp {
        self.start_of(at) + chrono::Duration::seconds(self.seconds())
    }
}

/// What some consecutive runs with a level come to; a single one comes to itself.
///
/// The runs are those that *begin* in a stretch, so that each is in exactly one rollup of a grain. The last of them may
/// reach far beyond its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rollup {
    /// When the open was first seen.
    pub first_seen: Timestamp,
    /// When the close was last seen.
    pub last_seen: Timestamp,
    /// Open, high, low and close.
    pub levels: Ohlc,
    /// When the first run with the high began.
    pub high_at: Timestamp,
    /// When the first run with the low began.
    pub low_at: Timestamp,
    /// How many runs there are.
    pub runs: u64,
}

impl Rollup {
    /// One run; nothing where it has no level.
    #[must_use]
    pub fn of(run: &Run) -> Option<Self> {
        Some(Self::of_one(run.first_seen, run.last_seen, run.figures.level?))
    }

    /// One run with this level.
    #[must_use]
    pub fn of_one(first_seen: Timestamp, last_seen: Timestamp, level: Level) -> Self {
        let levels = Ohlc::of(level);
        Self { first_seen, last_seen, levels, high_at: first_seen, low_at: first_seen, runs: 1 }
    }

    /// Together with what came next.
    #[must_use]
    pub fn then(mut self, later: &Self) -> Self {
        if compare(later.levels.high, self.levels.high).is_gt() {
            self.high_at = later.high_at;
        }
        if compare(later.levels.low, self.levels.low).is_lt() {
            self.low_at = later.low_at;
        }
        self.levels = self.levels.then(later.levels);
        self.last_seen = later.last_seen;
        self.runs += later.runs;
        self
    }
}

/// Exact, and without decimals when both were printed alike, as nearly all of a series are.
fn compare(a: Level, b: Level) -> Ordering {
    if a.0.scale() == b.0.scale() {
        a.0.mantissa().cmp(&b.0.mantissa())
    } else {
        a.decimal().cmp(&b.decimal())
    }
}

/// Rolls up what comes in order of time, one after the other, by the hour or day in which each begins.
#[derive(Debug)]
pub struct Roll {
    grain: Grain,
    open: Option<Rollup>,
}

impl Roll {
    /// Nothing yet.
    #[must_use]
    pub fn new(grain: Grain) -> Self {
        Self { grain, open: None }
    }

    /// Adds what came next; gives what was complete before it.
    pub fn add(&mut self, next: Rollup) -> Option<Rollup> {
        match self.open {
            Some(open) if next.first_seen < self.grain.end_of(open.first_seen) => {
                self.open = Some(open.then(&next));
                None
            }
            _ => self.open.replace(next),
        }
    }

    /// What parts in order of time come to.
    #[must_use]
    pub fn all(grain: Grain, parts: impl IntoIterator<Item = Rollup>) -> Vec<Rollup> {
        let mut roll = Self::new(grain);
        let mut all: Vec<Rollup> = parts.into_iter().filter_map(|part| roll.add(part)).collect();
        all.extend(roll.finish());
        all
    }

    /// What is left at the end.
    #[must_use]
    pub fn finish(self) -> Option<Rollup> {
        self.open
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{Figures, Quantity, Verdict};

    fn run(minute: i64, length: i64, level: Option<(i64, u32)>) -> Run {
        let at = |minute: i64| chrono::DateTime::from_timestamp(minute * 60, 0).unwrap();
        let level = level.map(|(mantissa, scale)| Level(Quantity::new(mantissa, scale).unwrap()));
        let figures = Figures { level, ..Figures::default() };
        Run {
            first_seen: at(minute),
            last_seen: at(minute + length),
            figures,
            verdict: Verdict::Unverifiable,
        }
    }

    #[test]
    fn an_hour_holds_its_first_greatest_least_and_last_level() {
        let runs = [(0, 101), (10, 104), (20, 98), (30, 104), (59, 100), (60, 7)];
        let runs = runs.map(|(minute, level)| run(minute, 0, Some((level, 0))));
        let hours = Roll::all(Grain::Hour, runs.iter().filter_map(Rollup::of));
        let Ohlc { open, high, low, close } = hours[0].levels;
        assert_eq!([open, high, low, close].map(|level| level.0.mantissa()), [101, 104, 98, 100]);
        assert_eq!((hours[0].high_at, hours[0].low_at), (runs[1].first_seen, runs[2].first_seen));
        assert_eq!((hours[0].runs, hours.len()), (5, 2));
    }

    #[test]
    fn a_run_belongs_to_the_hour_that_it_begins_in() {
        let runs = [run(59, 200, Some((1, 0))), run(260, 0, Some((2, 0)))];
        let hours = Roll::all(Grain::Hour, runs.iter().filter_map(Rollup::of));
        assert_eq!((hours.len(), hours[0].last_seen), (2, runs[0].last_seen));
    }

    #[test]
    fn a_run_without_a_level_comes_to_nothing() {
        assert_eq!(Rollup::of(&run(0, 1, None)), None);
    }

    #[test]
    fn levels_of_other_decimals_compare_by_value() {
        let runs = [run(0, 0, Some((9_195, 1))), run(1, 0, Some((91_949, 2))), run(2, 0, Some((919_500, 3)))];
        let hours = Roll::all(Grain::Hour, runs.iter().filter_map(Rollup::of));
        let Ohlc { high, low, .. } = hours[0].levels;
        assert_eq!((high.0.mantissa(), low.0.mantissa()), (9_195, 91_949));
    }

    proptest! {
        #[test]
        fn days_of_hours_are_days_of_runs(
            parts in prop::collection::vec((1..400i64, 0..90i64, prop::option::of((-50..50i64, 0..3u32))), 0..200),
        ) {
            let mut minute = 0;
            let runs: Vec<Run> = parts.into_iter().map(|(silence, length, level)| {
                let run = run(minute + silence, length, level);
                minute += silence + length;
                run
            }).collect();
            let hours = Roll::all(Grain::Hour, runs.iter().filter_map(Rollup::of));
            let days = Roll::all(Grain::Day, runs.iter().filter_map(Rollup::of));
            prop_assert_eq!(Roll::all(Grain::Day, hours), days);
        }
    }
}
