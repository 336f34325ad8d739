//! The plan as a file: looked through once before anything is asked for, then read line by line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::FetchingError;
use crate::archive::place::Place;
use crate::domain::Digester;

/// A longer line names no place.
const LONGEST: u64 = 1 << 20;

/// A plan of which every line names a place.
#[derive(Debug)]
pub(super) struct Survey {
    path: PathBuf,
    /// How many places it has.
    pub(super) places: u64,
    /// What no other plan has.
    pub(super) mark: String,
}

impl Survey {
    /// Looks through a plan.
    pub(super) fn of(path: &Path) -> Result<Self, FetchingError> {
        let (mut places, mut sum) = (0, Digester::default());
        for line in lines(path)? {
            let line = line?;
            places += 1;
            sum.update(line.text.as_bytes());
            sum.update(b"\n");
        }
        Ok(Self { path: path.to_owned(), places, mark: sum.digest().to_string() })
    }

    /// The places, each with its text and the number of its line.
    pub(super) fn places(
        &self,
    ) -> Result<impl Iterator<Item = Result<Planned, FetchingError>>, FetchingError> {
        lines(&self.path)
    }
}

/// A line of a plan.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) number: u64,
    pub(super) text: String,
    pub(super) place: Place,
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Planned, FetchingError>>, FetchingError> {
    let failed = |source| FetchingError::ReadPlan { path: path.to_owned(), source };
    let mut input = BufReader::new(File::open(path).map_err(failed)?);
    let mut number = 0;
    let path = path.to_owned();
    Ok(std::iter::from_fn(move || {
        number += 1;
        let planned = match next(&mut input) {
            Ok(text) => text?.parse_place(number, &path),
            Err(source) => Err(FetchingError::ReadPlan { path: path.clone(), source }),
        };
        Some(planned)
    }))
}

struct Text(String);

impl Text {
    fn parse_place(self, number: u64, path: &Path) -> Result<Planned, FetchingError> {
        match self.0.parse() {
            Ok(place) => Ok(Planned { number, text: self.0, place }),
            Err(source) => Err(FetchingError::NoPlace { path: path.to_owned(), line: number, source }),
        }
    }
}

fn next(input: &mut impl BufRead) -> io::Result<Option<Text>> {
    let mut line = Vec::new();
    if input.take(LONGEST).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8(line).unwrap_or_default();
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(Text(text.strip_suffix('\r').unwrap_or(text).to_owned())))
}
