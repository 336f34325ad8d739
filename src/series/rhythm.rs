//! When polls were due: the slots of a schedule, and how far apart two instants are when counted in them. Pure.

use chrono::TimeDelta;

use crate::domain::Timestamp;

/// The slots at which polls are due, strictly increasing.
///
/// Real polls come a little after their slot, or on a grid of their own, so that none of them is matched to a slot:
/// the time between two polls is counted in slots, and parts of one count as parts. In the rhythm it is one slot,
/// whatever the phase; where one poll is missing it is two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rhythm {
    slots: Vec<Timestamp>,
}

/// The parts that a slot is counted in.
const PARTS: i64 = 1000;

/// Polls farther apart than this many parts have missed one between them.
const PROMPT: i64 = PARTS * 3 / 2;

impl Rhythm {
    /// Slots in order of time; those that are not later than the one ahead are left out.
    #[must_use]
    pub fn new(slots: impl IntoIterator<Item = Timestamp>) -> Self {
        let mut slots: Vec<Timestamp> = slots.into_iter().collect();
        slots.dedup_by(|slot, ahead| slot <= ahead);
        Self { slots }
    }

    /// The slots.
    #[must_use]
    pub fn slots(&self) -> &[Timestamp] {
        &self.slots
    }

    /// Whether no poll was missed between two instants. Without at least two slots nobody can tell, and none was.
    #[must_use]
    pub fn is_prompt(&self, from: Timestamp, to: Timestamp) -> bool {
        match self.position(from).zip(self.position(to)) {
            Some((from, to)) => to - from <= PROMPT,
            None => true,
        }
    }

    /// When the next poll is due after one: a whole slot later. The last instant of all where that cannot be told.
    #[must_use]
    pub fn due_after(&self, at: Timestamp) -> Timestamp {
        let due = self.position(at).and_then(|position| self.at(position + PARTS));
        due.filter(|due| *due > at).unwrap_or(Timestamp::MAX_UTC)
    }

    /// Whether a poll was due between two instants, neither of them included.
    #[must_use]
    pub fn has_slot_between(&self, from: Timestamp, to: Timestamp) -> bool {
        let next = self.slots.partition_point(|slot| *slot <= from);
        self.slots.get(next).is_some_and(|slot| *slot < to)
    }

    /// An instant in parts of slots from the first one. Ahead of the first and after the last slot the pause next to
    /// it goes on.
    fn position(&self, at: Timestamp) -> Option<i64> {
        let last = self.slots.len().checked_sub(2)?;
        let slot = self.slots.partition_point(|slot| *slot <= at).saturating_sub(1).min(last);
        let (start, pause) = self.pause(slot);
        let count = i64::try_from(slot).unwrap_or(i64::MAX);
        Some(
            count
                .saturating_mul(PARTS)
                .saturating_add((at - start).num_seconds().saturating_mul(PARTS) / pause),
        )
    }

    /// The instant at a position.
    fn at(&self, position: i64) -> Option<Timestamp> {
        let last = self.slots.len().checked_sub(2)?;
        let slot = usize::try_from(position.div_euclid(PARTS)).unwrap_or(0).min(last);
        let (start, pause) = self.pause(slot);
        let parts = position - i64::try_from(slot).unwrap_or(i64::MAX).saturating_mul(PARTS);
        start.checked_add_signed(TimeDelta::try_seconds(parts.saturating_mul(pause) / PARTS)?)
    }

    /// A slot and the seconds to the next one, at least one.
    fn pause(&self, slot: usize) -> (Timestamp, i64) {
        let (start, next) = (self.slots[slot], self.slots[slot + 1]);
        (start, (next - start).num_seconds().max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::at;
    use super::*;

    fn rhythm(times: &[&str]) -> Rhythm {
        Rhythm::new(times.iter().map(|time| at(time)))
    }

    /// A quarter of an hour while closed, then a minute.
    fn morning() -> Rhythm {
        rhythm(&["19T08:15", "19T08:30", "19T08:45", "19T08:46", "19T08:47", "19T08:48"])
    }

    #[test]
    fn polls_a_slot_apart_are_prompt_whatever_their_phase() {
        for (from, to, is_prompt) in [
            ("19T08:15", "19T08:30", true),
            ("19T08:22", "19T08:37", true),
            ("19T08:22", "19T08:45", false),
            ("19T08:37", "19T08:45", true),
            ("19T08:45", "19T08:46", true),
            ("19T08:45", "19T08:47", false),
            // Beyond the slots that are known their pause goes on.
            ("19T09:00", "19T09:01", true),
            ("19T09:00", "19T09:02", false),
            ("19T07:30", "19T07:45", true),
        ] {
            assert_eq!(morning().is_prompt(at(from), at(to)), is_prompt, "{from} to {to}");
        }
    }

    #[test]
    fn the_next_poll_is_due_a_whole_slot_later() {
        assert_eq!(morning().due_after(at("19T08:15")), at("19T08:30"));
        assert_eq!(morning().due_after(at("19T08:45")), at("19T08:46"));
        assert_eq!(morning().due_after(at("19T09:30")), at("19T09:31"));
        assert_eq!(
            morning().due_after(at("19T08:30") + TimeDelta::minutes(5)),
            at("19T08:45") + TimeDelta::seconds(19)
        );
    }

    #[test]
    fn without_slots_nothing_was_missed() {
        for slots in [&[][..], &["19T09:00"]] {
            assert!(rhythm(slots).is_prompt(at("01T09:00"), at("19T09:00")));
            assert_eq!(rhythm(slots).due_after(at("01T09:00")), Timestamp::MAX_UTC);
        }
    }
}
