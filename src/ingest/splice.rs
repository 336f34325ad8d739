//! Brings one sighting of one indicator into its runs, wherever in time it falls.
//!
//! In the common cases only the neighbouring runs are looked at. Where the plausibility of neighbours is at stake,
//! the sightings between two runs that stand on their own are read again as a whole.

use crate::domain::{Figures, Observation, Quote, Run, TimeRange, Timestamp, Verdict};
use crate::store::{Decision, Held, Sighting, StoreError, StoredIndicator, StoredSource, Tables};

use super::runs::{
    Decisions, HeldStretch, Judgement, Reader, Reference, Rules, Seen, Splice, between, split,
};
use super::{Fate, Readings, log_begin};

/// Why a sighting from before the poll log begins waits for a person.
const LOG_IS_GONE: &str =
    "the poll log of this stretch was removed, so it cannot be told when the value around it stood";

/// Records that an indicator was seen to show a quote.
pub(super) fn record(
    tables: Tables<'_>,
    source: &StoredSource,
    indicator: &StoredIndicator,
    quote: &Quote,
    seen: Sighting,
    is_alone: bool,
) -> Result<Fate, StoreError> {
    let (rules, undecided) = beliefs(tables, indicator)?;
    let seen = Seen::of(quote, seen.seen_at, seen.capture);
    let spot = Spot { tables, source, indicator, rules, seen, undecided };
    // What else was seen in this second counts only where all that was seen around it can be read again.
    let is_settled = is_alone || spot.is_before_log(spot.around()?)?;
    if is_settled { spot.record() } else { spot.reread_all(Fate::Unchanged) }
}

/// Reads the sightings around an instant again, after a decision changed what is believed.
pub(super) fn reread_around(
    tables: Tables<'_>,
    source: &StoredSource,
    indicator: &StoredIndicator,
    at: Timestamp,
) -> Result<(), StoreError> {
    let (rules, undecided) = beliefs(tables, indicator)?;
    Around { tables, source, indicator, rules: &rules, undecided: &undecided }.reread(at)
}

/// Brings figures that a person accepted into a stretch whose poll log was removed, where that is possible without
/// guessing: nothing else was seen then, and the run after it is believed as before. Says whether it was.
pub(super) fn place(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    held: &Held,
) -> Result<bool, StoreError> {
    let rules = beliefs(tables, indicator)?.0;
    let previous = tables.run_at(indicator.id, held.seen_at)?;
    let next = tables.run_after(indicator.id, held.seen_at)?;
    let mut readings = Readings::new(tables);
    let sighting = Sighting { seen_at: held.seen_at, capture: held.capture };
    let Some(seen) = seen_in(&mut readings, indicator, sighting)? else { return Ok(false) };
    let run = Run {
        first_seen: held.seen_at,
        last_seen: held.last_seen,
        figures: held.figures,
        verdict: seen.verdict,
    };
    let is_free = previous.is_none_or(|previous| previous.run.last_seen < run.first_seen)
        && next.is_none_or(|next| run.last_seen < next.run.first_seen);
    let unsettles =
        next.is_some_and(|next| unsettles(&rules, &Seen::first_of(&next), Reference::after(&run)));
    if is_free && !unsettles {
        tables.put_run(indicator.id, &Observation { run, capture: held.capture })?;
    }
    Ok(is_free && !unsettles)
}

/// Whether a sighting would no longer be believed after another level.
fn unsettles(rules: &Rules, after: &Seen, reference: Option<Reference>) -> bool {
    after.verdict != Verdict::Verified && rules.judge(after, reference) != Judgement::Accept
}

/// The rules of an indicator, and what of it waits for a decision.
fn beliefs(tables: Tables<'_>, indicator: &StoredIndicator) -> Result<(Rules, Vec<Held>), StoreError> {
    let mut held = tables.held_of(indicator.id)?;
    let rules = rules(indicator, &held);
    held.retain(|held| held.decision.is_none());
    Ok((rules, held))
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

/// A place in the runs of an indicator where a sighting falls.
struct Spot<'a> {
    tables: Tables<'a>,
    source: &'a StoredSource,
    indicator: &'a StoredIndicator,
    rules: Rules,
    seen: Seen,
    undecided: Vec<Held>,
}

