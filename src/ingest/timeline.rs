//! The runs and held stretches of one indicator as a transaction sees them.
//!
//! Around the instant at which sightings are being brought in the runs are kept in memory and written once, however
//! often they change: a run that a thousand captures confirm is one write. Everywhere else the tables are read and
//! written directly. Decides nothing: what becomes of a sighting is up to `splice`.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use chrono::Duration;

use crate::domain::{Observation, Run, Timestamp};
use crate::store::{Decision, Held, StoreError, StoredIndicator, Tables};

use super::rollups::Rolled;
use super::runs::{Decisions, Reference, Rules};

/// How many runs from an instant on are read at once: the next sightings will ask for them.
const AHEAD: u32 = 32;
/// The most runs that are kept in memory.
const MOST: usize = 4096;

/// One indicator, with what was ever held of it. One that was written to must be closed: its rollups follow then.
pub(super) struct Timeline<'a> {
    pub(super) tables: Tables<'a>,
    pub(super) indicator: StoredIndicator,
    pub(super) rules: Rules,
    /// Everything that was ever held, in order of time.
    held: Vec<Held>,
    window: Option<Window>,
    rolled: Rolled,
}

/// Every run that begins between two instants, both included.
struct Window {
    from: Timestamp,
    to: Timestamp,
    runs: BTreeMap<Timestamp, Observation>,
    /// Where runs begin or began that were changed here, and what the table has there.
    changed: BTreeMap<Timestamp, Option<Observation>>,
}

impl Window {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }
}

/// Whether a run is the same but for its end.
fn is_extended(before: Observation, now: &Observation) -> bool {
    let run = Run { last_seen: now.run.last_seen, ..before.run };
    Observation { run, ..before } == *now
}

pub(super) fn rules(indicator: &StoredIndicator, held: &[Held]) -> Rules {
    let decided = |decision| {
        held.iter().filter(move |held| held.decision == Some(decision)).map(|held| held.figures).collect()
    };
    Rules {
        kind: indicator.indicator.kind,
        heartbeat: indicator.indicator.heartbeat,
        decisions: Decisions { accepted: decided(Decision::Accepted), rejected: decided(Decision::Rejected) },
    }
}

impl<'a> Timeline<'a> {
    /// `rolled` is up to where its runs are rolled up.
    pub(super) fn open(
        tables: Tables<'a>,
        indicator: StoredIndicator,
        rolled: Option<Timestamp>,
    ) -> Result<Self, StoreError> {
        let held = tables.held_of(indicator.id)?;
        Ok(Self::with_held(tables, indicator, held, rolled))
    }

    /// The timeline of an indicator of which this was held.
    pub(super) fn with_held(
        tables: Tables<'a>,
        indicator: StoredIndicator,
        held: Vec<Held>,
        rolled: Option<Timestamp>,
    ) -> Self {
        let rules = rules(&indicator, &held);
        Self { tables, indicator, rules, held, window: None, rolled: Rolled::until(rolled) }
    }

    /// Writes what changed, and rolls it up: what waits for that by at most about so many runs.
    pub(super) fn close(mut self, most: &mut u64) -> Result<(), StoreError> {
        let known = self.window.as_ref().filter(|window| window.to == Timestamp::MAX_UTC);
        let known = known.and_then(|window| window.runs.last_key_value()).map(|(first_seen, _)| *first_seen);
        self.flush()?;
        let newest = match known {
            Some(newest) => Some(newest),
            None => self.tables.newest_run(self.indicator.id)?.map(|newest| newest.run.first_seen),
        };
        self.rolled.close(self.tables, self.indicator.id, newest, most)
    }

    /// Makes the surroundings of an instant those that are kept in memory.
    pub(super) fn settle(&mut self, at: Timestamp) -> Result<(), StoreError> {
        if self.window.as_ref().is_some_and(|window| window.holds(at) && window.runs.len() < MOST) {
            return Ok(());
        }
        self.flush()?;
        let runs = self.tables.runs_around(self.indicator.id, at, AHEAD)?;
        let first = runs.first().filter(|first| first.run.first_seen <= at);
        let is_all = runs.len() < AHEAD as usize;
        let last = runs.last().filter(|_| !is_all);
        self.window = Some(Window {
            from: first.map_or(Timestamp::MIN_UTC, |first| first.run.first_seen),
            to: last.map_or(Timestamp::MAX_UTC, |last| last.run.first_seen),
            runs: runs.into_iter().map(|run| (run.run.first_seen, run)).collect(),
            changed: BTreeMap::new(),
        });
        Ok(())
    }

    /// Writes what changed. From here on the tables hold every run.
    pub(super) fn flush(&mut self) -> Result<(), StoreError> {
        let Some(window) = self.window.take() else { return Ok(()) };
        for (first_seen, before) in window.changed {
            let now = window.runs.get(&first_seen);
            if before.as_ref() != now {
                self.rolled.touch(first_seen);
                self.write(first_seen, before, now)?;
            }
        }
        Ok(())
    }

