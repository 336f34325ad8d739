//! The one way in: page -> quotes -> runs. A live poll and an archived capture differ only in where their page
//! came from. Knows no network, no schedule and no terminal.

mod batch;
mod book;
mod claim;
mod keep;
mod log_begin;
mod news;
mod readings;
mod reextract;
mod rollups;
mod runs;
mod sightings;
mod splice;
#[cfg(test)]
mod tests;
mod timeline;
mod turn;
mod verify;

use std::time::Duration;

use crate::domain::{
    Attempt, Indicator, Origin, Outcome, Page, Quote, Slug, Timestamp, Validators, known, known_or_index,
};
use crate::parse::{self, Issue, Layout, Reading};
use crate::store::{
    Decision, Held, NewCapture, Sighting, StoreError, StoredIndicator, StoredSource, Tables, Validator,
};

pub use batch::{Batch, Captured, Recorded};
pub use keep::MAX_PAGES;
pub use log_begin::{log_begin, prune};
pub use reextract::{Policy, Reextracted, reextract};
pub use rollups::roll_up;
pub use turn::Turn;
pub use verify::faults;

use book::Book;
use claim::Claim;
use news::news;
use readings::reading_of;
use sightings::Sightings;
use timeline::Timeline;

/// The most issues of one page that its row in the poll log tells.
const MAX_TOLD: usize = 20;

/// A source as the write path needs to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What the configuration calls it.
    pub name: String,
    /// Its address.
    pub url: String,
    /// How its rows are found.
    pub layout: Layout,
    /// The longest pause between two of its polls. An indicator's heartbeat is never shorter than three of them,
    /// or a source that is polled slowly would only show gaps.
    pub slowest_poll: Duration,
}

/// What became of one quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It began a run.
    Stored,
    /// It confirmed what was known.
    Unchanged,
    /// It waits for a person's decision.
    Held,
}

/// What became of one page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Every quote that was read, with its fate.
    pub quotes: Vec<(Quote, Fate)>,
    /// What was not as expected. A new label is reported once, when its indicator is added.
    pub issues: Vec<Issue>,
    /// The capture, when the page could be read.
    pub capture: Option<i64>,
    /// Whether this very sighting was known already.
    pub is_repeat: bool,
    /// What it means for whether the source is understood.
    pub turn: Turn,
}

impl Report {
    /// How many quotes met this fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> usize {
        self.quotes.iter().filter(|(_, met)| *met == fate).count()
    }

    /// Whether the page is not what it should be.
    #[must_use]
    pub fn has_defects(&self) -> bool {
        self.issues.iter().any(Issue::is_defect)
    }
}

/// Reads a saved page and records what it says as seen at the page's own time. To be run inside a transaction;
/// several pages may share one.
///
/// # Errors
/// The database cannot be written.
pub fn ingest(tables: Tables<'_>, source: &Source, page: &Page) -> Result<Report, StoreError> {
    let stored = tables.put_source(&source.name, &source.url)?;
    let mut reading = parse::parse(&page.body, page.content_type.as_deref(), &source.layout);
    let Some(capture) = put_capture(tables, &stored, page, &reading)? else {
        return Ok(Report { issues: reading.issues, ..Report::default() });
    };
    let seen = Sighting { seen_at: page.captured_at, capture };
    let is_repeat = !tables.add_sighting(stored.id, seen)?;
    let indicators = tables.indicators_of(stored.id)?;
    let issues = news(&indicators, &mut reading);
    let quotes = record(tables, source, &stored, indicators, reading, seen)?;
    Ok(Report { quotes, issues, capture: Some(capture), is_repeat, ..Report::default() })
}

/// Reads a page that was just fetched, logs the attempt with the outcome that follows, records what the page says,
/// and remembers what the server said of its version. To be run inside a transaction.
///
/// # Errors
/// The database cannot be written.
pub fn ingest_poll(
    tables: Tables<'_>,
    source: &Source,
    page: &Page,
    validators: Validators,
    attempt: Attempt,
) -> Result<(Report, Attempt), StoreError> {
    let stored = tables.put_source(&source.name, &source.url)?;
    let before = tables.last_sighting(stored.id)?;
    let mut reading = parse::parse(&page.body, page.content_type.as_deref(), &source.layout);
    let Some(capture) = put_capture(tables, &stored, page, &reading)? else {
        let attempt =
            Attempt { outcome: Outcome::NotUnderstood, detail: detail(&attempt, &reading.issues), ..attempt };
        let turn = Turn::of(false, before.is_some(), tables.drift(stored.id)?);
        tables.forget_validator(stored.id)?;
        let poll = tables.log_poll(stored.id, &attempt, None)?;
        // A page of a source that was never understood is no sign of a change, only of a wrong configuration.
        if turn != Turn::Steady {
            keep::keep(tables, &stored, page, poll)?;
        }
        return Ok((Report { issues: reading.issues, turn, ..Report::default() }, attempt));
    };
    // A page that is not what it should be is asked for whole the next time too: "not modified" would hide it.
    match validator(source, validators, capture).filter(|_| !reading.has_defects()) {
        Some(validator) => tables.put_validator(stored.id, &validator)?,
        None => tables.forget_validator(stored.id)?,
    }
    let is_same = before.is_some_and(|before| before.capture == capture);
    let outcome = if is_same { Outcome::Unchanged } else { Outcome::Stored };
    let seen = Sighting { seen_at: page.captured_at, capture };
    see(tables, source, &stored, &mut reading, seen, Attempt { outcome, ..attempt })
}

