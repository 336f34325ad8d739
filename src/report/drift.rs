//! The rows of `drift`.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;
use crate::query::SourceDrift;
use crate::store::KeptPage;

use super::diff::diff;
use super::table::{Table, Text};

/// `drift`: a source that is not understood any more, or was not for a while.
#[derive(Debug, Serialize)]
pub struct DriftRow {
    source: String,
    state: &'static str,
    since: Option<String>,
    polls: u64,
    detail: Option<String>,
    last_understood: Option<String>,
    digest: Option<String>,
    pages: usize,
    page: Option<i64>,
    page_digest: Option<String>,
    page_first_seen: Option<String>,
    page_last_seen: Option<String>,
    page_bytes: Option<u64>,
    diff: Option<String>,
    markup: Option<String>,
}

impl DriftRow {
    /// A source with its times in a zone.
    #[must_use]
    pub fn new(found: &SourceDrift, zone: Tz) -> Self {
        let page = found.newest_page();
        let diff = difference(found);
        Self {
            source: found.source.name.clone(),
            state: state(found),
            since: found.drift.map(|drift| format::rfc3339(drift.since, zone)),
            polls: found.drift.map_or(0, |drift| drift.polls),
            detail: found.detail.clone(),
            last_understood: found
                .last_understood
                .as_ref()
                .map(|(seen_at, _)| format::rfc3339(*seen_at, zone)),
            digest: found.last_understood.as_ref().map(|(_, capture)| capture.digest.to_string()),
            pages: found.pages.len(),
            page: page.map(|page| page.id),
            page_digest: page.map(|page| page.digest.to_string()),
            page_first_seen: page.map(|page| format::rfc3339(page.first_seen, zone)),
            page_last_seen: page.map(|page| format::rfc3339(page.last_seen, zone)),
            page_bytes: page.map(|page| page.bytes),
            markup: markup(found, &diff),
            diff: (!diff.is_empty()).then(|| diff.join("\n")),
        }
    }

    /// A source, a line each of what is known, its kept pages, and what changed.
    #[must_use]
    pub fn table(found: &[SourceDrift], zone: Tz, now: Timestamp) -> String {
        found.iter().map(|one| section(one, zone, now)).collect::<Vec<_>>().join("\n")
    }
}

fn state(found: &SourceDrift) -> &'static str {
    if found.drift.is_some() { "drifted" } else { "understood" }
}

fn difference(found: &SourceDrift) -> Vec<String> {
    found.surroundings.as_ref().map_or_else(Vec::new, |places| diff(&places.before, &places.after))
}

/// The markup, where nothing of the last text is missing: then it is not the text that changed.
fn markup(found: &SourceDrift, diff: &[String]) -> Option<String> {
    let is_all_there = !diff.iter().any(|line| line.starts_with('-'));
    found.surroundings.as_ref().filter(|_| is_all_there)?.markup.clone()
}

fn section(found: &SourceDrift, zone: Tz, now: Timestamp) -> String {
    let mut table = Table::lines();
    let mut line = |name: &str, text: Text| table.row(vec![Text::plain(name), text]);
    line("source", Text::plain(format!("{}, {}", found.source.name, found.source.url)));
    match found.drift {
        Some(drift) => line(
            "not understood",
            Text::warning(format!(
                "since {} ({}), {}",
                format::time(drift.since, zone),
                format::age(now - drift.since),
                if drift.polls == 1 { "1 poll".to_owned() } else { format!("{} polls", drift.polls) }
            )),
        ),
        None => line("understood", Text::plain("again; pages of a time when it was not are kept")),
    }
    if let Some(detail) = &found.detail {
        line("newest poll", Text::plain(detail));
    }
    if let Some((seen_at, capture)) = &found.last_understood {
        line("last understood", Text::plain(format!("{}, {}", format::time(*seen_at, zone), capture.digest)));
    }
    for page in &found.pages {
        line(&format!("page {}", page.id), Text::plain(described(page, zone)));
    }
    format!("{table}{}", shown_change(found))
}

fn described(page: &KeptPage, zone: Tz) -> String {
    let cut = if page.was_cut { ", only its beginning is kept" } else { "" };
    let (first, last) = (format::time(page.first_seen, zone), format::time(page.last_seen, zone));
    let seen = if page.times == 1 { first } else { format!("{first} to {last}, {} times", page.times) };
    format!("{seen}, {}{cut}, {}", format::bytes(page.bytes), page.digest)
}

/// The diff, and the markup where that is what changed.
fn shown_change(found: &SourceDrift) -> String {
    let Some(page) = found.newest_page() else { return String::new() };
    let diff = difference(found);
    let mut lines = vec!["--- the last understood text".to_owned(), format!("+++ page {}", page.id)];
    if let Some(markup) = markup(found, &diff) {
        lines.push("@@ every line of it stands in the page; its markup there is".to_owned());
        lines.push(format!(" {markup}"));
    } else {
        lines.extend(diff);
    }
    lines.iter().map(|line| format!("{}\n", format::escape(line))).collect()
}
