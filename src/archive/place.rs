//! Where a capture can be had: some bytes of an archive file, or the address of a memento. One line of a plan.

use std::fmt;
use std::str::FromStr;

use super::memento::Memento;

/// Some bytes of an archive file: of one record, or of several in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteRange {
    /// The file, as the index names it.
    pub file: String,
    /// Where the bytes begin.
    pub offset: u64,
    /// How many there are, at least one.
    pub length: u64,
}

/// One line of a plan: `FILE`, `OFFSET` and `LENGTH` with tabs between them, or the address of a memento.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Bytes of a file.
    Range(ByteRange),
    /// A memento.
    Memento(Memento),
}

/// A line of a plan that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("neither FILE, OFFSET and LENGTH with tabs between them nor the address of a memento")]
pub struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(line: &str) -> Result<Self, NoPlace> {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields[..] {
            [file, offset, length] => range(file, offset, length).map(Self::Range),
            [address] => Memento::read(address).map(Self::Memento),
            _ => None,
        }
        .ok_or(NoPlace)
    }
}

fn range(file: &str, offset: &str, length: &str) -> Option<ByteRange> {
    let (offset, length) = (offset.parse().ok()?, length.parse().ok().filter(|length| *length > 0)?);
    u64::checked_add(offset, length)?;
    Some(ByteRange { file: file.to_owned(), offset, length }).filter(|_| !file.is_empty())
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(ByteRange { file, offset, length }) => write!(f, "{file}\t{offset}\t{length}"),
            Self::Memento(memento) => memento.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_as_it_is_read() {
        for line in
            ["a/b.warc.gz\t0\t1", "a b\t5\t7", "https://web.archive.org/web/20240423123456id_/http://a/"]
        {
            assert_eq!(line.parse::<Place>().unwrap().to_string(), line);
        }
        for line in [
            "",
            "a",
            "a\t1",
            "a\t1\t0",
            "a\t-1\t5",
            "a\t1\t2\t3",
            "\t1\t2",
            "a\t18446744073709551615\t1",
            "a\t1\t99999999999999999999",
        ] {
            assert_eq!(line.parse::<Place>(), Err(NoPlace), "{line}");
        }
    }
}
