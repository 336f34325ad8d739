//! The digests that a record states of its bytes, and whether they hold. Knows no page.

use sha1::{Digest as _, Sha1};

use crate::domain::Digest;

use super::http::{has_chunks, split, unchunked};
use super::{Kind, Record};

/// SHA-1 of some bytes as archives write it: `sha1:` and 32 letters and digits.
#[must_use]
pub fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", base32(&Sha1::digest(bytes)))
}

/// Whether the digests that a record states are those of its bytes. `None` where it states none, or none that is
/// known here, or one of bytes that are elsewhere.
#[must_use]
pub fn agrees(record: &Record<'_>) -> Option<bool> {
    let block = record.fields.get("WARC-Block-Digest").and_then(|stated| holds(stated, record.block));
    match (block, payload_agrees(record)) {
        (Some(block), Some(payload)) => Some(block && payload),
        (block, payload) => block.or(payload),
    }
}

fn payload_agrees(record: &Record<'_>) -> Option<bool> {
    let stated = record.fields.get("WARC-Payload-Digest").filter(|_| record.kind != Kind::Revisit)?;
    let payload = payload(record);
    let agrees = holds(stated, payload)?;
    // The standard means the payload without the chunks of its transfer, most writers the bytes as they came.
    Some(agrees || has_chunks(record.block) && holds(stated, &unchunked(payload)) == Some(true))
}

/// What a record carries: of an answer or a request, the bytes behind its HTTP head.
#[must_use]
pub fn payload<'a>(record: &Record<'a>) -> &'a [u8] {
    let is_http =
        record.url.as_deref().is_some_and(|url| url.starts_with("http:") || url.starts_with("https:"));
    let has_head = matches!(record.kind, Kind::Response | Kind::Revisit)
        || record.fields.get("WARC-Type") == Some("request");
    if is_http && has_head { split(record.block).1 } else { record.block }
}

fn holds(stated: &str, bytes: &[u8]) -> Option<bool> {
    let (name, value) = stated.split_once(':')?;
    let digest = match name.to_ascii_lowercase().as_str() {
        "sha1" | "sha-1" => Sha1::digest(bytes).to_vec(),
        "sha256" | "sha-256" => Digest::of(bytes).0.to_vec(),
        _ => return None,
    };
    let value = value.trim_end_matches('=');
    let hexadecimal: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(value.eq_ignore_ascii_case(&base32(&digest)) || value.eq_ignore_ascii_case(&hexadecimal))
}

/// RFC 4648, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let five = |group: &[u8]| {
        let mut bits = [0_u8; 8];
        bits[3..3 + group.len()].copy_from_slice(group);
        let bits = u64::from_be_bytes(bits);
        let count = (group.len() * 8).div_ceil(5);
        (0..count).map(move |n| char::from(LETTERS[(bits >> (35 - 5 * n) & 31) as usize])).collect::<String>()
    };
    bytes.chunks(5).map(five).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Fields;
    use super::*;

    fn check(head: &str, kind: Kind, block: &[u8], expected: Option<bool>) {
        let (fields, _) = Fields::read(head.as_bytes());
        let url = Some("http://a/".into());
        let record = Record { offset: 0, kind, url, date: None, fields, block };
        assert_eq!(agrees(&record), expected, "{head}");
    }

    #[test]
    fn digests_are_written_in_letters() {
        assert_eq!(sha1_of(b"abc"), "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5");
        for (bytes, expected) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foob", "MZXW6YQ"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(base32(bytes.as_bytes()), expected);
        }
    }

    #[test]
    fn a_digest_is_of_the_payload_or_of_the_block() {
        let answer = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nabc";
        for stated in [
            "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5",
            "sha1:a9993e364706816aba3e25717850c26c9cd0d89d",
            "SHA-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            check(&format!("WARC-Payload-Digest: {stated}\n\n"), Kind::Response, answer, Some(true));
            check(&format!("WARC-Payload-Digest: {stated}\n\n"), Kind::Response, b"abd", Some(false));
            check(&format!("WARC-Payload-Digest: {stated}\n\n"), Kind::Revisit, answer, None);
            check(&format!("WARC-Block-Digest: {stated}\n\n"), Kind::Conversion, b"abc", Some(true));
            check(&format!("WARC-Block-Digest: {stated}\n\n"), Kind::Conversion, b"abd", Some(false));
        }
        check("WARC-Block-Digest: md5:900150983cd24fb0d6963f7d28e17f72\n\n", Kind::Other, b"abc", None);
        check("A: b\n\n", Kind::Response, answer, None);
    }

    #[test]
    fn a_digest_of_a_payload_without_its_chunks_holds_too() {
        let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        let head = "WARC-Payload-Digest: sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5\n\n";
        check(head, Kind::Response, answer, Some(true));
    }
}
