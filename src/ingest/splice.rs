//! Brings one sighting of one indicator into its runs, wherever in time it falls.
//!
//! In the common cases only the neighbouring runs are looked at. Where the plausibility of neighbours is at stake,
//! the sightings between two runs that stand on their own are read again as a whole.

use crate::domain::{Figures, Observation, Run, TimeRange, Timestamp, Verdict};
use crate::store::{Held, Sighting, StoreError};

use super::claim::Claim;
use super::runs::{HeldStretch, Judgement, Reader, Reference, Rules, Seen, Splice, between, split};
use super::sightings::Sightings;
use super::timeline::Timeline;
use super::{Fate, log_begin};

/// Why a sighting from before the poll log begins waits for a person.
const LOG_IS_GONE: &str =
    "the poll log of this stretch was removed, so it cannot be told when the value around it stood";

/// Records what an indicator was seen to show.
pub(super) fn record<'a>(
    sightings: &mut Sightings<'a>,
    line: &mut Timeline<'a>,
    claim: Claim<'_>,
    seen: Sighting,
    is_alone: bool,
) -> Result<Fate, StoreError> {
    line.settle(seen.seen_at)?;
    let seen = Seen::of(claim, seen);
    let mut spot = Spot { sightings, line, seen };
    // What else was seen in this second counts only where all that was seen around it can be read again.
    let is_settled = is_alone || {
        let around = spot.around()?;
        spot.is_before_log(around)?
    };
    if is_settled { spot.record() } else { spot.reread_all(Fate::Unchanged) }
}

/// Brings figures that a person accepted into a stretch whose poll log was removed, where that is possible without
/// guessing: nothing else was seen then, and the run after it is believed as before. Says whether it was.
pub(super) fn place(
    sightings: &mut Sightings<'_>,
    line: &mut Timeline<'_>,
    held: &Held,
) -> Result<bool, StoreError> {
    let previous = line.run_at(held.seen_at)?;
    let next = line.run_after(held.seen_at)?;
    let sighting = Sighting { seen_at: held.seen_at, capture: held.capture };
    let Some(seen) = sightings.readings.seen(&line.indicator, sighting)? else { return Ok(false) };
    let run = Run {
        first_seen: held.seen_at,
        last_seen: held.last_seen,
        figures: held.figures,
        verdict: seen.verdict,
    };
    let is_free = previous.is_none_or(|previous| previous.run.last_seen < run.first_seen)
        && next.is_none_or(|next| run.last_seen < next.run.first_seen);
    let unsettles =
        next.is_some_and(|next| unsettles(&line.rules, &Seen::first_of(&next), Reference::after(&run)));
    if is_free && !unsettles {
        line.put_run(Observation { run, capture: held.capture })?;
    }
    Ok(is_free && !unsettles)
}

/// Whether a sighting would no longer be believed after another level.
fn unsettles(rules: &Rules, after: &Seen, reference: Option<Reference>) -> bool {
    after.verdict != Verdict::Verified && rules.judge(after, reference) != Judgement::Accept
}

/// A place in the runs of an indicator where a sighting falls.
struct Spot<'s, 'a> {
    sightings: &'s mut Sightings<'a>,
    line: &'s mut Timeline<'a>,
    seen: Seen,
}

impl Spot<'_, '_> {
    /// The run that the sighting falls into.
    fn around(&self) -> Result<Option<Observation>, StoreError> {
        let previous = self.line.run_at(self.seen.at)?;
        Ok(previous.filter(|previous| self.seen.at <= previous.run.last_seen))
    }

    fn record(&mut self) -> Result<Fate, StoreError> {
        let at = self.seen.at;
        let previous = self.line.run_at(at)?;
        let around = previous.filter(|previous| at <= previous.run.last_seen);
        let is_known = around.is_some_and(|around| around.run.figures == self.seen.figures);
        let parts_held = self.line.undecided().any(|held| held.seen_at < at && at < held.last_seen);
        if is_known && (parts_held && !self.is_before_log(around)? || self.begins_knowledge(around)?) {
            return self.reread_all(Fate::Unchanged);
        }
        if is_known {
            return Ok(Fate::Unchanged);
        }
        match around {
            Some(around) => self.inside(around),
            None => self.outside(previous),
        }
    }

