//! Which character set a page is in, and its text. Replacement of broken bytes is noted, never silent.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use memchr::memmem;

/// How far into a page a `<meta charset>` is looked for, as browsers do.
const META_WINDOW: usize = 1024;

/// Decoded text, and whether some of its bytes meant nothing in the character set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) replaced: bool,
}

/// The character set from the byte order mark, else the header, else the page's own declaration, else UTF-8.
pub(super) fn detect(content_type: Option<&str>, body: &[u8]) -> &'static Encoding {
    Encoding::for_bom(body)
        .map(|(encoding, _)| encoding)
        .or_else(|| content_type.and_then(|header| label_after_charset(header.as_bytes())))
        .or_else(|| declared_inside(body))
        .unwrap_or(UTF_8)
}

/// Whether the anchor cannot be found by its ASCII bytes in such a page.
pub(super) fn is_wide(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// Decodes a piece of a page. A character cut at the end of a piece that is not the page's last is dropped.
/// Bytes that are plain UTF-8 are read so whatever was declared: a wrong declaration was the likelier mistake.
pub(super) fn decode<'a>(bytes: &'a [u8], encoding: &'static Encoding, is_last: bool) -> Decoded<'a> {
    if encoding != UTF_8 && !is_wide(encoding) && is_plainly_utf8(bytes) {
        return decode_as(bytes, UTF_8, is_last);
    }
    decode_as(bytes, encoding, is_last)
}

fn decode_as<'a>(bytes: &'a [u8], encoding: &'static Encoding, is_last: bool) -> Decoded<'a> {
    let (text, replaced) = encoding.decode_with_bom_removal(bytes);
    if is_last || !replaced {
        return Decoded { text, replaced };
    }
    // Perhaps nothing is wrong but that the last character is cut.
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
    let mut text = String::with_capacity(room);
    let (_, _, replaced) = decoder.decode_to_string(bytes, &mut text, is_last);
    Decoded { text: Cow::Owned(text), replaced }
}

/// Valid UTF-8 with at least one character beyond ASCII; an incomplete one at the very end is forgiven.
fn is_plainly_utf8(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    };
    valid && !bytes.is_ascii()
}

fn declared_inside(body: &[u8]) -> Option<&'static Encoding> {
    let head = &body[..body.len().min(META_WINDOW)];
    let lower = head.to_ascii_lowercase();
    let meta = memmem::find(&lower, b"<meta")?;
    let encoding = label_after_charset(&lower[meta..])?;
    // A page that could be read this far is not in UTF-16, whatever it says of itself.
    Some(if is_wide(encoding) { UTF_8 } else { encoding })
}

fn label_after_charset(text: &[u8]) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let after = &lower[memmem::find(&lower, b"charset")? + b"charset".len()..];
    let after = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let label: &[u8] = after
        .split(|byte| !byte.is_ascii_alphanumeric() && !b"-_:.".contains(byte))
        .find(|part| !part.is_empty())?;
    Encoding::for_label(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_comes_before_the_page_s_own_word() {
        let page = b"<html><meta charset='windows-1252'>";
        assert_eq!(detect(Some("text/html; charset=\"UTF-8\""), page).name(), "UTF-8");
        assert_eq!(detect(Some("text/html"), page).name(), "windows-1252");
        assert_eq!(
            detect(None, b"<meta http-equiv=x content='text/html; charset=shift_jis'>").name(),
            "Shift_JIS"
        );
        assert_eq!(detect(None, b"no word of it").name(), "UTF-8");
        assert_eq!(detect(Some("text/html; charset=klingon"), b"").name(), "UTF-8");
        assert_eq!(detect(None, b"\xff\xfea\0").name(), "UTF-16LE");
    }

    #[test]
    fn what_is_utf_8_already_is_not_copied_and_a_mark_of_it_is_no_text() {
        let marked = decode("\u{feff}LQ45 – 7".as_bytes(), UTF_8, true);
        assert_eq!(marked, Decoded { text: Cow::Borrowed("LQ45 – 7"), replaced: false });
        assert!(matches!(marked.text, Cow::Borrowed(_)));
    }

    #[test]
    fn broken_bytes_are_noted() {
        assert!(decode(b"919,20 \xa0 -16,32", UTF_8, true).replaced);
        assert!(!decode(b"919,20 \xc2", UTF_8, false).replaced);
        assert!(decode(b"919,20 \xc2", UTF_8, true).replaced);
    }

    #[test]
    fn utf_8_declared_as_latin_1_is_read_as_what_it_is() {
        let latin = Encoding::for_label(b"latin1").unwrap();
        assert_eq!(decode("LQ45\u{a0}7".as_bytes(), latin, true).text, "LQ45\u{a0}7");
        assert_eq!(decode(b"LQ45\xa07", latin, true).text, "LQ45\u{a0}7");
    }
}
