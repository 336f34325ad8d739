//! When the next poll of a source is due. Pure.

use std::time::Duration;

use crate::calendar::Calendar;
use crate::domain::Timestamp;

/// How often a source is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// While the market is open.
    pub open: Duration,
    /// While it is closed.
    pub closed: Duration,
}

impl Pace {
    /// The time from the start of one poll to the start of the next. A market that opens before a slow pause is
    /// over ends the pause.
    #[must_use]
    pub fn until_next(self, started_at: Timestamp, calendar: &Calendar) -> Duration {
        if calendar.is_open(started_at) {
            return self.open;
        }
        let opens_in = (calendar.next_open(started_at) - started_at).to_std().unwrap_or(self.closed);
        self.closed.min(opens_in.max(self.open))
    }

    /// The longest pause between two polls.
    #[must_use]
    pub fn slowest(self) -> Duration {
        self.open.max(self.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_are_quick_in_a_session_and_slow_outside() {
        let pace = Pace { open: Duration::from_secs(60), closed: Duration::from_secs(900) };
        let until_next = |at: &str| {
            let at = chrono::DateTime::parse_from_rfc3339(at).unwrap().to_utc();
            pace.until_next(at, &Calendar::idx()).as_secs()
        };
        assert_eq!(until_next("2024-11-22T10:30:00+07:00"), 60);
        assert_eq!(until_next("2024-11-22T20:00:00+07:00"), 900);
        assert_eq!(until_next("2024-11-23T10:30:00+07:00"), 900);
        assert_eq!(until_next("2024-11-22T08:40:00+07:00"), 300);
        assert_eq!(until_next("2024-11-22T08:44:50+07:00"), 60);
    }
}
