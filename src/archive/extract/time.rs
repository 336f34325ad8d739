//! When a capture was made, as its record says. The crawler's time, never the page's own.

use crate::domain::Timestamp;

use super::super::record::Record;
use super::super::stamp::Stamp;

/// What says when a capture was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeRule {
    /// The date of the record; where the record names the Wayback address that it was copied from, the digits of that,
    /// since such copies carry the origin's date or that of the copying.
    #[default]
    Auto,
    /// The date of the record.
    WarcDate,
    /// The digits in `WARC-Source-URI`.
    SourceUri,
}

/// Why a capture has no time. It gives no rows then: a time is never invented.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Untimed {
    /// The record has no date, or one that is none.
    #[error("the record has no date that can be read")]
    NoDate,
    /// There is no Wayback address.
    #[error("no WARC-Source-URI holds a time of 14 digits")]
    NoDigits,
    /// The digits are no time.
    #[error("the digits {0} in WARC-Source-URI are no time")]
    Impossible(String),
}

impl TimeRule {
    /// The time of a capture.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn of(self, record: &Record<'_>) -> Result<Timestamp, Untimed> {
        let digits = record.fields.get("WARC-Source-URI").and_then(wayback_digits);
        let date = record.date.ok_or(Untimed::NoDate);
        match (self, digits) {
            (Self::Auto | Self::SourceUri, Some(digits)) => of_digits(digits),
            (Self::Auto | Self::WarcDate, _) => date,
            (Self::SourceUri, None) => Err(Untimed::NoDigits),
        }
    }
}

/// `20240419033000` of `https://web.archive.org/web/20240419033000id_/https://www.kontan.co.id/`.
fn wayback_digits(url: &str) -> Option<&str> {
    url.split('/').find_map(|part| {
        let digits = part.get(..14).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        part[14..].bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_').then_some(digits)
    })
}

fn of_digits(digits: &str) -> Result<Timestamp, Untimed> {
    Stamp::read(digits).map(Stamp::time).ok_or_else(|| Untimed::Impossible(digits.to_owned()))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::super::record::{Fields, Kind};
    use super::*;

    const WAYBACK: &str = "https://web.archive.org/web/20240419033000id_/https://www.kontan.co.id/";

    fn check(rule: TimeRule, date: Option<&str>, source: Option<&str>, expected: Result<&str, Untimed>) {
        let head = source.map(|source| format!("WARC-Source-URI: {source}\r\n")).unwrap_or_default();
        let instant = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        let record = Record {
            offset: 0,
            kind: Kind::Response,
            url: None,
            date: date.map(instant),
            fields: Fields::read(head.as_bytes()).0,
            block: b"",
        };
        assert_eq!(rule.of(&record), expected.map(instant), "{rule:?} {date:?} {source:?}");
    }

    #[test]
    fn the_digits_of_a_wayback_address_win_over_the_date_of_a_copy() {
        let (date, digits) = ("2026-01-01T00:00:00Z", "2024-04-19T03:30:00Z");
        check(TimeRule::Auto, Some(date), Some(WAYBACK), Ok(digits));
        check(TimeRule::Auto, None, Some(WAYBACK), Ok(digits));
        check(TimeRule::SourceUri, Some(date), Some(WAYBACK), Ok(digits));
        check(TimeRule::WarcDate, Some(date), Some(WAYBACK), Ok(date));
        check(TimeRule::Auto, Some(date), None, Ok(date));
        check(TimeRule::Auto, Some(date), Some("https://example.com/20240419033000.html"), Ok(date));
        check(TimeRule::Auto, Some(date), Some("https://example.com/2024é"), Ok(date));
    }

    #[test]
    fn a_time_that_is_not_there_or_impossible_is_said_and_never_replaced() {
        let date = Some("2026-01-01T00:00:00Z");
        let impossible = "https://web.archive.org/web/20240231033000/x";
        check(TimeRule::Auto, None, None, Err(Untimed::NoDate));
        check(TimeRule::WarcDate, None, Some(WAYBACK), Err(Untimed::NoDate));
        check(TimeRule::SourceUri, date, None, Err(Untimed::NoDigits));
        check(TimeRule::Auto, date, Some(impossible), Err(Untimed::Impossible("20240231033000".to_owned())));
    }
}
