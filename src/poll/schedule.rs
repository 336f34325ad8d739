//! When a source is due: the slots of its schedule. Pure: knows no past polls and no failures.
//!
//! Slots lie on a grid that is a function of the clock alone, so that a restart changes nothing and the slots of any
//! past stretch can be counted. Each source has its grid shifted a little, so that many of them do not ask in one
//! second. A slot that was missed is skipped.
//!
//! Of the two grids of a market that opens and closes the slow one is part of the quick one: no two slots are nearer
//! to each other than the quick pause, and none is farther from the next than the slow one.

use std::time::Duration;

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::cron::Cron;
use crate::calendar::Calendar;
use crate::domain::{Digest, TimeRange, Timestamp};

/// The most by which the grid of a source is shifted.
const LARGEST_SHIFT: Duration = Duration::from_secs(30);
/// And as a part of the pause between two polls.
const SHIFT_PART: u32 = 10;
/// Where a cron expression does not say how long a source that fails may be left alone.
const CRON_PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How often a source is polled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// While the market is open, at least a second.
    pub open: Duration,
    /// While it is closed, at least a second.
    pub closed: Duration,
}

impl Pace {
    /// The same, with the slow pause as a multiple of the quick one.
    fn on_one_grid(self) -> Self {
        let quick = self.open.min(self.closed).max(Duration::from_secs(1));
        let whole = |pause: Duration| {
            let times = pause.as_secs() / quick.as_secs();
            quick * u32::try_from(times).unwrap_or(u32::MAX).max(1)
        };
        Self { open: whole(self.open), closed: whole(self.closed) }
    }
}

/// When a source is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    rhythm: Rhythm,
    /// What part of the largest shift is that of this source: 0 to 1000.
    shift_permille: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rhythm {
    Paced(Pace),
    Cron(Box<Cron>),
}

impl Schedule {
    /// A pause while the market is open, and another while it is closed. `name` is that of the source.
    #[must_use]
    pub fn paced(pace: Pace, name: &str) -> Self {
        Self { rhythm: Rhythm::Paced(pace), shift_permille: permille_of(name) }
    }

    /// The times of a cron expression. `name` is that of the source.
    #[must_use]
    pub fn cron(cron: Cron, name: &str) -> Self {
        Self { rhythm: Rhythm::Cron(Box::new(cron)), shift_permille: permille_of(name) }
    }

    /// The first slot after an instant; the last instant of all when there is none.
    #[must_use]
    pub fn next_after(&self, at: Timestamp, calendar: &Calendar) -> Timestamp {
        let from = Timestamp::from_timestamp(at.timestamp() + 1, 0);
        let range = TimeRange { from, to: None };
        from.and_then(|_| self.slots(range, calendar).next()).unwrap_or(Timestamp::MAX_UTC)
    }

