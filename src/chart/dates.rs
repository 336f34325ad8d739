//! The time axis: which hours, days, weeks, months or years it names, and how dates look. Pure.

use chrono::{DateTime, Datelike, NaiveDate, Timelike};
use chrono_tz::Tz;

use crate::domain::{Interval, Timestamp};

/// An instant that the axis names.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TimeTick {
    pub(super) at: f64,
    pub(super) label: String,
}

/// A distance between ticks: every so many of a bar width, counted from a fixed day.
#[derive(Debug, Clone, Copy)]
struct Step {
    every: &'static str,
    seconds: f64,
    count: i32,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Clock,
    Day,
    Week,
    Month,
    Year,
}

const HOUR: f64 = 3600.0;
const DAY: f64 = 24.0 * HOUR;
const MONTH: f64 = 30.0 * DAY;
const YEAR: f64 = 365.0 * DAY;

const fn step(every: &'static str, seconds: f64, count: i32, unit: Unit) -> Step {
    Step { every, seconds, count, unit }
}

/// From the finest to the coarsest.
const STEPS: [Step; 23] = [
    step("1m", 60.0, 1, Unit::Clock),
    step("5m", 300.0, 1, Unit::Clock),
    step("10m", 600.0, 1, Unit::Clock),
    step("15m", 900.0, 1, Unit::Clock),
    step("30m", 1800.0, 1, Unit::Clock),
    step("1h", HOUR, 1, Unit::Clock),
    step("2h", 2.0 * HOUR, 1, Unit::Clock),
    step("3h", 3.0 * HOUR, 1, Unit::Clock),
    step("6h", 6.0 * HOUR, 1, Unit::Clock),
    step("12h", 12.0 * HOUR, 1, Unit::Clock),
    step("1d", DAY, 1, Unit::Day),
    step("1d", 2.0 * DAY, 2, Unit::Day),
    step("1w", 7.0 * DAY, 1, Unit::Week),
    step("1w", 14.0 * DAY, 2, Unit::Week),
    step("1mo", MONTH, 1, Unit::Month),
    step("2mo", 2.0 * MONTH, 1, Unit::Month),
    step("3mo", 3.0 * MONTH, 1, Unit::Month),
    step("6mo", 6.0 * MONTH, 1, Unit::Month),
    step("1y", YEAR, 1, Unit::Year),
    step("1y", 2.0 * YEAR, 2, Unit::Year),
    step("1y", 5.0 * YEAR, 5, Unit::Year),
    step("1y", 10.0 * YEAR, 10, Unit::Year),
    step("1y", 50.0 * YEAR, 50, Unit::Year),
];

/// The finest ticks whose labels, as wide as `width` says and centred on their instants, stay `gap` pixels
/// apart when the stretch of time is `pixels` wide.
pub(super) fn time_ticks(
    (from, to): (Timestamp, Timestamp),
    zone: Tz,
    pixels: f64,
    gap: f64,
    width: &dyn Fn(&str) -> f64,
) -> Vec<TimeTick> {
    let span = seconds(to) - seconds(from);
    let scale = pixels / span.max(1.0);
    let room_for = |step: &&Step| step.seconds * scale >= gap;
    let fits = |ticks: &Vec<TimeTick>| {
        ticks.windows(2).all(|pair| {
            let half_widths = (width(&pair[0].label) + width(&pair[1].label)) / 2.0;
            (pair[1].at - pair[0].at) * scale >= half_widths + gap
        })
    };
    let candidates = STEPS.iter().filter(room_for).map(|step| step.ticks(from, to, zone));
    candidates.into_iter().find(fits).unwrap_or_default()
}

impl Step {
    fn ticks(&self, from: Timestamp, to: Timestamp, zone: Tz) -> Vec<TimeTick> {
        let Ok(every) = self.every.parse::<Interval>() else { return Vec::new() };
        let mut ticks = Vec::new();
        let mut at = every.start_of(from, zone);
        while at <= to {
            let local = at.with_timezone(&zone);
            if at >= from && self.counts(local.date_naive()) {
                ticks.push(TimeTick { at: seconds(at), label: self.label(&local) });
            }
            at = after(at, every, zone);
        }
        ticks
    }

    /// Whether a day is one that a step of several days, weeks or years stops at.
    fn counts(&self, date: NaiveDate) -> bool {
        let number = match self.unit {
            Unit::Day => date.num_days_from_ce(),
            Unit::Week => date.num_days_from_ce().div_euclid(7),
            Unit::Year => date.year(),
            Unit::Clock | Unit::Month => 0,
        };
        number.rem_euclid(self.count) == 0
    }

