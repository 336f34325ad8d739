//! Stretches of time and their text forms: ranges, bar widths and windows.
//! Civil lengths (days and longer) are counted in a zone, never as multiples of 24 hours.

use std::fmt;
use std::str::FromStr;

use chrono::{
    DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;

use super::Timestamp;

/// A half-open stretch of time; an absent end is unbounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TimeRange {
    /// The first instant inside.
    pub from: Option<Timestamp>,
    /// The first instant after it.
    pub to: Option<Timestamp>,
}

impl TimeRange {
    /// Whether an instant lies inside.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// Why a text is not an interval or a window.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// Not a count and a unit.
    #[error(
        "'{0}' is not an interval; write a count and a unit, such as 15m, 1h, 1d, 1w, 1mo or 1y (m is minutes, mo months)"
    )]
    Form(String),
    /// A bar width that does not divide the next larger civil unit.
    #[error(
        "bars of '{0}' do not fit whole into a day or a year; try 1m, 5m, 15m, 1h, 4h, 1d, 1w, 1mo or 1y"
    )]
    Uneven(String),
    /// Not a window of `--over`.
    #[error("'{0}' is not a window; try 1h, 1d, 1w, 1mo, 1y, mtd or ytd")]
    Window(String),
}

/// A count of one civil or exact unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Length {
    pub(super) count: u32,
    pub(super) unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Length {
    /// Reads `15m`, `6mo`, `1y`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let count = text[..digits].parse().ok().filter(|count| (1..=100_000).contains(count))?;
        let unit = match &text[digits..] {
            "m" => Unit::Minute,
            "h" => Unit::Hour,
            "d" => Unit::Day,
            "w" => Unit::Week,
            "mo" => Unit::Month,
            "y" => Unit::Year,
            _ => return None,
        };
        Some(Self { count, unit })
    }

    /// The instant this long before another: the same clock time on an earlier civil day, or the exact time.
    pub(super) fn before(self, at: Timestamp, zone: Tz) -> Option<Timestamp> {
        let count = self.count;
        match self.unit {
            Unit::Minute => at.checked_sub_signed(Duration::minutes(count.into())),
            Unit::Hour => at.checked_sub_signed(Duration::hours(count.into())),
            civil => {
                let local = at.with_timezone(&zone).naive_local();
                let earlier = match civil {
                    Unit::Week => local.checked_sub_days(Days::new(7 * u64::from(count))),
                    Unit::Month => local.checked_sub_months(Months::new(count)),
                    Unit::Year => local.checked_sub_months(Months::new(12 * count)),
                    _ => local.checked_sub_days(Days::new(count.into())),
                }?;
                Some(instant(earlier, zone))
            }
        }
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minute => "m",
            Unit::Hour => "h",
            Unit::Day => "d",
            Unit::Week => "w",
            Unit::Month => "mo",
            Unit::Year => "y",
        };
        write!(f, "{}{unit}", self.count)
    }
}

/// The instant of a civil time; the first one where a clock change makes it ambiguous, the next
/// existing one where a clock change skips it.
pub(super) fn instant(local: NaiveDateTime, zone: Tz) -> Timestamp {
    for skipped_hours in 0..4 {
        if let Some(found) = zone.from_local_datetime(&(local + Duration::hours(skipped_hours))).earliest() {
            return found.with_timezone(&Utc);
        }
    }
    DateTime::from_naive_utc_and_offset(local, Utc)
}

/// Midnight of a civil day.
pub(super) fn midnight(date: NaiveDate, zone: Tz) -> Timestamp {
    instant(date.and_time(NaiveTime::MIN), zone)
}

/// The width of a bar. Bars begin at midnight, Monday, the first of a month or of a year in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Interval(Length);

impl Interval {
    /// One civil day.
    pub const DAY: Self = Self(Length { count: 1, unit: Unit::Day });

    /// A width of whole minutes that divides a day, for charts that choose their own bars.
    ///
    /// # Errors
    /// It does not divide a day.
    pub fn minutes(count: u32) -> Result<Self, IntervalError> {
        format!("{count}m").parse()
    }

    /// Whether bars of this width are a civil day or longer.
    #[must_use]
    pub fn is_daily_or_longer(self) -> bool {
        !matches!(self.0.unit, Unit::Minute | Unit::Hour)
    }

    /// The start of the bar that an instant falls into.
    #[must_use]
    pub fn start_of(self, at: Timestamp, zone: Tz) -> Timestamp {
        let local = at.with_timezone(&zone).naive_local();
        let (date, count) = (local.date(), self.0.count);
        match self.0.unit {
            Unit::Minute => start_within_day(local, count, zone),
            Unit::Hour => start_within_day(local, count * 60, zone),
            Unit::Day => midnight(date, zone),
            Unit::Week => midnight(date - Duration::days(date.weekday().num_days_from_monday().into()), zone),
            Unit::Month => midnight(first_of_month(date.year(), date.month0() - date.month0() % count), zone),
            Unit::Year => midnight(first_of_month(date.year(), 0), zone),
        }
    }