    /// The slots in a range, in order of time. An absent beginning is that of Unix time.
    pub fn slots<'a>(
        &'a self,
        range: TimeRange,
        calendar: &'a Calendar,
    ) -> Box<dyn Iterator<Item = Timestamp> + 'a> {
        let from = range.from.unwrap_or(Timestamp::UNIX_EPOCH).max(Timestamp::UNIX_EPOCH);
        let to = range.to.unwrap_or(Timestamp::MAX_UTC);
        match &self.rhythm {
            Rhythm::Paced(pace) => {
                let origin =
                    calendar.next_open(Timestamp::UNIX_EPOCH) + self.shift(pace.open.min(pace.closed));
                let stretches = stretches(from, to, pace.on_one_grid(), calendar);
                Box::new(stretches.flat_map(move |stretch| stretch.slots(origin)))
            }
            Rhythm::Cron(cron) => Box::new(self.cron_slots(cron, from).take_while(move |slot| *slot < to)),
        }
    }

    /// Each time of the expression, shifted by a part of the pause that follows it: never as far as the next one.
    fn cron_slots<'a>(&'a self, cron: &'a Cron, from: Timestamp) -> impl Iterator<Item = Timestamp> + 'a {
        let shifted = |at: Timestamp| at + self.shift(pause(at, cron.next_after(at)));
        let early = from - TimeDelta::seconds(1) - delta(LARGEST_SHIFT);
        let times = std::iter::successors(Some(cron.next_after(early)), |at| Some(cron.next_after(*at)));
        times.take_while(|at| *at < Timestamp::MAX_UTC).map(shifted).skip_while(move |slot| *slot < from)
    }

    /// The shift of this source where polls are so far apart, in whole seconds.
    fn shift(&self, pause: Duration) -> TimeDelta {
        let largest = (pause / SHIFT_PART).min(LARGEST_SHIFT);
        TimeDelta::seconds(delta(largest * self.shift_permille / 1000).num_seconds())
    }

    /// Whether a slot is so long past at `now` that the next one is nearer: it is skipped.
    #[must_use]
    pub fn is_missed(&self, slot: Timestamp, now: Timestamp, calendar: &Calendar) -> bool {
        now > slot && now - slot > (self.next_after(slot, calendar) - now)
    }

    /// The slot at an instant: the last one unless it is missed, else the next one.
    pub(super) fn nearest(&self, now: Timestamp, calendar: &Calendar) -> Timestamp {
        let next = self.next_after(now, calendar);
        let range =
            TimeRange { from: now.checked_sub_signed(next - now), to: Some(now + TimeDelta::seconds(1)) };
        self.slots(range, calendar).last().unwrap_or(next)
    }

    /// The longest pause between two polls.
    #[must_use]
    pub fn slowest(&self) -> Duration {
        match &self.rhythm {
            Rhythm::Paced(pace) => pace.open.max(pace.closed),
            Rhythm::Cron(cron) => cron.pauses().1,
        }
    }

    /// How long a source that fails is left alone at first, and at most.
    #[must_use]
    pub fn patience(&self) -> (Duration, Duration) {
        match &self.rhythm {
            Rhythm::Paced(pace) => (pace.open, pace.open.max(pace.closed)),
            Rhythm::Cron(cron) => {
                let shortest = cron.pauses().0;
                (shortest, shortest.max(CRON_PATIENCE))
            }
        }
    }

    /// A number between 0 and 1000 that is always the same for a source.
    pub(super) fn permille(&self) -> u32 {
        self.shift_permille
    }

    /// How often it is polled, unless a cron expression says when.
    #[must_use]
    pub fn pace(&self) -> Option<Pace> {
        match &self.rhythm {
            Rhythm::Paced(pace) => Some(*pace),
            Rhythm::Cron(_) => None,
        }
    }

    /// The cron expression that says when it is polled, and its zone.
    #[must_use]
    pub fn expression(&self) -> Option<(&str, Tz)> {
        match &self.rhythm {
            Rhythm::Paced(_) => None,
            Rhythm::Cron(cron) => Some((cron.expression(), cron.zone())),
        }
    }
}

/// A stretch of time in which polls are evenly spaced.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
    pause: Duration,
}

impl Stretch {
    /// The points of a grid through `origin` that lie inside.
    fn slots(self, origin: Timestamp) -> impl Iterator<Item = Timestamp> {
        let pause = delta(self.pause).num_seconds().max(1);
        let late = (self.from - origin).num_seconds().rem_euclid(pause);
        let first =
            self.from.checked_add_signed(TimeDelta::seconds(if late == 0 { 0 } else { pause - late }));
        let next = move |at: &Timestamp| at.checked_add_signed(TimeDelta::seconds(pause));
        std::iter::successors(first, next).take_while(move |at| *at < self.to)
    }
}

/// The open and closed stretches of a range; one alone where the pace is the same.
fn stretches(
    from: Timestamp,
    to: Timestamp,
    pace: Pace,
    calendar: &Calendar,
) -> impl Iterator<Item = Stretch> + '_ {
    let at = move |from: Timestamp| {
        let is_open = calendar.is_open(from);
        let end = if pace.open == pace.closed {
            to
        } else if is_open {
            calendar.next_close(from)
        } else {
            calendar.next_open(from)
        };
        let pause = if is_open { pace.open } else { pace.closed };
        (from < to).then_some(Stretch { from, to: end.min(to), pause })
    };
    std::iter::successors(at(from), move |stretch| at(stretch.to))
}

/// Where a name lies among all names: 0 to 1000. A digest, because it must be the same in every version.
fn permille_of(name: &str) -> u32 {
    let Digest([one, two, ..]) = Digest::of(name.as_bytes());
    u32::from(u16::from_be_bytes([one, two])) * 1000 / u32::from(u16::MAX)
}

