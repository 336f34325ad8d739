//! Eleven rows each minute, as plain numbers: for those who keep no pages.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Result, bail};

pub(super) const FIRST: i64 = 1_700_000_040;
pub(super) const INDICATORS: u32 = 11;

/// When the levels are others.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// Every ten minutes: most rows confirm what is known.
    Calm,
    /// Each minute.
    Restless,
}

impl Pace {
    /// A number that is another one when the levels are others.
    pub(super) fn state(self, minute: u32) -> u32 {
        match self {
            Self::Calm => minute / 10,
            Self::Restless => minute,
        }
    }
}

impl std::str::FromStr for Pace {
    type Err = anyhow::Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "calm" => Ok(Self::Calm),
            "restless" => Ok(Self::Restless),
            other => bail!("'{other}' is no pace"),
        }
    }
}

pub(super) fn at(minute: u32) -> i64 {
    FIRST + i64::from(minute) * 60
}

/// The numbers of a row, in hundredths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Numbers {
    pub(super) level: i64,
    pub(super) change: i64,
    pub(super) percent: i64,
}

/// What every level is measured from.
const PREVIOUS: i64 = 75_000;

/// One row, whose own arithmetic proves it.
pub(super) fn numbers(state: u32, number: u32) -> Numbers {
    let level = 70_000 + i64::from(state * (7 + number) % 10_007);
    let change = level - PREVIOUS;
    let percent = (change.abs() * 20_000 + PREVIOUS) / (2 * PREVIOUS) * change.signum();
    Numbers { level, change, percent }
}

/// A line for each row: indicator, time, and its numbers.
pub(super) fn write_text(pace: Pace, captures: u32, path: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(path)?);
    for minute in 0..captures {
        for number in 0..INDICATORS {
            let Numbers { level, change, percent } = numbers(pace.state(minute), number);
            writeln!(text, "{number},{},{level},{change},{percent}", at(minute))?;
        }
    }
    text.flush()?;
    Ok(())
}
