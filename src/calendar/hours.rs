//! The hours of a trading day, as clock times of the market. Knows nothing of dates and closures.

use chrono::{NaiveTime, Weekday};

/// What the exchange does at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Orders are collected for the opening price.
    PreOpen,
    /// Trading before the break.
    SessionOne,
    /// The break at noon, longer on Fridays.
    Break,
    /// Trading after the break.
    SessionTwo,
    /// Orders are collected for the closing price.
    PreClose,
    /// Trading at the closing price.
    Post,
    /// Outside the hours of a trading day, or no trading day at all.
    Closed,
}

impl Phase {
    /// Whether the market is worth watching closely: every phase but [`Phase::Closed`]. The break counts
    /// as open, because figures published late still change in it.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Closed
    }
}

/// Which hours a market keeps on its trading days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hours {
    /// The Indonesia Stock Exchange since 3 April 2023.
    Idx,
    /// Hours unknown: one session from midnight to midnight.
    WholeDay,
}

impl Hours {
    /// The phase at a clock time of a trading day.
    pub(super) fn phase(self, weekday: Weekday, time: NaiveTime) -> Phase {
        let began = self.starts(weekday).iter().rev().find(|(start, _)| *start <= time);
        began.map_or(Phase::Closed, |(_, phase)| *phase)
    }

    /// The clock time at which a trading day opens.
    pub(super) fn opening(self) -> NaiveTime {
        match self {
            Self::Idx => at(8, 45),
            Self::WholeDay => NaiveTime::MIN,
        }
    }

    /// The clock time at which a trading day closes; none when it is the next midnight.
    pub(super) fn closing(self) -> Option<NaiveTime> {
        match self {
            Self::Idx => Some(at(16, 15)),
            Self::WholeDay => None,
        }
    }

    /// From when to when prices are made on a trading day; nothing where the hours are not known. In the break and
    /// before the opening they stand still.
    pub(super) fn sessions(self, weekday: Weekday) -> impl Iterator<Item = (NaiveTime, NaiveTime)> {
        let makes_prices =
            |phase: Phase| matches!(phase, Phase::SessionOne | Phase::SessionTwo | Phase::PreClose);
        let phases = self.starts(weekday).windows(2);
        phases.filter(move |pair| makes_prices(pair[0].1)).map(|pair| (pair[0].0, pair[1].0))
    }

    fn starts(self, weekday: Weekday) -> &'static [(NaiveTime, Phase)] {
        match (self, weekday) {
            (Self::Idx, Weekday::Fri) => &FRIDAY,
            (Self::Idx, _) => &MONDAY_TO_THURSDAY,
            (Self::WholeDay, _) => &WHOLE_DAY,
        }
    }
}

const MONDAY_TO_THURSDAY: [(NaiveTime, Phase); 7] = idx_day(at(12, 0), at(13, 30));
const FRIDAY: [(NaiveTime, Phase); 7] = idx_day(at(11, 30), at(14, 0));
const WHOLE_DAY: [(NaiveTime, Phase); 1] = [(NaiveTime::MIN, Phase::SessionOne)];

const fn idx_day(noon: NaiveTime, afternoon: NaiveTime) -> [(NaiveTime, Phase); 7] {
    [
        (at(8, 45), Phase::PreOpen),
        (at(9, 0), Phase::SessionOne),
        (noon, Phase::Break),
        (afternoon, Phase::SessionTwo),
        (at(15, 50), Phase::PreClose),
        (at(16, 0), Phase::Post),
        (at(16, 15), Phase::Closed),
    ]
}

const fn at(hour: u32, minute: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, minute, 0) {
        Some(time) => time,
        None => panic!("evaluated while compiling: every time above is one of the clock"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opening_and_closing_are_the_ends_of_the_phases() {
        for weekday in [Weekday::Thu, Weekday::Fri] {
            let starts = Hours::Idx.starts(weekday);
            assert_eq!(starts.first(), Some(&(Hours::Idx.opening(), Phase::PreOpen)));
            assert_eq!(starts.last().map(|(time, _)| *time), Hours::Idx.closing());
            assert!(starts.is_sorted_by(|earlier, later| earlier.0 < later.0));
        }
    }
}
