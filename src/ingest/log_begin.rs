//! Where the poll log of a source begins once its older part is removed, and what is still known there. Runs are
//! the reading of all sightings, so what is removed must not be needed to read the rest again.

use chrono::Duration;

use crate::domain::{Figures, Observation, Run, Timestamp};
use crate::store::{Sighting, StoreError, StoredIndicator, StoredSource, Tables};

use super::sightings::Sightings;
use super::timeline::Timeline;

/// What is known of an indicator where the log of its source begins.
pub(super) struct Known {
    /// From here on every sighting of the indicator is there.
    pub(super) from: Timestamp,
    /// The last run that begins earlier, up to there.
    pub(super) open: Option<Observation>,
}

/// A run that the log begins in is only known to stand again at the first sighting that is left of it: what was seen
/// until then belongs to the part that was removed.
pub(super) fn known(
    sightings: &mut Sightings<'_>,
    line: &Timeline<'_>,
    begins: Timestamp,
) -> Result<Known, StoreError> {
    let second = Duration::seconds(1);
    let open = line.run_at(begins - second)?;
    let Some(across) = open.filter(|open| begins <= open.run.last_seen) else {
        return Ok(Known { from: begins, open });
    };
    let stands = first_sighting_of(sightings, &line.indicator, across.run.figures, begins)?
        .unwrap_or(across.run.last_seen);
    let open = Observation { run: Run { last_seen: stands, ..across.run }, ..across };
    Ok(Known { from: stands + second, open: Some(open) })
}

/// The first sighting at or after an instant that shows some figures of an indicator.
fn first_sighting_of(
    sightings: &mut Sightings<'_>,
    indicator: &StoredIndicator,
    figures: Figures,
    since: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let mut after = since - Duration::seconds(1);
    while let Some(Sighting { seen_at, .. }) = sightings.after(after)? {
        if sightings.shows(indicator, figures, seen_at)? {
            return Ok(Some(seen_at));
        }
        after = seen_at;
    }
    Ok(None)
}

/// Where the log of a source would begin if everything older than `cutoff` that nobody needs were removed; nothing
/// when there is nothing to remove.
///
/// The log then begins with a poll that saw the page, so the last one that did is always kept, however old, and so is
/// the newest attempt. What waits for a person's decision keeps the log it is judged by.
///
/// # Errors
/// The database cannot be read.
pub fn log_begin(
    tables: Tables<'_>,
    source: &StoredSource,
    cutoff: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let newest = tables.last_poll_at(source.id)?.unwrap_or(cutoff);
    let mut begin = tables.last_poll_seen(source.id, cutoff)?.unwrap_or(cutoff).min(newest);
    for indicator in tables.indicators_of(source.id)? {
        begin = begin.min(needed_since(tables, source, &indicator)?.unwrap_or(begin));
    }
    let is_later = source.log_begins_at.is_none_or(|known| known <= begin);
    Ok((is_later && tables.count_polls_before(source.id, begin)? > 0).then_some(begin))
}

/// The begin of the run ahead of the oldest value that waits for a decision and can still be placed.
fn needed_since(
    tables: Tables<'_>,
    source: &StoredSource,
    indicator: &StoredIndicator,
) -> Result<Option<Timestamp>, StoreError> {
    let is_in_log = |at: Timestamp| source.log_begins_at.is_none_or(|begins| begins <= at);
    let held = tables.held_of(indicator.id)?;
    let waiting = held.iter().filter(|held| held.decision.is_none()).map(|held| held.seen_at);
    let Some(oldest) = waiting.filter(|at| is_in_log(*at)).min() else { return Ok(None) };
    let ahead = tables.run_at(indicator.id, oldest - Duration::seconds(1))?;
    Ok(Some(ahead.map_or(oldest, |ahead| ahead.run.first_seen)))
}

/// Removes polls from before the new begin of a log, the oldest first and at most so many, and notes where it begins;
/// says how many went. To be run inside a transaction, again and again until nothing goes. Where another has moved the
/// begin further meanwhile, it stays there: what lay before is gone.
///
/// # Errors
/// The database cannot be written.
pub fn prune(
    tables: Tables<'_>,
    source: &StoredSource,
    begin: Timestamp,
    limit: u32,
) -> Result<usize, StoreError> {
    // As it is now: the source may have moved to another address since it was looked up.
    let stored = tables.source(&source.name)?;
    if let Some(stored) = stored.filter(|stored| stored.log_begins_at.is_none_or(|known| known < begin)) {
        tables.set_log_begin(stored, begin)?;
    }
    tables.remove_polls_before(source.id, begin, limit)
}
