//! Parts into bars of open, high, low and close. Highs and lows are sampled: what nobody saw is not in them.

use chrono::Duration;
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::{Part, Series, percent_change};
use crate::domain::{Interval, Level, Ohlc, Rollup, TimeRange, Timestamp};

/// What was seen of an indicator between two instants of its zone's calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The first instant of the bar.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Its levels; absent for a return, which has none.
    pub levels: Option<Ohlc>,
    /// Its close against the close of the bar before, in percent; for a return the compounded return.
    pub percent: Option<Decimal>,
    /// When the close that its percentage is against was last seen; absent for a return.
    pub base_seen: Option<Timestamp>,
    /// How many runs with a level (for a return: how many daily returns) it was made of.
    pub samples: usize,
}

/// The bars of a series that overlap a range, in order; bars in which nothing was seen are absent.
///
/// A run counts in every bar that it overlaps from its first to its last sighting. Runs before the range
/// give the first bar its previous close and nothing else. Of a rollup all runs begin in one bar, and only the last can
/// reach beyond it.
#[must_use]
pub fn resample(series: &Series, every: Interval, range: TimeRange) -> Vec<Bar> {
    let mut bars = Bars { every, zone: series.zone(), done: Vec::new(), last_seen: Vec::new() };
    series.parts_within(range).filter_map(|part| part.levels()).for_each(|levels| bars.add(&levels));
    with_percents(bars, known_before(series, range))
}

/// The last level that was known before a range began, and when it was last seen before that.
fn known_before(series: &Series, range: TimeRange) -> Option<(Level, Timestamp)> {
    let from = range.from?;
    let end = series.parts().partition_point(|part| part.first_seen() < from);
    let known = |levels: Rollup| (levels.levels.close, levels.last_seen.min(from - Duration::seconds(1)));
    series.parts()[..end].iter().rev().find_map(Part::levels).map(known)
}

fn with_percents(bars: Bars, mut previous: Option<(Level, Timestamp)>) -> Vec<Bar> {
    let Bars { mut done, last_seen, .. } = bars;
    for (bar, seen) in done.iter_mut().zip(last_seen) {
        let close = bar.levels.map(|levels| levels.close);
        bar.percent = previous.zip(close).and_then(|((previous, _), close)| percent_change(previous, close));
        bar.base_seen = previous.map(|(_, seen)| seen);
        previous = close.map(|close| (close, seen)).or(previous);
    }
    done
}

/// Bars in the making. Boundaries, which need the zone's calendar, are only computed when a run leaves
/// the bar that is open.
struct Bars {
    every: Interval,
    zone: Tz,
    done: Vec<Bar>,
    /// The last moment in each at which its levels were seen.
    last_seen: Vec<Timestamp>,
}

impl Bars {
    fn add(&mut self, seen: &Rollup) {
        let (until, close) = (seen.last_seen, Ohlc::of(seen.levels.close));
        let mut next = self.add_at(seen.first_seen, until, seen.levels, seen.runs);
        while next <= until {
            next = self.add_at(next, until, close, 1);
        }
    }

    /// Counts levels, seen from one instant to another, in the bar around the first; answers with the end of that bar.
    fn add_at(&mut self, at: Timestamp, until: Timestamp, levels: Ohlc, runs: u64) -> Timestamp {
        let runs = usize::try_from(runs).unwrap_or(usize::MAX);
        match self.done.last_mut() {
            Some(Bar { end, levels: Some(known), samples, .. }) if at < *end => {
                *known = known.then(levels);
                *samples += runs;
                let end = *end;
                self.last_seen.pop();
                self.last_seen.push(last_inside(until, end));
                end
            }
            _ => self.begin(at, until, levels, runs),
        }
    }

    fn begin(&mut self, at: Timestamp, until: Timestamp, levels: Ohlc, samples: usize) -> Timestamp {
        let (start, end) = bounds(at, self.every, self.zone);
        let start = self.done.last().map_or(start, |last| start.max(last.end));
        self.done.push(Bar { start, end, levels: Some(levels), percent: None, base_seen: None, samples });
        self.last_seen.push(last_inside(until, end));
        end
    }
}

