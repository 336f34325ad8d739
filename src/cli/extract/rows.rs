//! Where the rows of `extract` go: to the standard output, one capture at a time where the form allows it.

use crate::archive::extract::{Captured, Fate};
use crate::report::{self, ExtractRow, Format, QuoteRow};

use super::super::context::print;
use crate::domain::Quote;

/// The rows on their way out.
pub(super) struct Rows<'a> {
    format: Format,
    source: &'a str,
    /// What a form that is one whole needs at its end.
    rows: Vec<ExtractRow>,
    quotes: Vec<Quote>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(format: Format, source: &'a str) -> Self {
        Self { format, source, rows: Vec::new(), quotes: Vec::new() }
    }

    /// Adds the rows of a capture.
    pub(super) fn add(&mut self, captured: Captured) -> anyhow::Result<()> {
        if captured.fate != Fate::Read {
            return Ok(());
        }
        let rows = self.rows_of(&captured);
        match self.format {
            Format::Ndjson => print(&report::render(self.format, &rows, || unreachable!("not a table"))?),
            Format::Table => {
                self.quotes.extend(captured.reading.quotes);
                Ok(())
            }
            Format::Json | Format::Csv => {
                self.rows.extend(rows);
                Ok(())
            }
        }
    }

    fn rows_of(&self, captured: &Captured) -> Vec<ExtractRow> {
        let Captured { file, offset, url, captured_at, reading, digest, .. } = captured;
        let Some(digest) = *digest else { return Vec::new() };
        let row = |quote| ExtractRow::new(self.source, quote, digest, file);
        reading
            .quotes
            .iter()
            .map(|quote| row(quote).archived(url.as_deref(), *captured_at, *offset))
            .collect()
    }

    /// Writes what could not be written before.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        if self.format == Format::Ndjson {
            return Ok(());
        }
        let table = || QuoteRow::table(self.quotes.iter().map(|quote| (self.source, quote, "")));
        print(&report::render(self.format, &self.rows, table)?)
    }
}
