//! What an input held, in numbers.

use serde::Serialize;

use super::capture::{Captured, Fate};

/// How the reading of an input ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it was read.
    #[default]
    Ok,
    /// Its rows are valid, and some of it was not what it should be.
    Partial,
    /// It could not be opened, or not be read to its end.
    Failed,
}

/// Counts of an input, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Totals {
    /// Records of every type, and saved pages.
    pub records: u64,
    /// Rows that count.
    pub rows: u64,
    /// Pages without the block.
    pub no_block: u64,
    /// Pages that have the word that the block begins with, and no row: where there are many, the layout has changed.
    pub unparsed: u64,
    /// Pages with bytes that mean nothing in the character set that they are said to be in, as far as they were decoded,
    /// and those in a coding that is not known.
    pub encoding_mismatch: u64,
    /// Notes that a page was the same as one that is not ahead of it in the same input.
    pub revisit_unresolved: u64,
    /// Pages that the crawler cut short, as it says, and files that end inside a record.
    pub truncated: u64,
}

impl Totals {
    /// Counts a page.
    pub(super) fn count(&mut self, captured: &Captured) {
        self.rows += captured.rows() as u64;
        self.no_block += u64::from(captured.fate == Fate::NoBlock);
        self.unparsed += u64::from(captured.fate == Fate::Unparsed);
        self.revisit_unresolved += u64::from(captured.fate == Fate::Unresolved);
        self.encoding_mismatch += u64::from(captured.has_encoding_mismatch());
        self.truncated += u64::from(captured.is_truncated);
    }

    /// The counts of all inputs together.
    #[must_use]
    pub fn of(tallies: &[Tally]) -> Self {
        tallies.iter().fold(Self::default(), |sum, tally| sum.and(tally.counts))
    }

    /// What was counted and is worth knowing, if there is any.
    #[must_use]
    pub fn remark(&self) -> Option<String> {
        let counts = [
            (self.unparsed, "with the word INDIKATOR and no row"),
            (self.encoding_mismatch, "not in the characters or the coding that they name"),
            (self.revisit_unresolved, "repeats of pages that are not ahead of them"),
            (self.truncated, "cut short"),
        ];
        let told =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| format!("among the pages: {}", told.join(", ")))
    }

    fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            rows: self.rows + other.rows,
            no_block: self.no_block + other.no_block,
            unparsed: self.unparsed + other.unparsed,
            encoding_mismatch: self.encoding_mismatch + other.encoding_mismatch,
            revisit_unresolved: self.revisit_unresolved + other.revisit_unresolved,
            truncated: self.truncated + other.truncated,
        }
    }
}

/// What an input held, and how its reading ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// The input as it was given: what names it again.
    pub input: String,
    /// How it ended.
    pub status: Status,
    /// Whether an archive was read, and not a page.
    pub is_archive: bool,
    /// What it held.
    pub counts: Totals,
    /// Why it is not all well, for people: the first thing that was found, and how many there were.
    pub detail: Option<String>,
    /// How many things were not as they should be.
    pub(super) defects: u64,
}

impl Tally {
    /// Notes what is not as it should be.
    pub(super) fn defect(&mut self, status: Status, what: impl FnOnce() -> String) {
        if self.status != Status::Failed {
            self.status = status;
        }
        if self.defects == 0 || status == Status::Failed {
            self.detail = Some(what());
        }
        self.defects += 1;
    }

    /// The tally when all is counted.
    pub(super) fn whole(mut self) -> Self {
        if let (Some(detail), more @ 1..) = (&mut self.detail, self.defects.saturating_sub(1)) {
            detail.push_str(&format!("; and {more} more"));
        }
        self
    }
}
