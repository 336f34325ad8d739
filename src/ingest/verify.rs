//! Whether the stored rows are what the stored texts and sightings say: every one is derived again.

mod rollups;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::Duration;

use crate::domain::{Digest, Figures, Observation, Slug, TimeRange, Timestamp};
use crate::parse;
use crate::store::{Fault, Sighting, Store, StoreError, StoredIndicator, StoredSource, Tables};

use super::claim::Claim;
use super::log_begin;
use super::runs::{Reader, Seen};
use super::sightings::Sightings;
use super::timeline::Timeline;

/// Everything that is not as it was written: what the file says of itself, texts and kept pages that no longer have
/// their digest, and runs that the sightings do not make.
///
/// # Errors
/// The database cannot be read far enough to tell.
pub fn faults(store: &Store) -> Result<Vec<Fault>, StoreError> {
    let mut faults = store.faults();
    let tables = store.tables();
    faults.extend(changed_texts(tables)?);
    faults.extend(changed_pages(tables)?);
    // Deriving runs from texts or sightings that are not themselves would only repeat those faults.
    if faults.is_empty() {
        // As they are at one moment: others may write meanwhile.
        faults = store.read(|tables| {
            let sources = tables.sources()?;
            let faults = sources.iter().map(|source| underived_rows(tables, source));
            Ok::<_, StoreError>(faults.collect::<Result<Vec<_>, _>>()?.concat())
        })?;
    }
    Ok(faults)
}

fn changed_texts(tables: Tables<'_>) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    tables.each_capture(|capture| {
        let fits =
            capture.block.as_deref().is_some_and(|block| Digest::of(block.as_bytes()) == capture.digest);
        if !fits {
            let problem = format!("the text of capture {} does not have its digest", capture.id);
            faults.push(Fault { place: "capture".to_owned(), problem });
        }
        Ok(())
    })?;
    Ok(faults)
}

fn changed_pages(tables: Tables<'_>) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    for source in tables.sources()? {
        for page in tables.pages_of(source.id)? {
            let fits = tables.page_body(page.id)?.is_some_and(|body| Digest::of(&body) == page.digest);
            if !fits {
                let problem = format!("the body of page {} does not have its digest", page.id);
                faults.push(Fault { place: "kept_page".to_owned(), problem });
            }
        }
    }
    Ok(faults)
}

/// The series of one indicator, derived as its sightings go by.
struct Derived<'a> {
    indicator: &'a StoredIndicator,
    /// From where its sightings are all there, when some were removed.
    from: Option<Timestamp>,
    reader: Reader<'a>,
}

fn underived_rows(tables: Tables<'_>, source: &StoredSource) -> Result<Vec<Fault>, StoreError> {
    let indicators = tables.indicators_of(source.id)?;
    let mut lines = Vec::with_capacity(indicators.len());
    for indicator in &indicators {
        lines.push(Timeline::open(tables, indicator.clone(), None)?);
    }
    let mut sightings = Sightings::new(tables, source.clone());
    let mut derived: HashMap<&str, Derived<'_>> = HashMap::new();
    for line in &lines {
        let begins = source.log_begins_at;
        let known = begins.map(|begins| log_begin::known(&mut sightings, line, begins)).transpose()?;
        let (from, before) = known.map_or((None, None), |known| (Some(known.from), known.open));
        let reader = Reader::after(&line.rules, before, line.reference_at(before)?);
        let indicator = &line.indicator;
        derived.insert(indicator.indicator.slug.as_str(), Derived { indicator, from, reader });
    }
    let readings = &mut sightings.readings;
    tables.each_sighting(source.id, source.log_begins_at, None, |sighting| {
        read_into(&mut derived, readings.of(sighting.capture)?, sighting);
        Ok::<(), StoreError>(())
    })?;
    let mut faults = unproven_runs(tables, source, &indicators)?;
    for Derived { indicator, reader, .. } in derived.values() {
        let stored = tables.runs(indicator.id, TimeRange::default())?;
        faults.extend(compare(indicator, &stored, &reader.runs, source.log_begins_at));
        faults.extend(rollups::faults(tables, indicator, &stored)?);
    }
    Ok(faults)
}