/// What to remember of a server's word, if it said any.
fn validator(source: &Source, validators: Validators, capture: i64) -> Option<Validator> {
    let is_said = validators != Validators::default();
    let (url, layout) = (source.url.clone(), source.layout.signature());
    is_said.then_some(Validator { url, layout, validators, capture })
}

/// What to tell the server of a source, so that it can say that nothing changed. Nothing when the address or the
/// way of reading the page is not what it was.
///
/// # Errors
/// The database cannot be read.
pub fn validators(tables: Tables<'_>, source: &Source) -> Result<Validators, StoreError> {
    let Some(stored) = tables.source(&source.name)? else { return Ok(Validators::default()) };
    let known = tables.validator(stored.id)?;
    let is_same = |known: &Validator| known.url == source.url && known.layout == source.layout.signature();
    Ok(known.filter(is_same).map(|known| known.validators).unwrap_or_default())
}

/// The server said that its page is the one it gave before: logs the attempt, and confirms what that page said.
///
/// # Errors
/// The database cannot be written.
pub fn confirm(
    tables: Tables<'_>,
    source: &Source,
    seen_at: Timestamp,
    attempt: Attempt,
) -> Result<(Report, Attempt), StoreError> {
    let stored = tables.put_source(&source.name, &source.url)?;
    let Some(validator) = tables.validator(stored.id)? else {
        let detail = joined(&attempt, ["not modified, but no version of the page is remembered".to_owned()]);
        let attempt = Attempt { outcome: Outcome::HttpError, detail, ..attempt };
        tables.log_poll(stored.id, &attempt, None)?;
        return Ok((Report::default(), attempt));
    };
    let mut reading = reading_of(tables, validator.capture)?;
    let seen = Sighting { seen_at, capture: validator.capture };
    let attempt = Attempt { outcome: Outcome::NotModified, ..attempt };
    see(tables, source, &stored, &mut reading, seen, attempt)
}

/// Logs an attempt that saw a text, and records what the text says.
fn see(
    tables: Tables<'_>,
    source: &Source,
    stored: &StoredSource,
    reading: &mut Reading,
    seen: Sighting,
    attempt: Attempt,
) -> Result<(Report, Attempt), StoreError> {
    let indicators = tables.indicators_of(stored.id)?;
    let issues = news(&indicators, reading);
    let turn = Turn::of(true, true, tables.drift(stored.id)?);
    let attempt = Attempt { rows: rows(reading), detail: detail(&attempt, &issues), ..attempt };
    tables.log_poll(stored.id, &attempt, Some(seen))?;
    let quotes = record(tables, source, stored, indicators, std::mem::take(reading), seen)?;
    Ok((Report { quotes, issues, capture: Some(seen.capture), turn, ..Report::default() }, attempt))
}

fn rows(reading: &Reading) -> u32 {
    u32::try_from(reading.quotes.len()).unwrap_or(u32::MAX)
}

/// Logs an attempt that brought no page.
///
/// # Errors
/// The database cannot be written.
pub fn log_failure(tables: Tables<'_>, source: &Source, attempt: &Attempt) -> Result<(), StoreError> {
    let stored = tables.put_source(&source.name, &source.url)?;
    tables.log_poll(stored.id, attempt, None).map(drop)
}

/// What became of a person's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It holds from now on.
    Noted,
    /// Nothing was noted: the value is real, but the poll log that would tell its place was removed.
    NoPlace,
}

