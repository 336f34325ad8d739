//! Reads kept pages again, with the way of reading that is in force now, and records what they say at each instant
//! they were seen: the same sightings that the polls would have made.

#[cfg(test)]
mod tests;

use crate::domain::{Origin, Page, Quote};
use crate::parse::{self, Issue, Reading};
use crate::store::{KeptPage, Sighting, StoreError, StoredSource, Tables};

use super::news::news;
use super::{Report, Source, put_capture, reading_of, record, rows};

/// Which pages are recorded and let go of. A page is read again only once, so a way of reading that finds one row of
/// eleven must not use it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Those that show every indicator which the last understood text before them showed.
    Whole,
    /// Those that show any.
    Partly,
}

/// What became of a kept page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reextracted {
    /// It was read, and is kept no longer. A report for each time it was seen.
    Read(Vec<Report>),
    /// It was read without some indicators; nothing was recorded.
    InPart {
        /// The labels that are missing.
        missing: Vec<String>,
    },
    /// Nothing in it could be read.
    NotUnderstood(Vec<Issue>),
    /// Only its beginning is kept: what it does not show may stand in the rest. It is there to be looked at.
    Cut,
    /// Another process let go of it meanwhile.
    Gone,
}

/// Reads a kept page again. To be run inside a transaction.
///
/// # Errors
/// The database cannot be written, or the page cannot be unfolded any more.
pub fn reextract(
    tables: Tables<'_>,
    source: &Source,
    kept: &KeptPage,
    policy: Policy,
) -> Result<Reextracted, StoreError> {
    let times = tables.page_sightings(kept.id)?;
    if times.is_empty() {
        return Ok(Reextracted::Gone);
    }
    if kept.was_cut {
        return Ok(Reextracted::Cut);
    }
    let mut page = unfolded(tables, kept)?;
    let reading = parse::parse(&page.body, page.content_type.as_deref(), &source.layout);
    if reading.quotes.is_empty() {
        return Ok(Reextracted::NotUnderstood(reading.issues));
    }
    let missing = missing(tables, kept, &reading)?;
    if policy == Policy::Whole && !missing.is_empty() {
        return Ok(Reextracted::InPart { missing });
    }
    let stored = tables.put_source(&source.name, &source.url)?;
    let mut reports = Vec::with_capacity(times.len());
    for time in times {
        page.captured_at = time.seen_at;
        reports.push(see(tables, source, &stored, &page, time.poll, reading.clone())?);
    }
    tables.drop_page(kept.id)?;
    Ok(Reextracted::Read(reports))
}

/// A kept page as it came.
fn unfolded(tables: Tables<'_>, kept: &KeptPage) -> Result<Page, StoreError> {
    let damaged = || StoreError::Damaged { what: "a kept page", value: format!("page {}", kept.id) };
    Ok(Page {
        url: kept.url.clone(),
        body: tables.page_body(kept.id)?.ok_or_else(damaged)?,
        content_type: kept.content_type.clone(),
        captured_at: kept.first_seen,
        origin: Origin::Live,
    })
}

/// The labels of the last understood text before a page that the page does not show.
fn missing(tables: Tables<'_>, kept: &KeptPage, reading: &Reading) -> Result<Vec<String>, StoreError> {
    let Some(before) = tables.sighting_at(kept.source_id, kept.first_seen)? else {
        return Ok(Vec::new());
    };
    let before = reading_of(tables, before.capture)?.quotes;
    let is_missing = |label: &Quote| reading.quotes.iter().all(|quote| quote.slug != label.slug);
    Ok(before.into_iter().filter(is_missing).map(|quote| quote.label).collect())
}

/// Records what a page says as seen by the attempt that brought it; where the log has that attempt no more, as an
/// archived page is.
fn see(
    tables: Tables<'_>,
    source: &Source,
    stored: &StoredSource,
    page: &Page,
    poll: i64,
    mut reading: Reading,
) -> Result<Report, StoreError> {
    let Some(capture) = put_capture(tables, stored, page, &reading)? else { return Ok(Report::default()) };
    let indicators = tables.indicators_of(stored.id)?;
    let issues = news(&indicators, &mut reading);
    let seen = Sighting { seen_at: page.captured_at, capture };
    if !tables.see_again(stored.id, poll, seen, rows(&reading))? {
        tables.add_sighting(stored.id, seen)?;
    }
    let quotes = record(tables, source, stored, indicators, reading, seen)?;
    Ok(Report { quotes, issues, capture: Some(capture), ..Report::default() })
}
