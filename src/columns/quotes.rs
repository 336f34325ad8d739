//! The rows of `extract`: quotes as pages printed them.

use crate::domain::{Digest, Quote, Slug, Timestamp, Verdict};

use super::cell::{Cell, Cells};
use super::error::Fault;
use super::row::{
    Column, FIGURES, Holds, Row, SCALES, figures, scales, take_figures, take_unscaled, take_verdict,
};

/// A quote, and the capture that it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuoteRow {
    /// The source whose layout the page has.
    pub source: String,
    /// Where the page stood, if that is known.
    pub url: Option<String>,
    /// When it was captured, if that is known.
    pub captured_at: Option<Timestamp>,
    /// What it said.
    pub quote: Quote,
    /// Of the text of the whole block.
    pub digest: Digest,
    /// The file it was read from.
    pub file: String,
    /// Where in the file its record begins, in bytes.
    pub offset: u64,
}

impl Row for QuoteRow {
    const SCHEMA: &'static str = "quotes/1";
    const COLUMNS: &'static [Column] = &[
        Column::some("source", Holds::Text),
        Column::maybe("url", Holds::Text),
        Column::maybe("captured_at", Holds::Instant),
        Column::some("label", Holds::Text),
        Column::some("indicator", Holds::Text),
        FIGURES[0],
        FIGURES[1],
        FIGURES[2],
        Column::some("verdict", Holds::Text),
        Column::some("text", Holds::Text),
        Column::some("digest", Holds::Text),
        Column::some("file", Holds::Text),
        Column::some("offset", Holds::Count),
        SCALES[0],
        SCALES[1],
        SCALES[2],
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { source, url, captured_at, quote, digest, file, offset } = self;
        let [level, change, percent] = figures(&quote.figures);
        let [level_scale, change_scale, percent_scale] = scales(&quote.figures);
        vec![
            Cell::text(source),
            Cell::maybe(url.as_deref(), Cell::text),
            Cell::maybe(*captured_at, Cell::instant),
            Cell::text(&quote.label),
            Cell::text(quote.slug.as_str()),
            level,
            change,
            percent,
            Cell::text(quote.verdict.word()),
            Cell::text(&quote.text),
            Cell::Text(digest.to_string().into()),
            Cell::text(file),
            // No file is longer than 2^63 bytes.
            Cell::Whole(i64::try_from(*offset).unwrap_or(i64::MAX)),
            level_scale,
            change_scale,
            percent_scale,
        ]
    }

    fn of(cells: &mut Cells) -> Result<Self, Fault> {
        let source = cells.text()?;
        let url = cells.maybe_text();
        let captured_at = cells.maybe_instant()?;
        let label = cells.text()?;
        let slug = Slug::of(&cells.text()?);
        let unscaled = take_unscaled(cells);
        take_verdict(cells)?;
        let text = cells.text()?;
        let digest = take_digest(cells)?;
        let file = cells.text()?;
        let offset = cells.count()?;
        let figures = take_figures(cells, unscaled)?;
        let quote = Quote { label, slug, figures, verdict: Verdict::of(&figures), text };
        Ok(Self { source, url, captured_at, quote, digest, file, offset })
    }
}

fn take_digest(cells: &mut Cells) -> Result<Digest, Fault> {
    let text = cells.text()?;
    Digest::read(&text).ok_or_else(|| cells.refuse(format!("'{text}' is no digest")))
}
