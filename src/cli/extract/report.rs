//! What became of each input, as JSON in a file of its own: written whole, at the end.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use crate::archive::extract::{Status, Tally, Totals};
use crate::files;
use crate::format::escape_json;

#[derive(Debug, Serialize)]
struct InputReport<'a> {
    path: &'a str,
    status: Status,
    records: u64,
    rows: u64,
    detail: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Report<'a> {
    inputs: Vec<InputReport<'a>>,
    totals: Totals,
}

/// Writes the report beside its file first, then over it.
pub(super) fn write(file: &Path, tallies: &[Tally]) -> anyhow::Result<()> {
    let inputs = tallies.iter().map(|tally| InputReport {
        path: &tally.input,
        status: tally.status,
        records: tally.counts.records,
        rows: tally.counts.rows,
        detail: tally.detail.as_deref(),
    });
    let report = Report { inputs: inputs.collect(), totals: Totals::of(tallies) };
    let text = escape_json(&serde_json::to_string_pretty(&report)?).into_owned() + "\n";
    replace(file, text.as_bytes()).with_context(|| format!("failed to write {}", file.display()))
}

fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = files::beside(file)?;
    let written = File::create_new(&beside).and_then(|mut new| new.write_all(bytes));
    written.and_then(|()| fs::rename(&beside, file)).inspect_err(|_| {
        // Nothing more can be done about a leftover that cannot be removed either.
        let _ = fs::remove_file(&beside);
    })
}
