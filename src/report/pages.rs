//! What pages said: the rows of `extract`, and the table and summary of `poll`.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Change, Digest, Level, Percent, Quote, Timestamp};
use crate::format;
use crate::ingest::{Fate, Report};

use super::cell::{change_text, level_text, percent_text};
use super::table::{Table, Text};

/// `extract`: a quote as a page printed it.
#[derive(Debug, Serialize)]
pub struct ExtractRow {
    source: String,
    url: Option<String>,
    captured_at: Option<String>,
    label: String,
    indicator: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    verdict: &'static str,
    text: String,
    digest: String,
    file: String,
    offset: u64,
}

impl ExtractRow {
    /// A quote of a saved page, whose address and time are not known.
    #[must_use]
    pub fn new(source: &str, quote: &Quote, digest: Digest, file: &str) -> Self {
        Self {
            source: source.to_owned(),
            url: None,
            captured_at: None,
            label: quote.label.clone(),
            indicator: quote.slug.to_string(),
            level: quote.figures.level,
            change: quote.figures.change,
            percent: quote.figures.percent,
            verdict: quote.verdict.word(),
            text: quote.text.clone(),
            digest: digest.to_string(),
            file: file.to_owned(),
            offset: 0,
        }
    }

    /// The same quote where an archive holds its page: at an address, captured at a time, its record at a place.
    #[must_use]
    pub fn archived(self, url: Option<&str>, captured_at: Option<Timestamp>, offset: u64) -> Self {
        let captured_at = captured_at.map(|at| format::rfc3339(at, Tz::UTC));
        Self { url: url.map(str::to_owned), captured_at, offset, ..self }
    }
}

/// `poll`: what was read, for people.
#[derive(Debug)]
pub struct QuoteRow;

impl QuoteRow {
    /// Quotes with a word on what became of each.
    #[must_use]
    pub fn table<'a>(quotes: impl Iterator<Item = (&'a str, &'a Quote, &'a str)>) -> Table {
        let mut table = Table::new(&["SOURCE", "INDICATOR", ">LEVEL", ">CHANGE", ">PERCENT", "", ""]);
        for (source, quote, fate) in quotes {
            table.row(vec![
                Text::plain(source),
                Text::plain(quote.slug.as_str()),
                level_text(quote.figures.level),
                change_text(quote.figures.change),
                percent_text(quote.figures.percent),
                Text::plain(fate),
                quote.verdict.remark().map_or_else(|| Text::plain(""), Text::warning),
            ]);
        }
        table
    }
}

/// `poll`, `import` and `reextract`: the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Pages that could be read.
    pub captures: usize,
    /// Rows in them.
    pub rows: usize,
    /// Rows that began a run.
    pub stored: usize,
    /// Rows that confirmed what was known.
    pub unchanged: usize,
    /// Rows that wait for a decision.
    pub held: usize,
    /// Things that were not as expected.
    pub issues: usize,
    /// Pages that could not be fetched or read.
    pub failed: usize,
}

impl Summary {
    /// What became of pages. One that gave no capture could not be read.
    #[must_use]
    pub fn of<'a>(reports: impl Iterator<Item = &'a Report>) -> Self {
        reports.fold(Self::default(), |sum, report| {
            let is_read = report.capture.is_some();
            Self {
                captures: sum.captures + usize::from(is_read),
                rows: sum.rows + report.quotes.len(),
                stored: sum.stored + report.count(Fate::Stored),
                unchanged: sum.unchanged + report.count(Fate::Unchanged),
                held: sum.held + report.count(Fate::Held),
                issues: sum.issues + report.issues.len(),
                failed: sum.failed + usize::from(!is_read),
            }
        })
    }

    /// The summary for people.
    #[must_use]
    pub fn line(&self) -> String {
        let Self { captures, rows, stored, unchanged, held, failed, .. } = self;
        format!(
            "{captures} read, {rows} rows: {stored} new, {unchanged} unchanged, {held} held, {failed} failed"
        )
    }
}
