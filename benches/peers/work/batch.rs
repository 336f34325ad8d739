//! Captures of eleven rows brought in as an import does: how many rows a second of processor time.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use pantau::domain::Timestamp;
use pantau::ingest::Captured;
use pantau::parse::{Reading, parse};

use super::{Importer, Stopwatch, kontan, tell};

const LABELS: [&str; 11] = [
    "EMAS",
    "USD/IDR",
    "IDX",
    "KOMPAS100",
    "LQ45",
    "ISSI",
    "IDX30",
    "IDXHIDIV20",
    "IDX80",
    "IDXV30",
    "IDXQ30",
];

/// When the header shows other values.
#[derive(Clone, Copy)]
enum Pace {
    /// Every ten minutes: most rows confirm what is known.
    Calm,
    /// At every capture.
    Restless,
}

/// Brings in so many captures. Tells the rows a second of processor time, pages not read; and the newest level of each row.
pub(super) fn run(pace: &str, captures: u32, database: &Path) -> Result<()> {
    let pace = match pace {
        "calm" => Pace::Calm,
        "restless" => Pace::Restless,
        other => bail!("'{other}' is no pace"),
    };
    let mut readings: HashMap<u32, Reading> = HashMap::new();
    let mut micros = 0.0;
    let mut importer = Importer::open(database)?;
    // Making up captures is not part of the work.
    for minutes in (0..captures).collect::<Vec<_>>().chunks(10_000) {
        readings.clear();
        let captures = minutes.iter().map(|minute| captured(pace, *minute, &mut readings));
        let captures = captures.collect::<Result<Vec<_>>>()?;
        let stopwatch = Stopwatch::begin()?;
        captures.into_iter().try_for_each(|captured| importer.take(captured))?;
        micros += stopwatch.micros()?;
    }
    let stopwatch = Stopwatch::begin()?;
    let rows = importer.close()?;
    micros += stopwatch.micros()?;
    tell(rows as f64 / (micros / 1e6));
    super::show(&format!("{rows} rows"));
    Ok(())
}

fn captured(pace: Pace, minute: u32, readings: &mut HashMap<u32, Reading>) -> Result<Captured> {
    let state = state(pace, minute);
    let reading = readings.entry(state).or_insert_with(|| reading(state)).clone();
    let captured_at = Timestamp::from_timestamp(super::FIRST_CAPTURE + i64::from(minute) * 60, 0);
    Ok(Captured { url: kontan().url, captured_at: captured_at.context("a minute of our age")?, reading })
}

/// A number that is another one when the values are others.
fn state(pace: Pace, minute: u32) -> u32 {
    match pace {
        Pace::Calm => minute / 10,
        Pace::Restless => minute,
    }
}

fn reading(state: u32) -> Reading {
    let row = |(number, label): (u32, &&str)| {
        let level = level(state, number);
        format!("{label} {},{:02} 0,00 0,00%\n", level / 100, level % 100)
    };
    let rows: String = (0..).zip(&LABELS).map(row).collect();
    parse(format!("| INDIKATOR |\n{rows}").as_bytes(), None, &kontan().layout)
}

/// In hundredths.
fn level(state: u32, number: u32) -> u32 {
    70_000 + (state * (7 + number)) % 10_007
}

/// What the same captures are to everybody else: a line for each row.
pub(super) fn write_text(captures: u32, path: &Path) -> Result<()> {
    use std::io::Write;
    let mut text = std::io::BufWriter::new(std::fs::File::create(path)?);
    for minute in 0..captures {
        let at = super::FIRST_CAPTURE + i64::from(minute) * 60;
        for number in 0..11 {
            let level = level(minute, number);
            writeln!(text, "{number},{at},{}.{:02}", level / 100, level % 100)?;
        }
    }
    text.flush()?;
    Ok(())
}
