//! What time a poll bears, so that the polls of a source stay in order whatever the clock does. Pure.

use chrono::TimeDelta;

use crate::domain::Timestamp;

/// A clock that lies farther behind the newest poll is not followed: one of the two times is wrong by too much for
/// anybody to say what belongs where.
const FARTHEST_BEHIND: TimeDelta = TimeDelta::days(2);

/// The time that a poll bears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) at: Timestamp,
    /// By how much the clock lay behind the poll before.
    pub(super) behind: Option<TimeDelta>,
}

impl Stamp {
    /// A remark for the poll log.
    pub(super) fn remark(self) -> Option<String> {
        let seconds = self.behind?.num_seconds();
        Some(format!("the clock lies {seconds} s behind the poll before; this one is stamped just after it"))
    }
}

/// The newest poll lies so far ahead of the clock that nothing can be stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the newest poll bears the time {last}, which is more than two days ahead of the clock ({now}); set the clock \
     right, or restore a backup from before the clock was wrong"
)]
pub struct Ahead {
    /// The time of the newest poll.
    pub last: Timestamp,
    /// The clock.
    pub now: Timestamp,
}

/// Stamps a poll: with the time, unless the clock was set back behind the newest poll.
pub(super) fn stamp(now: Timestamp, last: Option<Timestamp>) -> Result<Stamp, Ahead> {
    match last {
        Some(last) if last - now > FARTHEST_BEHIND => Err(Ahead { last, now }),
        Some(last) if last > now => Ok(Stamp { at: last + TimeDelta::seconds(1), behind: Some(last - now) }),
        _ => Ok(Stamp { at: now, behind: None }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_stay_in_order_when_the_clock_is_set_back() {
        let at = |second| chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap();
        let stamped = |now, last: Option<i64>| {
            stamp(at(now), last.map(at))
                .map(|stamp| (stamp.at.timestamp() - 1_700_000_000, stamp.behind.is_some()))
        };
        assert_eq!(stamped(100, None), Ok((100, false)));
        assert_eq!(stamped(100, Some(90)), Ok((100, false)));
        assert_eq!(stamped(100, Some(100)), Ok((100, false)));
        assert_eq!(stamped(100, Some(101)), Ok((102, true)));
        assert_eq!(stamped(100, Some(100 + 2 * 86_400)), Ok((101 + 2 * 86_400, true)));
        let ahead = stamped(100, Some(101 + 2 * 86_400)).unwrap_err();
        assert!(ahead.to_string().contains("set the clock right"), "{ahead}");
        assert_eq!(
            stamp(at(0), Some(at(3600))).unwrap().remark().unwrap(),
            "the clock lies 3600 s behind the poll before; this one is stamped just after it"
        );
    }
}
