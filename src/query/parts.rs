//! What is read of an indicator over a range: hours and days where they may stand for their runs, and every run
//! elsewhere. What is not rolled up yet is rolled up while it is read, so that an answer does not depend on how far
//! that is.

use chrono::{Duration, TimeDelta};
use chrono_tz::Tz;

use super::QueryError;
use crate::domain::{Grain, Kind, Observation, Rollup, Run, TimeRange, Timestamp};
use crate::series::{Detail, Part, Series};
use crate::store::{StoreError, StoredIndicator, Tables};

/// What was seen of one indicator in a range, told apart as finely as a question needs it, and the run ahead of it,
/// which knows the previous close. A return has no levels to roll up: it is read run by run.
///
/// # Errors
/// The database cannot be read.
pub fn series(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    range: TimeRange,
    zone: Tz,
    detail: Detail,
) -> Result<Series, QueryError> {
    let detail = if indicator.indicator.kind == Kind::Return { Detail::RUNS } else { detail };
    let mut reader = Reader::new(tables, indicator, &detail);
    reader.opening(range)?;
    let newest = tables.run_with_level_before(indicator.id, range.to.unwrap_or(Timestamp::MAX_UTC))?;
    match detail.coarsest().zip(newest) {
        Some((grain, newest)) => reader.rolled(range, grain, &newest.run, detail)?,
        None => reader.runs(range.from, range.to)?,
    }
    Ok(Series::new(indicator.indicator.clone(), zone, reader.parts)?)
}

/// From when to when something was seen of an indicator in a range.
///
/// # Errors
/// The database cannot be read.
pub fn seen(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    range: TimeRange,
) -> Result<Option<(Timestamp, Timestamp)>, QueryError> {
    let second = Duration::seconds(1);
    let open = range.from.map(|from| tables.run_at(indicator.id, from)).transpose()?.flatten();
    let first = match open.filter(|open| range.from.is_some_and(|from| from <= open.run.last_seen)) {
        Some(open) => Some(open),
        None => {
            tables.run_after(indicator.id, range.from.map_or(Timestamp::MIN_UTC, |from| from - second))?
        }
    };
    let last = match range.to {
        Some(to) => tables.run_at(indicator.id, to - second)?,
        None => tables.newest_run(indicator.id)?,
    };
    let inside = |(first, last): (Observation, Observation)| {
        let from = range.from.map_or(first.run.first_seen, |from| from.max(first.run.first_seen));
        let to = range.to.map_or(last.run.last_seen, |to| last.run.last_seen.min(to - second));
        (from <= to).then_some((from, to))
    };
    Ok(first.zip(last).and_then(inside))
}

/// Reads parts in order of time.
struct Reader<'a> {
    tables: Tables<'a>,
    indicator_id: i64,
    /// Pauses longer than the first and up to the second may hide runs without a level, which break a line.
    hiding: Option<(TimeDelta, TimeDelta)>,
    parts: Vec<Part>,
}

impl<'a> Reader<'a> {
    fn new(tables: Tables<'a>, indicator: &StoredIndicator, detail: &Detail) -> Self {
        let longest = TimeDelta::from_std(indicator.indicator.heartbeat).unwrap_or(TimeDelta::MAX);
        let shortest = detail.coarsest().filter(|_| detail.is_drawn());
        let hiding = shortest.map(|grain| (TimeDelta::seconds(grain.seconds()), longest));
        Self { tables, indicator_id: indicator.id, hiding, parts: Vec::new() }
    }

    /// The run that is open when a range begins, and the one ahead of whatever is first in it.
    fn opening(&mut self, range: TimeRange) -> Result<(), StoreError> {
        let Some(from) = range.from else { return Ok(()) };
        let before = |at: Timestamp| self.tables.run_at(self.indicator_id, at - Duration::seconds(1));
        let Some(open) = before(from)? else { return Ok(()) };
        let ahead = if open.run.last_seen < from { None } else { before(open.run.first_seen)? };
        self.parts.extend(ahead.into_iter().chain([open]).map(|one| Part::Run(one.run)));
        Ok(())
    }

