//! Keeps what the runs of each hour and day come to beside them, as they change.
//!
//! Of each indicator one instant is kept, the beginning of an hour: every hour before it, and every day that ends by
//! it, has exactly the rollup of the runs with a level that begin in it, or none where none does; from it on nothing is
//! kept. It follows the hour of the newest run and never passes it, so that a value which stands or moves in that hour
//! costs nothing here. It may lag: what is not rolled up yet is read from the runs. The kind of an indicator plays no
//! part: a return has no levels, so its hours have no rollups.

#[cfg(test)]
pub(super) mod tests;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::domain::{Grain, Roll, Timestamp};
use crate::store::{StoreError, Tables};

/// The most runs that one live transaction rolls up of what waits: the few of an hour that has passed, or a step of a
/// long way to catch up. Measured: 0.3 microseconds each, so some milliseconds.
pub(super) const LIVE: u64 = 20_000;
/// The most hours before the instant that one transaction rolls up again. Where more changed, as when captures of many
/// years come in any order, it goes back to the first of them instead: the next transaction would change as many, and
/// a million runs are rolled up again in 0.3 seconds.
const MOST_AGAIN: usize = 64;

/// Rolls up runs of a source that wait for it, at most about so many; says whether none is left. To be run inside a
/// transaction, again and again.
///
/// # Errors
/// The database cannot be written.
pub fn roll_up(tables: Tables<'_>, source: &str, mut most: u64) -> Result<bool, StoreError> {
    let Some(source) = tables.source(source)? else { return Ok(true) };
    let rolled = tables.rolled_of(source.id)?;
    for indicator in tables.indicators_of(source.id)? {
        let newest = tables.newest_run(indicator.id)?.map(|newest| newest.run.first_seen);
        let rolled = Rolled::until(rolled.get(&indicator.id).copied());
        rolled.close(tables, indicator.id, newest, &mut most)?;
        if most == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How far the runs of an indicator are rolled up, and where they are not any more since runs were written.
#[derive(Debug)]
pub(super) struct Rolled {
    until: Option<Timestamp>,
    /// The hours before it in which a run began or begins that was written or taken away.
    touched: BTreeSet<Timestamp>,
}

impl Rolled {
    pub(super) fn until(until: Option<Timestamp>) -> Self {
        Self { until, touched: BTreeSet::new() }
    }

    /// Notes that a run was written or taken away.
    pub(super) fn touch(&mut self, first_seen: Timestamp) {
        if self.until.is_some_and(|until| first_seen < until) {
            self.touched.insert(Grain::Hour.start_of(first_seen));
        }
    }

    /// Rolls up again what was touched, and goes on towards the hour of the newest run, by at most about so many runs.
    pub(super) fn close(
        self,
        tables: Tables<'_>,
        indicator_id: i64,
        newest: Option<Timestamp>,
        most: &mut u64,
    ) -> Result<(), StoreError> {
        let rollups = Rollups { tables, indicator_id };
        let end = newest.map(|newest| Grain::Hour.start_of(newest));
        let kept = self.kept(end);
        if let Some((until, kept)) = self.until.zip(kept) {
            if kept < until {
                rollups.take_from(kept)?;
            }
            let is_kept = |hour: &Timestamp| *hour < kept;
            rollups.fold_again(self.touched.into_iter().filter(is_kept), kept)?;
        }
        let until = match end.filter(|end| *most > 0 && kept.is_none_or(|kept| kept < *end)) {
            Some(end) => Some(rollups.go_on(kept, end, most)?),
            None => kept,
        };
        match until.filter(|_| until != self.until) {
            Some(until) => tables.put_rolled_until(indicator_id, until),
            None => Ok(()),
        }
    }

    /// Up to where rollups stay: not beyond the hour of the newest run, nor the first of too many that changed.
    fn kept(&self, end: Option<Timestamp>) -> Option<Timestamp> {
        let until = self.until?;
        let first = self.touched.first().filter(|_| self.touched.len() > MOST_AGAIN);
        Some([end, first.copied()].into_iter().flatten().fold(until, Timestamp::min))
    }
}

/// The rollups of one indicator.
#[derive(Clone, Copy)]
struct Rollups<'a> {
    tables: Tables<'a>,
    indicator_id: i64,
}

impl Rollups<'_> {
    /// Takes away the hours from an instant on, and the days that end after it.
    fn take_from(self, instant: Timestamp) -> Result<(), StoreError> {
        Grain::ALL.into_iter().try_for_each(|grain| {
            self.tables.take_rollups(self.indicator_id, grain, grain.start_of(instant), Timestamp::MAX_UTC)
        })
    }

    /// Rolls up hours again, and those of their days that end by an instant.
    fn fold_again(
        self,
        hours: impl IntoIterator<Item = Timestamp>,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let (mut days, mut all) = (BTreeSet::new(), u64::MAX);
        for hour in hours {
            let end = Grain::Hour.end_of(hour);
            self.tables.take_rollups(self.indicator_id, Grain::Hour, hour, end)?;
            self.fold_hours(Some(hour), end, &mut all)?;
            days.insert(Grain::Day.start_of(hour));
        }
        for day in days {
            let end = Grain::Day.end_of(day);
            if end <= until {
                self.tables.take_rollups(self.indicator_id, Grain::Day, day, end)?;
                self.fold_days(Some(day), end)?;
            }
        }
        Ok(())
    }

    /// Rolls up what begins from one instant on and before another, or less where those are too many runs; gives up to
    /// where.
    fn go_on(self, from: Option<Timestamp>, to: Timestamp, most: &mut u64) -> Result<Timestamp, StoreError> {
        let until = self.fold_hours(from, to, most)?;
        self.fold_days(from.map(|from| Grain::Day.start_of(from)), Grain::Day.start_of(until))?;
        Ok(until)
    }

    /// Folds runs into hours; ends with the hour in which it has read too many. Gives up to where the hours are whole.
    fn fold_hours(
        self,
        from: Option<Timestamp>,
        to: Timestamp,
        most: &mut u64,
    ) -> Result<Timestamp, StoreError> {
        let mut roll = Roll::new(Grain::Hour);
        let (mut end_of_hour, mut until) = (Timestamp::MIN_UTC, to);
        let from = from.unwrap_or(Timestamp::MIN_UTC);
        self.tables.each_begun(self.indicator_id, from, to, |begun, rollup| {
            if end_of_hour <= begun {
                if *most == 0 {
                    until = Grain::Hour.start_of(begun);
                    return Ok(ControlFlow::Break(()));
                }
                end_of_hour = Grain::Hour.end_of(begun);
            }
            *most = most.saturating_sub(1);
            if let Some(whole) = rollup.and_then(|rollup| roll.add(rollup)) {
                self.tables.put_rollup(self.indicator_id, Grain::Hour, &whole)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if let Some(last) = roll.finish() {
            self.tables.put_rollup(self.indicator_id, Grain::Hour, &last)?;
        }
        Ok(until)
    }

    /// Folds hours into days; both instants are beginnings of days.
    fn fold_days(self, from: Option<Timestamp>, to: Timestamp) -> Result<(), StoreError> {
        if from.is_some_and(|from| to <= from) {
            return Ok(());
        }
        let mut roll = Roll::new(Grain::Day);
        let put = |day| self.tables.put_rollup(self.indicator_id, Grain::Day, &day);
        let from = from.unwrap_or(Timestamp::MIN_UTC);
        self.tables.each_rollup(self.indicator_id, Grain::Hour, from, to, |hour| {
            roll.add(hour).map_or(Ok::<(), StoreError>(()), put)
        })?;
        roll.finish().map_or(Ok(()), put)
    }
}
