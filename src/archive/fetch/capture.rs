//! A memento as a record of an archive file: one gzip member. The same answer always makes the same bytes: nothing in
//! it comes from a clock or from chance.

use std::fmt::Write as _;
use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha1::{Digest, Sha1};

use crate::archive::memento::Memento;
use crate::archive::record::digest::sha1_of;
use crate::fetch::Head;

/// How an archive marks a field that the captured page came with.
const CAPTURED: &str = "x-archive-orig-";
/// What a field says of how bytes were sent then. They came to us in another way, so that these stay marked.
const OF_TRANSFER: [&str; 8] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The record of a memento: `memento` says when it was captured, and of what.
pub(super) fn member(memento: &Memento, head: &Head, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut block = http_head(head, body.len()).into_bytes();
    block.extend_from_slice(body);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(warc_head(memento, &block, body).as_bytes())?;
    encoder.write_all(&block)?;
    encoder.write_all(b"\r\n\r\n")?;
    encoder.finish()
}

fn warc_head(memento: &Memento, block: &[u8], body: &[u8]) -> String {
    let (source, payload) = (memento.to_string(), sha1_of(body));
    let mut head = "WARC/1.0\r\nWARC-Type: response\r\n".to_owned();
    for (name, value) in [
        ("WARC-Record-ID", format!("<urn:uuid:{}>", uuid(&format!("{source} {payload}")))),
        ("WARC-Date", memento.stamp.time().format("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ("WARC-Target-URI", memento.original.clone()),
        ("WARC-Source-URI", source),
        ("WARC-Block-Digest", sha1_of(block)),
        ("WARC-Payload-Digest", payload),
        ("Content-Type", "application/http; msgtype=response".to_owned()),
        ("Content-Length", block.len().to_string()),
    ] {
        // Writing to a string cannot fail.
        let _ = write!(head, "{name}: {value}\r\n");
    }
    head + "\r\n"
}

/// The head of the captured answer, as far as the archive tells it.
fn http_head(head: &Head, length: usize) -> String {
    let mut fields: Vec<(String, String)> = head.fields.iter().filter_map(captured).collect();
    let has_kind = fields.iter().any(|(name, _)| name == "content-type");
    let kind = head.get("content-type").filter(|_| !has_kind);
    fields.extend(kind.map(|kind| ("content-type".to_owned(), kind.to_owned())));
    // A coding that was not undone.
    fields.extend(
        head.get("content-encoding").map(|coding| ("content-encoding".to_owned(), coding.to_owned())),
    );
    fields.push(("content-length".to_owned(), length.to_string()));
    fields.sort();
    let lines: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {} {}\r\n{lines}\r\n", head.status, head.reason)
}

fn captured((name, value): &(String, String)) -> Option<(String, String)> {
    let original = name.strip_prefix(CAPTURED)?;
    let name = if OF_TRANSFER.contains(&original) { name } else { original };
    Some((name.to_owned(), value.clone()))
}

/// An identifier that follows from a text (RFC 9562 would call it one of version 8: made by us).
fn uuid(text: &str) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Sha1::digest(text.as_bytes())[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::bufread::GzDecoder;

    use super::*;

    #[test]
    fn a_memento_is_written_as_the_answer_that_was_captured() {
        let memento = Memento::read("https://w.example/web/20240423123456id_/http://a.id/x").unwrap();
        let fields = [
            ("x-archive-orig-server", "nginx"),
            ("date", "Mon, 25 Sep 2023 19:20:58 GMT"),
            ("memento-datetime", "Tue, 23 Apr 2024 12:34:56 GMT"),
            ("x-archive-orig-content-encoding", "gzip"),
            ("x-archive-orig-date", "Tue, 23 Apr 2024 12:34:55 GMT"),
            ("content-type", "text/html"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let head = Head { status: 200, reason: "OK", fields };
        let written = member(&memento, &head, b"page").unwrap();
        assert_eq!(written, member(&memento, &head, b"page").unwrap());
        let mut text = String::new();
        GzDecoder::new(&written[..]).read_to_string(&mut text).unwrap();
        let (warc, rest) = text.split_once("\r\n\r\n").unwrap();
        let expected = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:";
        assert!(warc.starts_with(expected), "{warc}");
        for line in [
            "WARC-Date: 2024-04-23T12:34:56Z",
            "WARC-Target-URI: http://a.id/x",
            "WARC-Source-URI: https://w.example/web/20240423123456id_/http://a.id/x",
            &format!("Content-Length: {}", rest.len() - 4),
            &format!("WARC-Payload-Digest: {}", sha1_of(b"page")),
            &format!("WARC-Block-Digest: {}", sha1_of(&rest.as_bytes()[..rest.len() - 4])),
        ] {
            assert!(warc.lines().any(|known| known == line), "{line} in {warc}");
        }
        assert_eq!(
            rest,
            "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-type: text/html\r\n\
             date: Tue, 23 Apr 2024 12:34:55 GMT\r\nserver: nginx\r\n\
             x-archive-orig-content-encoding: gzip\r\n\r\npage\r\n\r\n"
        );
    }

    #[test]
    fn an_identifier_has_the_shape_of_one() {
        assert_eq!(uuid("a").len(), 36);
        assert_eq!((&uuid("a")[14..15], uuid("a") == uuid("b")), ("8", false));
    }
}
