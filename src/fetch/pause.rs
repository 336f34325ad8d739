//! How long a server is left alone: as long as it asks for, or twice as long after each failure. Pure; whom it is
//! asked of and what for is the business of those who ask.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime};

use crate::domain::Timestamp;

/// RFC 9110 wants all three read: that of today, that of RFC 850 and that of asctime.
const DATE_FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// How long a server asks to be left alone by its `Retry-After`: seconds, or a date in one of the three forms of HTTP;
/// none when it cannot be read. A date that is past is no time at
/// all, a number beyond reason the longest time there is.
#[must_use]
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(header.parse().unwrap_or(u64::MAX)));
    }
    let date = DATE_FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(header, form).ok())?;
    let date: DateTime<chrono::Utc> = date.and_utc();
    Some((date - now).to_std().unwrap_or_default())
}

/// A pause that was doubled so many times.
#[must_use]
pub fn doubled(first: Duration, times: u32) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_doubles_without_end() {
        let second = Duration::from_secs(1);
        assert_eq!([0, 1, 5].map(|times| doubled(second, times).as_secs()), [1, 2, 32]);
        assert!(doubled(Duration::MAX, u32::MAX) == Duration::MAX);
    }

    #[test]
    fn seconds_and_dates_are_read() {
        let now = DateTime::parse_from_rfc3339("2024-11-22T03:00:00Z").unwrap().to_utc();
        for (header, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Fri, 22 Nov 2024 03:01:00 GMT", Some(60)),
            ("Friday, 22-Nov-24 03:01:00 GMT", Some(60)),
            ("Fri Nov 22 03:01:00 2024", Some(60)),
            ("Fri, 22 Nov 2024 02:59:00 GMT", Some(0)),
            ("Fri, 32 Nov 2024 02:59:00 GMT", None),
            ("soon", None),
            ("-5", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(header, now).map(|wait| wait.as_secs()), seconds, "{header}");
        }
    }
}
