//! From a stored number back to the exact text, the capture and the poll it came from.

use chrono::TimeDelta;

use crate::domain::{Indicator, Observation, Quote, Run, Timestamp};
use crate::parse;
use crate::series::is_stale;
use crate::store::{Capture, LoggedPoll, StoredIndicator, Tables};

use super::QueryError;

/// Everything that stands behind one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The indicator.
    pub indicator: Indicator,
    /// The run that held at the moment asked for, or the last one before it.
    pub observation: Observation,
    /// How far the nearest captures are, where the moment lies in no run: nothing was seen then.
    pub nearest: Option<Nearest>,
    /// The text that first showed it.
    pub capture: Capture,
    /// The row of that text, if it still says so.
    pub quote: Option<Quote>,
    /// The poll that first saw it, if it was a live one.
    pub poll: Option<LoggedPoll>,
}

/// The captures around a moment at which nothing was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Nearest {
    /// How long before the moment the indicator was last seen.
    pub before: TimeDelta,
    /// How long after it the indicator was seen next, if ever.
    pub after: Option<TimeDelta>,
    /// Whether both are farther away than the heartbeat.
    pub is_far: bool,
}

/// Explains what was known of an indicator at a moment, or the newest that is known.
///
/// # Errors
/// Nothing was known then.
pub fn explain(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    at: Option<Timestamp>,
) -> Result<Explanation, QueryError> {
    let found = match at {
        Some(at) => tables.run_at(indicator.id, at)?,
        None => tables.newest_run(indicator.id)?,
    };
    let nothing = || QueryError::NothingKnown {
        name: indicator.indicator.slug.to_string(),
        when: at.map_or("yet".to_owned(), |at| format!("at {}", at.to_rfc3339())),
    };
    let observation = found.ok_or_else(nothing)?;
    let capture = tables.capture(observation.capture)?;
    let quotes = capture.block.as_deref().map(parse::reread).unwrap_or_default().quotes;
    let quote = quotes
        .into_iter()
        .find(|quote| quote.slug == indicator.indicator.slug && quote.figures == observation.run.figures);
    Ok(Explanation {
        indicator: indicator.indicator.clone(),
        nearest: at.map(|at| nearest(tables, indicator, &observation.run, at)).transpose()?.flatten(),
        quote,
        poll: tables.poll_that_saw(indicator.source_id, observation.run.first_seen)?,
        capture,
        observation,
    })
}

/// How far the captures around a moment are that lies after a run, and before the next one.
fn nearest(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    run: &Run,
    at: Timestamp,
) -> Result<Option<Nearest>, QueryError> {
    if at <= run.last_seen {
        return Ok(None);
    }
    let next = tables.run_after(indicator.id, at)?.map(|next| next.run.first_seen);
    let heartbeat = indicator.indicator.heartbeat;
    let is_far =
        is_stale(run.last_seen, heartbeat, at) && next.is_none_or(|next| is_stale(at, heartbeat, next));
    Ok(Some(Nearest { before: at - run.last_seen, after: next.map(|next| next - at), is_far }))
}
