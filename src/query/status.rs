//! How each source and indicator does: when it was last seen, whether that is too long ago, and what is amiss.

use chrono::TimeDelta;

use crate::calendar::Calendar;
use crate::domain::{Cause, Gap, Indicator, Timestamp};
use crate::series::is_stale;
use crate::store::{LoggedPoll, StoredIndicator, StoredSource, Streak, Tables};

use super::{Due, QueryError, gaps, known_until};

/// What is meant to happen to a source; the configuration and the schedule know.
#[expect(missing_debug_implementations, reason = "slots are a function")]
pub struct Polling<'a> {
    /// What its schedule asks for.
    pub due: Due<'a>,
    /// When the next one is, as far as it can be told.
    pub next_poll: Option<Timestamp>,
}

/// What is to be said of a source in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceState {
    /// It is seen at its pace, or was until not longer than a heartbeat ago.
    Healthy,
    /// It was last seen longer ago than a heartbeat, although polls were due.
    Stale,
    /// The newest page that came could not be read.
    Drifted,
    /// Its page says the same for longer than a heartbeat in which prices are made.
    Frozen,
    /// It is to be polled, and never was.
    NeverPolled,
    /// It is disabled, or no longer in the configuration.
    NotPolled,
}

impl SourceState {
    /// The word in JSON and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Stale => "stale",
            Self::Drifted => "drifted",
            Self::Frozen => "frozen",
            Self::NeverPolled => "never polled",
            Self::NotPolled => "not polled",
        }
    }

    /// Whether somebody should look after it.
    #[must_use]
    pub fn is_unhealthy(self) -> bool {
        !matches!(self, Self::Healthy | Self::NotPolled)
    }
}

/// The health of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceHealth {
    /// What the configuration calls it.
    pub name: String,
    /// Where it was last polled.
    pub url: String,
    /// What is to be said of it.
    pub state: SourceState,
    /// Its newest attempt.
    pub last_poll: Option<LoggedPoll>,
    /// The last time that its header was seen, live or archived.
    pub last_seen: Option<Timestamp>,
    /// Its newest attempts that ended alike.
    pub streak: Option<Streak>,
    /// When it is due next, as far as it can be told.
    pub next_poll: Option<Timestamp>,
    /// The stretch without data that lasts until now.
    pub gap: Option<Gap>,
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
    /// Whether it was last seen longer ago than its heartbeat, and that was not as its schedule wants it.
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
    /// A source that is to be polled, and of which nothing is recorded.
    #[must_use]
    pub fn never_polled(name: &str, url: &str, next_poll: Option<Timestamp>) -> Self {
        Self {
            name: name.to_owned(),
            url: url.to_owned(),
            state: SourceState::NeverPolled,
            last_poll: None,
            last_seen: None,
            streak: None,
            next_poll,
            gap: None,
            indicators: Vec::new(),
        }
    }

    /// How many attempts failed since the last one that did not.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.streak.filter(|streak| !streak.is_success).map_or(0, |streak| streak.count)
    }
}

/// The health of every source that was ever recorded. One without is not polled.
///
/// # Errors
/// The database cannot be read.
pub fn health<'a>(
    tables: Tables<'_>,
    now: Timestamp,
    calendar: &Calendar,
    polling_of: impl Fn(&StoredSource) -> Result<Option<Polling<'a>>, QueryError>,
) -> Result<Vec<SourceHealth>, QueryError> {
    let sources = tables.sources()?;
    sources.into_iter().map(|source| of_source(tables, now, calendar, polling_of(&source)?, source)).collect()
}

fn of_source(
    tables: Tables<'_>,
    now: Timestamp,
    calendar: &Calendar,
    polling: Option<Polling<'_>>,
    source: StoredSource,
) -> Result<SourceHealth, QueryError> {
    let last_seen = tables.last_sighting(source.id)?.map(|sighting| sighting.seen_at);
    let gap = match &polling {
        Some(polling) => current_gap(tables, &source, now, &polling.due, calendar)?,
        None => None,
    };
    // Nobody means to look at a source that is not polled: its age alone counts.
    let is_unseen = polling.is_none() || gap.is_some_and(|gap| gap.cause != Cause::Frozen);
    let mut indicators = Vec::new();
    for one in tables.indicators_of(source.id)? {
        indicators.push(of_indicator(tables, now, last_seen, is_unseen, one)?);
    }
    let mut health = SourceHealth {
        name: source.name,
        url: source.url,
        state: SourceState::NotPolled,
        last_poll: tables.newest_polls(source.id, 1)?.into_iter().next(),
        last_seen,
        streak: tables.streak(source.id)?,
        next_poll: polling.as_ref().and_then(|polling| polling.next_poll),
        gap,
        indicators,
    };
    if polling.is_some() {
        let has_drifted = tables.not_understood(source.id)?.is_some();
        health.state = if has_drifted { SourceState::Drifted } else { state(&health, is_unseen, now) };
    }
    Ok(health)
}

fn of_indicator(
    tables: Tables<'_>,
    now: Timestamp,
    source_seen: Option<Timestamp>,
    is_unseen: bool,
    one: StoredIndicator,
) -> Result<IndicatorHealth, QueryError> {
    let last_seen = known_until(tables, &one)?;
    let held_until = tables.held_of(one.id)?.into_iter().map(|held| held.last_seen).max();
    let is_late = last_seen.is_none_or(|seen| is_stale(seen, one.indicator.heartbeat, now));
    Ok(IndicatorHealth {
        last_seen,
        is_gone: last_seen.max(held_until) < source_seen,
        // A source that is seen as often as it should be explains an age, unless it was seen without this value.
        is_stale: is_late && (is_unseen || last_seen < source_seen),
        indicator: one.indicator,
    })
}

/// The stretch without data that lasts until now, unless the market being closed is all there is to it.
fn current_gap(
    tables: Tables<'_>,
    source: &StoredSource,
    now: Timestamp,
    due: &Due<'_>,
    calendar: &Calendar,
) -> Result<Option<Gap>, QueryError> {
    let since = match tables.last_sighting(source.id)? {
        Some(last) => tables
            .last_other_text_at(source.id, last.capture)?
            .map_or(last.seen_at, |other| other.min(last.seen_at)),
        None => tables.first_poll_at(source.id)?.unwrap_or(now),
    };
    let since = since - TimeDelta::seconds(1);
    let gaps = gaps(tables, source, (since, now), due, calendar)?;
    Ok(gaps.last().copied().filter(|gap| gap.to == now && gap.cause != Cause::Closed))
}

fn state(health: &SourceHealth, is_unseen: bool, now: Timestamp) -> SourceState {
    let heartbeat = health.indicators.iter().map(|one| one.indicator.heartbeat).min().unwrap_or_default();
    let is_late = health.last_seen.is_none_or(|seen| is_stale(seen, heartbeat, now));
    if is_late && is_unseen || health.indicators.iter().any(|one| one.is_stale && !one.is_gone) {
        SourceState::Stale
    } else if health.gap.is_some_and(|gap| gap.cause == Cause::Frozen) {
        SourceState::Frozen
    } else {
        SourceState::Healthy
    }
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
