//! What a source was seen to show, sighting by sighting, and what of it is believed; and fingerprints that tell whether
//! any of it has changed since it was last asked for.

mod part;
mod sighted;
mod texts;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta};

use crate::domain::{Observation, Quote, TimeRange, Timestamp};
use crate::store::{Decision, Held, Sighting, StoreError, StoredIndicator, StoredSource, Tables};

pub use part::{Fingerprint, Part};
pub use sighted::{Sighted, Standing};
pub use texts::Texts;

use part::{Mark, Marks};

/// The length of what is read at once, in seconds.
const LENGTH: i64 = 86_400;

/// A day of a source.
#[derive(Debug)]
pub struct SightedDay {
    begin: Timestamp,
    sightings: Vec<Sighting>,
    believed: Vec<Believed>,
    log_begins_at: Option<Timestamp>,
}

/// An indicator, and what is believed of it that day.
#[derive(Debug)]
struct Believed {
    indicator: StoredIndicator,
    runs: Vec<Observation>,
    held: Vec<Held>,
}

impl SightedDay {
    /// Reads the day that an instant is in.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn read(tables: Tables<'_>, source: &StoredSource, at: Timestamp) -> Result<Self, StoreError> {
        let begin = at.timestamp().div_euclid(LENGTH) * LENGTH;
        let begin = DateTime::from_timestamp(begin, 0).unwrap_or(at);
        let end = begin + TimeDelta::seconds(LENGTH);
        let mut sightings = Vec::new();
        tables.each_sighting(source.id, Some(begin), Some(end - TimeDelta::seconds(1)), |sighting| {
            sightings.push(sighting);
            Ok::<(), StoreError>(())
        })?;
        let range = TimeRange { from: Some(begin), to: Some(end) };
        let believed = tables.indicators_of(source.id)?.into_iter().map(|indicator| {
            let runs = tables.runs(indicator.id, range)?;
            let held = tables.held_of(indicator.id)?;
            Ok(Believed { indicator, runs, held })
        });
        let believed = believed.collect::<Result<_, StoreError>>()?;
        // As it is now: the log may have been pruned since the source was looked up.
        let log_begins_at = tables.source(&source.name)?.and_then(|source| source.log_begins_at);
        Ok(Self { begin, sightings, believed, log_begins_at })
    }

    /// The first instant after it.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        self.begin + TimeDelta::seconds(LENGTH)
    }

    /// The fingerprints of the parts of which there is something to tell.
    #[must_use]
    pub fn fingerprints(&self) -> BTreeMap<Part, Fingerprint> {
        let mut marks = Marks::default();
        for Sighting { seen_at, capture } in &self.sightings {
            marks.tell(Part::of(*seen_at), Mark::new(b's', &[seen_at.timestamp(), *capture]));
        }
        for (believed, Observation { run, .. }) in self.cut_off() {
            let numbers = [believed.indicator.id, run.first_seen.timestamp(), run.last_seen.timestamp()];
            marks.tell(Part::of(run.first_seen), Mark::new(b'c', &numbers).figures(&run.figures));
        }
        for part in marks.parts() {
            self.believed.iter().for_each(|believed| believed.mark(part, &mut marks));
        }
        marks.fingerprints()
    }

    /// What was seen in a part, in the order of the indicators.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn seen_in(
        &self,
        tables: Tables<'_>,
        texts: &mut Texts,
        part: Part,
    ) -> Result<Vec<Sighted>, StoreError> {
        let mut all = BTreeMap::new();
        let mut put = |one: Sighted| all.insert((one.indicator, one.at, one.digest), one);
        for sighting in self.sightings_in(part) {
            let text = texts.of(tables, sighting.capture)?;
            for believed in &self.believed {
                let Some(quote) = text.quote(&believed.indicator) else { continue };
                put(Sighted {
                    indicator: believed.indicator.id,
                    at: sighting.seen_at,
                    digest: text.digest,
                    figures: quote.figures,
                    verdict: quote.verdict,
                    standing: believed.standing(quote, sighting.seen_at),
                    until: None,
                });
            }
        }
        let begun = self.cut_off().into_iter().filter(|(_, run)| Part::of(run.run.first_seen) == part);
        for (believed, Observation { run, capture }) in begun {
            put(Sighted {
                indicator: believed.indicator.id,
                at: run.first_seen,
                digest: texts.of(tables, *capture)?.digest,
                figures: run.figures,
                verdict: run.verdict,
                standing: Standing::Accepted,
                until: Some(run.last_seen),
            });
        }
        Ok(all.into_values().collect())
    }

    /// The indicators that anything can be seen of.
    pub fn indicators(&self) -> impl Iterator<Item = &StoredIndicator> {
        self.believed.iter().map(|believed| &believed.indicator)
    }

    fn sightings_in(&self, part: Part) -> &[Sighting] {
        let begin = self.sightings.partition_point(|seen| seen.seen_at.timestamp() < part.0);
        let end = self.sightings.partition_point(|seen| seen.seen_at.timestamp() <= part.last());
        &self.sightings[begin..end]
    }

    /// Runs that begin here and before the poll log does: their later sightings may be gone.
    fn cut_off(&self) -> Vec<(&Believed, &Observation)> {
        let Some(log_begins) = self.log_begins_at else { return Vec::new() };
        let is_cut_off = |run: &Observation| (self.begin..log_begins).contains(&run.run.first_seen);
        let all =
            self.believed.iter().flat_map(|believed| believed.runs.iter().map(move |run| (believed, run)));
        all.filter(|(_, run)| is_cut_off(run)).collect()
    }
}