fn pause(from: Timestamp, to: Timestamp) -> Duration {
    (to - from).to_std().unwrap_or_default()
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        let local = text.replace(' ', "T");
        chrono::DateTime::parse_from_rfc3339(&format!("{local}+07:00")).unwrap().to_utc()
    }

    fn unshifted(open: u64, closed: u64) -> Schedule {
        let pace = Pace { open: Duration::from_secs(open), closed: Duration::from_secs(closed) };
        Schedule { shift_permille: 0, ..Schedule::paced(pace, "kontan") }
    }

    fn cron(expression: &str, zone: Tz) -> Schedule {
        let cron = Cron::parse(expression, zone).unwrap();
        Schedule { shift_permille: 0, ..Schedule::cron(cron, "kontan") }
    }

    #[test]
    fn polls_are_quick_in_a_session_and_slow_outside() {
        let idx = Calendar::idx();
        for (open, closed, after, next) in [
            (60, 900, "2024-11-22 10:30:00", "2024-11-22 10:31:00"),
            (60, 900, "2024-11-22 10:30:30", "2024-11-22 10:31:00"),
            (60, 900, "2024-11-22 16:14:00", "2024-11-22 16:15:00"),
            (60, 900, "2024-11-22 16:15:00", "2024-11-22 16:30:00"),
            (60, 900, "2024-11-22 20:00:00", "2024-11-22 20:15:00"),
            (60, 900, "2024-11-23 10:30:00", "2024-11-23 10:45:00"),
            // The opening ends a slow pause.
            (60, 3600, "2024-11-22 08:40:00", "2024-11-22 08:45:00"),
            (60, 86_400, "2024-11-22 08:45:00", "2024-11-22 08:46:00"),
            (86_400, 86_400, "2024-11-22 08:45:00", "2024-11-23 08:45:00"),
            (86_400, 172_800, "2024-11-21 20:00:00", "2024-11-22 08:45:00"),
            // A quarter of an hour is two times seven minutes.
            (420, 900, "2024-11-23 08:50:00", "2024-11-23 09:03:00"),
        ] {
            let schedule = unshifted(open, closed);
            assert_eq!(schedule.next_after(at(after), &idx), at(next), "{open} {closed} {after}");
        }
    }

    #[test]
    fn cron_expressions_are_read_in_their_zone() {
        let idx = Calendar::idx();
        for (expression, zone, after, next) in [
            ("*/5 9-16 * * 1-5", Tz::Asia__Jakarta, "2024-11-22 09:00:00", "2024-11-22 09:05:00"),
            ("*/5 9-16 * * 1-5", Tz::Asia__Jakarta, "2024-11-22 16:55:00", "2024-11-25 09:00:00"),
            ("0 2 * * *", Tz::UTC, "2024-11-22 08:59:59", "2024-11-22 09:00:00"),
            ("30 0 0 1 1 *", Tz::Asia__Jakarta, "2024-11-22 09:00:00", "2025-01-01 00:00:30"),
        ] {
            assert_eq!(cron(expression, zone).next_after(at(after), &idx), at(next), "{expression}");
        }
    }

    /// On 31 March 2024 half past two does not exist in Berlin, on 27 October it comes twice.
    #[test]
    fn a_clock_change_neither_skips_nor_doubles_a_slot() {
        let (idx, berlin) = (Calendar::idx(), cron("30 2 * * *", Tz::Europe__Berlin));
        for (from, to) in
            [("2024-03-30 00:00:00", "2024-04-02 00:00:00"), ("2024-10-26 00:00:00", "2024-10-29 00:00:00")]
        {
            let range = TimeRange { from: Some(at(from)), to: Some(at(to)) };
            assert_eq!(berlin.slots(range, &idx).count(), 3, "{from}");
        }
    }

    #[test]
    fn a_day_of_slots_can_be_counted() {
        let range = TimeRange { from: Some(at("2024-11-21 00:00:00")), to: Some(at("2024-11-22 00:00:00")) };
        let count = |schedule: Schedule| schedule.slots(range, &Calendar::idx()).count();
        // Open from 08:45 to 16:15.
        assert_eq!(count(unshifted(60, 900)), 7 * 60 + 30 + (24 - 7) * 4 - 2);
        assert_eq!(count(unshifted(60, 60)), 24 * 60);
        assert_eq!(count(cron("*/5 9-16 * * 1-5", Tz::Asia__Jakarta)), 8 * 12);
    }

    #[test]
    fn a_slot_is_skipped_once_the_next_one_is_nearer() {
        let (schedule, idx) = (unshifted(60, 900), Calendar::idx());
        let missed = |now: &str| schedule.is_missed(at("2024-11-22 10:30:00"), at(now), &idx);
        assert!(!missed("2024-11-22 10:29:00"));
        assert!(!missed("2024-11-22 10:30:30"));
        assert!(missed("2024-11-22 10:30:31"));
        assert!(missed("2024-11-23 10:30:00"));
        let nearest = |now: &str| schedule.nearest(at(now), &idx);
        assert_eq!(nearest("2024-11-22 10:30:00"), at("2024-11-22 10:30:00"));
        assert_eq!(nearest("2024-11-22 10:30:30"), at("2024-11-22 10:30:00"));
        assert_eq!(nearest("2024-11-22 10:30:31"), at("2024-11-22 10:31:00"));
        assert_eq!(nearest("2024-11-23 10:37:00"), at("2024-11-23 10:30:00"));
    }

    #[test]
    fn sources_do_not_all_ask_in_one_second() {
        let pace = Pace { open: Duration::from_secs(600), closed: Duration::from_secs(900) };
        let slot = |name: &str| {
            let schedule = Schedule::paced(pace, name);
            assert_eq!(schedule, Schedule::paced(pace, name));
            schedule.next_after(at("2024-11-22 10:30:00"), &Calendar::idx())
        };
        let slots: std::collections::BTreeSet<Timestamp> =
            (0..200).map(|number| slot(&format!("source-{number}"))).collect();
        assert!(slots.len() > 25, "{}", slots.len());
        assert!(slots.iter().all(|slot| (*slot - at("2024-11-22 10:35:00")).num_seconds() <= 30));
    }

    #[test]
    fn what_comes_at_the_end_of_time_is_nothing() {
        let idx = Calendar::idx();
        assert_eq!(unshifted(60, 900).next_after(Timestamp::MAX_UTC, &idx), Timestamp::MAX_UTC);
        assert_eq!(cron("0 0 1 1 *", Tz::UTC).next_after(Timestamp::MAX_UTC, &idx), Timestamp::MAX_UTC);
    }

    fn any_schedule() -> impl Strategy<Value = Schedule> {
        let pause = prop_oneof![1_u64..200, Just(900), 1..100_000_u64];
        let paced = ("[a-z]{1,8}", pause.clone(), pause).prop_map(|(name, open, closed)| {
            let pace = Pace { open: Duration::from_secs(open), closed: Duration::from_secs(closed) };
            Schedule::paced(pace, &name)
        });
        let expression = prop_oneof![
            Just("*/5 9-16 * * 1-5"),
            Just("* * * * *"),
            Just("*/7 * * * * *"),
            Just("0 3 * * *")
        ];
        let zone = prop_oneof![Just(Tz::Asia__Jakarta), Just(Tz::Europe__Berlin)];
        let cron = ("[a-z]{1,8}", expression, zone).prop_map(|(name, expression, zone)| {
            Schedule::cron(Cron::parse(expression, zone).unwrap(), &name)
        });
        prop_oneof![3 => paced, 1 => cron]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn slots_are_in_order_and_the_same_from_wherever_they_are_counted(
            schedule in any_schedule(), start in 1_700_000_000_i64..1_760_000_000, ahead in 0_usize..20,
        ) {
            let (idx, start) = (Calendar::idx(), chrono::DateTime::from_timestamp(start, 0).unwrap());
            let range = TimeRange { from: Some(start), to: None };
            let slots: Vec<_> = schedule.slots(range, &idx).take(25).collect();
            prop_assert!(slots.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", slots);
            prop_assert!(slots[0] >= start);
            let quickest = schedule.pace().map_or(1, |pace| pace.open.min(pace.closed).as_secs());
            let quickest = TimeDelta::seconds(quickest.try_into().unwrap());
            prop_assert!(slots.windows(2).all(|pair| pair[1] - pair[0] >= quickest), "{:?}", slots);
            prop_assert_eq!(schedule.next_after(slots[ahead], &idx), slots[ahead + 1]);
            let between = slots[ahead] + (slots[ahead + 1] - slots[ahead]) / 2;
            prop_assert_eq!(schedule.next_after(between, &idx), slots[ahead + 1]);
        }

        #[test]
        fn no_pause_is_longer_than_the_slowest(
            schedule in any_schedule(), start in 1_700_000_000_i64..1_760_000_000,
        ) {
            let start = chrono::DateTime::from_timestamp(start, 0).unwrap();
            let next = schedule.next_after(start, &Calendar::idx());
            let shift = if schedule.pace().is_some() { Duration::ZERO } else { LARGEST_SHIFT };
            let bound = delta(schedule.slowest() + shift);
            prop_assert!(next - start <= bound, "{} after {}", next, start);
        }

        #[test]
        fn a_shift_is_small(name in "[a-z]{1,8}", pause in 1_u64..100_000) {
            let pause = Duration::from_secs(pause);
            let schedule = Schedule::paced(Pace { open: pause, closed: pause }, &name);
            let shift = schedule.shift(pause).to_std().unwrap();
            prop_assert!(shift <= pause / 10 && shift <= LARGEST_SHIFT);
        }
    }
}