    /// The end of a bar, which is the start of the next.
    #[must_use]
    pub fn end_of(self, start: Timestamp, zone: Tz) -> Timestamp {
        let date = start.with_timezone(&zone).date_naive();
        let count = self.0.count;
        let months_later =
            |months| midnight(date.checked_add_months(Months::new(months)).unwrap_or(date), zone);
        match self.0.unit {
            Unit::Minute => start + Duration::minutes(count.into()),
            Unit::Hour => start + Duration::hours(count.into()),
            Unit::Day => midnight(date + Duration::days(1), zone),
            Unit::Week => midnight(date + Duration::days(7), zone),
            Unit::Month => months_later(count),
            Unit::Year => months_later(12),
        }
    }
}

fn start_within_day(local: NaiveDateTime, minutes: u32, zone: Tz) -> Timestamp {
    let minute = local.hour() * 60 + local.minute();
    let start = minute - minute % minutes;
    instant(local.date().and_time(NaiveTime::MIN) + Duration::minutes(start.into()), zone)
}

fn first_of_month(year: i32, month0: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month0 + 1, 1).unwrap_or_default()
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let length = Length::parse(text).ok_or_else(|| IntervalError::Form(text.to_owned()))?;
        let divides = |whole: u32| length.count <= whole && whole.is_multiple_of(length.count);
        let even = match length.unit {
            Unit::Minute => divides(24 * 60),
            Unit::Hour => divides(24),
            Unit::Month => divides(12),
            Unit::Day | Unit::Week | Unit::Year => length.count == 1,
        };
        if even { Ok(Self(length)) } else { Err(IntervalError::Uneven(text.to_owned())) }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A window that a change is taken over, ending at the moment it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window(WindowKind);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum WindowKind {
    Back(Length),
    MonthToDate,
    YearToDate,
}

impl Window {
    /// The moment whose level is the base of the change.
    #[must_use]
    pub fn base(self, as_of: Timestamp, zone: Tz) -> Option<Timestamp> {
        let date = as_of.with_timezone(&zone).date_naive();
        match self.0 {
            WindowKind::Back(length) => length.before(as_of, zone),
            // The base of a month is what was known when it began, not the first level inside it.
            WindowKind::MonthToDate => {
                Some(midnight(first_of_month(date.year(), date.month0()), zone) - Duration::seconds(1))
            }
            WindowKind::YearToDate => {
                Some(midnight(first_of_month(date.year(), 0), zone) - Duration::seconds(1))
            }
        }
    }
}

impl FromStr for Window {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        match text {
            "mtd" => Ok(Self(WindowKind::MonthToDate)),
            "ytd" => Ok(Self(WindowKind::YearToDate)),
            _ => Length::parse(text)
                .map(|length| Self(WindowKind::Back(length)))
                .ok_or_else(|| IntervalError::Window(text.to_owned())),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WindowKind::Back(length) => length.fmt(f),
            WindowKind::MonthToDate => f.write_str("mtd"),
            WindowKind::YearToDate => f.write_str("ytd"),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Asia::Jakarta, Europe::Berlin};

    use super::*;

    fn at(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    fn bar(every: &str, moment: &str, zone: Tz) -> (String, String) {
        let every: Interval = every.parse().unwrap();
        let start = every.start_of(at(moment), zone);
        let show = |at: Timestamp| at.with_timezone(&zone).to_rfc3339();
        (show(start), show(every.end_of(start, zone)))
    }

    #[test]
    fn bars_begin_where_the_market_s_calendar_does() {
        let check = |every, start: &str, end: &str| {
            assert_eq!(
                bar(every, "2024-04-19T00:50:00Z", Jakarta),
                (format!("{start}+07:00"), format!("{end}+07:00"))
            );
        };
        check("15m", "2024-04-19T07:45:00", "2024-04-19T08:00:00");
        check("1h", "2024-04-19T07:00:00", "2024-04-19T08:00:00");
        check("4h", "2024-04-19T04:00:00", "2024-04-19T08:00:00");
        check("1d", "2024-04-19T00:00:00", "2024-04-20T00:00:00");
        check("1w", "2024-04-15T00:00:00", "2024-04-22T00:00:00");
        check("1mo", "2024-04-01T00:00:00", "2024-05-01T00:00:00");
        check("3mo", "2024-04-01T00:00:00", "2024-07-01T00:00:00");
        check("1y", "2024-01-01T00:00:00", "2025-01-01T00:00:00");
    }

    #[test]
    fn a_day_with_a_clock_change_is_still_one_day() {
        assert_eq!(
            bar("1d", "2024-03-31T10:00:00Z", Berlin),
            ("2024-03-31T00:00:00+01:00".to_owned(), "2024-04-01T00:00:00+02:00".to_owned())
        );
    }

    #[test]
    fn m_is_minutes_and_mo_months() {
        let base = |over: &str| {
            over.parse::<Window>().unwrap().base(at("2024-03-31T12:00:00Z"), Jakarta).unwrap().to_rfc3339()
        };
        assert_eq!(base("1m"), "2024-03-31T11:59:00+00:00");
        assert_eq!(base("1mo"), "2024-02-29T12:00:00+00:00");
        assert_eq!(base("1d"), "2024-03-30T12:00:00+00:00");
        assert_eq!(base("mtd"), "2024-02-29T16:59:59+00:00");
        assert_eq!(base("ytd"), "2023-12-31T16:59:59+00:00");
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for text in ["", "d", "0d", "-1d", "1", "1x", "99999999999d", "7h", "2w", "5mo"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
        assert!("7h".parse::<Window>().is_ok());
    }
}
