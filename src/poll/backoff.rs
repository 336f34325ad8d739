//! When a source is due, in the light of its failures and of what its server asked for. Pure.

use std::time::Duration;

use chrono::TimeDelta;

use super::past::Past;
use super::schedule::Schedule;
use crate::calendar::Calendar;
use crate::domain::{Attempt, Timestamp};
use crate::fetch::doubled;
use crate::store::Pause;

/// The first pause after a refusal, where the server names none.
const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// Pauses that double grow no further.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// The longest that a server may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(7 * 24 * 3600);

/// When the next poll of a source is due: always at one of the slots of its schedule that is not long past. A source
/// that was never polled, or only by a clock that was ahead, is due at once unless it is paused.
#[must_use]
pub fn next_due(schedule: &Schedule, past: &Past, now: Timestamp, calendar: &Calendar) -> Timestamp {
    let earliest = earliest(schedule, past, now, calendar);
    let Some(last) = credible_last(schedule, past, now, calendar) else { return earliest };
    let slot = schedule.next_after(last.max(earliest - TimeDelta::seconds(1)), calendar);
    if schedule.is_missed(slot, now, calendar) { schedule.nearest(now, calendar) } else { slot }
}

/// When a source is due as the daemon begins with it: at once, unless it has to be left alone.
#[must_use]
pub fn first_due(schedule: &Schedule, past: &Past, now: Timestamp, calendar: &Calendar) -> Timestamp {
    if earliest(schedule, past, now, calendar) <= now { now } else { next_due(schedule, past, now, calendar) }
}

/// The pause that a source is in.
#[must_use]
pub fn paused(past: &Past, now: Timestamp) -> Option<&Pause> {
    credible_pause(past, now).filter(|pause| pause.until > now)
}

/// A pause that no server could have asked for was made by another clock.
fn credible_pause(past: &Past, now: Timestamp) -> Option<&Pause> {
    past.pause.as_ref().filter(|pause| pause.until - now <= delta(LONGEST_ASKED))
}

/// From when on a source may be polled.
fn earliest(schedule: &Schedule, past: &Past, now: Timestamp, calendar: &Calendar) -> Timestamp {
    let wait = delta(delay(schedule, past.failures));
    let backed_off = credible_last(schedule, past, now, calendar).map(|last| last + wait);
    let until = credible_pause(past, now).map(|pause| pause.until);
    backed_off.max(until).unwrap_or(now)
}

/// The last poll, unless it lies ahead by more than half a pause: then the clock was set back since, and waiting for
/// it to catch up would leave a gap as long as the step.
fn credible_last(schedule: &Schedule, past: &Past, now: Timestamp, calendar: &Calendar) -> Option<Timestamp> {
    past.last.filter(|last| *last <= now || *last - now <= (schedule.next_after(*last, calendar) - *last) / 2)
}

/// How long a source is left alone after so many failures in a row: twice as long after each, and never longer than
/// it would be left alone while the market is closed. Part of it differs from source to source, always the same.
fn delay(schedule: &Schedule, failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let (first, most) = schedule.patience();
    let whole = doubled(first, doublings).min(most);
    Duration::from_secs((whole / 2 + whole / 2 * schedule.permille() / 1000).as_secs())
}

