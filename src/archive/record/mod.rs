//! Archive files to records: where each stands, what it is, and its bytes; and what is damaged, with its place.
//! Knows no page's content, no source and no file system: bytes come in, events go out.

mod arc;
mod coding;
pub mod digest;
mod family;
mod fields;
mod format;
mod http;
mod member;
mod reader;
mod wacz;
mod walk;
mod warc;
mod window;

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::domain::Timestamp;

pub use fields::Fields;
pub use format::{ENOUGH, Format, detect};
pub use http::{Response, head, response};
use reader::Reader;
pub use wacz::read as read_wacz;

/// The most bytes of one record's block that are kept; a longer one is damage, and its rest is skipped.
pub const MAX_BLOCK: u64 = 64 * 1024 * 1024;

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What a server answered.
    Response,
    /// A file, without an answer around it.
    Resource,
    /// Text made of a page, as in WET.
    Conversion,
    /// A note that an answer was the same as one before.
    Revisit,
    /// Whatever else: requests, metadata, what the file says of itself.
    Other,
}

/// One record of an archive. Borrows the reader's buffer.
#[derive(Debug)]
pub struct Record<'a> {
    /// Where it begins in the file, in bytes: its gzip member, or its first line.
    pub offset: u64,
    /// What it is.
    pub kind: Kind,
    /// The address it is of, without the angle brackets that WARC 1.0 puts around it; its spaces as `%20`.
    pub url: Option<Cow<'a, str>>,
    /// When the crawler says it was captured.
    pub date: Option<Timestamp>,
    /// Every named field of its head.
    pub fields: Fields<'a>,
    /// Its block: of a response, the answer with its HTTP head.
    pub block: &'a [u8],
}

impl Record<'_> {
    /// What its own file calls it: `response`, `warcinfo`; of ARC, which has no such word, `response` or `arc_header`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        let arc = || if self.kind == Kind::Response { "response" } else { "arc_header" };
        match self.fields.get("WARC-Type") {
            Some(name) => name,
            None if self.fields.get("Archive-Date").is_some() => arc(),
            None => "",
        }
    }
}

/// Something that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What is wrong, for people.
    pub what: String,
}

impl Damage {
    const ENDS_IN_RECORD: &str = "the file ends inside a record";
    const ENDS_IN_MEMBER: &str = "the file ends inside a gzip member";

    /// Whether the file is cut short.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        [Self::ENDS_IN_RECORD, Self::ENDS_IN_MEMBER].contains(&self.what.as_str())
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "offset {}: {}", self.offset, self.what)
    }
}

/// What a file holds, in its order.
#[derive(Debug)]
pub enum Event<'a> {
    /// A whole record.
    Record(Record<'a>),
    /// Bytes that are none. Reading goes on at the next record that can be found.
    Damage(Damage),
}

/// Reads an archive from its beginning, or from a place where a record begins: `start` is then the place in the file
/// of the first byte of `input`, and only shifts the offsets. Stops early when told to.
///
/// # Errors
/// The bytes cannot be had. Damage is no error.
pub fn read(
    input: impl Read,
    start: u64,
    sink: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> io::Result<()> {
    Reader::new(sink).read(input, start).map(|_flow| ())
}

#[cfg(test)]
mod tests;