    /// What begins in a range. The hour of the newest run with a level is read run by run: its figures are asked for.
    fn rolled(
        &mut self,
        range: TimeRange,
        grain: Grain,
        newest: &Run,
        mut detail: Detail,
    ) -> Result<(), StoreError> {
        let ahead = range.from.map_or(Timestamp::MIN_UTC, |from| from - Duration::seconds(1));
        let Some(first) = self.tables.run_after(self.indicator_id, ahead)? else { return Ok(()) };
        let (from, first) = (range.from.unwrap_or(first.run.first_seen), first.run.first_seen);
        let to = Grain::Hour.start_of(newest.first_seen).max(from);
        let begin = if range.from.is_none_or(|from| from <= grain.start_of(first)) {
            grain.start_of(first)
        } else {
            grain.end_of(from)
        };
        let until = self.tables.rolled_until(self.indicator_id)?.map(|until| grain.start_of(until.min(to)));
        match until.filter(|until| begin < *until) {
            Some(until) => {
                self.fold(grain, (from, begin), &mut detail)?;
                self.kept(grain, (begin, until), &mut detail)?;
                self.fold(grain, (until, to), &mut detail)?;
            }
            None => self.fold(grain, (from, to), &mut detail)?,
        }
        self.runs(Some(to), range.to)
    }

    /// Rollups that are kept; where they tell too little, finer ones.
    fn kept(
        &mut self,
        grain: Grain,
        (from, to): (Timestamp, Timestamp),
        detail: &mut Detail,
    ) -> Result<(), StoreError> {
        let mut apart: Option<(Timestamp, Timestamp, Detail)> = None;
        for rollup in self.tables.rollups(self.indicator_id, grain, from, to)? {
            let (start, end) = (grain.start_of(rollup.first_seen), grain.end_of(rollup.first_seen));
            let before = *detail;
            let is_one = detail.is_one(grain, &rollup);
            apart = match apart {
                Some((from, to, before)) if !is_one && to == start => Some((from, end, before)),
                other => {
                    self.apart(grain, other)?;
                    (!is_one).then_some((start, end, before))
                }
            };
            if is_one {
                self.take(Part::Rollup(grain, rollup))?;
            }
        }
        self.apart(grain, apart)
    }

    /// A stretch of consecutive rollups that each tell too little.
    fn apart(
        &mut self,
        grain: Grain,
        stretch: Option<(Timestamp, Timestamp, Detail)>,
    ) -> Result<(), StoreError> {
        let Some((from, to, mut detail)) = stretch else { return Ok(()) };
        match grain.finer() {
            Some(finer) => self.kept(finer, (from, to), &mut detail),
            None => self.runs(Some(from), Some(to)),
        }
    }

    /// Runs, rolled up as they would be kept.
    fn fold(
        &mut self,
        grain: Grain,
        (from, to): (Timestamp, Timestamp),
        detail: &mut Detail,
    ) -> Result<(), StoreError> {
        let mut alike: Vec<Run> = Vec::new();
        self.tables.each_run_begun(self.indicator_id, from, to, |run| {
            if alike.first().is_some_and(|first| grain.end_of(first.first_seen) <= run.first_seen) {
                self.folded(Some(grain), &alike, detail)?;
                alike.clear();
            }
            alike.push(run);
            Ok::<_, StoreError>(())
        })?;
        self.folded(Some(grain), &alike, detail)
    }

    fn folded(&mut self, grain: Option<Grain>, runs: &[Run], detail: &mut Detail) -> Result<(), StoreError> {
        let Some(grain) = grain else { return runs.iter().try_for_each(|run| self.take(Part::Run(*run))) };
        for alike in runs.chunk_by(|a, b| b.first_seen < grain.end_of(a.first_seen)) {
            let rollup = alike.iter().filter_map(Rollup::of).reduce(|rollup, next| rollup.then(&next));
            let Some(rollup) = rollup else { continue };
            let mut before = *detail;
            if detail.is_one(grain, &rollup) {
                self.take(Part::Rollup(grain, rollup))?;
            } else {
                self.folded(grain.finer(), alike, &mut before)?;
            }
        }
        Ok(())
    }

    /// Runs as they are.
    fn runs(&mut self, from: Option<Timestamp>, to: Option<Timestamp>) -> Result<(), StoreError> {
        let (from, to) = (from.unwrap_or(Timestamp::MIN_UTC), to.unwrap_or(Timestamp::MAX_UTC));
        self.tables.each_run_begun(self.indicator_id, from, to, |run| self.take(Part::Run(run)))
    }

    fn take(&mut self, part: Part) -> Result<(), StoreError> {
        if let Some((last, hiding)) = self.parts.last().zip(self.hiding) {
            let (from, to) = (last.last_seen(), part.first_seen());
            if hiding.0 < to - from && to - from <= hiding.1 {
                self.tables.each_run_begun(self.indicator_id, from + Duration::seconds(1), to, |run| {
                    self.parts.push(Part::Run(run));
                    Ok::<_, StoreError>(())
                })?;
            }
        }
        self.parts.push(part);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
