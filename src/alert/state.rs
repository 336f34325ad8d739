//! How the rule of an alert stands, and when that changes so that people are told. Pure.

use std::time::Duration;

use chrono::TimeDelta;

use super::Truth;
use crate::domain::{AlertState, Notice, Timestamp};

/// How a rule stands, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How.
    pub state: AlertState,
    /// Since when; of a rule that fired, since when it is true.
    pub since: Timestamp,
}

impl Standing {
    /// How a rule stands that was never asked before.
    #[must_use]
    pub fn quiet(since: Timestamp) -> Self {
        Self { state: AlertState::Quiet, since }
    }

    /// How it stands after one more look, and what people are told. A rule must be true for `hold` to fire, known all
    /// the while; what is not known neither fires nor recovers.
    #[must_use]
    pub fn next(self, truth: Truth, hold: Duration, now: Timestamp) -> (Self, Option<Notice>) {
        use AlertState::{Fired, Pending, Quiet};
        let stays = (self, None);
        match (self.state, truth) {
            (Quiet, Truth::True) => fired_or_pending(now, hold, now),
            (Pending, Truth::True) => fired_or_pending(self.since.min(now), hold, now),
            (Pending, Truth::False | Truth::Unknown) => (Self::quiet(now), None),
            (Fired, Truth::False) => (Self::quiet(now), Some(Notice::Recovered)),
            (Quiet, Truth::False | Truth::Unknown) | (Fired, Truth::True | Truth::Unknown) => stays,
        }
    }
}

fn fired_or_pending(since: Timestamp, hold: Duration, now: Timestamp) -> (Standing, Option<Notice>) {
    let held = now - since >= TimeDelta::from_std(hold).unwrap_or(TimeDelta::MAX);
    let state = if held { AlertState::Fired } else { AlertState::Pending };
    (Standing { state, since }, held.then_some(Notice::Fired))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    /// What is told at each second, for a row of `t`, `f` and `?`, one a second.
    fn told(looks: &str, hold: u64) -> Vec<(i64, &'static str)> {
        let mut standing = Standing::quiet(at(0));
        let mut told = Vec::new();
        for (second, look) in (0..).zip(looks.chars()) {
            let truth = match look {
                't' => Truth::True,
                'f' => Truth::False,
                _ => Truth::Unknown,
            };
            let (next, notice) = standing.next(truth, Duration::from_secs(hold), at(second));
            standing = next;
            told.extend(notice.map(|notice| (second, notice.word())));
        }
        told
    }

    #[test]
    fn an_alert_fires_once_per_crossing_and_recovers_once() {
        for (looks, hold, expected) in [
            ("fff", 0, vec![]),
            ("t", 0, vec![(0, "fired")]),
            ("tttt", 0, vec![(0, "fired")]),
            ("fttfft", 0, vec![(1, "fired"), (3, "recovered"), (5, "fired")]),
            ("???", 0, vec![]),
            ("?t", 0, vec![(1, "fired")]),
            ("t??t", 0, vec![(0, "fired")]),
            ("t??f", 0, vec![(0, "fired"), (3, "recovered")]),
            ("ttt", 2, vec![(2, "fired")]),
            ("tftftf", 2, vec![]),
            ("ttfttt", 2, vec![(5, "fired")]),
            // A silence ends the waiting: nobody saw it hold.
            ("tt?tt", 2, vec![]),
            ("tt?ttt", 2, vec![(5, "fired")]),
            ("tttf", 2, vec![(2, "fired"), (3, "recovered")]),
        ] {
            assert_eq!(told(looks, hold), expected, "{looks} for {hold}");
        }
    }

    #[test]
    fn a_fired_alert_remembers_since_when_it_is_true() {
        let hold = Duration::from_secs(10);
        let (pending, _) = Standing::quiet(at(0)).next(Truth::True, hold, at(5));
        let (fired, notice) = pending.next(Truth::True, hold, at(15));
        assert_eq!((fired.state, fired.since, notice), (AlertState::Fired, at(5), Some(Notice::Fired)));
    }

    #[test]
    fn a_clock_that_steps_back_begins_the_waiting_anew() {
        let hold = Duration::from_secs(10);
        let (pending, _) = Standing::quiet(at(0)).next(Truth::True, hold, at(3600));
        let (pending, _) = pending.next(Truth::True, hold, at(0));
        assert_eq!((pending.state, pending.since), (AlertState::Pending, at(0)));
        assert_eq!(pending.next(Truth::True, hold, at(10)).1, Some(Notice::Fired));
    }

    proptest! {
        #[test]
        fn what_is_told_alternates_and_only_what_is_known_tells(looks in "[tf?]{0,60}", hold in 0_u64..5) {
            let told = told(&looks, hold);
            let looks: Vec<char> = looks.chars().collect();
            for (at, (second, word)) in told.iter().enumerate() {
                prop_assert_eq!(*word, if at % 2 == 0 { "fired" } else { "recovered" });
                let second = usize::try_from(*second).unwrap();
                prop_assert_eq!(looks[second], if at % 2 == 0 { 't' } else { 'f' });
                if *word == "fired" {
                    let held = usize::try_from(hold).unwrap();
                    prop_assert!(looks[second - held..=second].iter().all(|look| *look == 't'));
                }
            }
        }
    }
}
