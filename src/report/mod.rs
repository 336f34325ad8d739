//! View models and their text forms: takes what a question was answered with, returns text.
//! Knows no database, no terminal and no clock. The fields of a row are a contract that people script against:
//! absent is null, numbers are numbers, times are RFC 3339 with an offset.

mod alerts;
mod cell;
mod change;
mod coverage;
mod density;
mod derived;
mod diff;
mod drift;
mod explain;
mod pages;
mod prune;
mod push;
mod recorded;
mod records;
mod reextract;
mod review;
mod run_stream;
mod runs;
mod spreadsheet;
mod status;
mod stream;
mod table;

use serde::Serialize;

use crate::format::escape_json;

pub use alerts::{AlertRow, CheckRow, TestRow};
pub use change::ChangeRow;
pub use coverage::{CoverageRow, GapRow};
pub use density::DensityRow;
pub use derived::DerivedRow;
pub use drift::DriftRow;
pub use explain::ExplainRow;
pub use pages::{ExtractRow, QuoteRow, Summary};
pub use prune::PruneRow;
pub use push::PushRow;
pub use recorded::{IndicatorRow, SourceRow};
pub use records::RecordRow;
pub use reextract::RereadRow;
pub use review::HeldRow;
pub use run_stream::RunStream;
pub use runs::{BarRow, RunRow};
pub use status::StatusRow;
pub use stream::Stream;
pub use table::Table;

/// The form an answer is given in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
    /// Comma-separated, with a header.
    Csv,
}

/// Why an answer has no text.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A row is no JSON.
    #[error("failed to write JSON")]
    Json(#[from] serde_json::Error),
    /// A row is no CSV.
    #[error("failed to write CSV")]
    Csv(#[from] csv::Error),
}

/// Rows as text; `table` is only asked for where people read.
///
/// # Errors
/// A row cannot be written in the form.
pub fn render<T: Serialize>(
    format: Format,
    rows: &[T],
    table: impl FnOnce() -> Table,
) -> Result<String, ReportError> {
    match format {
        Format::Table => Ok(table().to_string()),
        Format::Json => Ok(escape_json(&serde_json::to_string_pretty(rows)?).into_owned() + "\n"),
        Format::Ndjson => rows.iter().try_fold(String::new(), |text, row| Ok(text + &line(row)?)),
        Format::Csv => spreadsheet::text(rows),
    }
}

/// One row as a line of NDJSON.
///
/// # Errors
/// The row is no JSON.
pub fn line<T: Serialize>(row: &T) -> Result<String, ReportError> {
    Ok(escape_json(&serde_json::to_string(row)?).into_owned() + "\n")
}
