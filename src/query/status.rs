//! How each source and indicator does: when it was last seen, and whether that is too long ago.

use crate::domain::{Indicator, Timestamp};
use crate::series::is_stale;
use crate::store::{LoggedPoll, StoredSource, Tables};

use super::{QueryError, known_until};

/// How far back a streak of failures is counted.
const STREAK_LIMIT: u32 = 1000;

/// The health of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceHealth {
    /// The source.
    pub source: StoredSource,
    /// Its newest attempt.
    pub last_poll: Option<LoggedPoll>,
    /// The last time that its header was seen, live or archived.
    pub last_seen: Option<Timestamp>,
    /// How many attempts failed since the last one that did not.
    pub failures: usize,
    /// Each indicator it showed.
    pub indicators: Vec<IndicatorHealth>,
}

/// The health of one indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct IndicatorHealth {
    /// The indicator.
    pub indicator: Indicator,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// Whether its source has gone on without it: the header does not show it any more.
    pub is_gone: bool,
    /// Whether it was last seen longer ago than its heartbeat.
    pub is_stale: bool,
}

/// What is recorded of one indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The indicator.
    pub indicator: Indicator,
    /// When it was first seen.
    pub first_seen: Option<Timestamp>,
    /// When it was last seen.
    pub last_seen: Option<Timestamp>,
    /// How many runs are kept of it.
    pub runs: u64,
}

impl SourceHealth {
    /// Whether what the source shows is not known any more.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.last_seen.is_none() || self.indicators.iter().any(|one| one.is_stale && !one.is_gone)
    }
}

/// The health of every source that was ever recorded.
///
/// # Errors
/// The database cannot be read.
pub fn health(tables: Tables<'_>, now: Timestamp) -> Result<Vec<SourceHealth>, QueryError> {
    let mut healths = Vec::new();
    for source in tables.sources()? {
        let last_seen = tables.last_sighting(source.id)?.map(|sighting| sighting.seen_at);
        let polls = tables.newest_polls(source.id, STREAK_LIMIT)?;
        let failures = polls.iter().take_while(|poll| poll.sighting.is_none()).count();
        let mut indicators = Vec::new();
        for one in tables.indicators_of(source.id)? {
            let newest = known_until(tables, &one)?;
            let held_until = tables.held_of(one.id)?.into_iter().map(|held| held.last_seen).max();
            indicators.push(IndicatorHealth {
                last_seen: newest,
                is_gone: newest.max(held_until) < last_seen,
                is_stale: newest.is_none_or(|seen| is_stale(seen, one.indicator.heartbeat, now)),
                indicator: one.indicator,
            });
        }
        healths.push(SourceHealth {
            source,
            last_poll: polls.into_iter().next(),
            last_seen,
            failures,
            indicators,
        });
    }
    Ok(healths)
}

/// What is recorded of every indicator. Counts all runs, which health does not need.
///
/// # Errors
/// The database cannot be read.
pub fn recorded(tables: Tables<'_>) -> Result<Vec<Recorded>, QueryError> {
    let mut recorded = Vec::new();
    for source in tables.sources()? {
        for one in tables.indicators_of(source.id)? {
            let last_seen = known_until(tables, &one)?;
            let (runs, first_seen) = tables.count_runs(one.id)?;
            recorded.push(Recorded { indicator: one.indicator, first_seen, last_seen, runs });
        }
    }
    Ok(recorded)
}
