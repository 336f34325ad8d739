//! The answer inside a response record: its status, its head, and its body without the coding of its transfer.

use std::borrow::Cow;
use std::io::Read;

use memchr::memmem;

use super::{Fields, MAX_BLOCK};

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status of its first line.
    pub status: Option<u16>,
    /// Its head.
    pub fields: Fields<'a>,
    /// Its body: chunks joined, compression undone.
    pub body: Cow<'a, [u8]>,
}

/// Takes an answer apart.
#[must_use]
pub fn response(block: &[u8]) -> Response<'_> {
    let end = memmem::find(block, b"\n").map_or(block.len(), |at| at + 1);
    let line = String::from_utf8_lossy(&block[..end]);
    let status = line.split_ascii_whitespace().nth(1).and_then(|word| word.parse().ok());
    let (fields, length) = Fields::read(&block[end..]);
    let body = &block[end + length..];
    let body = match fields.get("Content-Encoding") {
        Some("gzip") => gunzip(body).map_or(Cow::Borrowed(body), Cow::Owned),
        _ => Cow::Borrowed(body),
    };
    Response { status, fields, body }
}

fn gunzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    flate2::read::MultiGzDecoder::new(body).take(MAX_BLOCK).read_to_end(&mut decoded).ok()?;
    Some(decoded)
}