    /// The clock time, or whichever larger unit begins at the tick.
    fn label(&self, local: &DateTime<Tz>) -> String {
        let is_midnight = local.hour() == 0 && local.minute() == 0;
        let form = match self.unit {
            Unit::Clock if !is_midnight => "%H:%M",
            Unit::Clock | Unit::Day | Unit::Week => "%-d %b",
            Unit::Month if local.month() > 1 => "%b",
            Unit::Month | Unit::Year => "%Y",
        };
        local.format(form).to_string()
    }
}

/// The next tick; realigned, because a clock change shifts hours within a day.
fn after(at: Timestamp, every: Interval, zone: Tz) -> Timestamp {
    let end = every.end_of(at, zone);
    let aligned = every.start_of(end, zone);
    if aligned > at { aligned } else { end.max(at + chrono::Duration::minutes(1)) }
}

/// An instant as a number to draw.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are far below 2^53")]
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.timestamp() as f64
}

/// `21 Nov 2024 – 22 Nov 2024`, or `21 Nov 2024, 09:00 – 16:15` within one day.
pub(super) fn span(from: Timestamp, to: Timestamp, zone: Tz) -> String {
    let (from, to) = (from.with_timezone(&zone), to.with_timezone(&zone));
    if from.date_naive() == to.date_naive() {
        return format!("{} – {}", from.format("%-d %b %Y, %H:%M"), to.format("%H:%M"));
    }
    format!("{} – {}", day(from.date_naive()), day(to.date_naive()))
}

/// `21 Nov 2024`.
pub(super) fn day(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use chrono_tz::Asia::Jakarta;
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse::<DateTime<chrono::Utc>>().unwrap()
    }

    /// As wide as digits of 12 pixels are.
    fn width(text: &str) -> f64 {
        f64::from(u32::try_from(text.chars().count()).unwrap()) * 7.0
    }

    fn labels(from: &str, to: &str, pixels: f64) -> String {
        let ticks = time_ticks((at(from), at(to)), Jakarta, pixels, 20.0, &width);
        ticks.into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_axis_names_the_units_that_its_span_has_room_for() {
        assert_eq!(
            labels("2024-11-21T02:00:00Z", "2024-11-22T09:00:00Z", 700.0),
            "09:00 12:00 15:00 18:00 21:00 22 Nov 03:00 06:00 09:00 12:00 15:00"
        );
        assert_eq!(
            labels("2024-11-01T00:00:00Z", "2024-11-30T00:00:00Z", 400.0),
            "4 Nov 11 Nov 18 Nov 25 Nov"
        );
        assert_eq!(
            labels("2024-09-10T00:00:00Z", "2025-04-10T00:00:00Z", 500.0),
            "Oct Nov Dec 2025 Feb Mar Apr"
        );
        assert_eq!(
            labels("2010-03-10T00:00:00Z", "2024-04-10T00:00:00Z", 500.0),
            "2012 2014 2016 2018 2020 2022 2024"
        );
    }

    #[test]
    fn a_range_within_a_day_names_its_hours() {
        let show = |from, to| span(at(from), at(to), Jakarta);
        assert_eq!(show("2024-11-21T02:00:00Z", "2024-11-21T09:15:00Z"), "21 Nov 2024, 09:00 – 16:15");
        assert_eq!(show("2024-11-21T02:00:00Z", "2024-11-22T09:15:00Z"), "21 Nov 2024 – 22 Nov 2024");
    }

    proptest! {
        #[test]
        fn labels_never_overlap(
            start in 0..1_700_000_000i64,
            minutes in 60..30 * 366 * 24 * 60i64,
            pixels in 200.0..8000.0f64,
            zone in 0..3usize,
        ) {
            let zone = [Jakarta, chrono_tz::Europe::Berlin, chrono_tz::America::Sao_Paulo][zone];
            let from = DateTime::from_timestamp(start, 0).unwrap();
            let to = from + Duration::minutes(minutes);
            let ticks = time_ticks((from, to), zone, pixels, 10.0, &width);
            let scale = pixels / (seconds(to) - seconds(from));
            for pair in ticks.windows(2) {
                let end = pair[0].at * scale + width(&pair[0].label) / 2.0;
                prop_assert!(pair[1].at * scale - width(&pair[1].label) / 2.0 >= end + 9.9);
            }
            for tick in &ticks {
                prop_assert!(tick.at >= seconds(from) && tick.at <= seconds(to));
            }
            prop_assert!(pixels < 400.0 || !ticks.is_empty());
        }
    }
}
