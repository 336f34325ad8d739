//! Layout drift: which sources are not understood, since when, and what changed about their pages.

use crate::domain::{Drift, Timestamp};
use crate::parse::{Layout, Surroundings, around};
use crate::store::{Capture, KeptPage, StoredSource, Tables};

use super::QueryError;

/// A source that is not understood, any more or at all, or of which pages are kept that were not.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceDrift {
    /// The source.
    pub source: StoredSource,
    /// The stretch of polls that goes on now; none when its newest page was understood.
    pub drift: Option<Drift>,
    /// What the newest of these polls said of its page.
    pub detail: Option<String>,
    /// The last text that was understood ahead of the newest kept page, and when it was last seen.
    pub last_understood: Option<(Timestamp, Capture)>,
    /// The pages that are kept, in the order they were first seen.
    pub pages: Vec<KeptPage>,
    /// What the newest of them shows where that text should stand.
    pub surroundings: Option<Surroundings>,
}

impl SourceDrift {
    /// The kept page that was seen last.
    #[must_use]
    pub fn newest_page(&self) -> Option<&KeptPage> {
        self.pages.iter().max_by_key(|page| (page.last_seen, page.id))
    }
}

/// The sources, or the one of a name, that are not understood or of which pages are kept. `layout` gives the
/// way of reading that is in force for a source, where there is one.
///
/// # Errors
/// The database cannot be read.
pub fn drifts<'a>(
    tables: Tables<'_>,
    name: Option<&str>,
    layout: impl Fn(&str) -> Option<&'a Layout>,
) -> Result<Vec<SourceDrift>, QueryError> {
    let mut drifts = Vec::new();
    for source in tables.sources()?.into_iter().filter(|source| name.is_none_or(|name| source.name == name)) {
        let (drift, pages) = (tables.not_understood(source.id)?, tables.pages_of(source.id)?);
        if drift.is_some() || !pages.is_empty() {
            let layout = layout(&source.name);
            drifts.push(explained(tables, SourceDrift { drift, pages, ..bare(source) }, layout)?);
        }
    }
    Ok(drifts)
}

fn bare(source: StoredSource) -> SourceDrift {
    SourceDrift {
        source,
        drift: None,
        detail: None,
        last_understood: None,
        pages: Vec::new(),
        surroundings: None,
    }
}

/// Adds what was understood before, and what stands in its place now.
fn explained(
    tables: Tables<'_>,
    found: SourceDrift,
    layout: Option<&Layout>,
) -> Result<SourceDrift, QueryError> {
    let source_id = found.source.id;
    let page = found.newest_page();
    let before = match page {
        Some(page) => tables.sighting_at(source_id, page.first_seen)?,
        None => tables.last_sighting(source_id)?,
    };
    let last_understood = match before {
        Some(seen) => Some((seen.seen_at, tables.capture(seen.capture)?)),
        None => None,
    };
    let body = page.map(|page| tables.page_body(page.id)).transpose()?.flatten();
    let block = last_understood.as_ref().and_then(|(_, capture)| capture.block.as_deref());
    let surroundings = page
        .zip(body)
        .map(|(page, body)| around(&body, page.content_type.as_deref(), layout, block.unwrap_or_default()));
    let newest = tables.newest_polls(source_id, 1)?.into_iter().next();
    let detail = newest.filter(|_| found.drift.is_some()).and_then(|poll| poll.attempt.detail);
    Ok(SourceDrift { detail, last_understood, surroundings, ..found })
}

/// The kept page of a number in the list, or of a digest or the beginning of one.
///
/// # Errors
/// No page is kept under that name, or several are.
pub fn kept_page(tables: Tables<'_>, name: &str) -> Result<KeptPage, QueryError> {
    let mut pages = Vec::new();
    for source in tables.sources()? {
        pages.extend(tables.pages_of(source.id)?);
    }
    if let Some(at) = name.parse().ok().and_then(|id: i64| pages.iter().position(|page| page.id == id)) {
        return Ok(pages.swap_remove(at));
    }
    let digest = format!("sha256:{}", name.trim_start_matches("sha256:"));
    pages.retain(|page| page.digest.to_string().starts_with(&digest));
    let is_one_body = pages.windows(2).all(|pair| pair[0].digest == pair[1].digest);
    match pages.pop() {
        Some(page) if is_one_body && digest.len() > "sha256:".len() => Ok(page),
        Some(_) => Err(QueryError::AmbiguousPage { name: name.to_owned() }),
        None => Err(QueryError::UnknownPage { name: name.to_owned() }),
    }
}
