//! What the poll log knows of a source and what its schedule asks for, brought together to type its gaps.

use std::time::Duration;

use chrono::TimeDelta;

use super::QueryError;
use super::gaps::Watch;
use crate::calendar::Calendar;
use crate::domain::{Gap, Look, TimeRange, Timestamp};
use crate::series::Rhythm;
use crate::store::{StoredSource, Tables};

/// When the polls of a source are due in a range, in order of time: its schedule knows, and is handed in. Past polls
/// are judged by the schedule in force now.
pub type Slots<'a> = dyn Fn(TimeRange) -> Box<dyn Iterator<Item = Timestamp> + 'a> + 'a;

/// What the schedule of a source asks for.
#[expect(missing_debug_implementations, reason = "slots are a function")]
pub struct Due<'a> {
    /// When its polls are due.
    pub slots: Box<Slots<'a>>,
    /// The longest pause between two of them.
    pub slowest: Duration,
    /// The longest that failures keep the next poll away, unless the server asked for more.
    pub patience: Duration,
}

/// A silence longer than this is no rhythm; the slots in it need not be known.
const LONGEST_PAUSE: TimeDelta = TimeDelta::days(8);

/// So many slots after a look tell when the next poll was due, and that it was missed.
const ENOUGH: usize = 3;

impl<'a> Watch<'a> {
    /// What types the gaps of a source from `from` to `to`. Of the slots only those near its looks: in a silence of years
    /// nobody needs to count them.
    pub(super) fn of(
        tables: Tables<'_>,
        source: &StoredSource,
        (from, to): (Timestamp, Timestamp),
        due: &Due<'_>,
        calendar: &'a Calendar,
    ) -> Result<Self, QueryError> {
        let looks = tables.looks(source.id, from, to)?;
        let rhythm = slots_near(due, &looks, to);
        let log_begins = match source.log_begins_at {
            Some(begins) => Some(begins),
            None => tables.first_poll_at(source.id)?,
        };
        let heartbeats = tables.indicators_of(source.id)?.into_iter().map(|one| one.indicator.heartbeat);
        let heartbeat = heartbeats.min().and_then(|heartbeat| TimeDelta::from_std(heartbeat).ok());
        Ok(Self { looks, log_begins, rhythm, patience: due.patience(), calendar, heartbeat })
    }
}

impl Due<'_> {
    fn patience(&self) -> TimeDelta {
        TimeDelta::from_std(self.patience).unwrap_or(LONGEST_PAUSE)
    }

    /// So far back from any instant there is a slot.
    fn reach(&self) -> TimeDelta {
        TimeDelta::from_std(self.slowest).unwrap_or(LONGEST_PAUSE).max(self.patience())
    }

    pub(super) fn slots_from(&self, from: Timestamp) -> Box<dyn Iterator<Item = Timestamp> + '_> {
        (self.slots)(TimeRange { from: Some(from), to: None })
    }
}

/// The slots around each look up to the next one; a few where that is far away. What lies between those and the next
/// look counts as a single pause, and there are enough of them to tell that polls were missed.
fn slots_near(due: &Due<'_>, looks: &[Look], to: Timestamp) -> Rhythm {
    let reach = due.reach();
    let mut slots: Vec<Timestamp> = Vec::new();
    let mut coming: Box<dyn Iterator<Item = Timestamp> + '_> = Box::new(std::iter::empty());
    for (at, look) in looks.iter().enumerate() {
        let next = looks.get(at + 1).map_or(to, |next| next.at);
        if slots.last().is_none_or(|last| look.at - *last > reach) {
            coming = due.slots_from(look.at - reach);
        }
        let mut after = 0;
        while slots.last().is_none_or(|last| *last < next) {
            let Some(slot) = coming.next() else { break };
            slots.push(slot);
            after += usize::from(slot > look.at);
            if after >= ENOUGH && next - slot > reach {
                break;
            }
        }
    }
    Rhythm::new(slots)
}

