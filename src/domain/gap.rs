//! A stretch of time in which a source was not seen to say anything new, and why.

use super::{Attempt, Outcome, Timestamp};

/// Why nothing is known of a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The market was closed, and its schedule asked for no poll.
    Closed,
    /// Polls were due and none was made, or the program was stopped in the midst of one.
    NotRunning,
    /// No complete answer came, or one that blamed the server (5xx).
    Unreachable,
    /// The server asked to be left alone.
    Blocked,
    /// An answer came that is not the page: unreadable, too large, or of another status.
    NotUnderstood,
    /// The page came, and said the same for longer than its heartbeat while prices were made.
    Frozen,
    /// From before the first poll, or from a part of the poll log that was removed: nothing is claimed.
    NotRecorded,
}

impl Cause {
    /// The word in JSON and CSV.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::NotRunning => "not_running",
            Self::Unreachable => "unreachable",
            Self::Blocked => "blocked",
            Self::NotUnderstood => "not_understood",
            Self::Frozen => "frozen",
            Self::NotRecorded => "not_recorded",
        }
    }

    /// The words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::NotRunning => "not running",
            Self::NotUnderstood => "not understood",
            Self::NotRecorded => "not recorded",
            Self::Closed | Self::Unreachable | Self::Blocked | Self::Frozen => self.word(),
        }
    }

    /// Whether a poll that was due then did not see the page. In a market that is closed none was due; a frozen page
    /// was seen; and of what was not recorded nothing is known.
    #[must_use]
    pub fn is_missed(self) -> bool {
        matches!(self, Self::NotRunning | Self::Unreachable | Self::Blocked | Self::NotUnderstood)
    }
}

impl Attempt {
    /// Why an attempt did not see the page; nothing when it did.
    #[must_use]
    pub fn failure(&self) -> Option<Cause> {
        self.outcome.failure(self.http_status)
    }
}

impl Outcome {
    /// Why an attempt that ended like this, with this status, did not see the page; nothing when it did. A status of
    /// 5xx is the server's own word that it cannot answer now; any other (404, a redirect into nowhere) is an answer
    /// that is not the page.
    #[must_use]
    pub fn failure(self, status: Option<u16>) -> Option<Cause> {
        match self {
            Self::Stored | Self::Unchanged | Self::NotModified => None,
            Self::Unreachable => Some(Cause::Unreachable),
            Self::HttpError if status.is_some_and(|status| status >= 500) => Some(Cause::Unreachable),
            Self::Blocked => Some(Cause::Blocked),
            Self::NotUnderstood | Self::HttpError | Self::TooLarge => Some(Cause::NotUnderstood),
            Self::Interrupted => Some(Cause::NotRunning),
        }
    }
}

/// A stretch without data: from its first instant to the first one after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Why.
    pub cause: Cause,
}

impl Gap {
    /// The part of it that lies in `from..to`, unless that is empty.
    #[must_use]
    pub fn within(self, from: Timestamp, to: Timestamp) -> Option<Self> {
        let cut = Self { from: self.from.max(from), to: self.to.min(to), ..self };
        (cut.from < cut.to).then_some(cut)
    }
}

/// One look at a source: a poll, or an archived capture of its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Timestamp,
    /// The key of the text that was seen, or why none was.
    pub found: Result<i64, Cause>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_a_cause_and_no_success_has_one() {
        for outcome in Outcome::ALL {
            assert_eq!(outcome.failure(Some(200)).is_none(), outcome.is_success(), "{}", outcome.word());
        }
        assert_eq!(Outcome::HttpError.failure(Some(503)), Some(Cause::Unreachable));
        assert_eq!(Outcome::HttpError.failure(Some(404)), Some(Cause::NotUnderstood));
        assert_eq!(Outcome::HttpError.failure(None), Some(Cause::NotUnderstood));
        assert_eq!(Outcome::Interrupted.failure(None), Some(Cause::NotRunning));
    }
}
