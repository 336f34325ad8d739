//! The answer inside a response record: its status, its head, and its body without the coding of its transfer. Knows no
//! record around it.

use std::borrow::Cow;

use super::Fields;
use super::coding::{self, Decoded};

/// What a server answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Response<'a> {
    /// The status of its first line. `None` where the block is no answer of HTTP, such as one of DNS: that is no page.
    pub status: Option<u16>,
    /// Its head. Common Crawl renames what it undid, to `X-Crawler-Content-Encoding` and the like.
    pub fields: Fields<'a>,
    /// Its body: chunks joined, compression undone, at most [`super::MAX_BLOCK`] bytes of it.
    pub body: Cow<'a, [u8]>,
    /// The `Content-Encoding` of a body that could not be undone, and is as it came.
    pub unreadable: Option<String>,
}

/// Takes an answer apart.
#[must_use]
pub fn response(block: &[u8]) -> Response<'_> {
    let Some(status) = status(block) else {
        let fields = Fields::default();
        return Response { status: None, fields, body: Cow::Borrowed(block), unreadable: None };
    };
    let (fields, body) = split(block);
    let body = if is_chunked(&fields) { coding::unchunked(body) } else { Cow::Borrowed(body) };
    let codings = fields.get("Content-Encoding").unwrap_or_default();
    let (body, unreadable) = match coding::decoded(body, codings) {
        Decoded::Body(body) => (body, None),
        Decoded::Unknown(body) => (body, Some(codings.to_owned())),
    };
    Response { status: Some(status), fields, body, unreadable }
}

/// The status and the head of an answer, without looking at its body. `None` where the block is no answer of HTTP.
#[must_use]
pub fn head(block: &[u8]) -> Option<(u16, Fields<'_>)> {
    status(block).map(|status| (status, split(block).0))
}

/// The status that the first line of an answer states, without looking at the rest; 0 for a line that states none.
fn status(block: &[u8]) -> Option<u16> {
    let line = block.get(..block.len().min(64)).filter(|line| line.starts_with(b"HTTP/"))?;
    let mut words = line.split(|byte| byte.is_ascii_whitespace()).skip(1).filter(|word| !word.is_empty());
    let status = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
    Some(status.unwrap_or(0))
}

/// The head of an answer or a request, and what is behind it.
pub(super) fn split(block: &[u8]) -> (Fields<'_>, &[u8]) {
    let line = memchr::memchr(b'\n', block).map_or(block.len(), |end| end + 1);
    let (fields, length) = Fields::read(&block[line..]);
    (fields, &block[line + length..])
}

/// Whether the head of an answer says that its body came in chunks.
pub(super) fn has_chunks(block: &[u8]) -> bool {
    is_chunked(&split(block).0)
}

pub(super) fn unchunked(body: &[u8]) -> Cow<'_, [u8]> {
    coding::unchunked(body)
}

fn is_chunked(fields: &Fields<'_>) -> bool {
    fields.get("Transfer-Encoding").is_some_and(|coding| coding.to_ascii_lowercase().contains("chunked"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn an_answer_has_a_status_a_head_and_a_body() {
        let answer = response(b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=utf-8\r\n\r\n<html>");
        assert_eq!(answer.status, Some(200));
        assert_eq!(answer.fields.get("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(&*answer.body, b"<html>");
        assert_eq!(response(b"HTTP/1.0  404\n\n").status, Some(404));
        assert_eq!(response(b"HTTP/2 200\r\n\r\n").status, Some(200));
        assert_eq!(response(b"HTTP/1.1 OK\r\n\r\nx").status, Some(0));
    }

    #[test]
    fn what_is_no_answer_has_no_status_and_stays() {
        for block in [&b"20240419\nwww.kontan.co.id. 300 IN A 1.2.3.4\n"[..], b"", b"<html>"] {
            let answer = response(block);
            assert_eq!((answer.status, &*answer.body), (None, block));
        }
    }

    #[test]
    fn chunks_and_compression_are_undone_and_what_cannot_be_is_named() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(b"INDIKATOR").unwrap();
        let body = encoder.finish().unwrap();
        let (first, second) = body.split_at(7);
        let mut block =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\ncontent-encoding: gzip\r\n\r\n7\r\n".to_vec();
        block.extend(
            [first, format!("\r\n{:x}\r\n", second.len()).as_bytes(), second, b"\r\n0\r\n\r\n"].concat(),
        );
        assert_eq!(&*response(&block).body, b"INDIKATOR");
        let unreadable = response(b"HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\n\r\n\x28\xb5\x2f\xfd");
        assert_eq!(unreadable.unreadable.as_deref(), Some("zstd"));
    }

    #[test]
    fn a_body_that_common_crawl_decoded_is_not_decoded_again() {
        let head = "X-Crawler-Content-Encoding: gzip\r\nX-Crawler-Transfer-Encoding: chunked\r\n";
        let block = format!("HTTP/1.1 200 OK\r\n{head}\r\n5\r\nabc");
        assert_eq!(&*response(block.as_bytes()).body, b"5\r\nabc");
    }
}