/// The last moment of a sighting that ends then or later, inside a bar.
fn last_inside(until: Timestamp, end: Timestamp) -> Timestamp {
    until.min(end - Duration::seconds(1))
}

/// The bar around an instant. An hour that a clock change repeats is a bar of its own.
fn bounds(at: Timestamp, every: Interval, zone: Tz) -> (Timestamp, Timestamp) {
    let start = every.start_of(at, zone);
    let end = every.end_of(start, zone);
    if at < end { (start, end) } else { (end, end + (end - start).max(at - end + Duration::seconds(1))) }
}

/// The bar around an instant, where clocks leave no doubt of it: not in an hour that is repeated, and bars shorter than
/// a day only where they begin at whole hours of UTC.
pub(super) fn bar_around(at: Timestamp, every: Interval, zone: Tz) -> Option<(Timestamp, Timestamp)> {
    let start = every.start_of(at, zone);
    let end = every.end_of(start, zone);
    let is_even = every.is_daily_or_longer() || start.timestamp() % 3600 == 0;
    (start <= at && at < end && is_even).then_some((start, end))
}

/// The length of a bar, where it has one; else of the shortest or one near it.
pub(super) fn shortest_bar(every: Interval) -> Duration {
    let start = every.start_of(Timestamp::UNIX_EPOCH, Tz::UTC);
    every.end_of(start, Tz::UTC) - start
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::samples::{april, at, index, run};
    use super::*;
    use crate::domain::Run;

    fn show(bars: &[Bar], zone: Tz) -> Vec<String> {
        let number = |percent: Option<Decimal>| percent.map_or("-".to_owned(), |percent| percent.to_string());
        bars.iter()
            .map(|bar| {
                let Ohlc { open, high, low, close } = bar.levels.unwrap();
                let start = bar.start.with_timezone(&zone).format("%dT%H:%M");
                format!("{start} {open} {high} {low} {close} {} x{}", number(bar.percent), bar.samples)
            })
            .collect()
    }

    fn check(runs: &[(&str, &str, &str)], every: &str, range: TimeRange, expected: &[&str]) {
        let series = index(runs);
        assert_eq!(show(&resample(&series, every.parse().unwrap(), range), series.zone()), expected);
    }

    const ALL: TimeRange = TimeRange { from: None, to: None };

    #[test]
    fn a_bar_holds_the_first_last_and_extreme_levels_of_its_day() {
        check(
            &[
                ("18T09:00", "18T09:10", "100"),
                ("18T09:11", "18T09:20", "104"),
                ("18T15:00", "18T15:10", "98"),
                ("18T16:00", "18T16:15", "102"),
                ("19T09:00", "19T09:00", "101"),
            ],
            "1d",
            ALL,
            &["18T00:00 100 104 98 102 - x4", "19T00:00 101 101 101 101 -0.980392 x1"],
        );
    }

    #[test]
    fn a_run_over_night_closes_one_day_and_opens_the_next() {
        check(
            &[("18T16:00", "19T09:00", "100"), ("19T09:01", "19T16:00", "101")],
            "1d",
            ALL,
            &["18T00:00 100 100 100 100 - x1", "19T00:00 100 101 100 101 1 x2"],
        );
    }

    #[test]
    fn a_sighting_at_midnight_belongs_to_both_days_that_it_touches() {
        check(
            &[("18T23:59", "19T00:00", "100")],
            "1d",
            ALL,
            &["18T00:00 100 100 100 100 - x1", "19T00:00 100 100 100 100 0 x1"],
        );
    }

    #[test]
    fn bars_without_a_level_are_absent_and_skipped_by_the_percentage() {
        check(
            &[("15T10:00", "15T10:00", "100"), ("16T10:00", "16T10:00", ""), ("19T10:00", "19T10:00", "110")],
            "1d",
            ALL,
            &["15T00:00 100 100 100 100 - x1", "19T00:00 110 110 110 110 10 x1"],
        );
    }

    #[test]
    fn what_lies_before_the_range_only_gives_the_previous_close() {
        let range = TimeRange { from: Some(at("19T00:00")), to: Some(at("20T00:00")) };
        check(
            &[
                ("18T10:00", "18T10:00", "100"),
                ("19T10:00", "19T10:00", "105"),
                ("20T00:00", "20T00:00", "7"),
            ],
            "1d",
            range,
            &["19T00:00 105 105 105 105 5 x1"],
        );
    }

    #[test]
    fn a_run_that_reaches_past_the_range_makes_no_bar_there() {
        let range = TimeRange { from: Some(at("19T00:00")), to: Some(at("20T00:00")) };
        check(&[("10T10:00", "25T10:00", "5")], "1d", range, &["19T00:00 5 5 5 5 0 x1"]);
    }

    #[test]
    fn hours_that_a_clock_change_repeats_are_two_bars() {
        let mut series = index(&[("01T00:00", "01T00:00", "1")]);
        series.zone = chrono_tz::Europe::Berlin;
        let (first_seen, last_seen) = ("2024-10-26T22:00:00Z", "2024-10-27T22:59:00Z");
        let (first_seen, last_seen) = (first_seen.parse().unwrap(), last_seen.parse().unwrap());
        series.parts = vec![Run { first_seen, last_seen, ..run("01T00:00", "01T00:00", "1") }.into()];
        for (every, count) in [("1h", 25), ("1d", 1)] {
            let bars = resample(&series, every.parse().unwrap(), ALL);
            assert_eq!(bars.len(), count);
            assert!(bars.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }

    #[test]
    fn eighty_thousand_runs_become_one_bar_a_day() {
        let minute = Duration::minutes(1);
        let (mut template, first) = (index(&[]), run("01T00:00", "01T00:00", "1"));
        template.parts = (0..80_000)
            .map(|i| {
                let at = first.first_seen + minute * i;
                Part::Run(Run { first_seen: at, last_seen: at, ..first })
            })
            .collect();
        let bars = resample(&template, Interval::DAY, ALL);
        assert_eq!(bars.iter().map(|bar| bar.samples).sum::<usize>(), 80_000);
        assert_eq!(bars.len(), 56);
        assert_eq!(bars[0].start, Interval::DAY.start_of(at("01T00:00"), template.zone()));
        assert_eq!(bars[0].start.with_timezone(&template.zone()).date_naive(), april(1));
    }

    /// Arbitrary runs: silences and lengths in minutes, and levels.
    fn any_series() -> impl Strategy<Value = Series> {
        prop::collection::vec((1..3000i64, 0..3000i64, 0..5000i64), 0..60).prop_map(|parts| {
            let mut series = index(&[]);
            let mut now = at("01T00:00");
            let mut run = run("01T00:00", "01T00:00", "1");
            for (silence, length, level) in parts {
                run.first_seen = now + Duration::minutes(silence);
                run.last_seen = run.first_seen + Duration::minutes(length);
                now = run.last_seen;
                run.figures.level = Some(Level(crate::domain::Quantity::new(level, 2).unwrap()));
                series.parts.push(run.into());
            }
            series
        })
    }

    proptest! {
        #[test]
        fn bars_are_ordered_and_hold_their_levels(series in any_series(), every in 0..5usize) {
            let every: Interval = ["15m", "1h", "1d", "1w", "1mo"][every].parse().unwrap();
            let bars = resample(&series, every, ALL);
            for pair in bars.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            for bar in &bars {
                let Ohlc { open, high, low, close } = bar.levels.unwrap();
                for level in [open, close] {
                    prop_assert!(low.decimal() <= level.decimal() && level.decimal() <= high.decimal());
                }
                prop_assert!(bar.start < bar.end && bar.samples > 0);
            }
        }

        #[test]
        fn every_run_is_counted_once_in_every_bar_it_overlaps(series in any_series()) {
            let every: Interval = "1d".parse().unwrap();
            for bar in resample(&series, every, ALL) {
                let overlapping = series.runs()
                    .filter(|run| run.first_seen < bar.end && run.last_seen >= bar.start)
                    .count();
                prop_assert_eq!(bar.samples, overlapping);
            }
        }
    }
}