    fn inside(&mut self, around: Observation) -> Result<Fate, StoreError> {
        if self.is_before_log(Some(around))? {
            return self.hold_unplaced();
        }
        let begins = self.sightings.source.log_begins_at;
        if begins.is_some_and(|begins| around.run.first_seen < begins) {
            return self.reread_all(Fate::Stored);
        }
        let before = self.sighting_of(around.run.figures, Side::Before)?;
        let neighbours = before.zip(self.sighting_of(around.run.figures, Side::After)?);
        let Some((before, after)) = neighbours else {
            // The runs say more than the sightings do; only reading them as a whole can tell.
            return self.reread_all(Fate::Stored);
        };
        let reference = around.run.figures.level.map(|level| Reference { at: before.at, level });
        let after = Seen { verdict: around.run.verdict, ..after };
        if self.disturbs(reference, Some(&after)) {
            return self.reread_all(Fate::Stored);
        }
        self.apply(split(around, before.at, self.seen, after))
    }

    fn outside(&mut self, previous: Option<Observation>) -> Result<Fate, StoreError> {
        let next = self.line.run_after(self.seen.at)?;
        let first_after = next.as_ref().map(Seen::first_of);
        let has_level = |seen: &Seen| seen.figures.level.is_some();
        // Without a level there is nothing to compare, and of returns one would look back to the very first.
        let reference = match has_level(&self.seen) || first_after.as_ref().is_some_and(has_level) {
            true => self.line.reference_at(previous)?,
            false => None,
        };
        let is_newest = next.is_none() && self.line.undecided().all(|held| held.last_seen < self.seen.at);
        let is_before_log = self.is_before_log(None)?;
        match self.line.rules.judge(&self.seen, reference) {
            Judgement::Hold(reason) if is_newest => self.hold(reason),
            Judgement::Reject if is_newest || is_before_log => Ok(Fate::Unchanged),
            _ if self.disturbs(reference, first_after.as_ref()) && is_before_log => self.hold_unplaced(),
            _ if self.disturbs(reference, first_after.as_ref()) => self.reread_all(Fate::Stored),
            _ => self.apply(between(&self.line.rules, previous, self.seen, next)),
        }
    }

    /// Whether believing this sighting, or not, may change what is believed of its neighbours.
    fn disturbs(&self, reference: Option<Reference>, after: Option<&Seen>) -> bool {
        let rules = &self.line.rules;
        if rules.judge(&self.seen, reference) != Judgement::Accept {
            return true;
        }
        let own = self.seen.figures.level.map(|level| Reference { at: self.seen.at, level });
        let unsettles = after.is_some_and(|after| unsettles(rules, after, own.or(reference)));
        let touches_held = self
            .line
            .undecided()
            .any(|held| held.last_seen >= self.seen.at && after.is_none_or(|after| held.seen_at <= after.at));
        unsettles || touches_held
    }

    /// Whether the sightings around this one, which may fall into a run, were removed.
    fn is_before_log(&mut self, around: Option<Observation>) -> Result<bool, StoreError> {
        let at = self.seen.at;
        match self.sightings.source.log_begins_at {
            Some(begins) if at < begins => Ok(true),
            Some(begins) if around.is_some_and(|around| around.run.first_seen < begins) => {
                Ok(at < log_begin::known(self.sightings, self.line, begins)?.from)
            }
            _ => Ok(false),
        }
    }

