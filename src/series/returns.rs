//! Daily returns of an indicator that has no level: one per trading day, compounded over longer stretches.
//! Does not know which days are trading days: the caller says.

use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::{Bar, Series, round_percent};
use crate::domain::{Interval, Run, TimeRange, Timestamp};

/// The return of one trading day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DailyReturn {
    /// The trading day, in the zone of the series.
    pub date: NaiveDate,
    /// The last return seen on that day, in percent.
    pub percent: Decimal,
}

/// One return per trading day on which one was seen, in order: the last that was seen that day.
/// A run is seen on every day from its first to its last sighting.
#[must_use]
pub fn daily_returns(series: &Series, is_trading_day: impl Fn(NaiveDate) -> bool) -> Vec<DailyReturn> {
    let mut returns: Vec<DailyReturn> = Vec::new();
    for (run, percent) in series.runs().filter_map(|run| Some((run, run.figures.percent?))) {
        for date in days_of(run, series.zone()).filter(|date| is_trading_day(*date)) {
            returns.pop_if(|last| last.date == date);
            returns.push(DailyReturn { date, percent: percent.decimal() });
        }
    }
    returns
}

fn days_of(run: &Run, zone: Tz) -> impl Iterator<Item = NaiveDate> {
    let day = |at: Timestamp| at.with_timezone(&zone).date_naive();
    let last = day(run.last_seen);
    day(run.first_seen).iter_days().take_while(move |date| *date <= last)
}

/// The return over all of them together, in percent. Saturates where a decimal holds no more.
#[must_use]
pub fn compound(returns: impl Iterator<Item = Decimal>) -> Decimal {
    let growth = returns.fold(Decimal::ONE, grown);
    round_percent((growth - Decimal::ONE).saturating_mul(Decimal::ONE_HUNDRED))
}

fn grown(value: Decimal, percent: Decimal) -> Decimal {
    value.saturating_mul(Decimal::ONE + percent / Decimal::ONE_HUNDRED)
}

/// The bars of a return indicator that overlap a range: no levels, the compounded return of the trading
/// days in each. A day's return cannot be divided, so shorter bars are daily ones.
#[must_use]
pub fn resample_returns(
    series: &Series,
    every: Interval,
    range: TimeRange,
    is_trading_day: impl Fn(NaiveDate) -> bool,
) -> Vec<Bar> {
    let every = if every.is_daily_or_longer() { every } else { Interval::DAY };
    let zone = series.zone();
    let returns = daily_returns(&series.within(range), is_trading_day);
    let start_of = |one: &DailyReturn| every.start_of(start_of_day(one.date, zone), zone);
    returns
        .chunk_by(|a, b| start_of(a) == start_of(b))
        .map(|days| {
            let start = start_of(&days[0]);
            bar(start, every.end_of(start, zone), days)
        })
        .collect()
}

fn bar(start: Timestamp, end: Timestamp, days: &[DailyReturn]) -> Bar {
    let percent = compound(days.iter().map(|day| day.percent));
    Bar { start, end, levels: None, percent: Some(percent), base_seen: None, samples: days.len() }
}

/// The first instant of a civil day. Found from its noon, which exists on every day; midnight does not
/// where clocks change at midnight.
#[must_use]
pub fn start_of_day(date: NaiveDate, zone: Tz) -> Timestamp {
    let noon = date.and_time(NaiveTime::MIN) + chrono::Duration::hours(12);
    let found = zone.from_local_datetime(&noon).earliest();
    let at = found.map_or_else(|| Utc.from_utc_datetime(&noon), |at| at.with_timezone(&Utc));
    Interval::DAY.start_of(at, zone)
}