impl Spot<'_> {
    /// The run that the sighting falls into.
    fn around(&self) -> Result<Option<Observation>, StoreError> {
        let previous = self.tables.run_at(self.indicator.id, self.seen.at)?;
        Ok(previous.filter(|previous| self.seen.at <= previous.run.last_seen))
    }

    fn record(&self) -> Result<Fate, StoreError> {
        let at = self.seen.at;
        let previous = self.tables.run_at(self.indicator.id, at)?;
        let around = previous.filter(|previous| at <= previous.run.last_seen);
        let is_known = around.is_some_and(|around| around.run.figures == self.seen.figures);
        let parts_held = self.undecided.iter().any(|held| held.seen_at < at && at < held.last_seen);
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

    fn inside(&self, around: Observation) -> Result<Fate, StoreError> {
        if self.is_before_log(Some(around))? {
            return self.hold_unplaced();
        }
        if self.source.log_begins_at.is_some_and(|begins| around.run.first_seen < begins) {
            return self.reread_all(Fate::Stored);
        }
        let neighbours = self
            .sighting_of(around.run.figures, Side::Before)?
            .zip(self.sighting_of(around.run.figures, Side::After)?);
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

    fn outside(&self, previous: Option<Observation>) -> Result<Fate, StoreError> {
        let next = self.tables.run_after(self.indicator.id, self.seen.at)?;
        let reference = reference_before(self.tables, self.indicator.id, previous)?;
        let first_after = next.as_ref().map(Seen::first_of);
        let is_newest = next.is_none() && self.undecided.iter().all(|held| held.last_seen < self.seen.at);
        let is_before_log = self.is_before_log(None)?;
        match self.rules.judge(&self.seen, reference) {
            Judgement::Hold(reason) if is_newest => self.hold(reason),
            Judgement::Reject if is_newest || is_before_log => Ok(Fate::Unchanged),
            _ if self.disturbs(reference, first_after.as_ref()) && is_before_log => self.hold_unplaced(),
            _ if self.disturbs(reference, first_after.as_ref()) => self.reread_all(Fate::Stored),
            _ => self.apply(between(&self.rules, previous, self.seen, next)),
        }
    }

    /// Whether believing this sighting, or not, may change what is believed of its neighbours.
    fn disturbs(&self, reference: Option<Reference>, after: Option<&Seen>) -> bool {
        if self.rules.judge(&self.seen, reference) != Judgement::Accept {
            return true;
        }
        let own = self.seen.figures.level.map(|level| Reference { at: self.seen.at, level });
        let unsettles = after.is_some_and(|after| unsettles(&self.rules, after, own.or(reference)));
        let touches_held = self
            .undecided
            .iter()
            .any(|held| held.last_seen >= self.seen.at && after.is_none_or(|after| held.seen_at <= after.at));
        unsettles || touches_held
    }

    /// Whether the sightings around this one, which may fall into a run, were removed.
    fn is_before_log(&self, around: Option<Observation>) -> Result<bool, StoreError> {
        let at = self.seen.at;
        match self.source.log_begins_at {
            Some(begins) if at < begins => Ok(true),
            Some(begins) if around.is_some_and(|around| around.run.first_seen < begins) => {
                Ok(at < log_begin::known(self.tables, self.indicator, begins)?.from)
            }
            _ => Ok(false),
        }
    }

    /// Whether this is now the first sighting of a run that the log begins in: what was seen between it and the one
    /// that was first until now can be placed from here on.
    fn begins_knowledge(&self, around: Option<Observation>) -> Result<bool, StoreError> {
        let begins = self.source.log_begins_at.filter(|begins| *begins <= self.seen.at);
        match begins.filter(|begins| around.is_some_and(|around| around.run.first_seen < *begins)) {
            Some(begins) => {
                let from = log_begin::known(self.tables, self.indicator, begins)?.from;
                Ok(from == self.seen.at + chrono::Duration::seconds(1))
            }
            None => Ok(false),
        }
    }

    /// Holds a sighting whose place among the others is not known any more, once.
    fn hold_unplaced(&self) -> Result<Fate, StoreError> {
        let is_this = |held: &&Held| {
            held.figures == self.seen.figures
                && held.seen_at <= self.seen.at
                && self.seen.at <= held.last_seen
        };
        let all = self.tables.held_of(self.indicator.id)?;
        match all.iter().find(is_this) {
            Some(held) if held.decision.is_some() => Ok(Fate::Unchanged),
            Some(_) => Ok(Fate::Held),
            // Of two texts of one second one stands back.
            None if all.iter().any(|held| held.seen_at == self.seen.at) => Ok(Fate::Unchanged),
            None => self.hold(LOG_IS_GONE.to_owned()),
        }
    }

    /// The nearest sighting on one side that shows some figures of this indicator.
    fn sighting_of(&self, figures: Figures, side: Side) -> Result<Option<Seen>, StoreError> {
        let mut at = self.seen.at;
        loop {
            let nearest = match side {
                Side::Before => self.tables.sighting_before(self.source.id, at)?,
                Side::After => self.tables.sighting_after(self.source.id, at)?,
            };
            let Some(nearest) = nearest else { return Ok(None) };
            match self.seen_at(nearest.seen_at)? {
                Some(seen) if seen.figures == figures => return Ok(Some(seen)),
                _ => at = nearest.seen_at,
            }
        }
    }

    /// What was seen of this indicator at an instant: of several texts the first that shows it stands.
    fn seen_at(&self, seen_at: Timestamp) -> Result<Option<Seen>, StoreError> {
        let mut readings = Readings::new(self.tables);
        for capture in self.tables.seen_at(self.source.id, seen_at)? {
            let seen = seen_in(&mut readings, self.indicator, Sighting { seen_at, capture })?;
            if seen.is_some() {
                return Ok(seen);
            }
        }
        Ok(None)
    }

    fn apply(&self, splice: Splice) -> Result<Fate, StoreError> {
        for first_seen in splice.take {
            self.tables.take_run(self.indicator.id, first_seen)?;
        }
        for observation in &splice.put {
            self.tables.put_run(self.indicator.id, observation)?;
        }
        Ok(if splice.is_new { Fate::Stored } else { Fate::Unchanged })
    }

    /// Holds the sighting, as part of the stretch that is being held if there is one.
    fn hold(&self, reason: String) -> Result<Fate, StoreError> {
        let last = self.undecided.iter().max_by_key(|held| held.last_seen);
        let last_run = self.tables.run_at(self.indicator.id, self.seen.at)?;
        // What lies ahead of the log is not read again, so no stretch goes on from there into it.
        let begins = self.source.log_begins_at;
        let known = begins.map(|begins| log_begin::known(self.tables, self.indicator, begins)).transpose()?;
        let is_in_log = |at: Timestamp| known.as_ref().is_none_or(|known| known.from <= at);
        let last = last.filter(|held| is_in_log(held.seen_at) == is_in_log(self.seen.at));
        let goes_on = last.filter(|held| {
            let interrupted = last_run.is_some_and(|run| run.run.last_seen > held.last_seen);
            !interrupted
                && held.last_seen <= self.seen.at
                && self.rules.joins(held.figures, held.last_seen, &self.seen)
        });
        let held = match goes_on {
            Some(held) => Held { last_seen: self.seen.at, ..held.clone() },
            None => new_held(self.indicator.id, &self.seen, self.seen.at, reason),
        };
        self.tables.put_held(&held)?;
        Ok(Fate::Held)
    }

    /// Reads the sightings around again; says what became of this one.
    fn reread_all(&self, otherwise: Fate) -> Result<Fate, StoreError> {
        let Self { tables, source, indicator, rules, undecided, .. } = self;
        Around { tables: *tables, source, indicator, rules, undecided }.reread(self.seen.at)?;
        let held = self.tables.held_of(self.indicator.id)?;
        let is_held = held.iter().any(|held| {
            held.decision.is_none()
                && held.seen_at <= self.seen.at
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

/// The last level believed before: that of the run ahead, or of an earlier one where that has none.
pub(super) fn reference_before(
    tables: Tables<'_>,
    indicator_id: i64,
    mut run: Option<Observation>,
) -> Result<Option<Reference>, StoreError> {
    while let Some(observation) = run {
        if let Some(reference) = Reference::after(&observation.run) {
            return Ok(Some(reference));
        }
        run = tables.run_at(indicator_id, observation.run.first_seen - chrono::Duration::seconds(1))?;
    }
    Ok(None)
}

/// What a sighting showed of an indicator, if it showed it at all.
pub(super) fn seen_in(
    readings: &mut Readings<'_>,
    indicator: &StoredIndicator,
    sighting: Sighting,
) -> Result<Option<Seen>, StoreError> {
    let reading = readings.of(sighting.capture)?;
    let quote = reading.quotes.iter().find(|quote| quote.slug == indicator.indicator.slug);
    Ok(quote.map(|quote| Seen::of(quote, sighting.seen_at, sighting.capture)))
}

/// The sightings around an instant, to be read again.
struct Around<'a> {
    tables: Tables<'a>,
    source: &'a StoredSource,
    indicator: &'a StoredIndicator,
    rules: &'a Rules,
    undecided: &'a [Held],
}

impl Around<'_> {
    /// Reads again all sightings from the run that began before an instant to the first verified run after it: what
    /// was believed before stays believed, and a verified row is believed whatever stands before it.
    fn reread(&self, at: Timestamp) -> Result<(), StoreError> {
        let Self { tables, indicator, .. } = *self;
        let second = chrono::Duration::seconds(1);
        let to = tables.verified_run_after(indicator.id, at)?.map(|verified| verified.run.last_seen);
        let (from, before) = self.begin(at)?;
        let reference = reference_before(tables, indicator.id, before)?;

        let mut reader = Reader::after(self.rules, before, reference);
        let mut readings = Readings::new(tables);
        tables.each_sighting(indicator.source_id, from, to, |sighting| {
            if let Some(seen) = seen_in(&mut readings, indicator, sighting)? {
                reader.read(seen);
            }
            Ok::<(), StoreError>(())
        })?;

        if let Some(from) = from {
            self.cut_stretches(from)?;
        }
        let range = TimeRange { from, to: to.map(|to| to + second) };
        for old in tables.runs(indicator.id, range)? {
            tables.take_run(indicator.id, old.run.first_seen)?;
        }
        for run in &reader.runs {
            tables.put_run(indicator.id, run)?;
        }
        let old = self.undecided.iter().filter(|held| range.contains(held.seen_at)).collect();
        put_stretches(tables, indicator.id, &reader.held, old)
    }

    /// Ends held stretches that go on past the begin of reading: a value that is believed stands there.
    fn cut_stretches(&self, from: Timestamp) -> Result<(), StoreError> {
        let Self { tables, indicator, .. } = *self;
        let ahead = from - chrono::Duration::seconds(1);
        for held in self.undecided.iter().filter(|held| held.seen_at < from && from <= held.last_seen) {
            let mut last_seen = held.seen_at;
            let mut readings = Readings::new(tables);
            tables.each_sighting(indicator.source_id, Some(held.seen_at), Some(ahead), |sighting| {
                let seen = seen_in(&mut readings, indicator, sighting)?;
                if seen.is_some_and(|seen| seen.figures == held.figures) {
                    last_seen = sighting.seen_at;
                }
                Ok::<(), StoreError>(())
            })?;
            tables.put_held(&Held { last_seen, ..held.clone() })?;
        }
        Ok(())
    }

    /// Where reading begins, and the run ahead of it: never before the poll log does.
    fn begin(&self, at: Timestamp) -> Result<(Option<Timestamp>, Option<Observation>), StoreError> {
        let second = chrono::Duration::seconds(1);
        let first = self.tables.run_at(self.indicator.id, at - second)?;
        let from = first.map(|first| first.run.first_seen);
        if let Some(begins) =
            self.source.log_begins_at.filter(|begins| from.is_none_or(|from| from < *begins))
        {
            let known = log_begin::known(self.tables, self.indicator, begins)?;
            return Ok((Some(known.from), known.open));
        }
        let before = from.map(|from| self.tables.run_at(self.indicator.id, from - second)).transpose()?;
        Ok((from, before.flatten()))
    }
}

/// Replaces held stretches by those that were read anew. One that is held again keeps its key, since people may
/// have read it; all old rows go first, so that no new row takes the key or the place of one that stays.
fn put_stretches(
    tables: Tables<'_>,
    indicator_id: i64,
    stretches: &[HeldStretch],
    mut old: Vec<&Held>,
) -> Result<(), StoreError> {
    for held in &old {
        tables.release_held(held.id)?;
    }
    let mut added = Vec::new();
    for stretch in stretches {
        let held = new_held(indicator_id, &stretch.first, stretch.last_seen, stretch.reason.clone());
        match old.iter().position(|old| old.figures == held.figures) {
            Some(same) => tables.put_held(&Held { id: old.remove(same).id, ..held }).map(drop)?,
            None => added.push(held),
        }
    }
    added.iter().try_for_each(|held| tables.put_held(held).map(drop))
}