/// Every stretch without data of a source from `from` to `to`, typed, in order of time.
///
/// # Errors
/// The database cannot be read.
pub fn gaps(
    tables: Tables<'_>,
    source: &StoredSource,
    (from, to): (Timestamp, Timestamp),
    due: &Due<'_>,
    calendar: &Calendar,
) -> Result<Vec<Gap>, QueryError> {
    Ok(Watch::of(tables, source, (from, to), due, calendar)?.gaps(from, to))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::Cause;

    fn minute(minute: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_732_000_000 + 60 * minute, 0).unwrap()
    }

    /// Every ten minutes, on a grid of their own.
    fn every_ten_minutes() -> Due<'static> {
        let slots = |range: TimeRange| -> Box<dyn Iterator<Item = Timestamp>> {
            let from = range.from.unwrap().timestamp();
            let first = from + (137 - from).rem_euclid(600);
            Box::new((0..).map(move |slot| chrono::DateTime::from_timestamp(first + 600 * slot, 0).unwrap()))
        };
        let hour = Duration::from_secs(3600);
        Due { slots: Box::new(slots), slowest: hour / 6, patience: hour }
    }

    /// The slots of a stretch, one ahead of it, and the first one after it.
    fn all_slots(due: &Due<'_>, from: Timestamp, to: Timestamp) -> Rhythm {
        let mut is_inside = true;
        let up_to_next = due
            .slots_from(from - due.reach())
            .take_while(|slot| std::mem::replace(&mut is_inside, *slot < to));
        Rhythm::new(up_to_next)
    }

    fn any_looks() -> impl Strategy<Value = Vec<Look>> {
        let found =
            prop_oneof![4 => Just(Ok(1)), 1 => Just(Err(Cause::Unreachable)), 1 => Just(Err(Cause::Blocked))];
        let at = prop_oneof![0..200i64, 0..8000i64];
        prop::collection::vec((at, found), 1..40).prop_map(|mut looks| {
            looks.sort_by_key(|(at, _)| *at);
            looks.dedup_by_key(|(at, _)| *at);
            looks.into_iter().map(|(at, found)| Look { at: minute(at), found }).collect()
        })
    }

    proptest! {
        #[test]
        fn the_slots_near_the_looks_tell_as_much_as_all_of_them(looks in any_looks()) {
            let (due, calendar) = (every_ten_minutes(), Calendar::idx());
            let (from, to) = (minute(0), minute(8100));
            let gaps = |rhythm: Rhythm| {
                let patience = due.patience();
                let watch =
                    Watch { looks: looks.clone(), log_begins: Some(from), rhythm, patience, calendar: &calendar, heartbeat: None };
                watch.gaps(looks[0].at, to)
            };
            prop_assert_eq!(gaps(slots_near(&due, &looks, to)), gaps(all_slots(&due, from - LONGEST_PAUSE, to)));
        }
    }

    #[test]
    fn a_weekend_between_two_daily_polls_is_their_rhythm() {
        let at = |day: i64, second: i64| minute(day * 24 * 60) + TimeDelta::seconds(second);
        let days = [0, 1, 2, 3, 4, 7, 8, 9, 10, 11, 14];
        let slots = move |range: TimeRange| -> Box<dyn Iterator<Item = Timestamp>> {
            let from = range.from.unwrap();
            Box::new(days.map(|day| at(day, 0)).into_iter().filter(move |slot| *slot >= from))
        };
        let (slowest, patience) = (Duration::from_secs(3 * 86_400), Duration::from_secs(900));
        let due = Due { slots: Box::new(slots), slowest, patience };
        let looks = [4, 7, 8].map(|day| Look { at: at(day, 5), found: Ok(1) });
        for rhythm in [slots_near(&due, &looks, at(8, 900)), all_slots(&due, at(4, 5), at(8, 900))] {
            assert!(rhythm.is_prompt(at(4, 5), at(7, 5)) && rhythm.is_prompt(at(7, 5), at(8, 5)));
            assert!(!rhythm.is_prompt(at(4, 5), at(8, 5)));
        }
    }

    #[test]
    fn a_silence_of_years_takes_few_slots() {
        let looks = [0, 10, 2_000_000].map(|at| Look { at: minute(at), found: Ok(1) });
        let slots = slots_near(&every_ten_minutes(), &looks, minute(4_000_000));
        assert!(slots.slots().len() < 40, "{}", slots.slots().len());
    }
}