fn read_into<'c>(
    derived: &mut HashMap<&str, Derived<'_>>,
    claims: impl Iterator<Item = Claim<'c>>,
    sighting: Sighting,
) {
    for claim in claims {
        let derived = derived.get_mut(claim.slug.as_str());
        if let Some(derived) =
            derived.filter(|derived| derived.from.is_none_or(|from| from <= sighting.seen_at))
        {
            derived.reader.read(Seen::of(claim, sighting));
        }
    }
}

/// So many days of older runs share the readings of their texts.
const SHARED: Duration = Duration::days(30);

/// Runs from before the poll log begins whose text does not say what they do. One text mostly begins runs of several
/// indicators, so it is read once for all of them.
fn unproven_runs(
    tables: Tables<'_>,
    source: &StoredSource,
    indicators: &[StoredIndicator],
) -> Result<Vec<Fault>, StoreError> {
    let mut faults = Vec::new();
    let Some(begins) = source.log_begins_at else { return Ok(faults) };
    let mut from = begins;
    for indicator in indicators {
        from = from.min(tables.count_runs(indicator.id)?.1.unwrap_or(begins));
    }
    while from < begins {
        let to = begins.min(from + SHARED);
        let mut texts = HashMap::new();
        for indicator in indicators {
            for run in tables.runs(indicator.id, TimeRange { from: Some(from), to: Some(to) })? {
                if !is_proven(tables, &mut texts, indicator, &run)? {
                    faults.push(fault(indicator, &run, "its text does not say this"));
                }
            }
        }
        from = to;
    }
    Ok(faults)
}

/// Whether the text of a run says what the run does.
fn is_proven(
    tables: Tables<'_>,
    texts: &mut HashMap<i64, Vec<(Slug, Figures)>>,
    indicator: &StoredIndicator,
    run: &Observation,
) -> Result<bool, StoreError> {
    let quotes = match texts.entry(run.capture) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => {
            let text = tables.capture(run.capture)?.block.unwrap_or_default();
            let quotes = parse::reread(&text).quotes.into_iter();
            new.insert(quotes.map(|quote| (quote.slug, quote.figures)).collect())
        }
    };
    Ok(quotes.iter().any(|(slug, figures)| *slug == indicator.indicator.slug && *figures == run.run.figures))
}

fn place(indicator: &StoredIndicator) -> String {
    format!("{}/{}", indicator.indicator.source, indicator.indicator.slug)
}

fn fault(indicator: &StoredIndicator, observation: &Observation, problem: &str) -> Fault {
    let problem = format!("{problem}: the run first seen at {}", observation.run.first_seen);
    Fault { place: place(indicator), problem }
}

/// Compares stored and derived runs. Where the poll log begins later, of the older ones only the last is derived: how
/// it went on from there.
fn compare(
    indicator: &StoredIndicator,
    stored: &[Observation],
    derived: &[Observation],
    log_begins_at: Option<Timestamp>,
) -> Vec<Fault> {
    let fault = |observation: &Observation, problem: &str| fault(indicator, observation, problem);
    let mut faults = Vec::new();
    let is_older = |one: &Observation| log_begins_at.is_some_and(|begins| one.run.first_seen < begins);
    let older = stored.partition_point(is_older);
    let provable = &stored[older.saturating_sub(1)..];
    let extra = provable.iter().filter(|observation| !holds(derived, observation));
    faults.extend(extra.map(|observation| fault(observation, "not what the sightings make")));
    let missing = derived.iter().filter(|observation| !holds(provable, observation));
    faults.extend(missing.map(|observation| fault(observation, "missing")));
    faults
}

/// Whether a list in order of time has this very run.
fn holds(list: &[Observation], wanted: &Observation) -> bool {
    let found = list.binary_search_by_key(&wanted.run.first_seen, |one| one.run.first_seen);
    found.is_ok_and(|at| list[at] == *wanted)
}
