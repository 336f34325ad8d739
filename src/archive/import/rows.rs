//! Rows that `extract` wrote, a JSON object a line.
//!
//! The rows of one page come together. Of their texts the text of its capture is made again; where it has the digest
//! that the rows name, it is the same to the byte. A row that does not follow from its own text is damage.

use std::collections::HashMap;
use std::io::BufRead;
use std::ops::ControlFlow;
use std::rc::Rc;

use chrono::{DateTime, Duration};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Number;

use crate::domain::{Digest, Quote, Timestamp};
use crate::ingest::Captured;
use crate::parse::{self, MAX_ROWS, Reading};

use super::form::Bytes;
use super::found::{Fault, Found, Place, Sort};
use super::{Input, Setting, Sink};

/// The most bytes of a line.
const MAX_LINE: u64 = 1024 * 1024;
/// The most texts that are remembered as proven.
const MAX_PROVEN: usize = 2048;
/// How far from its capture the date of a page is looked for, in days.
const DATES: i64 = 7;

/// What `extract` says of a quote.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Row {
    source: String,
    url: Option<String>,
    captured_at: Option<String>,
    label: String,
    indicator: String,
    level: Option<Number>,
    change: Option<Number>,
    percent: Option<Number>,
    verdict: String,
    text: String,
    digest: String,
    file: Option<String>,
    offset: Option<u64>,
}

impl Row {
    /// Whether two rows are of one page.
    fn is_beside(&self, other: &Self) -> bool {
        let page = |row: &Self| {
            let Self { source, url, captured_at, digest, file, offset, .. } = row.clone();
            (source, url, captured_at, digest, file, offset)
        };
        page(self) == page(other)
    }

    /// Whether it says what a quote says.
    fn follows_from(&self, quote: &Quote) -> bool {
        let level = quote.figures.level.map(|level| level.0);
        let change = quote.figures.change.map(|change| change.0);
        let percent = quote.figures.percent.map(|percent| percent.0);
        let pairs = [(&self.level, level), (&self.change, change), (&self.percent, percent)];
        self.label == quote.label
            && self.indicator == quote.slug.as_str()
            && self.verdict == quote.verdict.word()
            && pairs.into_iter().all(|(said, read)| match (said, read) {
                (None, None) => true,
                (Some(said), Some(read)) => decimal(said) == Some(read.decimal()),
                _ => false,
            })
    }
}

fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.as_str();
    text.parse().or_else(|_| Decimal::from_scientific(text)).ok()
}

pub(super) fn read(
    input: &Input,
    mut bytes: Bytes,
    setting: &Setting<'_>,
    sink: &mut Sink<'_>,
) -> ControlFlow<()> {
    let mut pages = Pages::new(setting);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let place = Place::line(input, number);
        let mut bounded = std::io::Read::take(&mut bytes, MAX_LINE);
        match bounded.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.len() as u64 == MAX_LINE && !line.ends_with(b"\n") => {
                let what = format!("a row has at most {MAX_LINE} bytes; the rest of the file is not read");
                sink(Found::Fault(Fault::new(place, Sort::Unsound, what)))?;
                break;
            }
            Ok(_) => {}
            Err(error) => {
                let what = format!("failed to read it: {error}");
                sink(Found::Fault(Fault::new(Place::of(input), Sort::Unreadable, what)))?;
                break;
            }
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(row) => pages.add(row, place, sink)?,
            Err(_) => sink(Found::Fault(Fault::new(place, Sort::Unsound, not_a_row(&line))))?,
        }
    }
    pages.finish(sink)
}

/// What a line is instead. Rows of `history` are runs: of what was printed they have neither the text nor all decimals.
fn not_a_row(line: &[u8]) -> &'static str {
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    match value.is_some_and(|value| value.get("first_seen").is_some()) {
        true => "a row of `history` does not hold what was printed; `pantau db backup` copies a database",
        false => "expected a row as `extract -f ndjson` writes it",
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
        let is_next = self.rows.first().is_some_and(|(first, _)| !first.is_beside(&row));
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
        let captured_at = match self.time(&first) {
            Ok(time) => time,
            Err(what) => return sink(unsound(place, what)),
        };
        let (mut reading, mut is_proven) = self.read(&rows, captured_at);
        let follows =
            |reading: &Reading, row: &Row| reading.quotes.iter().any(|quote| row.follows_from(quote));
        if !rows.iter().all(|(row, _)| follows(&reading, row)) {
            let (sound, damaged): (Vec<_>, Vec<_>) =
                rows.into_iter().partition(|(row, _)| follows(&reading, row));
            for (row, place) in damaged {
                let what =
                    format!("the row of {} does not follow from its own text '{}'", row.label, row.text);
                sink(unsound(place, what))?;
            }
            rows = sound;
            (reading, is_proven) = self.read(&rows, captured_at);
        }
        if reading.quotes.is_empty() {
            return ControlFlow::Continue(());
        }
        if !is_proven {
            let what = "the rows do not make the text that they were read from, so they are recorded under the text \
                        that they make";
            sink(Found::Note(place.clone(), what.to_owned()))?;
        }
        let url = first.url.or(first.file).unwrap_or_else(|| place.file.clone());
        let captured = Captured { url, captured_at, reading };
        sink(Found::Capture { source: first.source, captured, place })
    }

    fn time(&self, row: &Row) -> Result<Timestamp, String> {
        match &row.captured_at {
            Some(text) => DateTime::parse_from_rfc3339(text)
                .map(|time| time.to_utc())
                .map_err(|_| format!("expected when it was captured; there stands '{text}'")),
            None => {
                let missing = "when it was captured is not known: the row does not say it, and --at may";
                self.setting.at.ok_or_else(|| missing.to_owned())
            }
        }
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
        let digest = digest(&first.digest);
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
        let says_all = |reading: &Reading| {
            rows.iter().all(|(row, _)| reading.quotes.iter().any(|quote| row.follows_from(quote)))
        };
        let readings: Vec<Reading> = texts.iter().map(|text| parse::reread(text)).collect();
        let best = readings.iter().find(|reading| says_all(reading)).or(readings.first());
        (best.cloned().unwrap_or_default(), false)
    }
}

/// `sha256:` and 64 hexadecimal digits.
fn digest(text: &str) -> Option<Digest> {
    let digits = text.strip_prefix("sha256:").filter(|digits| digits.len() == 64 && digits.is_ascii())?;
    let mut bytes = [0; 32];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(Digest(bytes))
}