/// The pause that an attempt calls for: as long as its server asked for; where it refused, longer each time.
/// `refusals` are those in a row, this one among them.
#[must_use]
pub(super) fn pause_after(attempt: &Attempt, asked: Option<Duration>, refusals: u32) -> Option<Pause> {
    let asked = asked.map(|asked| asked.clamp(Duration::from_secs(1), LONGEST_ASKED));
    let is_refused = matches!(attempt.http_status, Some(403 | 429));
    let grown = refusals
        .checked_sub(1)
        .filter(|_| is_refused)
        .map(|doublings| doubled(asked.unwrap_or(FIRST_PAUSE), doublings).min(LONGEST_PAUSE));
    let wait = asked.max(grown)?;
    let status = attempt.http_status.map_or_else(String::new, |status| format!(" with status {status}"));
    let reason = match (asked, refusals) {
        (Some(asked), _) => {
            format!("the server answered{status} and asked to wait {}", humantime::format_duration(asked))
        }
        (None, 0 | 1) => format!("the server answered{status}"),
        (None, times) => format!("the server answered{status}, {times} refusals in a row"),
    };
    let ended_at = attempt.started_at + delta(Duration::from_millis(attempt.duration_ms));
    let until = (ended_at + delta(wait)).timestamp();
    Some(Pause { until: Timestamp::from_timestamp(until, 0)?, reason })
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Outcome;
    use crate::poll::{Cron, Pace};

    fn at(time: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(&format!("2024-11-22T{time}+07:00")).unwrap().to_utc()
    }

    fn paced(open: u64, closed: u64) -> Schedule {
        let pace = Pace { open: Duration::from_secs(open), closed: Duration::from_secs(closed) };
        Schedule::paced(pace, "kontan")
    }

    /// The slot after a time, as far as it differs from the schedule without a shift.
    fn slot(schedule: &Schedule, time: &str) -> Timestamp {
        schedule.next_after(at(time) - TimeDelta::seconds(1), &Calendar::idx())
    }

    fn past(last: &str, failures: u32) -> Past {
        Past { last: Some(at(last)), failures, ..Past::default() }
    }

    #[test]
    fn failures_in_a_row_slow_a_source_down() {
        let (schedule, idx) = (paced(60, 900), Calendar::idx());
        let due = |failures| next_due(&schedule, &past("10:00:10", failures), at("10:00:11"), &idx);
        assert_eq!(due(0), slot(&schedule, "10:01:00"));
        assert_eq!(due(1), slot(&schedule, "10:01:00"));
        let waits: Vec<i64> =
            (1..12).map(|failures| (due(failures) - at("10:00:10")).num_seconds()).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]), "{waits:?}");
        assert!(waits[4] > 450 && waits[10] <= 960, "{waits:?}");
    }

    #[test]
    fn a_pause_is_kept_and_ends_at_a_slot() {
        let (schedule, idx) = (paced(60, 900), Calendar::idx());
        let pause = |until: &str| Some(Pause { until: at(until), reason: String::new() });
        let past = |until| Past { pause: pause(until), ..past("10:00:10", 0) };
        for due in [next_due, first_due] {
            assert_eq!(due(&schedule, &past("10:30:30"), at("10:00:11"), &idx), slot(&schedule, "10:31:00"));
        }
        assert_eq!(first_due(&schedule, &past("10:30:30"), at("11:00:00"), &idx), at("11:00:00"));
        let made_by_a_wrong_clock = Past {
            pause: Some(Pause { until: at("10:00:00") + TimeDelta::days(8), reason: String::new() }),
            ..past("10:00:10")
        };
        assert_eq!(
            next_due(&schedule, &made_by_a_wrong_clock, at("10:00:11"), &idx),
            slot(&schedule, "10:01:00")
        );
    }

    #[test]
    fn the_first_poll_is_at_once_unless_the_source_has_to_be_left_alone() {
        let (schedule, idx) = (paced(60, 900), Calendar::idx());
        let now = at("10:00:30");
        assert_eq!(first_due(&schedule, &Past::default(), now, &idx), now);
        assert_eq!(first_due(&schedule, &past("10:00:10", 0), now, &idx), now);
        assert!(first_due(&schedule, &past("10:00:10", 6), now, &idx) > at("10:07:00"));
        assert_eq!(first_due(&schedule, &past("04:00:00", 6), now, &idx), now);
    }

    #[test]
    fn missed_slots_are_skipped_and_a_clock_set_back_stops_nothing() {
        let (schedule, idx) = (paced(60, 900), Calendar::idx());
        let due = |last, now| next_due(&schedule, &past(last, 0), at(now), &idx);
        // Slept for an hour.
        assert_eq!(due("10:00:10", "11:00:50"), slot(&schedule, "11:01:00"));
        // A little late.
        assert_eq!(due("10:00:10", "10:01:20"), slot(&schedule, "10:01:00"));
        // Set back by an hour, and by three seconds.
        assert_eq!(due("10:00:10", "09:00:30"), at("09:00:30"));
        assert_eq!(due("10:00:10", "10:00:07"), slot(&schedule, "10:01:00"));
    }

    #[test]
    fn refusals_are_answered_with_a_growing_pause() {
        let refused = |status, asked: Option<u64>, refusals| {
            let attempt = Attempt {
                started_at: at("10:00:00"),
                outcome: Outcome::Blocked,
                http_status: Some(status),
                duration_ms: 0,
                body_bytes: None,
                rows: 0,
                detail: None,
            };
            let pause = pause_after(&attempt, asked.map(Duration::from_secs), refusals);
            pause.map(|pause| ((pause.until - at("10:00:00")).num_seconds(), pause.reason))
        };
        for (status, asked, refusals, seconds, reason) in [
            (403, None, 1, 300, "the server answered with status 403"),
            (403, None, 2, 600, "the server answered with status 403, 2 refusals in a row"),
            (429, None, 40, 86_400, "the server answered with status 429, 40 refusals in a row"),
            (429, Some(2), 1, 2, "the server answered with status 429 and asked to wait 2s"),
            (429, Some(2), 3, 8, "the server answered with status 429 and asked to wait 2s"),
            (429, Some(0), 1, 1, "the server answered with status 429 and asked to wait 1s"),
            (503, Some(120), 0, 120, "the server answered with status 503 and asked to wait 2m"),
            (503, Some(u64::MAX), 0, 604_800, "the server answered with status 503 and asked to wait 7days"),
            (429, Some(172_800), 5, 172_800, "the server answered with status 429 and asked to wait 2days"),
        ] {
            assert_eq!(refused(status, asked, refusals), Some((seconds, reason.to_owned())));
        }
        assert_eq!(refused(500, None, 0), None);
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let pause = || prop_oneof![1_u64..200, Just(900), 1..100_000_u64];
        let paced = (pause(), pause(), "[a-z]{1,8}").prop_map(|(open, closed, name)| {
            let pace = Pace { open: Duration::from_secs(open), closed: Duration::from_secs(closed) };
            Schedule::paced(pace, &name)
        });
        let cron = "[a-z]{1,8}".prop_map(|name| {
            Schedule::cron(Cron::parse("*/5 9-16 * * 1-5", chrono_tz::Asia::Jakarta).unwrap(), &name)
        });
        prop_oneof![4 => paced, 1 => cron]
    }

    prop_compose! {
        fn any_moment()(seconds in 1_700_000_000_i64..1_760_000_000) -> Timestamp {
            chrono::DateTime::from_timestamp(seconds, 0).unwrap()
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn a_due_time_is_a_slot_and_neither_early_nor_late(
            schedule in any_schedule(),
            last in any_moment(),
            age in 0_i64..100_000,
            failures in 0_u32..40,
            pause in proptest::option::of(0_i64..600_000),
        ) {
            let (idx, now) = (Calendar::idx(), last + TimeDelta::seconds(age));
            let pause = pause.map(|ahead| Pause { until: now + TimeDelta::seconds(ahead), reason: String::new() });
            let past = Past { last: Some(last), failures, refusals: 0, pause: pause.clone() };
            let due = next_due(&schedule, &past, now, &idx);
            prop_assert_eq!(schedule.next_after(due - TimeDelta::seconds(1), &idx), due, "a slot");
            prop_assert!(due > last, "one poll a slot");
            prop_assert!(due >= schedule.next_after(last, &idx), "not before the schedule");
            prop_assert!(!schedule.is_missed(due, now, &idx), "not one long past");
            let until = pause.map_or(now, |pause| pause.until);
            prop_assert!(due >= until || until == now, "not within the pause");
            prop_assert!(due >= last + delta(delay(&schedule, failures)));
            let most = delta(schedule.patience().1);
            prop_assert!(due <= schedule.next_after((last + most).max(until).max(now), &idx), "bounded");
            // What is due does not change while it is waited for.
            if due > now {
                let later = now + (due - now) / 2;
                prop_assert_eq!(next_due(&schedule, &past, later, &idx), due);
            }
        }

        #[test]
        fn more_failures_never_wait_less(schedule in any_schedule(), last in any_moment(), failures in 0_u32..40) {
            let due = |failures| {
                let past = Past { last: Some(last), failures, ..Past::default() };
                next_due(&schedule, &past, last, &Calendar::idx())
            };
            prop_assert!(due(failures) <= due(failures + 1));
        }

        #[test]
        fn no_pause_is_longer_than_a_week(asked in proptest::option::of(any::<u64>()), refusals in 0_u32..100) {
            let attempt = Attempt {
                started_at: at("10:00:00"), outcome: Outcome::Blocked, http_status: Some(429),
                duration_ms: 1, body_bytes: None, rows: 0, detail: None,
            };
            let now = at("10:00:00");
            if let Some(pause) = pause_after(&attempt, asked.map(Duration::from_secs), refusals) {
                prop_assert!(pause.until > now && pause.until - now <= TimeDelta::days(7));
            }
        }
    }
}
