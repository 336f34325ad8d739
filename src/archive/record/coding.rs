//! What was done to a body on its way, undone: chunks and compression. Tolerant, since what the head of an archived
//! answer says of them is often no longer true: where a body is not coded as it is said to be, it stays as it is. Bounded:
//! what inflates beyond the cap is cut there.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::MAX_BLOCK;

/// What became of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded<'a> {
    /// It can be read.
    Body(Cow<'a, [u8]>),
    /// It is coded in a way that is not undone here.
    Unknown(Cow<'a, [u8]>),
}

/// Joins the chunks of a transfer. A body whose first line is no size of a chunk is none, and stays.
pub(super) fn unchunked(body: &[u8]) -> Cow<'_, [u8]> {
    let mut joined = Vec::new();
    let mut rest = body;
    let mut is_first = true;
    loop {
        match chunk(rest) {
            Some((content, behind)) => {
                joined.extend_from_slice(content);
                if content.is_empty() {
                    return Cow::Owned(joined);
                }
                rest = behind;
            }
            None if is_first => return Cow::Borrowed(body),
            // From here on it is not chunked: nothing is thrown away.
            None => {
                joined.extend_from_slice(rest);
                return Cow::Owned(joined);
            }
        }
        is_first = false;
    }
}

/// A chunk and what is behind it; the last one of a body that was cut is as long as there are bytes.
fn chunk(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', &bytes[..bytes.len().min(256)])?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
    let content = &bytes[end + 1..];
    let (content, behind) = content.split_at(size.min(content.len()));
    Some((content, behind.strip_prefix(b"\r\n").or(behind.strip_prefix(b"\n")).unwrap_or(behind)))
}

/// Undoes a `Content-Encoding`, such as `gzip`, or several in a row.
pub(super) fn decoded<'a>(body: Cow<'a, [u8]>, codings: &str) -> Decoded<'a> {
    let mut body = body;
    for coding in codings.rsplit(',').map(|name| name.trim().to_ascii_lowercase()) {
        match one(body, &coding) {
            Decoded::Body(decoded) => body = decoded,
            unknown @ Decoded::Unknown(_) => return unknown,
        }
    }
    Decoded::Body(body)
}

fn one<'a>(body: Cow<'a, [u8]>, coding: &str) -> Decoded<'a> {
    let decoded = match coding {
        "gzip" | "x-gzip" if body.starts_with(&[0x1f, 0x8b]) => taken(MultiGzDecoder::new(&*body)),
        "deflate" if is_zlib(&body) => taken(ZlibDecoder::new(&*body)),
        "deflate" if !is_text(&body) => taken(DeflateDecoder::new(&*body)),
        "br" if !is_text(&body) => taken(brotli_decompressor::Decompressor::new(&*body, 4096)),
        "" | "identity" | "none" | "utf-8" | "gzip" | "x-gzip" | "deflate" | "br" => None,
        // Nothing else is undone; a text was not coded, whatever its head says.
        _ if is_text(&body) => None,
        _ => return Decoded::Unknown(body),
    };
    Decoded::Body(decoded.map_or(body, Cow::Owned))
}

/// As many bytes as can be decoded; nothing where not even the first one can.
fn taken(decoder: impl Read) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let end = decoder.take(MAX_BLOCK).read_to_end(&mut decoded);
    (end.is_ok() || !decoded.is_empty()).then_some(decoded)
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && (u16::from(*first) * 256 + u16::from(*second)) % 31 == 0)
}

/// A page that was decoded before it was kept: its first bytes are those of a text.
fn is_text(body: &[u8]) -> bool {
    let begin = &body[..body.len().min(64)];
    begin.iter().all(|byte| *byte >= b' ' && *byte != 0x7f || byte.is_ascii_whitespace())
        && begin.trim_ascii_start().first().is_some_and(|byte| matches!(byte, b'<' | b'{' | b'[' | 0xef))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const PAGE: &[u8] = b"<html>| INDIKATOR | LQ45 919,20</html>";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn check(body: &[u8], codings: &str, expected: &[u8]) {
        assert_eq!(
            decoded(Cow::Borrowed(body), codings),
            Decoded::Body(Cow::Borrowed(expected)),
            "{codings}"
        );
    }

    #[test]
    fn every_coding_of_the_web_is_undone() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(PAGE).unwrap();
        let mut raw = DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(PAGE).unwrap();
        let mut brotli = Vec::new();
        brotli::CompressorWriter::new(&mut brotli, 4096, 5, 20).write_all(PAGE).unwrap();
        check(&gzip(PAGE), "gzip", PAGE);
        check(&gzip(PAGE), "X-GZip", PAGE);
        check(&zlib.finish().unwrap(), "deflate", PAGE);
        check(&raw.finish().unwrap(), "deflate", PAGE);
        check(&brotli, "br", PAGE);
        check(&gzip(&gzip(PAGE)), "gzip, gzip", PAGE);
        check(&[gzip(b"<html>"), gzip(b"</html>")].concat(), "gzip", b"<html></html>");
    }

    #[test]
    fn a_body_that_is_not_coded_as_it_is_said_to_be_stays() {
        for coding in ["gzip", "x-gzip", "deflate", "br", "zstd", "identity", "", "UTF-8", "gzip, br"] {
            check(PAGE, coding, PAGE);
        }
        check(b"\x1f\x8bno gzip", "gzip", b"\x1f\x8bno gzip");
    }

    #[test]
    fn a_coding_that_is_not_known_is_no_body() {
        let zstd = &[0x28, 0xb5, 0x2f, 0xfd, 4, 0][..];
        assert_eq!(decoded(Cow::Borrowed(zstd), "zstd"), Decoded::Unknown(Cow::Borrowed(zstd)));
    }

    #[test]
    fn a_compressed_body_that_was_cut_gives_what_is_there() {
        let long = PAGE.repeat(10_000);
        let whole = gzip(&long);
        let Decoded::Body(body) = decoded(Cow::Borrowed(&whole[..whole.len() / 2]), "gzip") else { panic!() };
        assert!(body.len() > 10_000 && long.starts_with(&body));
    }

    #[test]
    fn a_bomb_is_cut_at_the_cap() {
        let bomb = gzip(&vec![0; 70 * 1024 * 1024]);
        let Decoded::Body(body) = decoded(Cow::Borrowed(&bomb), "gzip") else { panic!() };
        assert_eq!(body.len() as u64, MAX_BLOCK);
    }

    #[test]
    fn chunks_are_joined_as_far_as_they_are_chunks() {
        let check = |body: &str, expected: &str| {
            assert_eq!(unchunked(body.as_bytes()), expected.as_bytes(), "{body:?}");
        };
        check("4\r\nWiki\r\n5;a=b\r\npedia\r\n0\r\n\r\n", "Wikipedia");
        check("4\nWiki\n5\npedia\n0\n\n", "Wikipedia");
        check(" 4 \r\nWikiA\r\npedia!!!!!\r\n0\r\nTrailer: x\r\n\r\n", "Wikipedia!!!!!");
        check("<html>\r\n", "<html>\r\n");
        check("", "");
        check("4\r\nWi", "Wi");
        check("4\r\nWiki\r\nno size\r\n", "Wikino size\r\n");
        check("ffffffffffffffff\r\nall", "all");
        check("fffffffffffffffff\r\nall", "fffffffffffffffff\r\nall");
        check("4\r\nWiki\r\n", "Wiki");
    }
}
