//! What a question must tell apart. The runs of an hour or a day within one bar, or within one pixel, are as good as
//! what they come to. Pure: knows no table, and no picture.

use chrono::TimeDelta;
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::resample::{bar_around, shortest_bar};
use crate::domain::{Grain, Interval, Rollup, Timestamp};

/// Of so few runs each may be a point of its own: in a day there is room for no more that are an hour apart, and no
/// heartbeat is shorter.
const FEW: u64 = 24;

/// How finely the runs of an indicator are told apart. Asked about hours or days in order of time.
#[derive(Debug, Clone, Copy)]
pub struct Detail {
    coarsest: Option<Grain>,
    bars: Option<Bars>,
    is_drawn: bool,
    peak: Option<Peak>,
}

/// The bars that runs are sorted into.
#[derive(Debug, Clone, Copy)]
struct Bars {
    every: Interval,
    zone: Tz,
    /// The ends of the bar that was looked at last.
    last: Option<(Timestamp, Timestamp)>,
}

/// The greatest level so far.
#[derive(Debug, Clone, Copy)]
struct Peak(Option<Decimal>);

impl Detail {
    /// Every run.
    pub const RUNS: Self = Self { coarsest: None, bars: None, is_drawn: false, peak: None };

    /// What bars are made of.
    #[must_use]
    pub fn of_bars(every: Interval, zone: Tz) -> Self {
        let coarsest = Some(Grain::Day);
        Self { coarsest, ..Self::RUNS }.with_bars(every, zone)
    }

    /// What a line is made of that has so much time in a pixel.
    #[must_use]
    pub fn of_pixels(pixel: TimeDelta) -> Self {
        let fits = |grain: &Grain| grain.seconds() <= pixel.num_seconds();
        Self { coarsest: Grain::ALL.into_iter().rfind(fits), is_drawn: true, ..Self::RUNS }
    }

    /// Also what bars are made of. A day of a zone is hardly ever one of UTC, so that days are for longer bars.
    #[must_use]
    pub fn with_bars(self, every: Interval, zone: Tz) -> Self {
        let length = shortest_bar(every).num_seconds();
        let coarsest = match length {
            ..3600 => None,
            3600..=86_400 => Some(Grain::Hour),
            _ => Some(Grain::Day),
        };
        Self { coarsest: self.coarsest.min(coarsest), bars: Some(Bars { every, zone, last: None }), ..self }
    }

    /// Also how far each level lies below the greatest so far.
    #[must_use]
    pub fn with_falls(self) -> Self {
        Self { peak: Some(Peak(None)), ..self }
    }

    /// The coarsest grain that may be told as one; nothing where every run is told.
    #[must_use]
    pub fn coarsest(&self) -> Option<Grain> {
        self.coarsest
    }

    /// Whether it is for a line, which breaks where a run has no level.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        self.is_drawn
    }

    /// Whether the runs of an hour or a day may be told as one.
    pub fn is_one(&mut self, grain: Grain, rollup: &Rollup) -> bool {
        let ends = (grain.start_of(rollup.first_seen), grain.end_of(rollup.first_seen));
        let is_in_bar = self.bars.as_mut().is_none_or(|bars| bars.hold(ends));
        let is_sure = self.peak.as_mut().is_none_or(|peak| peak.is_sure(rollup));
        let are_points = self.is_drawn && rollup.runs <= FEW;
        rollup.runs == 1 || is_in_bar && is_sure && !are_points
    }
}

impl Bars {
    /// Whether one bar holds all of a stretch.
    fn hold(&mut self, (from, to): (Timestamp, Timestamp)) -> bool {
        if self.last.is_none_or(|(_, end)| end <= from) {
            self.last = bar_around(from, self.every, self.zone);
        }
        self.last.is_some_and(|(start, end)| start <= from && to <= end)
    }
}

