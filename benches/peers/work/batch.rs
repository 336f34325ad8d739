//! Captures of eleven rows brought in as an import does: how many rows a second of processor time.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};
use pantau::domain::Timestamp;
use pantau::ingest::Captured;
use pantau::parse::{Reading, parse};
use rusqlite::Connection;

use crate::labels::LABELS;

use super::rows::{self, Pace};
use super::{Importer, Stopwatch, kontan, say, tell};

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
    say(format_args!("{}", sums(database)?));
    Ok(())
}

/// How many rows there were, and the sum of their levels: a run stands for a row each minute.
fn sums(database: &Path) -> Result<String> {
    let connection = Connection::open(database)?;
    let sums = "SELECT sum(minutes), sum(level * minutes) FROM
                (SELECT level, (last_seen - first_seen) / 60 + 1 AS minutes FROM observation)";
    let (rows, levels): (i64, i64) = connection.query_row(sums, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(format!("{rows} {levels}"))
}

fn captured(pace: Pace, minute: u32, readings: &mut HashMap<u32, Reading>) -> Result<Captured> {
    let state = pace.state(minute);
    let reading = readings.entry(state).or_insert_with(|| reading(state)).clone();
    let captured_at = Timestamp::from_timestamp(rows::at(minute), 0).context("a minute of our age")?;
    Ok(Captured { url: kontan().url, captured_at, reading })
}

fn reading(state: u32) -> Reading {
    let row = |(number, label): (u32, &&str)| {
        let level = rows::level(state, number);
        format!("{label} {},{:02} 0,00 0,00%\n", level / 100, level % 100)
    };
    let rows: String = (0..).zip(&LABELS).map(row).collect();
    parse(format!("| INDIKATOR |\n{rows}").as_bytes(), None, &kontan().layout)
}
