//! When a message that was not delivered is tried again. Pure.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::Timestamp;
use crate::fetch::doubled;

/// After the first attempt; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Never longer than this, whatever a receiver asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// A message that is older is not tried again: it would be old news.
const OLDEST: TimeDelta = TimeDelta::hours(24);

/// When to try again after so many attempts, the last one now; none when it is to be given up. `asked` is the pause
/// that the receiver asked for.
#[must_use]
pub fn next_attempt(
    attempts: u32,
    asked: Option<Duration>,
    made_at: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    let next = now + pause(attempts).max(asked.unwrap_or_default()).min(LONGEST_PAUSE);
    (next - made_at <= OLDEST).then_some(next)
}

/// Whether a message is to be tried now. One that would have to wait longer than any pause waits only because the clock
/// was set back.
#[must_use]
pub fn is_due(next_attempt_at: Timestamp, now: Timestamp) -> bool {
    let wait = next_attempt_at - now;
    wait <= TimeDelta::zero() || wait > TimeDelta::from_std(LONGEST_PAUSE).unwrap_or(TimeDelta::MAX)
}

fn pause(attempts: u32) -> Duration {
    doubled(FIRST_PAUSE, attempts.saturating_sub(1)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn seconds_until(attempts: u32, asked: Option<u64>, age: i64) -> Option<i64> {
        let next = next_attempt(attempts, asked.map(Duration::from_secs), at(0), at(age));
        next.map(|next| (next - at(age)).num_seconds())
    }

    #[test]
    fn pauses_double_up_to_an_hour() {
        let pauses: Vec<_> = (1..=12).map(|attempts| seconds_until(attempts, None, 0).unwrap()).collect();
        assert_eq!(pauses, [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]);
        assert_eq!(seconds_until(u32::MAX, None, 0), Some(3600));
    }

    #[test]
    fn a_receiver_may_ask_for_more_patience_but_not_for_ever() {
        assert_eq!(seconds_until(1, Some(60), 0), Some(60));
        assert_eq!(seconds_until(5, Some(60), 0), Some(80));
        assert_eq!(seconds_until(1, Some(1_000_000), 0), Some(3600));
    }

    #[test]
    fn a_clock_that_was_set_back_delays_nothing() {
        assert!(is_due(at(0), at(0)) && is_due(at(0), at(1)) && is_due(at(3601), at(0)));
        assert!(!is_due(at(1), at(0)) && !is_due(at(3600), at(0)));
    }

    #[test]
    fn a_day_later_it_is_given_up() {
        assert_eq!(seconds_until(30, None, 82_800), Some(3600));
        assert_eq!(seconds_until(30, None, 82_801), None);
        assert_eq!(seconds_until(1, None, 90_000), None);
    }

    #[test]
    fn a_day_of_silence_takes_about_thirty_attempts() {
        let (mut now, mut attempts) = (at(0), 0);
        loop {
            attempts += 1;
            match next_attempt(attempts, None, at(0), now) {
                Some(next) => now = next,
                None => break,
            }
        }
        assert_eq!(attempts, 33);
    }
}
