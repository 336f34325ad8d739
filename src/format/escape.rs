//! Text from pages, servers and files, made harmless for whatever shows it: a terminal, a log, a chart, a document.

use std::borrow::Cow;
use std::fmt::Write;

/// Text from a page or a file, with every character that a terminal would obey or hide written as `\u{..}`:
/// control characters (escape sequences begin with one), bidirectional marks, characters of no width,
/// line separators.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    replaced(text, is_unsafe, |escaped, character| {
        let _ = write!(escaped, "{}", character.escape_unicode());
    })
}

/// A JSON document whose texts have the same characters as `\uXXXX`, which reads back as what it was. Only the lines
/// of the document itself are left as they are: a text has no raw line feed.
#[must_use]
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let is_in_a_text = |character| is_unsafe(character) && character != '\n';
    replaced(json, is_in_a_text, |escaped, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    })
}

/// Whether a character is one that a terminal obeys, or that hides or turns what stands beside it.
#[must_use]
pub fn is_unsafe(character: char) -> bool {
    character.is_control() || is_bidi_mark(character) || is_invisible(character)
}

/// Writing to a string cannot fail, so what `write` has to say of it is not asked.
fn replaced(
    text: &str,
    is_replaced: impl Fn(char) -> bool,
    write: impl Fn(&mut String, char),
) -> Cow<'_, str> {
    // Nearly all text is plain, and a look at its bytes is quick.
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') || byte == b'\n' && !is_replaced('\n');
    if text.bytes().all(is_plain) || !text.contains(&is_replaced) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_replaced(character) {
            write(&mut written, character);
        } else {
            written.push(character);
        }
    }
    Cow::Owned(written)
}

fn is_bidi_mark(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// Characters of no width, the two that break lines without being control characters, and two that are none.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'
            | '\u{ffff}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_a_terminal_would_obey_passes() {
        for (text, shown) in [
            ("\u{1b}[31mLQ45", r"\u{1b}[31mLQ45"),
            ("a\nb\tc\r", r"a\u{a}b\u{9}c\u{d}"),
            ("\u{9b}2J\u{7f}\u{0}", r"\u{9b}2J\u{7f}\u{0}"),
            ("\u{202e}54QL", r"\u{202e}54QL"),
            ("LQ\u{200b}45\u{feff}", r"LQ\u{200b}45\u{feff}"),
            ("one\u{2028}two", r"one\u{2028}two"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn ordinary_text_passes_untouched() {
        for text in ["LQ45", "RD.PENDAPATAN TETAP", "USD/IDR", "émas 金 −1,2", ""] {
            assert!(matches!(escape(text), Cow::Borrowed(same) if same == text));
            assert!(matches!(escape_json(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn json_keeps_its_lines() {
        assert_eq!(escape_json("[\n  \"a\u{9b}\u{e0041}\"\n]\n"), "[\n  \"a\\u009b\\udb40\\udc41\"\n]\n");
    }

    proptest! {
        #[test]
        fn escaped_json_says_the_same_and_holds_nothing_raw(text: String, more in "[\\x00-\\x{20ff}\\x{e0000}-\\x{e0fff}]*") {
            let value = serde_json::json!({ "text": text, "more": more });
            let written = serde_json::to_string_pretty(&value).unwrap();
            let escaped = escape_json(&written);
            prop_assert!(!escaped.contains(|character| is_unsafe(character) && character != '\n'));
            let read: serde_json::Value = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(read, value);
        }
    }
}
