//! What the poll log says of a source, as far as its next poll depends on it. Pure, but for reading the log.

use crate::domain::{Attempt, Outcome, Timestamp};
use crate::store::{LoggedPoll, Pause, StoreError, Tables};

/// How many polls a streak is looked for in: a pause that begins with a second has long grown to its cap by then.
const LOOKED_AT: u32 = 32;

/// The past of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// The newest time that a poll bears: that of the request, or of the answer.
    pub last: Option<Timestamp>,
    /// Failures in a row that may be over soon.
    pub failures: u32,
    /// Refusals in a row (403, 429).
    pub refusals: u32,
    /// Until when the server asked to be left alone.
    pub pause: Option<Pause>,
}

/// What an attempt says of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Trying again may help, but not at once.
    Failed,
    /// The server does not want us.
    Refused,
    /// The server answers; whatever is wrong, waiting does not mend it.
    Answered,
    /// Stopped by ourselves.
    Nothing,
}

impl Sign {
    /// A page that robots.txt forbids, or one of a site whose robots.txt fails, is `Blocked` without one of the two
    /// statuses of a refusal: no page was asked for.
    fn of(attempt: &Attempt) -> Self {
        match (attempt.outcome, attempt.http_status) {
            (Outcome::Interrupted, _) => Self::Nothing,
            (Outcome::Blocked, Some(403 | 429)) => Self::Refused,
            (Outcome::Blocked | Outcome::Unreachable, _) => Self::Failed,
            (Outcome::HttpError, Some(408 | 500..=599)) => Self::Failed,
            _ => Self::Answered,
        }
    }
}

impl Past {
    /// Reads the past of a source; it has none before its first poll.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(tables: Tables<'_>, source: &str) -> Result<Self, StoreError> {
        let Some(source) = tables.source(source)? else { return Ok(Self::default()) };
        let polls = tables.newest_polls(source.id, LOOKED_AT)?;
        let past = polls.iter().rev().fold(Self::default(), Self::with_logged);
        Ok(Self { pause: tables.pause(source.id)?, ..past })
    }

    fn with_logged(self, poll: &LoggedPoll) -> Self {
        self.with(&poll.attempt, poll.sighting.map(|seen| seen.seen_at))
    }

    /// The past with one more attempt in it. Its pause is what it was.
    #[must_use]
    pub fn with(self, attempt: &Attempt, seen_at: Option<Timestamp>) -> Self {
        let last = self.last.max(Some(attempt.started_at)).max(seen_at);
        match Sign::of(attempt) {
            Sign::Failed => Self { last, failures: self.failures + 1, refusals: 0, ..self },
            Sign::Refused => Self { last, failures: 0, refusals: self.refusals + 1, ..self },
            Sign::Answered => Self { last, failures: 0, refusals: 0, ..self },
            Sign::Nothing => Self { last, ..self },
        }
    }

    /// Notes the pause that the last attempt called for. One of before goes once the server answers.
    pub(super) fn paused(
        self,
        tables: Tables<'_>,
        source: &str,
        pause: Option<Pause>,
    ) -> Result<Self, StoreError> {
        let answers = self.failures == 0 && self.refusals == 0;
        let Some(stored) = tables.source(source)? else { return Ok(self) };
        match (&pause, &self.pause) {
            (Some(pause), _) => tables.put_pause(stored.id, pause)?,
            (None, Some(_)) if answers => tables.forget_pause(stored.id)?,
            (None, _) => return Ok(self),
        }
        Ok(Self { pause, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn attempt(second: i64, outcome: Outcome, http_status: Option<u16>) -> Attempt {
        let started_at = at(second);
        Attempt { started_at, outcome, http_status, duration_ms: 1, body_bytes: None, rows: 0, detail: None }
    }

    fn streak(attempts: &[(Outcome, Option<u16>)]) -> (u32, u32) {
        let past = attempts
            .iter()
            .fold(Past::default(), |past, (outcome, status)| past.with(&attempt(0, *outcome, *status), None));
        (past.failures, past.refusals)
    }

    #[test]
    fn streaks_are_counted_and_ended() {
        use Outcome::{Blocked, HttpError, Interrupted, NotUnderstood, Stored, Unreachable};
        for (attempts, expected) in [
            (&[][..], (0, 0)),
            (&[(Unreachable, None), (HttpError, Some(503)), (HttpError, Some(408))], (3, 0)),
            (&[(Unreachable, None), (Interrupted, None), (Unreachable, None)], (2, 0)),
            (&[(Unreachable, None), (Stored, Some(200))], (0, 0)),
            (&[(Unreachable, None), (HttpError, Some(404))], (0, 0)),
            (&[(Unreachable, None), (NotUnderstood, Some(200))], (0, 0)),
            (&[(Unreachable, None), (Blocked, Some(429)), (Blocked, Some(403))], (0, 2)),
            (&[(Blocked, Some(429)), (Unreachable, None)], (1, 0)),
            (&[(Blocked, None), (Blocked, Some(503))], (2, 0)),
        ] {
            assert_eq!(streak(attempts), expected, "{attempts:?}");
        }
    }

    #[test]
    fn the_newest_time_is_that_of_the_answer_when_there_was_one() {
        let past = Past::default().with(&attempt(5, Outcome::Stored, Some(200)), Some(at(9)));
        assert_eq!(past.last, Some(at(9)));
        assert_eq!(past.with(&attempt(7, Outcome::Unreachable, None), None).last, Some(at(9)));
    }
}