/// Notes a person's decision about held figures, wherever the same figures are held, and reads the sightings around
/// them again in its light.
///
/// # Errors
/// The database cannot be written.
pub fn decide(tables: Tables<'_>, held: &Held, decision: Decision) -> Result<Decided, StoreError> {
    let indicators = tables.indicators()?;
    let indicator = indicators.into_iter().find(|indicator| indicator.id == held.indicator_id);
    let orphan = || StoreError::Damaged { what: "a held value of no indicator", value: held.id.to_string() };
    let indicator = indicator.ok_or_else(orphan)?;
    let source = tables.source(&indicator.indicator.source)?.ok_or_else(orphan)?;
    let mut sightings = Sightings::new(tables, source.clone());
    let mut line = Timeline::open(tables, indicator.clone(), tables.rolled_until(indicator.id)?)?;
    let mut same = line.held().to_vec();
    same.retain(|other| other.decision.is_none() && other.figures == held.figures);
    let begins = source.log_begins_at;
    let known = begins.map(|begins| log_begin::known(&mut sightings, &line, begins)).transpose()?;
    let is_before_log = |held: &Held| known.as_ref().is_some_and(|known| held.seen_at < known.from);
    let (before, mut decided): (Vec<Held>, Vec<Held>) = same.into_iter().partition(is_before_log);
    let in_log: Vec<Timestamp> = decided.iter().map(|held| held.seen_at).collect();
    for lost in before {
        if decision == Decision::Rejected || splice::place(&mut sightings, &mut line, &lost)? {
            decided.push(lost);
        }
    }
    let mut most = rollups::LIVE;
    line.close(&mut most)?;
    for held in &decided {
        tables.put_held(&Held { decision: Some(decision), ..held.clone() })?;
    }
    for at in in_log {
        // The decision changed what is believed, and what is read again at one place may reach to the next.
        let mut line = Timeline::open(tables, indicator.clone(), tables.rolled_until(indicator.id)?)?;
        splice::reread_around(&mut sightings, &mut line, at)?;
        line.close(&mut most)?;
    }
    let is_noted = decided.iter().any(|decided| decided.id == held.id);
    Ok(if is_noted { Decided::Noted } else { Decided::NoPlace })
}

/// The lines of a poll's detail: what was remarked already, and what was not as expected. A page of nothing but
/// mistakes is not told at length.
fn detail(attempt: &Attempt, issues: &[Issue]) -> Option<String> {
    let more = issues.len().saturating_sub(MAX_TOLD);
    let rest = (more > 0).then(|| format!("and {more} more"));
    joined(attempt, issues.iter().take(MAX_TOLD).map(ToString::to_string).chain(rest))
}

fn joined(attempt: &Attempt, lines: impl IntoIterator<Item = String>) -> Option<String> {
    let lines: Vec<String> = attempt.detail.clone().into_iter().chain(lines).collect();
    (!lines.is_empty()).then(|| lines.join("; "))
}

/// Keeps the text of a page that could be read.
fn put_capture(
    tables: Tables<'_>,
    source: &StoredSource,
    page: &Page,
    reading: &Reading,
) -> Result<Option<i64>, StoreError> {
    let Some(block) = reading.block.as_deref().filter(|_| !reading.quotes.is_empty()) else {
        return Ok(None);
    };
    let new = NewCapture {
        url: &page.url,
        captured_at: page.captured_at,
        origin: page.origin,
        page_date: reading.page_date,
        block,
    };
    tables.put_capture(source.id, &new).map(Some)
}

/// Brings every quote of a sighting into the series of its indicator.
fn record(
    tables: Tables<'_>,
    source: &Source,
    stored: &StoredSource,
    indicators: Vec<StoredIndicator>,
    reading: Reading,
    seen: Sighting,
) -> Result<Vec<(Quote, Fate)>, StoreError> {
    let mut book = Book::open(tables, source, stored.clone(), indicators)?;
    let fates = book.record(reading.quotes.iter().map(Claim::from), seen)?;
    book.close(rollups::LIVE)?;
    Ok(reading.quotes.into_iter().zip(fates).collect())
}

/// What an indicator is that a source shows for the first time.
fn indicator_of(source: &Source, claim: Claim<'_>) -> Indicator {
    let (kind, unit) = known_or_index(claim.label);
    let configured = match &source.layout {
        Layout::Json(rules) => rules.indicators.iter().find(|rule| Slug::of(&rule.label) == *claim.slug),
        Layout::Kontan | Layout::Css(_) => None,
    };
    let kind = configured.and_then(|rule| rule.kind).unwrap_or(kind);
    let unit = configured
        .and_then(|rule| rule.unit.clone())
        .unwrap_or_else(|| if known(claim.label).is_some() { unit } else { kind.default_unit() }.to_owned());
    Indicator {
        source: source.name.clone(),
        slug: claim.slug.clone(),
        label: claim.label.to_owned(),
        kind,
        unit,
        heartbeat: kind.default_heartbeat().max(source.slowest_poll * 3),
    }
}

/// A page that was saved, as the write path takes it.
#[must_use]
pub fn saved_page(url: String, body: Vec<u8>, captured_at: Timestamp) -> Page {
    Page { url, body, content_type: None, captured_at, origin: Origin::Archive }
}
