//! Where the rows of `extract` go: to the standard output, one capture at a time where the form allows it.

use crate::archive::extract::{Captured, Fate};
use crate::report::{self, ExtractRow, Format, QuoteRow};

use super::super::FormatArg;
use super::super::bulk::Quotes;
use super::super::context::print;
use crate::domain::Quote;

/// The rows on their way out.
pub(super) struct Rows<'a> {
    format: Format,
    source: &'a str,
    /// What a form that is one whole needs at its end.
    rows: Vec<ExtractRow>,
    quotes: Vec<Quote>,
    /// Where they go instead, in bulk.
    parquet: Option<Quotes>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(form: FormatArg, source: &'a str) -> anyhow::Result<Self> {
        let format = form.text().unwrap_or_default();
        let parquet = (form == FormatArg::Parquet).then(Quotes::begin).transpose()?;
        Ok(Self { format, source, rows: Vec::new(), quotes: Vec::new(), parquet })
    }

    /// Adds the rows of a capture.
    pub(super) fn add(&mut self, captured: Captured) -> anyhow::Result<()> {
        if captured.fate != Fate::Read {
            return Ok(());
        }
        if let Some(parquet) = &mut self.parquet {
            return parquet.add(self.source, captured);
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
        if let Some(parquet) = self.parquet {
            return parquet.finish();
        }
        if self.format == Format::Ndjson {
            return Ok(());
        }
        let table = || QuoteRow::table(self.quotes.iter().map(|quote| (self.source, quote, "")));
        print(&report::render(self.format, &self.rows, table)?)
    }
}
