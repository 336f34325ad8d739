//! What a file is, by its first bytes; its name says nothing. Knows no file system.

use super::family::Family;
use super::{member, reader};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// WARC, WET or WAT, plain or gzip: for [`super::read`].
    Warc,
    /// ARC, plain or gzip: for [`super::read`].
    Arc,
    /// A zip file: WACZ, for [`super::read_wacz`].
    Zip,
    /// Parquet.
    Parquet,
    /// Compressed by Zstandard, which is not read.
    Zstd,
    /// Gzip of something else.
    Gzip,
    /// Something else: a page, a table, text.
    Other,
}

/// How many first bytes of a file tell what it is.
pub const ENOUGH: usize = 16 * 1024;

/// What a file is that begins with these bytes: give [`ENOUGH`] of them where there are so many.
#[must_use]
pub fn detect(begin: &[u8]) -> Format {
    let is = |magic: &[u8]| begin.starts_with(magic);
    match archive(begin, 0) {
        Some(Family::Warc) => Format::Warc,
        Some(Family::Arc) => Format::Arc,
        None if member::begins(begin) => Format::Gzip,
        None if is(b"PK\x03\x04") || is(b"PK\x05\x06") => Format::Zip,
        None if is(b"PAR1") => Format::Parquet,
        None if reader::is_zstd(begin) => Format::Zstd,
        None if begin.trim_ascii_start().starts_with(b"<") => Format::Other,
        None => later(begin).unwrap_or(Format::Other),
    }
}

/// The archive whose first record is damaged, so that only a later one tells what it is.
fn later(bytes: &[u8]) -> Option<Format> {
    let member = member::find(bytes).and_then(|at| archive(&bytes[at..], 0));
    match member.or_else(|| Family::Warc.find(bytes).map(|_| Family::Warc))? {
        Family::Warc => Some(Format::Warc),
        Family::Arc => Some(Format::Arc),
    }
}

/// The archive that begins here, or in the gzip that begins here.
fn archive(bytes: &[u8], depth: u8) -> Option<Family> {
    if depth < reader::MAX_DEPTH && member::begins(bytes) {
        return archive(&member::prefix(bytes), depth + 1);
    }
    Family::of(bytes.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const WARC: &[u8] = b"WARC/1.0\r\nWARC-Type: warcinfo\r\n\r\n";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_file_is_what_its_first_bytes_say() {
        let arc = b"filedesc://x.arc 0.0.0.0 20080101000000 text/plain 10\n1 0 x\n";
        for (begin, expected) in [
            (WARC, Format::Warc),
            (b"\r\nWARC/0.18\n", Format::Warc),
            (arc, Format::Arc),
            (&gzip(WARC), Format::Warc),
            (&gzip(arc), Format::Arc),
            (&gzip(&gzip(WARC)), Format::Warc),
            (&gzip(b"<html>"), Format::Gzip),
            (&gzip(b""), Format::Gzip),
            (&gzip(WARC)[..12], Format::Gzip),
            (b"PK\x03\x04\x14", Format::Zip),
            (b"PK\x05\x06\x00", Format::Zip),
            (b"PAR1\x15", Format::Parquet),
            (b"\x28\xb5\x2f\xfd\x00", Format::Zstd),
            (b"\x5d\x2a\x4d\x18\x00", Format::Zstd),
            (b"<html>", Format::Other),
            (&[b"XARC/1.0\r\nWARC-Type: x\r\n\r\n\r\n\r\n", WARC].concat(), Format::Warc),
            (&[b"\x1e\x8b\x08 damaged", &gzip(WARC)[..]].concat(), Format::Warc),
            (&[b"<pre>\n", WARC].concat(), Format::Other),
            (b"date,level\n", Format::Other),
            (b"", Format::Other),
        ] {
            assert_eq!(detect(begin), expected, "{:?}", begin.get(..20));
        }
    }
}
