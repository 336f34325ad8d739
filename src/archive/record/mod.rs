//! Archive files to records: where each stands, what it is, and its bytes; and what is damaged, with its place.
//! Knows no page's content, no source and no file system: bytes come in, events go out.

mod fields;
mod http;
mod warc;

use std::borrow::Cow;
use std::io::{self, BufRead, Read, Write};
use std::ops::ControlFlow;

use crate::domain::Timestamp;

pub use fields::Fields;
pub use http::{Response, response};

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

/// Something that could not be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where in the file, in bytes.
    pub offset: u64,
    /// What is wrong, for people.
    pub what: String,
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
    let mut input = Counted { inner: io::BufReader::with_capacity(256 * 1024, input), at: start };
    loop {
        let offset = input.at;
        let head = input.fill_buf()?;
        if head.is_empty() {
            return Ok(());
        }
        let flow = if head.starts_with(&[0x1f, 0x8b]) {
            let mut member = Vec::new();
            let decoded =
                flate2::bufread::GzDecoder::new(&mut input).take(MAX_BLOCK).read_to_end(&mut member);
            if let Err(error) = decoded {
                let damage = Damage { offset, what: error.to_string() };
                let _last = sink(Event::Damage(damage));
                return Ok(());
            }
            warc::read_all(&member, offset, false, sink)?
        } else {
            let mut rest = Vec::new();
            input.read_to_end(&mut rest)?;
            warc::read_all(&rest, offset, true, sink)?
        };
        if flow.is_break() {
            return Ok(());
        }
    }
}

/// A reader that knows where it is.
struct Counted<R> {
    inner: R,
    at: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, mut buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(buffer.len());
        buffer.write_all(&available[..length])?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
        self.at += amount as u64;
    }
}