    /// Whether this is now the first sighting of a run that the log begins in: what was seen between it and the one
    /// that was first until now can be placed from here on.
    fn begins_knowledge(&mut self, around: Option<Observation>) -> Result<bool, StoreError> {
        let begins = self.sightings.source.log_begins_at.filter(|begins| *begins <= self.seen.at);
        match begins.filter(|begins| around.is_some_and(|around| around.run.first_seen < *begins)) {
            Some(begins) => {
                let from = log_begin::known(self.sightings, self.line, begins)?.from;
                Ok(from == self.seen.at + chrono::Duration::seconds(1))
            }
            None => Ok(false),
        }
    }

    /// Holds a sighting whose place among the others is not known any more, once.
    fn hold_unplaced(&mut self) -> Result<Fate, StoreError> {
        let is_this = |held: &&Held| {
            held.figures == self.seen.figures
                && held.seen_at <= self.seen.at
                && self.seen.at <= held.last_seen
        };
        let all = self.line.held();
        match all.iter().find(is_this) {
            Some(held) if held.decision.is_some() => Ok(Fate::Unchanged),
            Some(_) => Ok(Fate::Held),
            // Of two texts of one second one stands back.
            None if all.iter().any(|held| held.seen_at == self.seen.at) => Ok(Fate::Unchanged),
            None => self.hold(LOG_IS_GONE.to_owned()),
        }
    }

    /// The nearest sighting on one side that shows some figures of this indicator.
    fn sighting_of(&mut self, figures: Figures, side: Side) -> Result<Option<Seen>, StoreError> {
        let mut at = self.seen.at;
        loop {
            let nearest = match side {
                Side::Before => self.sightings.before(at)?,
                Side::After => self.sightings.after(at)?,
            };
            let Some(nearest) = nearest else { return Ok(None) };
            match self.sightings.seen_at(&self.line.indicator, nearest.seen_at)? {
                Some(seen) if seen.figures == figures => return Ok(Some(seen)),
                _ => at = nearest.seen_at,
            }
        }
    }

    fn apply(&mut self, splice: Splice) -> Result<Fate, StoreError> {
        for first_seen in splice.take {
            self.line.take_run(first_seen)?;
        }
        for observation in splice.put {
            self.line.put_run(observation)?;
        }
        Ok(if splice.is_new { Fate::Stored } else { Fate::Unchanged })
    }

    /// Holds the sighting, as part of the stretch that is being held if there is one.
    fn hold(&mut self, reason: String) -> Result<Fate, StoreError> {
        let last_run = self.line.run_at(self.seen.at)?;
        // What lies ahead of the log is not read again, so no stretch goes on from there into it.
        let begins = self.sightings.source.log_begins_at;
        let known = begins.map(|begins| log_begin::known(self.sightings, self.line, begins)).transpose()?;
        let is_in_log = |at: Timestamp| known.as_ref().is_none_or(|known| known.from <= at);
        let last = self.line.undecided().max_by_key(|held| held.last_seen);
        let last = last.filter(|held| is_in_log(held.seen_at) == is_in_log(self.seen.at));
        let goes_on = last.filter(|held| {
            let interrupted = last_run.is_some_and(|run| run.run.last_seen > held.last_seen);
            !interrupted
                && held.last_seen <= self.seen.at
                && self.line.rules.joins(held.figures, held.last_seen, &self.seen)
        });
        let held = match goes_on {
            Some(held) => Held { last_seen: self.seen.at, ..held.clone() },
            None => new_held(self.line.indicator.id, &self.seen, self.seen.at, reason),
        };
        self.line.put_held(held)?;
        Ok(Fate::Held)
    }

    /// Reads the sightings around again; says what became of this one.
    fn reread_all(&mut self, otherwise: Fate) -> Result<Fate, StoreError> {
        reread_around(self.sightings, self.line, self.seen.at)?;
        let is_held = self.line.undecided().any(|held| {
            held.seen_at <= self.seen.at
                && self.seen.at <= held.last_seen
                && held.figures == self.seen.figures
        });
        Ok(if is_held { Fate::Held } else { otherwise })
    }
}

#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

