//! The two families of archive files, WARC and ARC, asked the same questions. Knows no gzip.

use super::walk::Ending;
use super::warc::Length;
use super::{Record, arc, fields, warc};

/// How the records of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    Warc,
    Arc,
}

/// In CC-MAIN-2018-34 the lengths are so many bytes short.
const SHORT: usize = 2;

impl Family {
    /// The family of the record that begins here, if one does.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        if warc::begins(bytes) {
            return Some(Self::Warc);
        }
        arc::begins(bytes).then_some(Self::Arc)
    }

    /// Where the next record begins inside bytes that are not known to be any.
    pub(super) fn find(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Warc => warc::find(bytes),
            Self::Arc => arc::find(bytes),
        }
    }

    /// The same where the family may not be known yet.
    pub(super) fn find_any(family: Option<Self>, bytes: &[u8]) -> Option<usize> {
        match family {
            Some(family) => family.find(bytes),
            None => [Self::Warc, Self::Arc].iter().filter_map(|family| family.find(bytes)).min(),
        }
    }

    /// How many of the last of these bytes could still be the beginning of a record.
    pub(super) fn overlap(self, bytes: &[u8]) -> usize {
        Self::overlap_any(bytes).min(if self == Self::Warc { 512 } else { arc::MAX_LINE })
    }

    /// The same where the family may not be known yet.
    pub(super) fn overlap_any(bytes: &[u8]) -> usize {
        let longest = bytes.len().min(arc::MAX_LINE) / 2;
        let tail = &bytes[bytes.len() - longest..];
        // Two lines: what says that a record begins is spread over them.
        let line = memchr::memrchr_iter(b'\n', tail).nth(1).unwrap_or(0);
        tail.len() - line
    }

    /// Where the head that begins here ends.
    pub(super) fn end_of_head(self, bytes: &[u8]) -> Option<usize> {
        match self {
            Self::Warc => fields::end_of_head(bytes),
            Self::Arc => arc::end_of_head(bytes),
        }
    }

    /// The length that a head states.
    pub(super) fn length(self, head: &[u8]) -> Length {
        match self {
            Self::Warc => warc::length(head),
            Self::Arc => arc::length(head),
        }
    }

    /// A record, and what its head lacks.
    pub(super) fn record<'a>(
        self,
        offset: u64,
        head: &'a [u8],
        block: &'a [u8],
    ) -> (Record<'a>, Option<String>) {
        match self {
            Self::Warc => warc::record(offset, head, block),
            Self::Arc => (arc::record(offset, head, block), None),
        }
    }

    /// Whether a record ends before these bytes.
    pub(super) fn ending(self, behind: &[u8]) -> Ending {
        if self.is_end(behind) {
            return Ending::Right;
        }
        match behind.get(SHORT..) {
            Some(rest) if self.is_end_with_lines(rest) => Ending::Short(SHORT),
            _ => Ending::Wrong,
        }
    }

    fn is_end(self, behind: &[u8]) -> bool {
        let (lines, rest) = line_ends(behind);
        rest.is_empty() || lines >= self.lines() || self == Self::Warc && warc::begins(rest)
    }

    fn is_end_with_lines(self, behind: &[u8]) -> bool {
        let (lines, rest) = line_ends(behind);
        lines >= self.lines() && (rest.is_empty() || Self::of(rest).is_some())
    }

    /// How many line ends follow a block.
    fn lines(self) -> usize {
        if self == Self::Warc { 2 } else { 1 }
    }
}

fn line_ends(bytes: &[u8]) -> (usize, &[u8]) {
    let length = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    (bytes[..length].iter().filter(|byte| **byte == b'\n').count(), &bytes[length..])
}