/// The index that compounds the returns: 100 on the day before the first, then one value per return.
#[must_use]
pub fn compounded_index(returns: &[DailyReturn]) -> Vec<(NaiveDate, Decimal)> {
    let Some(first) = returns.first() else { return Vec::new() };
    let day_before = first.date.checked_sub_days(Days::new(1)).unwrap_or(first.date);
    let mut points = vec![(day_before, Decimal::ONE_HUNDRED)];
    let mut value = Decimal::ONE_HUNDRED;
    for one in returns {
        value = grown(value, one.percent);
        points.push((one.date, round_percent(value)));
    }
    points
}

#[cfg(test)]
mod tests {
    use chrono::{Datelike, Weekday};
    use proptest::prelude::*;

    use super::super::samples::{april, at, fund};
    use super::*;

    fn is_weekday(date: NaiveDate) -> bool {
        !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
    }

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    const ALL: TimeRange = TimeRange { from: None, to: None };

    #[test]
    fn a_trading_day_has_the_last_return_seen_on_it() {
        let series = fund(&[
            ("18T08:00", "18T12:00", "0.10"),
            ("18T12:01", "19T08:00", "0.20"),
            ("19T08:01", "22T09:00", "-0.30"),
        ]);
        let shown: Vec<_> =
            daily_returns(&series, is_weekday).into_iter().map(|day| (day.date, day.percent)).collect();
        let expected = [(18, "0.20"), (19, "-0.30"), (22, "-0.30")];
        assert_eq!(shown, expected.map(|(day, percent)| (april(day), number(percent))));
    }

    #[test]
    fn returns_compound() {
        assert_eq!(compound([number("10"), number("-10")].into_iter()), number("-1"));
        assert_eq!(compound([number("0.05"), number("0.05")].into_iter()), number("0.100025"));
        assert_eq!(compound(std::iter::empty()), Decimal::ZERO);
    }

    #[test]
    fn returns_beyond_all_measure_do_not_overflow() {
        let huge = std::iter::repeat_n(number("999999999999999"), 5);
        assert!(compound(huge) > Decimal::ZERO);
    }

    #[test]
    fn a_week_of_returns_is_one_bar() {
        let series = fund(&[
            ("18T08:00", "18T12:00", "1"),
            ("19T08:00", "19T12:00", "1"),
            ("22T08:00", "22T08:00", "2"),
        ]);
        let bars = resample_returns(&series, "1w".parse().unwrap(), ALL, is_weekday);
        let shown: Vec<_> = bars.iter().map(|bar| (bar.start, bar.percent.unwrap(), bar.samples)).collect();
        assert_eq!(shown, [(at("15T00:00"), number("2.01"), 2), (at("22T00:00"), number("2"), 1)]);
    }

    #[test]
    fn hourly_bars_of_a_daily_return_are_daily() {
        let series = fund(&[("18T08:00", "18T12:00", "1")]);
        let bars = resample_returns(&series, "1h".parse().unwrap(), ALL, is_weekday);
        assert_eq!((bars.len(), bars[0].start, bars[0].end), (1, at("18T00:00"), at("19T00:00")));
    }

    #[test]
    fn the_index_is_100_on_the_day_before_the_first_return() {
        let series = fund(&[("18T08:00", "18T12:00", "1"), ("19T08:00", "19T12:00", "-50")]);
        let index = compounded_index(&daily_returns(&series, is_weekday));
        let expected = [(17, "100"), (18, "101"), (19, "50.5")];
        assert_eq!(index, expected.map(|(day, value)| (april(day), number(value))));
        assert!(compounded_index(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn the_index_ends_where_the_returns_compound_to(
            percents in prop::collection::vec(-500i64..500, 1..200),
        ) {
            let days = april(1).iter_days();
            let returns: Vec<_> = days.zip(&percents)
                .map(|(date, percent)| DailyReturn { date, percent: Decimal::new(*percent, 2) })
                .collect();
            let last = compounded_index(&returns).last().unwrap().1;
            let total = compound(returns.iter().map(|day| day.percent));
            prop_assert!((last - Decimal::ONE_HUNDRED - total).abs() <= Decimal::new(2, 6));
        }
    }
}
