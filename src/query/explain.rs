//! From a stored number back to the exact text, the capture and the poll it came from.

use crate::domain::{Indicator, Observation, Quote, Timestamp};
use crate::parse;
use crate::store::{Capture, LoggedPoll, StoredIndicator, Tables};

use super::QueryError;

/// Everything that stands behind one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The indicator.
    pub indicator: Indicator,
    /// The run that held at the moment asked for, or the last one before it.
    pub observation: Observation,
    /// Whether the moment lies in the run; otherwise nothing was seen at that moment.
    pub is_within: bool,
    /// The text that first showed it.
    pub capture: Capture,
    /// The row of that text, if it still says so.
    pub quote: Option<Quote>,
    /// The poll that first saw it, if it was a live one.
    pub poll: Option<LoggedPoll>,
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
        is_within: at.is_none_or(|at| at <= observation.run.last_seen),
        quote,
        poll: tables.poll_that_saw(indicator.source_id, observation.run.first_seen)?,
        capture,
        observation,
    })
}