fn new_held(indicator_id: i64, first: &Seen, last_seen: Timestamp, reason: String) -> Held {
    Held {
        id: 0,
        indicator_id,
        seen_at: first.at,
        last_seen,
        figures: first.figures,
        reason,
        capture: first.capture,
        decision: None,
    }
}

/// Reads again all sightings from the run that began before an instant to the first verified run after it: what
/// was believed before stays believed, and a verified row is believed whatever stands before it.
pub(super) fn reread_around(
    sightings: &mut Sightings<'_>,
    line: &mut Timeline<'_>,
    at: Timestamp,
) -> Result<(), StoreError> {
    // A stretch may be long: it is read and written where it lies.
    line.flush()?;
    let (tables, id) = (line.tables, line.indicator.id);
    let to = tables.verified_run_after(id, at)?.map(|verified| verified.run.last_seen);
    let (from, before) = begin(sightings, line, at)?;
    let mut reader = Reader::after(&line.rules, before, line.reference_at(before)?);
    sightings.each_seen(&line.indicator, from, to, |seen| reader.read(seen))?;
    let (runs, stretches) = (reader.runs, reader.held);

    if let Some(from) = from {
        cut_stretches(sightings, line, from)?;
    }
    let range = TimeRange { from, to: to.map(|to| to + chrono::Duration::seconds(1)) };
    for old in tables.runs(id, range)? {
        line.take_run(old.run.first_seen)?;
    }
    for run in runs {
        line.put_run(run)?;
    }
    put_stretches(line, &stretches, range)
}

/// Ends held stretches that go on past the begin of reading: a value that is believed stands there.
fn cut_stretches(
    sightings: &mut Sightings<'_>,
    line: &mut Timeline<'_>,
    from: Timestamp,
) -> Result<(), StoreError> {
    let ahead = from - chrono::Duration::seconds(1);
    let is_cut = |held: &&Held| held.seen_at < from && from <= held.last_seen;
    let cut: Vec<Held> = line.undecided().filter(is_cut).cloned().collect();
    for held in cut {
        let mut last_seen = held.seen_at;
        sightings.each_seen(&line.indicator, Some(held.seen_at), Some(ahead), |seen| {
            if seen.figures == held.figures {
                last_seen = seen.at;
            }
        })?;
        line.put_held(Held { last_seen, ..held })?;
    }
    Ok(())
}

/// Where reading begins, and the run ahead of it: never before the poll log does.
fn begin(
    sightings: &mut Sightings<'_>,
    line: &Timeline<'_>,
    at: Timestamp,
) -> Result<(Option<Timestamp>, Option<Observation>), StoreError> {
    let second = chrono::Duration::seconds(1);
    let from = line.run_at(at - second)?.map(|first| first.run.first_seen);
    let begins = sightings.source.log_begins_at;
    if let Some(begins) = begins.filter(|begins| from.is_none_or(|from| from < *begins)) {
        let known = log_begin::known(sightings, line, begins)?;
        return Ok((Some(known.from), known.open));
    }
    let before = from.map(|from| line.run_at(from - second)).transpose()?;
    Ok((from, before.flatten()))
}

/// Replaces held stretches of a range by those that were read anew. One that is held again keeps its key, since
/// people may have read it; all old rows go first, so that no new row takes the key or the place of one that stays.
fn put_stretches(
    line: &mut Timeline<'_>,
    stretches: &[HeldStretch],
    range: TimeRange,
) -> Result<(), StoreError> {
    let mut old: Vec<Held> = line.undecided().filter(|held| range.contains(held.seen_at)).cloned().collect();
    for held in &old {
        line.release_held(held.id)?;
    }
    let mut added = Vec::new();
    for stretch in stretches {
        let held = new_held(line.indicator.id, &stretch.first, stretch.last_seen, stretch.reason.clone());
        match old.iter().position(|old| old.figures == held.figures) {
            Some(same) => line.put_held(Held { id: old.remove(same).id, ..held })?,
            None => added.push(held),
        }
    }
    added.into_iter().try_for_each(|held| line.put_held(held))
}
