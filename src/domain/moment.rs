//! The times people type: `2024`, `2024-04`, `2024-04-19`, an RFC 3339 instant, `now`, `today`, `-30d`, `mtd`, `ytd`.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Utc};
use chrono_tz::Tz;

use super::Timestamp;
use super::interval::{Length, instant, midnight};

/// Why a text is not a time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a time; try 2024-04-19T10:30:00+07:00, 2024, 2024-04, 2024-04-19, now, today, -30d, -6mo, -1y, mtd or ytd"
)]
pub struct MomentError(String);

/// What a typed time covers: a day, a month, or a single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first instant; what `--from` and `--at` mean.
    pub start: Timestamp,
    /// The first instant after it, equal to `start` for an instant; what `--to` means, so that a bare date
    /// includes that day.
    pub end: Timestamp,
}

impl Span {
    /// The last instant inside: what `--as-of` means, so that a bare date includes that day.
    #[must_use]
    pub fn last(self) -> Timestamp {
        if self.end > self.start { self.end - chrono::Duration::seconds(1) } else { self.start }
    }

    fn instant(at: Timestamp) -> Self {
        Self { start: at, end: at }
    }
}

/// Reads a typed time. Civil dates are the market's, in `zone`; relative ones count from `now`.
///
/// # Errors
/// The text is none of the forms above.
pub fn parse_moment(text: &str, now: Timestamp, zone: Tz) -> Result<Span, MomentError> {
    let refuse = || MomentError(text.to_owned());
    let today = now.with_timezone(&zone).date_naive();
    let since = |date: NaiveDate| Span { start: midnight(date, zone), end: now };
    match text {
        "now" => return Ok(Span::instant(now)),
        "today" => return civil(today, today.succ_opt(), zone).ok_or_else(refuse),
        "mtd" => return today.with_day(1).map(since).ok_or_else(refuse),
        "ytd" => return today.with_ordinal(1).map(since).ok_or_else(refuse),
        _ => {}
    }
    if let Some(back) = text.strip_prefix('-') {
        let length = Length::parse(back).ok_or_else(refuse)?;
        return length.before(now, zone).map(Span::instant).ok_or_else(refuse);
    }
    instant_of(text, zone).map(Span::instant).or_else(|| civil_of(text, zone)).ok_or_else(refuse)
}

fn instant_of(text: &str, zone: Tz) -> Option<Timestamp> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.with_timezone(&Utc));
    }
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|local| instant(local, zone))
}

/// A year, a month or a day written with all its digits.
fn civil_of(text: &str, zone: Tz) -> Option<Span> {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &str, width: usize| {
        (part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())?
    };
    let year = i32::try_from(digits(parts.first()?, 4)?).ok()?;
    match parts[1..] {
        [] => civil(NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year + 1, 1, 1), zone),
        [month] => {
            let first = NaiveDate::from_ymd_opt(year, digits(month, 2)?, 1)?;
            civil(first, first.checked_add_months(chrono::Months::new(1)), zone)
        }
        [month, day] => {
            let date = NaiveDate::from_ymd_opt(year, digits(month, 2)?, digits(day, 2)?)?;
            civil(date, date.succ_opt(), zone)
        }
        _ => None,
    }
}

fn civil(first: NaiveDate, next: Option<NaiveDate>, zone: Tz) -> Option<Span> {
    Some(Span { start: midnight(first, zone), end: midnight(next?, zone) })
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Jakarta;

    use super::*;

    fn read(text: &str) -> Result<(String, String), MomentError> {
        let now = DateTime::parse_from_rfc3339("2024-04-19T10:30:00+07:00").unwrap().with_timezone(&Utc);
        let show = |at: Timestamp| at.with_timezone(&Jakarta).format("%Y-%m-%dT%H:%M:%S").to_string();
        parse_moment(text, now, Jakarta).map(|span| (show(span.start), show(span.end)))
    }

    #[test]
    fn every_form_people_type_is_read() {
        for (text, start, end) in [
            ("2024", "2024-01-01T00:00:00", "2025-01-01T00:00:00"),
            ("2024-04", "2024-04-01T00:00:00", "2024-05-01T00:00:00"),
            ("2024-04-19", "2024-04-19T00:00:00", "2024-04-20T00:00:00"),
            ("2024-04-19T03:30:00Z", "2024-04-19T10:30:00", "2024-04-19T10:30:00"),
            ("2024-04-19T09:00", "2024-04-19T09:00:00", "2024-04-19T09:00:00"),
            ("now", "2024-04-19T10:30:00", "2024-04-19T10:30:00"),
            ("today", "2024-04-19T00:00:00", "2024-04-20T00:00:00"),
            ("-30d", "2024-03-20T10:30:00", "2024-03-20T10:30:00"),
            ("-30m", "2024-04-19T10:00:00", "2024-04-19T10:00:00"),
            ("-6mo", "2023-10-19T10:30:00", "2023-10-19T10:30:00"),
            ("-1y", "2023-04-19T10:30:00", "2023-04-19T10:30:00"),
            ("mtd", "2024-04-01T00:00:00", "2024-04-19T10:30:00"),
            ("ytd", "2024-01-01T00:00:00", "2024-04-19T10:30:00"),
        ] {
            assert_eq!(read(text), Ok((start.to_owned(), end.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_forms_that_are() {
        for text in [
            "",
            "yesterdayish",
            "2024-13",
            "2024-02-30",
            "24-04-19",
            "2024-4-1",
            "-30",
            "-d",
            "30d",
            "2024-04-19T25:00:00Z",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        assert!(read("soon").unwrap_err().to_string().contains("'soon' is not a time"));
    }
}
