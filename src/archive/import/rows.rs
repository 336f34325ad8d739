//! Rows that `extract` wrote, a JSON object a line.

use std::io::BufRead;
use std::ops::ControlFlow;

use chrono::DateTime;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Number;

use super::form::Bytes;
use super::found::{Fault, Found, Place, Sort};
use super::pages::{Page, Pages, Row};
use super::{Input, Setting, Sink};
use crate::domain::Digest;

/// The most bytes of a line.
const MAX_LINE: u64 = 1024 * 1024;

/// What `extract` says of a quote.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Line {
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

impl Line {
    fn row(self) -> Result<Row, String> {
        let number = |number: Option<Number>| match number {
            None => Ok(None),
            Some(number) => {
                decimal(&number).map(Some).ok_or_else(|| format!("{number} is no number of a page"))
            }
        };
        let time = |text: String| {
            let time = DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc());
            time.map_err(|_| format!("expected when it was captured; there stands '{text}'"))
        };
        let page = Page {
            source: self.source,
            url: self.url,
            captured_at: self.captured_at.map(time).transpose()?,
            digest: Digest::read(&self.digest),
            file: self.file,
            offset: self.offset,
        };
        let figures = [number(self.level)?, number(self.change)?, number(self.percent)?];
        let Self { label, indicator, verdict, text, .. } = self;
        Ok(Row { page, label, indicator, figures, verdict, text })
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
        let row = serde_json::from_slice(&line).map_err(|_| not_a_row(&line).to_owned()).and_then(Line::row);
        match row {
            Ok(row) => pages.add(row, place, sink)?,
            Err(what) => sink(Found::Fault(Fault::new(place, Sort::Unsound, what)))?,
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
