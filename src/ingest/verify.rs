//! Whether the stored rows are what the stored texts and sightings say: every one is derived again.

use std::collections::HashMap;

use crate::domain::{Digest, Observation, Timestamp};
use crate::parse::{self, Reading};
use crate::store::{Fault, Sighting, Store, StoreError, StoredIndicator, StoredSource, Tables};

use super::Readings;
use super::runs::{Reader, Rules, Seen};
use super::splice::rules;

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
        for source in tables.sources()? {
            faults.extend(underived_runs(tables, &source)?);
        }
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
    reader: Reader<'a>,
}

fn underived_runs(tables: Tables<'_>, source: &StoredSource) -> Result<Vec<Fault>, StoreError> {
    let indicators = tables.indicators_of(source.id)?;
    let mut all_rules: Vec<Rules> = Vec::new();
    for indicator in &indicators {
        all_rules.push(rules(indicator, &tables.held_of(indicator.id)?));
    }
    let mut derived: HashMap<&str, Derived<'_>> = indicators
        .iter()
        .zip(&all_rules)
        .map(|(indicator, rules)| {
            let slug = indicator.indicator.slug.as_str();
            (slug, Derived { indicator, reader: Reader::after(rules, None, None) })
        })
        .collect();
    let mut readings = Readings::new(tables);
    tables.each_sighting(source.id, source.log_begins_at, None, |sighting| {
        read_into(&mut derived, readings.of(sighting.capture)?, sighting);
        Ok::<(), StoreError>(())
    })?;
    let mut faults = Vec::new();
    for Derived { indicator, reader } in derived.values() {
        faults.extend(compare(tables, indicator, &reader.runs, source.log_begins_at)?);
    }
    Ok(faults)
}

fn read_into(derived: &mut HashMap<&str, Derived<'_>>, reading: &Reading, sighting: Sighting) {
    for quote in &reading.quotes {
        if let Some(derived) = derived.get_mut(quote.slug.as_str()) {
            derived.reader.read(Seen::of(quote, sighting.seen_at, sighting.capture));
        }
    }
}

/// Compares stored and derived runs. Where the poll log begins later, older runs are only compared with their text.
fn compare(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    derived: &[Observation],
    log_begins_at: Option<Timestamp>,
) -> Result<Vec<Fault>, StoreError> {
    let fault = |observation: &Observation, problem: &str| Fault {
        place: format!("{}/{}", indicator.indicator.source, indicator.indicator.slug),
        problem: format!("{problem}: the run first seen at {}", observation.run.first_seen),
    };
    let stored = tables.runs(indicator.id, crate::domain::TimeRange::default())?;
    let mut faults = Vec::new();
    let (older, provable): (Vec<_>, Vec<_>) = stored
        .into_iter()
        .partition(|observation| log_begins_at.is_some_and(|begins| observation.run.first_seen < begins));
    for observation in &older {
        let text = tables.capture(observation.capture)?.block.unwrap_or_default();
        let is_proven = parse::reread(&text)
            .quotes
            .iter()
            .any(|quote| quote.slug == indicator.indicator.slug && quote.figures == observation.run.figures);
        if !is_proven {
            faults.push(fault(observation, "its text does not say this"));
        }
    }
    let open = older.last().map(|open| open.run.last_seen);
    let derived: Vec<_> =
        derived.iter().filter(|run| open.is_none_or(|open| run.run.first_seen > open)).copied().collect();
    let extra = provable.iter().filter(|observation| !holds(&derived, observation));
    faults.extend(extra.map(|observation| fault(observation, "not what the sightings make")));
    let missing = derived.iter().filter(|observation| !holds(&provable, observation));
    faults.extend(missing.map(|observation| fault(observation, "missing")));
    Ok(faults)
}

/// Whether a list in order of time has this very run.
fn holds(list: &[Observation], wanted: &Observation) -> bool {
    let found = list.binary_search_by_key(&wanted.run.first_seen, |one| one.run.first_seen);
    found.is_ok_and(|at| list[at] == *wanted)
}
