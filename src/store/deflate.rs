//! How texts and pages are folded small. Knows nothing of what they say.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// The same bytes, deflated.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("writing to memory does not fail")
}

/// The bytes that were deflated, at most so many of them; `None` when they cannot be unfolded any more.
pub(super) fn inflate(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut unfolded = Vec::new();
    DeflateDecoder::new(bytes).take(most).read_to_end(&mut unfolded).ok().map(|_| unfolded)
}
