//! Captures of eleven rows brought in as an import does: how many rows a second of processor time.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use pantau::domain::Timestamp;
use pantau::ingest::Captured;
use pantau::parse::{Reading, parse};
use rusqlite::Connection;

use crate::kontan;
use crate::labels::LABELS;

use super::rows::{self, Numbers, Pace};
use super::table;
use super::{Importer, Stopwatch, say, tell};

/// So many captures are made up at a time.
const A_CHUNK: usize = 10_000;

/// Brings in so many captures. Tells the rows a second of processor time, making up captures aside, and what is there then.
pub(super) fn run(pace: Pace, captures: u32, database: &Path) -> Result<()> {
    let mut importer = Importer::open(database)?;
    let mut micros = 0.0;
    for minutes in (0..captures).collect::<Vec<_>>().chunks(A_CHUNK) {
        let mut readings = HashMap::new();
        let captures = minutes.iter().map(|minute| captured(pace, *minute, &mut readings));
        let captures = captures.collect::<Result<Vec<_>>>()?;
        let stopwatch = Stopwatch::begin()?;
        captures.into_iter().try_for_each(|captured| importer.take(captured))?;
        micros += stopwatch.micros()?;
    }
    let stopwatch = Stopwatch::begin()?;
    let recorded = importer.close()?;
    micros += stopwatch.micros()?;
    tell(recorded as f64 / (micros / 1e6));
    say(format_args!("{}", table::sums(&Connection::open(database)?, SUMS)?));
    Ok(())
}

/// A run stands for a row each minute.
const SUMS: &str =
    "SELECT sum(minutes), sum(level * minutes), sum(change * minutes), sum(percent * minutes) FROM
    (SELECT level, change, percent, (last_seen - first_seen) / 60 + 1 AS minutes FROM observation)";

fn captured(pace: Pace, minute: u32, readings: &mut HashMap<u32, Reading>) -> Result<Captured> {
    let state = pace.state(minute);
    let reading = readings.entry(state).or_insert_with(|| reading(state)).clone();
    let captured_at = Timestamp::from_timestamp(rows::at(minute), 0).context("a minute of our age")?;
    Ok(Captured { url: kontan::source().url, captured_at, reading })
}

fn reading(state: u32) -> Reading {
    let row = |(number, label): (u32, &&str)| {
        let Numbers { level, change, percent } = rows::numbers(state, number);
        format!("{label} {} {} {}%\n", printed(level), printed(change), printed(percent))
    };
    let rows: String = (0..).zip(&LABELS).map(row).collect();
    parse(format!("| INDIKATOR |\n{rows}").as_bytes(), None, &kontan::source().layout)
}

/// Hundredths with a comma.
fn printed(hundredths: i64) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{},{:02}", hundredths.abs() / 100, hundredths.abs() % 100)
}
