//! The gaps of a series that a chart may name: longer than its heartbeat, and with a cause that is known.

use chrono::TimeDelta;

use super::{Due, QueryError, gaps};
use crate::calendar::Calendar;
use crate::domain::{Cause, Gap, Kind, TimeRange, Timestamp};
use crate::series::{Part, Series, stretches};
use crate::store::Tables;

/// How many stretches of each sort are looked into, the longest first. A picture has room for few.
const MOST: usize = 8;

/// The long gaps of a series; of several only those in which none of them was seen. `due_of` knows what the schedule of a
/// source asks for; nothing is said of one that it does not know, nor of one that was never polled.
///
/// # Errors
/// The database cannot be read.
pub fn long_gaps<'a>(
    tables: Tables<'_>,
    series: &[Series],
    due_of: impl Fn(&str) -> Option<Due<'a>>,
    calendar: &Calendar,
) -> Result<Vec<Gap>, QueryError> {
    let [first, rest @ ..] = series else { return Ok(Vec::new()) };
    let name = &first.indicator().source;
    let Some((source, due)) = tables.source(name)?.zip(due_of(name)) else { return Ok(Vec::new()) };
    let Some(begins) = tables.first_poll_at(source.id)? else { return Ok(Vec::new()) };
    let indicators = tables.indicators_of(source.id)?;
    let slug = &first.indicator().slug;
    let Some(indicator) = indicators.iter().find(|one| one.indicator.slug == *slug) else {
        return Ok(Vec::new());
    };
    let mut long = Vec::new();
    for (from, to) in suspects(tables, indicator.id, first, (begins, calendar))? {
        long.extend(named(first, gaps(tables, &source, (from, to), &due, calendar)?));
    }
    long.retain(|gap| rest.iter().all(|other| is_silent(other, gap)));
    Ok(long)
}

/// The stretches in which a long gap may lie: silences, and runs that stood still through the sessions.
fn suspects(
    tables: Tables<'_>,
    indicator_id: i64,
    series: &Series,
    (begins, calendar): (Timestamp, &Calendar),
) -> Result<Vec<(Timestamp, Timestamp)>, QueryError> {
    let stretches = stretches(series);
    let silences = stretches.windows(2).filter_map(|pair| silence_between(pair[0], pair[1]));
    let silences = silences.filter(|(_, to)| begins < *to);
    let mut suspects = longest(silences.map(|(from, to)| ((from, to), to - from)));
    if series.indicator().kind != Kind::Return {
        let still = series.parts().iter().map(stands_still);
        let still = still.filter(|(from, to)| *to - *from > heartbeat(series)).map(|(from, to)| {
            let sessions = calendar.sessions_within(from, to);
            (to, sessions.iter().map(|(start, end)| *end - *start).sum::<TimeDelta>())
        });
        for last_seen in longest(still.filter(|(_, trading)| *trading > heartbeat(series))) {
            let run = tables.run_at(indicator_id, last_seen)?;
            suspects.extend(run.map(|run| (run.run.first_seen, last_seen)));
        }
    }
    Ok(suspects)
}

/// From when to when a part stood still for certain. The last run of an hour or a day began before its end.
fn stands_still(part: &Part) -> (Timestamp, Timestamp) {
    let from = match part {
        Part::Run(run) => run.first_seen,
        Part::Rollup(grain, rollup) => grain.end_of(rollup.first_seen),
    };
    (from, part.last_seen())
}

fn silence_between(ahead: &[Part], next: &[Part]) -> Option<(Timestamp, Timestamp)> {
    Some((ahead.last()?.last_seen(), next.first()?.first_seen()))
}

fn longest<T>(weighed: impl Iterator<Item = (T, TimeDelta)>) -> Vec<T> {
    let mut weighed: Vec<(T, TimeDelta)> = weighed.collect();
    weighed.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
    weighed.into_iter().take(MOST).map(|(one, _)| one).collect()
}

fn heartbeat(series: &Series) -> TimeDelta {
    TimeDelta::from_std(series.indicator().heartbeat).unwrap_or(TimeDelta::MAX)
}

/// Those of a series' gaps that deserve a name: a market that is closed needs no word, and of what was not recorded
/// there is nothing to say.
fn named(series: &Series, gaps: Vec<Gap>) -> impl Iterator<Item = Gap> {
    let heartbeat = heartbeat(series);
    let is_known = |gap: &Gap| gap.cause.is_missed() || gap.cause == Cause::Frozen;
    gaps.into_iter().filter(move |gap| is_known(gap) && gap.to - gap.from > heartbeat)
}

fn is_silent(series: &Series, gap: &Gap) -> bool {
    let inside = TimeRange { from: Some(gap.from + TimeDelta::seconds(1)), to: Some(gap.to) };
    series.is_silent(inside)
}