impl Believed {
    /// Whether what a page showed is believed.
    fn standing(&self, quote: &Quote, at: Timestamp) -> Standing {
        let after = self.runs.partition_point(|run| run.run.first_seen <= at);
        let run = after.checked_sub(1).map(|place| &self.runs[place].run);
        if run.is_some_and(|run| at <= run.last_seen && run.figures == quote.figures) {
            return Standing::Accepted;
        }
        let same = || self.held.iter().filter(|held| held.figures == quote.figures);
        let around = same().find(|held| held.seen_at <= at && at <= held.last_seen);
        let is_rejected = same().any(|held| held.decision == Some(Decision::Rejected));
        match around {
            Some(Held { decision: None, .. }) => Standing::Held,
            _ if is_rejected => Standing::Rejected,
            _ => Standing::Beside,
        }
    }

    /// Marks a part with what is believed in it: a run by where it begins and ends there, so that what goes on elsewhere
    /// changes nothing.
    fn mark(&self, part: Part, marks: &mut Marks) {
        let (from, to) = (part.0, part.last());
        let within = |first: Timestamp, last: Timestamp| {
            [self.indicator.id, first.timestamp().max(from), last.timestamp().min(to)]
        };
        let first = self.runs.partition_point(|run| run.run.last_seen.timestamp() < from);
        for Observation { run, .. } in &self.runs[first..] {
            if run.first_seen.timestamp() > to {
                break;
            }
            let mark = Mark::new(b'r', &within(run.first_seen, run.last_seen)).figures(&run.figures);
            marks.tell(part, mark);
        }
        for held in &self.held {
            let is_here = held.seen_at.timestamp() <= to && from <= held.last_seen.timestamp();
            // What a person rejected counts wherever it is seen.
            if is_here || held.decision == Some(Decision::Rejected) {
                let decision = held.decision.map_or(0, |decision| i64::from(decision.word().as_bytes()[0]));
                let [indicator, first, last] = within(held.seen_at, held.last_seen);
                marks.tell(part, Mark::new(b'h', &[indicator, first, last, decision]).figures(&held.figures));
            }
        }
    }
}

