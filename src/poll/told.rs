//! What the log is told of a poll.

use super::{Done, Past};
use crate::domain::Attempt;
use crate::format;
use crate::ingest::{self, Source, Turn};

/// The name that the lines bear, whatever file they are written in.
const TARGET: &str = "pantau::poll";

/// One line a poll, and one more when the source is to be left alone from now on. A page that is not understood any
/// more is an error once, not at every poll until somebody comes.
pub(super) fn log(source: &Source, done: &Done, before: &Past) {
    let Attempt { outcome, http_status, duration_ms, rows, ref detail, .. } = done.attempt;
    let (name, outcome_word) = (source.name.as_str(), outcome.word());
    let (stored, held) = (done.report.count(ingest::Fate::Stored), done.report.count(ingest::Fate::Held));
    let status = http_status.map(tracing::field::display);
    let detail = detail.as_deref().map(tracing::field::display);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: TARGET,
                source = name,
                outcome = outcome_word,
                duration_ms,
                status,
                rows,
                stored,
                held,
                detail,
                "poll"
            )
        };
    }
    match done.report.turn {
        Turn::Lost => {
            tracing::error!(
                target: TARGET,
                source = name,
                outcome = outcome_word,
                detail,
                "the page is not understood any more and is kept; `pantau drift {name}` shows what changed"
            );
        }
        Turn::StillLost => line!(info),
        Turn::Regained(drift) => {
            line!(info);
            let outage = format::age(done.attempt.started_at - drift.since);
            tracing::info!(target: TARGET, source = name, outage, polls = drift.polls, "the page is understood again");
        }
        Turn::Steady if outcome.is_success() && !done.report.has_defects() => line!(info),
        Turn::Steady => line!(warn),
    }
    if let Some(pause) = done.past.pause.as_ref().filter(|pause| before.pause.as_ref() != Some(pause)) {
        tracing::warn!(target: TARGET, source = name, until = %pause.until.to_rfc3339(), reason = pause.reason, "paused");
    }
}
