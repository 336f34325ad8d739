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

/// In hundredths.
pub(super) fn level(state: u32, number: u32) -> u32 {
    70_000 + (state * (7 + number)) % 10_007
}

/// A line for each row: indicator, time, and hundredths.
pub(super) fn write_text(pace: Pace, captures: u32, path: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(path)?);
    for minute in 0..captures {
        for number in 0..INDICATORS {
            writeln!(text, "{number},{},{}", at(minute), level(pace.state(minute), number))?;
        }
    }
    text.flush()?;
    Ok(())
}
