//! Rows of quotes back to the captures that they were read from.
//!
//! The rows of one page come together. Of their texts the text of its capture is made again; where it has the digest
//! that the rows name, it is the same to the byte. A row that does not follow from its own text is damage.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use chrono::Duration;
use rust_decimal::Decimal;

use crate::domain::{Digest, Quote, Timestamp};
use crate::ingest::Captured;
use crate::parse::{self, MAX_ROWS, Reading};

use super::found::{Fault, Found, Place, Sort};
use super::{Setting, Sink};

/// The most texts that are remembered as proven.
const MAX_PROVEN: usize = 2048;
/// How far from its capture the date of a page is looked for, in days.
const DATES: i64 = 7;

/// The page that a row was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) source: String,
    pub(super) url: Option<String>,
    pub(super) captured_at: Option<Timestamp>,
    /// Of the text of the whole block; absent where it is none.
    pub(super) digest: Option<Digest>,
    pub(super) file: Option<String>,
    pub(super) offset: Option<u64>,
}

/// A row: what it says that a page said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) page: Page,
    pub(super) label: String,
    pub(super) indicator: String,
    /// Level, change and percentage.
    pub(super) figures: [Option<Decimal>; 3],
    pub(super) verdict: String,
    pub(super) text: String,
}

impl Row {
    /// Whether it says what a quote says.
    fn follows_from(&self, quote: &Quote) -> bool {
        let level = quote.figures.level.map(|level| level.0.decimal());
        let change = quote.figures.change.map(|change| change.0.decimal());
        let percent = quote.figures.percent.map(|percent| percent.0.decimal());
        self.label == quote.label
            && self.indicator == quote.slug.as_str()
            && self.verdict == quote.verdict.word()
            && self.figures == [level, change, percent]
    }

    fn follows(&self, reading: &Reading) -> bool {
        reading.quotes.iter().any(|quote| self.follows_from(quote))
    }
}

/// Gathers the rows of a page, and gives the page on when those of another begin.
pub(super) struct Pages<'a> {
    setting: &'a Setting<'a>,
    rows: Vec<(Row, Place)>,
    /// Texts that have their digest, and what they say.
    proven: HashMap<Digest, Rc<Reading>>,
}

impl<'a> Pages<'a> {
    pub(super) fn new(setting: &'a Setting<'a>) -> Self {
        Self { setting, rows: Vec::new(), proven: HashMap::new() }
    }

    pub(super) fn add(&mut self, row: Row, place: Place, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let is_next = self.rows.first().is_some_and(|(first, _)| first.page != row.page);
        if is_next || self.rows.len() >= MAX_ROWS {
            self.finish(sink)?;
        }
        self.rows.push((row, place));
        ControlFlow::Continue(())
    }

    /// Gives the page in hand on.
    pub(super) fn finish(&mut self, sink: &mut Sink<'_>) -> ControlFlow<()> {
        let mut rows = std::mem::take(&mut self.rows);
        let Some((first, place)) = rows.first().cloned() else { return ControlFlow::Continue(()) };
        let unsound = |place: Place, what: String| Found::Fault(Fault::new(place, Sort::Unsound, what));
        let Some(captured_at) = first.page.captured_at.or(self.setting.at) else {
            let what = "when it was captured is not known: the rows do not say it, and --at may";
            return sink(unsound(place, what.to_owned()));
        };
        let (mut reading, mut is_proven) = self.read(&rows, captured_at);
        if !rows.iter().all(|(row, _)| row.follows(&reading)) {
            let (sound, damaged): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|(row, _)| row.follows(&reading));
            for (row, place) in damaged {
                let what =
                    format!("the row of {} does not follow from its own text '{}'", row.label, row.text);
                sink(unsound(place, what))?;
            }
            rows = sound;
            (reading, is_proven) = self.read(&rows, captured_at);
        }
        if reading.quotes.len() != rows.len() || !rows.iter().all(|(row, _)| row.follows(&reading)) {
            let what = "its rows do not make a text that says what they say";
            return sink(unsound(place, what.to_owned()));
        }
        if rows.is_empty() {
            return ControlFlow::Continue(());
        }
        if !is_proven {
            let what = "the rows do not make the text that they were read from, so they are recorded under the text \
                        that they make";
            sink(Found::Note(place.clone(), what.to_owned()))?;
        }
        let url = first.page.url.or(first.page.file).unwrap_or_else(|| place.file.clone());
        let captured = Captured { url, captured_at, reading };
        sink(Found::Capture { source: first.page.source, captured, place })
    }

    /// What the text of rows says, and whether it is proven to be the one they were read from.
    fn read(&mut self, rows: &[(Row, Place)], captured_at: Timestamp) -> (Reading, bool) {
        let Some((first, _)) = rows.first() else { return (Reading::default(), true) };
        let mut lines: Vec<String> = Vec::with_capacity(rows.len());
        for (row, _) in rows.iter().filter(|(row, _)| !row.text.contains(['\n', '\r'])) {
            if !lines.contains(&row.text) {
                lines.push(row.text.clone());
            }
        }
        let digest = first.page.digest;
        let known = digest.and_then(|digest| self.proven.get(&digest));
        let is_known = |known: &Reading| known.quotes.iter().map(|quote| &quote.text).eq(&lines);
        if let Some(known) = known.filter(|known| is_known(known)) {
            return (Reading::clone(known), true);
        }
        let today = self.setting.calendar.date_of(captured_at);
        let near = (0..=DATES).flat_map(|days| [-days, days]);
        let dates = near.filter_map(|days| today.checked_add_signed(Duration::days(days)));
        let texts: Vec<String> = parse::rebuilt(&lines, dates).collect();
        let of_digest = texts.iter().find(|text| Some(Digest::of(text.as_bytes())) == digest);
        if let (Some(text), Some(digest)) = (of_digest, digest) {
            let reading = parse::reread(text);
            if self.proven.len() >= MAX_PROVEN {
                self.proven.clear();
            }
            self.proven.insert(digest, Rc::new(reading.clone()));
            return (reading, true);
        }
        let readings: Vec<Reading> = texts.iter().map(|text| parse::reread(text)).collect();
        let best = readings
            .iter()
            .find(|reading| rows.iter().all(|(row, _)| row.follows(reading)))
            .or(readings.first());
        (best.cloned().unwrap_or_default(), false)
    }
}
