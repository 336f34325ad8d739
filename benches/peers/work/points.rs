//! One indicator, whose level is another one each minute: as a database of pantau, and as a text for everybody else.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use pantau::domain::Timestamp;
use pantau::ingest::Captured;
use pantau::parse::{Cells, Reading, of_cells};

use crate::data::LAST;
use crate::market::Numbers;

use super::{Importer, Stopwatch, tell};

const MINUTE: i64 = 60;
const SEED: u64 = 10_000_000;
/// In hundredths of a point.
const LEVELS: std::ops::Range<i64> = 70_000..110_000;
const FIRST_LEVEL: i64 = 90_000;

/// Makes so many points. Tells the processor time in seconds that it took to bring them into the database.
pub(super) fn make(count: u32, database: &Path, text: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(text)?);
    for (at, level) in points(count) {
        writeln!(text, "{at},{}", printed(level))?;
    }
    text.flush()?;
    let stopwatch = Stopwatch::begin()?;
    let rows = bring_in(count, database)?;
    ensure!(rows == count as usize, "{rows} rows were recorded of {count}");
    tell(stopwatch.micros()? / 1e6);
    Ok(())
}

fn bring_in(count: u32, database: &Path) -> Result<usize> {
    let mut importer = Importer::open(database)?;
    let mut readings: HashMap<i64, Reading> = HashMap::new();
    for (at, level) in points(count) {
        let reading = readings.entry(level).or_insert_with(|| reading(level)).clone();
        let captured_at = Timestamp::from_timestamp(at, 0).context("a minute of our age")?;
        importer.take(Captured { url: "lq45.csv".to_owned(), captured_at, reading })?;
    }
    Ok(importer.close()?)
}

/// Minute and level, the same in every run.
fn points(count: u32) -> impl Iterator<Item = (i64, i64)> {
    let first = LAST - (i64::from(count) - 1) * MINUTE;
    let mut numbers = Numbers::new(SEED);
    let mut level = FIRST_LEVEL;
    (0..i64::from(count)).map(move |number| {
        level = next(level, &mut numbers);
        (first + number * MINUTE, level)
    })
}

/// Never the same, and within bounds.
fn next(level: i64, numbers: &mut Numbers) -> i64 {
    let step = 1 + numbers.below(25);
    let is_up = numbers.below(2) == 0;
    let next = if is_up { level + step } else { level - step };
    if LEVELS.contains(&next) { next } else { 2 * level - next }
}

fn printed(level: i64) -> String {
    format!("{}.{:02}", level / 100, level % 100)
}

fn reading(level: i64) -> Reading {
    of_cells(vec![Cells {
        label: "LQ45".to_owned(),
        level: Some(printed(level)),
        change: None,
        percent: None,
        previous_close: None,
    }])
}
