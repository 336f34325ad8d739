//! What stands in a file: a capture, or something that is none, and where.

use std::fmt;

use crate::ingest::Captured;

use super::Input;

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named.
    pub file: String,
    /// Where in it; nothing where it is the whole file.
    pub spot: Option<Spot>,
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spot {
    /// A line, the first is 1.
    Line(u64),
    /// A byte, the first is 0.
    Offset(u64),
    /// A row, the first is 1.
    Row(u64),
}

impl Place {
    /// A whole file.
    #[must_use]
    pub fn of(input: &Input) -> Self {
        Self { file: input.name(), spot: None }
    }

    /// A line of it.
    #[must_use]
    pub fn line(input: &Input, line: u64) -> Self {
        Self { file: input.name(), spot: Some(Spot::Line(line)) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match self.spot {
            Some(Spot::Line(line)) => write!(f, ", line {line}"),
            Some(Spot::Row(row)) => write!(f, ", row {row}"),
            Some(Spot::Offset(offset)) => write!(f, ", offset {offset}"),
            None => Ok(()),
        }
    }
}

/// Something in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A capture of a source.
    Capture {
        /// Whose header it shows.
        source: String,
        /// What was read.
        captured: Captured,
        /// Where it stands.
        place: Place,
    },
    /// Something that is no capture, or not what it should be.
    Fault(Fault),
    /// Something worth knowing about what was read.
    Note(Place, String),
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub place: Place,
    /// What kind of failure it is.
    pub sort: Sort,
    /// What is wrong and what to do, for people.
    pub what: String,
}

/// What kind of failure a fault is, the lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// It is not what it should be.
    Unsound,
    /// It could be read if more were said of it.
    Unclear,
    /// The file is not there, or cannot be read.
    Unreadable,
}

impl Fault {
    /// Something wrong at a place.
    #[must_use]
    pub fn new(place: Place, sort: Sort, what: impl Into<String>) -> Self {
        Self { place, sort, what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}