impl Peak {
    /// Whether the deepest fall of some runs is that of their least level, and goes on with their greatest. It is not
    /// where they rise to a new peak after it: from which level they fell is not known, nor where they fell to later.
    fn is_sure(&mut self, rollup: &Rollup) -> bool {
        let high = rollup.levels.high.decimal();
        let is_peak = self.0.is_none_or(|peak| peak < high);
        if is_peak {
            self.0 = Some(high);
        }
        !is_peak || rollup.high_at <= rollup.low_at
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, level};
    use super::*;
    use crate::domain::Ohlc;

    /// A hundred runs from an instant on.
    fn rollup(from: &str, [open, high, low, close]: [&str; 4], (high_at, low_at): (&str, &str)) -> Rollup {
        let levels = Ohlc { open: level(open), high: level(high), low: level(low), close: level(close) };
        let (first_seen, high_at, low_at) = (at(from), at(high_at), at(low_at));
        Rollup { first_seen, last_seen: high_at.max(low_at), levels, high_at, low_at, runs: 100 }
    }

    fn flat(from: &str) -> Rollup {
        rollup(from, ["5"; 4], (from, from))
    }

    #[test]
    fn an_hour_is_one_within_its_bar_and_a_day_where_no_bar_ends_in_it() {
        let jakarta = Tz::Asia__Jakarta;
        let mut days = Detail::of_bars(Interval::DAY, jakarta);
        assert_eq!(days.coarsest(), Some(Grain::Hour));
        assert!(days.is_one(Grain::Hour, &flat("19T10:15")));
        let mut weeks = Detail::of_bars("1w".parse().unwrap(), jakarta);
        assert_eq!(weeks.coarsest(), Some(Grain::Day));
        // The week ends with Sunday the 21st, within the day of UTC that begins at seven o'clock.
        assert!(weeks.is_one(Grain::Day, &flat("20T10:15")));
        assert!(!weeks.is_one(Grain::Day, &flat("21T10:15")));
        assert!(weeks.is_one(Grain::Day, &flat("22T10:15")));
        let mut of_india = Detail::of_bars(Interval::DAY, Tz::Asia__Kolkata);
        let is_one: Vec<bool> = ["20T00:15", "20T01:15", "20T02:15"]
            .map(|hour| of_india.is_one(Grain::Hour, &flat(hour)))
            .to_vec();
        assert_eq!(is_one, [true, false, true]);
        assert_eq!(Detail::of_bars("15m".parse().unwrap(), jakarta).coarsest(), None);
    }

    #[test]
    fn a_pixel_is_at_least_as_long_as_what_is_one_in_it() {
        let coarsest = |seconds| Detail::of_pixels(TimeDelta::seconds(seconds)).coarsest();
        let expected = [None, Some(Grain::Hour), Some(Grain::Hour), Some(Grain::Day)];
        assert_eq!([3599, 3600, 86_399, 86_400].map(coarsest), expected);
    }

    #[test]
    fn few_runs_are_points_of_their_own_in_a_picture() {
        let mut drawn = Detail::of_pixels(TimeDelta::days(1));
        for (runs, is_one) in [(1, true), (2, false), (FEW, false), (FEW + 1, true)] {
            assert_eq!(drawn.is_one(Grain::Day, &Rollup { runs, ..flat("19T10:15") }), is_one);
        }
    }

    #[test]
    fn a_new_peak_after_the_low_leaves_the_deepest_fall_open() {
        let mut falls = Detail::of_pixels(TimeDelta::hours(1)).with_falls();
        let mut is_one = |hour: &str, levels, ends| falls.is_one(Grain::Hour, &rollup(hour, levels, ends));
        assert!(is_one("19T10:00", ["9", "9", "5", "6"], ("19T10:00", "19T10:30")));
        assert!(is_one("19T11:00", ["6", "9", "5", "6"], ("19T11:30", "19T11:10")), "no new peak");
        assert!(!is_one("19T12:00", ["6", "10", "5", "6"], ("19T12:30", "19T12:10")));
        assert!(is_one("19T13:00", ["6", "10", "5", "6"], ("19T13:30", "19T13:10")));
    }
}