    /// Writes what became of the run that begins at an instant; `before` is the one in the table.
    fn write(
        &self,
        first_seen: Timestamp,
        before: Option<Observation>,
        now: Option<&Observation>,
    ) -> Result<(), StoreError> {
        let (tables, id) = (self.tables, self.indicator.id);
        match (before, now) {
            (None, Some(now)) => tables.add_run(id, now),
            (Some(before), Some(now)) if is_extended(before, now) => tables.extend_run(id, now),
            (Some(_), Some(now)) => tables.put_run(id, now),
            (Some(_), None) => tables.take_run(id, first_seen),
            (None, None) => Ok(()),
        }
    }

    /// The last run that begins at or before an instant.
    pub(super) fn run_at(&self, at: Timestamp) -> Result<Option<Observation>, StoreError> {
        let Some(window) = self.window.as_ref().filter(|window| window.from <= at) else {
            return self.tables.run_at(self.indicator.id, at);
        };
        if window.to < at
            && let Some(beyond) = self.tables.run_at(self.indicator.id, at)?
            && window.to < beyond.run.first_seen
        {
            return Ok(Some(beyond));
        }
        match window.runs.range(..=at).next_back() {
            Some((_, run)) => Ok(Some(*run)),
            None => self.run_before_window(window),
        }
    }

    fn run_before_window(&self, window: &Window) -> Result<Option<Observation>, StoreError> {
        if window.from == Timestamp::MIN_UTC {
            return Ok(None);
        }
        self.tables.run_at(self.indicator.id, window.from - Duration::seconds(1))
    }

    /// The first run that begins after an instant.
    pub(super) fn run_after(&self, at: Timestamp) -> Result<Option<Observation>, StoreError> {
        let Some(window) = self.window.as_ref().filter(|window| at < window.to) else {
            return self.tables.run_after(self.indicator.id, at);
        };
        if at < window.from
            && let Some(ahead) = self.tables.run_after(self.indicator.id, at)?
            && ahead.run.first_seen < window.from
        {
            return Ok(Some(ahead));
        }
        match window.runs.range((Excluded(at), Unbounded)).next() {
            Some((_, run)) => Ok(Some(*run)),
            None if window.to == Timestamp::MAX_UTC => Ok(None),
            None => self.tables.run_after(self.indicator.id, window.to),
        }
    }

    /// The last level that was believed up to the end of a run: its own, or that of an earlier one where it has none.
    pub(super) fn reference_at(&self, run: Option<Observation>) -> Result<Option<Reference>, StoreError> {
        let Some(run) = run else { return Ok(None) };
        if let Some(reference) = Reference::after(&run.run) {
            return Ok(Some(reference));
        }
        let mut before = run.run.first_seen;
        if let Some(window) = self.window.as_ref().filter(|window| window.holds(before)) {
            let earlier = window.runs.range(..before).rev();
            if let Some(reference) = earlier.map(|(_, run)| run).find_map(|run| Reference::after(&run.run)) {
                return Ok(Some(reference));
            }
            before = window.from;
        }
        let with_level = self.tables.run_with_level_before(self.indicator.id, before)?;
        Ok(with_level.and_then(|run| Reference::after(&run.run)))
    }

    /// Writes a run, replacing the one that begins at the same time.
    pub(super) fn put_run(&mut self, run: Observation) -> Result<(), StoreError> {
        let first_seen = run.run.first_seen;
        match self.window.as_mut().filter(|window| window.holds(first_seen)) {
            Some(window) => {
                let before = window.runs.insert(first_seen, run);
                window.changed.entry(first_seen).or_insert(before);
                Ok(())
            }
            None => {
                self.rolled.touch(first_seen);
                self.tables.put_run(self.indicator.id, &run)
            }
        }
    }

    /// Takes away a run that is about to be written in another shape.
    pub(super) fn take_run(&mut self, first_seen: Timestamp) -> Result<(), StoreError> {
        match self.window.as_mut().filter(|window| window.holds(first_seen)) {
            Some(window) => {
                let before = window.runs.remove(&first_seen);
                window.changed.entry(first_seen).or_insert(before);
                Ok(())
            }
            None => {
                self.rolled.touch(first_seen);
                self.tables.take_run(self.indicator.id, first_seen)
            }
        }
    }

    /// Everything that was ever held.
    pub(super) fn held(&self) -> &[Held] {
        &self.held
    }

    /// What waits for a decision.
    pub(super) fn undecided(&self) -> impl Iterator<Item = &Held> {
        self.held.iter().filter(|held| held.decision.is_none())
    }

    /// Writes a held stretch, in the place of the one with its key or its begin.
    pub(super) fn put_held(&mut self, held: Held) -> Result<(), StoreError> {
        let id = self.tables.put_held(&held)?;
        self.held.retain(|other| other.id != id && other.seen_at != held.seen_at);
        let at = self.held.partition_point(|other| other.seen_at < held.seen_at);
        self.held.insert(at, Held { id, ..held });
        Ok(())
    }

    /// Lets go of a held stretch.
    pub(super) fn release_held(&mut self, id: i64) -> Result<(), StoreError> {
        self.tables.release_held(id)?;
        self.held.retain(|held| held.id != id);
        Ok(())
    }
}
