//! What a database that fails asks of the daemon, and how often to speak of it. Pure: knows no clock, no log and
//! no store but its errors.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::StoreError;

/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A trouble that lasts is spoken of again after this.
const REMINDER: Duration = Duration::from_secs(60);
/// A lock that passes sooner is another writer's turn, not a trouble: on a busy disk one commit may take a second.
const OTHERS_TURN: Duration = Duration::from_secs(5);

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The cause may go: the answer in hand is kept, and tried again.
    Wait(Trouble),
    /// Waiting helps nothing, and writing on may do harm.
    Stop,
}

/// What keeps the database from being written for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another process holds it.
    Locked,
    /// The disk has no room.
    Full,
    /// It cannot be read or written. A limit on the size of files looks like that as well.
    Failing,
}

impl Remedy {
    /// Corruption, a database that is not where it was, or one of another schema does not pass by itself.
    pub(super) fn of(error: &StoreError) -> Self {
        if error.is_locked() {
            Self::Wait(Trouble::Locked)
        } else if error.is_full() {
            Self::Wait(Trouble::Full)
        } else if error.is_failing() {
            Self::Wait(Trouble::Failing)
        } else {
            Self::Stop
        }
    }
}

impl Trouble {
    /// In words.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Locked => "the database is locked by another process",
            Self::Full => "the disk is full",
            Self::Failing => "the disk is full, a limit on files is reached, or the disk fails",
        }
    }
}

/// How long to wait after so many failed tries in a row.
pub(super) fn pause(failed: u32) -> Duration {
    let doubled = Duration::from_millis(250) * 2_u32.saturating_pow(failed.min(10));
    doubled.min(LONGEST_PAUSE)
}

/// The trouble with a database as long as it lasts: one line when it begins, one a minute, one when it is over,
/// whatever the number of sources that wait.
#[derive(Debug, Default)]
pub(super) struct Patience {
    begun: Option<Instant>,
    /// When each kind of trouble was last spoken of: two that take turns are not told at each turn.
    said: Vec<(Trouble, Instant)>,
}

impl Patience {
    /// A try failed; whether to speak of it.
    pub(super) fn failed(&mut self, trouble: Trouble, now: Instant) -> bool {
        let begun = *self.begun.get_or_insert(now);
        if trouble == Trouble::Locked && now - begun < OTHERS_TURN {
            return false;
        }
        match self.said.iter_mut().find(|(said, _)| *said == trouble) {
            Some((_, at)) if now - *at < REMINDER => return false,
            Some((_, at)) => *at = now,
            None => self.said.push((trouble, now)),
        }
        true
    }

    /// A try worked; how long the trouble had lasted, if there was one to speak of.
    pub(super) fn worked(&mut self, now: Instant) -> Option<Duration> {
        let was_said = !std::mem::take(&mut self.said).is_empty();
        self.begun.take().filter(|_| was_said).map(|begun| now - begun)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trouble_is_spoken_of_when_it_begins_and_then_once_a_minute() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut patience = Patience::default();
        let said: Vec<u64> = (0..200).filter(|&second| patience.failed(Trouble::Full, at(second))).collect();
        assert_eq!(said, [0, 60, 120, 180]);
        assert_eq!(patience.worked(at(200)), Some(Duration::from_secs(200)));
        assert_eq!(patience.worked(at(201)), None);
        assert!(patience.failed(Trouble::Full, at(202)), "a new trouble is news");
    }

    #[test]
    fn a_lock_that_passes_soon_is_nothing_to_speak_of() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut patience = Patience::default();
        assert!(!patience.failed(Trouble::Locked, at(0)) && !patience.failed(Trouble::Locked, at(4)));
        assert_eq!(patience.worked(at(4)), None);
        let said: Vec<u64> =
            (10..80).filter(|&second| patience.failed(Trouble::Locked, at(second))).collect();
        assert_eq!(said, [15, 75]);
        assert_eq!(patience.worked(at(80)), Some(Duration::from_secs(70)));
    }

    #[test]
    fn another_trouble_is_news_but_not_each_time_when_two_take_turns() {
        let begin = Instant::now();
        let now = begin + OTHERS_TURN;
        let mut patience = Patience::default();
        assert!(!patience.failed(Trouble::Locked, begin));
        assert!(patience.failed(Trouble::Locked, now));
        assert!(patience.failed(Trouble::Full, now));
        assert!(!patience.failed(Trouble::Locked, now));
        assert!(!patience.failed(Trouble::Full, now));
    }

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<u128> = (0..8).map(|failed| pause(failed).as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
        assert_eq!(pause(u32::MAX), LONGEST_PAUSE);
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        use crate::store::StoreError as Error;
        let failed = |code| Remedy::of(&Error::of_code(code));
        // SQLITE_BUSY, SQLITE_LOCKED
        assert_eq!([5, 6].map(failed), [Remedy::Wait(Trouble::Locked); 2]);
        assert_eq!(failed(13), Remedy::Wait(Trouble::Full));
        // SQLITE_NOMEM, SQLITE_READONLY, SQLITE_IOERR, SQLITE_CANTOPEN, SQLITE_IOERR_FSYNC
        assert_eq!([7, 8, 10, 14, 1034].map(failed), [Remedy::Wait(Trouble::Failing); 5]);
        // SQLITE_CORRUPT, SQLITE_CONSTRAINT, SQLITE_NOTADB, SQLITE_ERROR
        assert_eq!([11, 19, 26, 1].map(failed), [Remedy::Stop; 4]);
        assert_eq!(Remedy::of(&Error::Displaced { path: "x.db".into() }), Remedy::Stop);
    }
}