/// The first instant at or after another at which a source was seen to show anything.
///
/// # Errors
/// The database cannot be read.
pub fn next_sighted(
    tables: Tables<'_>,
    source: &StoredSource,
    from: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    let before = from - TimeDelta::seconds(1);
    let sighting = tables.sighting_after(source.id, before)?.map(|sighting| sighting.seen_at);
    // Before the poll log begins, runs may be all that is left.
    if source.log_begins_at.is_none_or(|begins| begins <= from) {
        return Ok(sighting);
    }
    let mut next = sighting;
    for indicator in tables.indicators_of(source.id)? {
        let run = tables.run_after(indicator.id, before)?.map(|run| run.run.first_seen);
        next = next.into_iter().chain(run).min();
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ingest::{Source, ingest, saved_page};
    use crate::parse::Layout;
    use crate::store::Store;

    /// Ten in the morning, UTC.
    fn at(minute: i64) -> Timestamp {
        DateTime::from_timestamp(1_732_500_000 / LENGTH * LENGTH + 36_000 + 60 * minute, 0).unwrap()
    }

    fn see(store: &mut Store, minute: i64, level: i64) {
        let source = Source {
            name: "kontan".to_owned(),
            url: "https://www.kontan.co.id/".to_owned(),
            layout: Layout::Kontan,
            slowest_poll: Duration::from_secs(60),
        };
        let text = format!("| : WIB | INDIKATOR |\n• LQ45 {level} 0,00 0,00%\n");
        let page = saved_page(source.url.clone(), text.into_bytes(), at(minute));
        store.write(|tables| ingest(tables, &source, &page)).unwrap();
    }

    fn day(store: &Store) -> SightedDay {
        let source = store.tables().source("kontan").unwrap().unwrap();
        SightedDay::read(store.tables(), &source, at(0)).unwrap()
    }

    /// The quarters, by the minute they begin at, that a sighting changes.
    fn changed_by(minute: i64, level: i64) -> Vec<i64> {
        let mut store = Store::open_in_memory().unwrap();
        [(0, 900), (20, 900), (40, 900), (50, 901)]
            .iter()
            .for_each(|&(at, level)| see(&mut store, at, level));
        let before = day(&store).fingerprints();
        see(&mut store, minute, level);
        let after = day(&store).fingerprints();
        assert!(before.keys().all(|part| after.contains_key(part)));
        let changed = after.iter().filter(|(part, fingerprint)| before.get(part) != Some(fingerprint));
        changed.map(|(part, _)| (part.0 - at(0).timestamp()) / 60).collect()
    }

    #[test]
    fn a_sighting_changes_the_fingerprint_of_its_quarter_alone() {
        assert_eq!(changed_by(50, 901), [0; 0], "the same again");
        assert_eq!(changed_by(55, 901), [45]);
        assert_eq!(changed_by(70, 950), [60]);
        assert_eq!(changed_by(10, 900), [0]);
    }

    #[test]
    fn a_run_that_is_split_or_made_longer_changes_the_quarters_that_its_ends_are_in() {
        assert_eq!(changed_by(21, 905), [15, 30]);
        assert_eq!(changed_by(75, 901), [45, 75]);
    }

    #[test]
    fn every_sighting_of_a_quarter_is_told_with_what_is_believed_of_it() {
        let mut store = Store::open_in_memory().unwrap();
        [(0, 900), (1, 900), (2, 90_000), (3, 901), (16, 902)]
            .iter()
            .for_each(|&(at, level)| see(&mut store, at, level));
        let seen = day(&store).seen_in(store.tables(), &mut Texts::default(), Part::of(at(0))).unwrap();
        let told: Vec<_> = seen.iter().map(|one| (one.indicator, one.at, one.standing, one.until)).collect();
        let accepted = |minute| (1, at(minute), Standing::Accepted, None);
        assert_eq!(told, [accepted(0), accepted(1), (1, at(2), Standing::Held, None), accepted(3)]);
    }
}
