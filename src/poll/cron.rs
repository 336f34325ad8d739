//! Cron expressions in a zone: the only user of croner. Pure.

use std::time::Duration;

use chrono::{DateTime, Datelike, TimeDelta};
use chrono_tz::Tz;

use crate::domain::Timestamp;

/// From where the pauses of an expression are looked at: a Thursday noon, so that a weekend lies ahead.
const LOOK_FROM: i64 = 1_704_369_600;
/// For how long they are looked at: a week and a day holds every pause of those that repeat weekly.
const LOOK_FOR: TimeDelta = TimeDelta::days(8);
const LOOK_STEP: TimeDelta = TimeDelta::hours(1);

/// A cron expression, and the zone whose clock it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    expression: String,
    zone: Tz,
    pattern: croner::Cron,
    pauses: (Duration, Duration),
}

impl Cron {
    /// Reads an expression of five fields, or of six with seconds ahead.
    ///
    /// # Errors
    /// What is wrong with it, in lower case.
    pub fn parse(expression: &str, zone: Tz) -> Result<Self, String> {
        let pattern: croner::Cron = expression.parse().map_err(|error: croner::errors::CronError| {
            let text = error.to_string();
            text.trim_start_matches("Invalid pattern: ").trim_end_matches('.').to_lowercase()
        })?;
        let mut cron = Self {
            expression: expression.to_owned(),
            zone,
            pattern,
            pauses: (Duration::ZERO, Duration::ZERO),
        };
        cron.pauses = cron.look_at_pauses().ok_or("no day fits it")?;
        Ok(cron)
    }

    /// The expression as it was written.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone whose clock it goes by.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The first time after an instant; the last instant of all when there is none.
    pub(super) fn next_after(&self, at: Timestamp) -> Timestamp {
        if at.year() >= croner::YEAR_UPPER_LIMIT {
            return Timestamp::MAX_UTC;
        }
        let next = self.pattern.find_next_occurrence(&at.with_timezone(&self.zone), false);
        next.map_or(Timestamp::MAX_UTC, |next| next.to_utc())
    }

    /// The shortest and the longest pause between two times, as far as an ordinary week shows them.
    pub(super) fn pauses(&self) -> (Duration, Duration) {
        self.pauses
    }

    fn look_at_pauses(&self) -> Option<(Duration, Duration)> {
        let start = DateTime::from_timestamp(LOOK_FROM, 0)?;
        let (mut at, mut pauses) = (start, None);
        while at < start + LOOK_FOR {
            let first = self.pattern.find_previous_occurrence(&at.with_timezone(&self.zone), true);
            let first = first.map_or_else(|_| self.next_after(at), |first| first.to_utc());
            let next = self.next_after(first.max(at));
            if next == Timestamp::MAX_UTC {
                return None;
            }
            let pause = (next - first).to_std().unwrap_or_default();
            let (shortest, longest) = pauses.unwrap_or((pause, pause));
            pauses = Some((pause.min(shortest), pause.max(longest)));
            at = next.max(at + LOOK_STEP);
        }
        pauses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_of_a_week_are_known() {
        for (expression, shortest, longest) in [
            ("*/5 9-16 * * 1-5", 300, 64 * 3600 + 300),
            ("* * * * *", 60, 60),
            ("*/10 * * * * *", 10, 10),
            ("0 9 * * *", 86_400, 86_400),
            ("0 9 1 * *", 31 * 86_400, 31 * 86_400),
        ] {
            let (found, most) = Cron::parse(expression, Tz::Asia__Jakarta).unwrap().pauses();
            assert_eq!((found.as_secs(), most.as_secs()), (shortest, longest), "{expression}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for expression in [
            "",
            "soon",
            "61 * * * *",
            "* * *",
            "* * * * * * * *",
            "0 0 30 2 *",
            "0 0 31 feb *",
            "a\u{1b}[2J * * * *",
        ] {
            let refused = Cron::parse(expression, Tz::UTC).unwrap_err();
            assert_eq!(refused, refused.to_lowercase());
            assert!(!refused.is_empty() && !refused.contains('\n'), "{refused}");
        }
    }
}
