//! A window of a page as words: markup gone, order kept. Knows what separates words, not what they mean.

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Emitter, Error, ForwardingEmitter, Span, Tokenizer};

use super::number::{is_minus, numeral};

/// One word of the window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Its characters, entities decoded, invisible ones dropped.
    pub(super) text: String,
    /// What stood between it and the word before it.
    pub(super) gap: Gap,
    /// Whether a bullet, a tag or a line break stood there: a place where a row may begin or end.
    pub(super) at_boundary: bool,
}

/// What stands between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing: they were one run of characters and are told apart by their form.
    Glued,
    /// Only a tag.
    Tag,
    /// White space.
    Space,
}

/// Elements whose text is not shown.
const HIDDEN: [&[u8]; 5] = [b"script", b"style", b"title", b"textarea", b"template"];

/// The words of a window that begins in text, not inside a tag.
pub(super) fn words(window: &str) -> Vec<Word> {
    let mut words = Words::of(window);
    words.at_least(usize::MAX);
    words.joined
}

/// The words of a window, which is taken apart no further than they are asked for: that costs more than all else that
/// is done to a page.
pub(super) struct Words<'a> {
    pieces: Box<dyn Iterator<Item = Piece> + 'a>,
    splitter: Splitter,
    joined: Vec<Word>,
    is_whole: bool,
}

impl<'a> Words<'a> {
    pub(super) fn of(window: &'a str) -> Self {
        let splitter = Splitter { lines_end_rows: !has_markup(window), ..Splitter::default() };
        Self { pieces: Box::new(pieces(window)), splitter, joined: Vec::new(), is_whole: false }
    }

    /// The words that the window begins with: at least so many, if it has them.
    pub(super) fn at_least(&mut self, count: usize) -> &[Word] {
        while !self.is_whole && self.settled() < count {
            match self.pieces.next() {
                Some(Piece::Text(text)) => self.splitter.text(&text),
                Some(Piece::Tag) => self.splitter.tag(),
                None => self.is_whole = true,
            }
            self.join();
        }
        &self.joined[..self.settled()]
    }

    /// What comes next may still become a part of the last word.
    fn settled(&self) -> usize {
        if self.is_whole { self.joined.len() } else { self.joined.len().saturating_sub(1) }
    }

    /// Takes over what is split; the splitter may still take its last word back.
    fn join(&mut self) {
        if self.is_whole {
            self.splitter.end_word();
        }
        let kept = usize::from(!self.is_whole);
        let words = &mut self.splitter.words;
        let done = words.len().saturating_sub(kept);
        words.drain(..done).for_each(|word| join_signs(&mut self.joined, word));
    }
}

fn has_markup(window: &str) -> bool {
    let bytes = window.as_bytes();
    memchr::memchr_iter(b'<', bytes)
        .any(|at| bytes.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || b"/!".contains(next)))
}

enum Piece {
    Text(String),
    Tag,
}

/// Shown text and the tags between it; comments leave no trace, so `919<!-- -->,20` is one number.
fn pieces(window: &str) -> impl Iterator<Item = Piece> {
    let mut hidden: Option<Vec<u8>> = None;
    let mut emitter = CallbackEmitter::new(move |event: CallbackEvent<'_>, _: Span<()>| match event {
        CallbackEvent::OpenStartTag { name } => {
            if hidden.is_none() && HIDDEN.contains(&name) {
                hidden = Some(name.to_vec());
            }
            Some(Piece::Tag)
        }
        CallbackEvent::EndTag { name } => {
            if hidden.as_deref() == Some(name) {
                hidden = None;
            }
            Some(Piece::Tag)
        }
        CallbackEvent::String { value } if hidden.is_none() => {
            Some(Piece::Text(String::from_utf8_lossy(value).into_owned()))
        }
        _ => None,
    });
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(window, TextOnly(emitter)).map(|Ok(piece)| piece)
}

/// Keeps neither attributes nor errors, which nobody asks for and which cost more than the rest.
struct TextOnly<E>(E);

impl<E: Emitter> ForwardingEmitter for TextOnly<E> {
    type Token = E::Token;

    fn inner(&mut self) -> &mut impl Emitter<Token = E::Token> {
        &mut self.0
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn emit_error(&mut self, _: Error) {}
    fn init_attribute(&mut self) {}
    fn init_attribute_value(&mut self) {}
    fn push_attribute_name(&mut self, _: &[u8]) {}
    fn push_attribute_value(&mut self, _: &[u8]) {}
}

#[derive(Default)]
struct Splitter {
    words: Vec<Word>,
    current: String,
    spaced: bool,
    boundary: bool,
    glued: bool,
    lines_end_rows: bool,
}

impl Splitter {
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            // Most are; it spares them all the questions.
            if character.is_ascii_alphanumeric() {
                self.ordinary(character);
            } else if is_space(character) {
                self.end_word();
                self.spaced = true;
                self.boundary |= self.lines_end_rows && (character == '\n' || character == '\r');
            } else if is_bullet(character) {
                self.tag();
            } else if !is_invisible(character) {
                self.character(character);
            }
        }
    }

    fn tag(&mut self) {
        self.end_word();
        self.glued = false;
        self.boundary = true;
    }

    /// Adds a character; a bar or an arrow stands alone, `%` ends a number, and a sign after a digit begins the next.
    fn character(&mut self, character: char) {
        let after_number = self.current.ends_with(|last: char| last.is_ascii_digit() || last == ')');
        if character == '|' || is_arrow(character) {
            self.split();
            self.current.push(character);
            self.split();
        } else if (is_minus(character) || character == '+') && after_number {
            // Inside a label (`X2-Y`) the next character is a letter; there the halves are joined again.
            self.split();
            self.current.push(character);
        } else if character == ')' && self.closes_percentage() {
            if let Some(last) = self.words.last_mut() {
                last.text.push(character);
            }
        } else {
            self.ordinary(character);
            if character == '%' {
                self.split();
            }
        }
    }

    fn ordinary(&mut self, character: char) {
        self.rejoin_label(character);
        self.current.push(character);
    }

    /// Whether the word just ended is `(1,2%`.
    fn closes_percentage(&self) -> bool {
        let is_open = |word: &Word| word.text.starts_with('(') && word.text.ends_with('%');
        self.current.is_empty() && self.glued && self.words.last().is_some_and(is_open)
    }

    fn rejoin_label(&mut self, next: char) {
        if !(self.glued && next.is_alphabetic() && is_sign(&self.current)) {
            return;
        }
        if let Some(word) = self.words.pop() {
            self.current.insert_str(0, &word.text);
            self.glued = word.gap == Gap::Glued;
            self.spaced = word.gap == Gap::Space;
            self.boundary = word.at_boundary;
        }
    }

    fn split(&mut self) {
        if !self.current.is_empty() {
            self.end_word();
            self.glued = true;
        }
    }

    fn end_word(&mut self) {
        if self.current.is_empty() {
            return;
        }
        let gap = if self.spaced {
            Gap::Space
        } else if self.glued {
            Gap::Glued
        } else {
            Gap::Tag
        };
        let text = std::mem::take(&mut self.current);
        self.words.push(Word { text, gap, at_boundary: self.boundary });
        (self.spaced, self.boundary, self.glued) = (false, false, false);
    }
}

/// Adds a word. A sign or a `%` in an element of its own belongs to the number it touches.
fn join_signs(joined: &mut Vec<Word>, word: Word) {
    if let Some(last) = joined.last_mut() {
        let touches = word.gap != Gap::Space;
        let completes_sign =
            touches && is_sign(&last.text) && numeral(&word.text).is_some_and(|n| n.is_unsigned());
        // A `%` on its own can belong to nothing but the number before it.
        let completes_percentage = word.text == "%" && {
            let is_number =
                numeral(&last.text).is_some_and(|n| !n.is_percentage) || ends_in_decimals(&last.text);
            is_number || touches && is_sign(&last.text)
        };
        if completes_sign || completes_percentage {
            last.text.push_str(&word.text);
            return;
        }
    }
    joined.push(word);
}

/// `RD.CAMPURAN0.03`: a label with a number glued to it.
fn ends_in_decimals(text: &str) -> bool {
    let number = text.trim_start_matches(|character: char| !character.is_ascii_digit());
    text.ends_with(|last: char| last.is_ascii_digit()) && number.contains(['.', ','])
}

fn is_sign(text: &str) -> bool {
    let mut characters = text.chars();
    matches!((characters.next(), characters.next()), (Some(sign), None) if is_minus(sign) || sign == '+')
}

/// White space of any kind, and the mark that stands for a byte that meant nothing.
fn is_space(character: char) -> bool {
    character.is_whitespace() || character == '\u{fffd}' || character.is_control()
}

/// Zero-width characters, soft hyphens, direction marks, variation selectors.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{61c}')
}

fn is_bullet(character: char) -> bool {
    matches!(character, '•' | '·' | '●' | '○' | '▪' | '▫' | '◦' | '‣' | '∙' | '■' | '□' | '*')
}

/// An arrow that points down.
pub(super) fn points_down(text: &str) -> bool {
    matches!(text, "▼" | "▾" | "↓" | "⬇" | "⇩" | "↘" | "▽" | "🔻" | "🔽")
}

fn is_arrow(character: char) -> bool {
    points_down(character.encode_utf8(&mut [0; 4]))
        || matches!(character, '▲' | '▴' | '↑' | '⬆' | '⇧' | '↗' | '△' | '🔺' | '🔼' | '►' | '▶' | '→')
}

/// Whether a word is an arrow.
pub(super) fn is_arrow_word(text: &str) -> bool {
    text.chars().all(is_arrow)
}

/// Words as one line of text that splits into the same words again.
pub(super) fn line_of(words: &[Word]) -> String {
    let mut line = String::new();
    for (position, word) in words.iter().enumerate() {
        if position > 0 && word.gap != Gap::Glued {
            line.push(' ');
        }
        line.push_str(&word.text);
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(window: &str) -> Vec<String> {
        words(window).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn tags_separate_and_comments_do_not() {
        assert_eq!(split("<li><b>LQ45</b>919<!-- -->,20&nbsp;-16,32</li>"), ["LQ45", "919,20", "-16,32"]);
        assert_eq!(split("<td>777<td>2,30<td>0,30%"), ["777", "2,30", "0,30%"]);
    }

    #[test]
    fn glued_columns_come_apart_by_their_form() {
        assert_eq!(
            split("919,20-16,32-1.74%EMAS1.345.000 0,75%RD.SAHAM"),
            ["919,20", "-16,32", "-1.74%", "EMAS1.345.000", "0,75%", "RD.SAHAM"]
        );
        assert_eq!(split("|INDIKATOR|"), ["|", "INDIKATOR", "|"]);
        assert_eq!(split("▼16,32"), ["▼", "16,32"]);
        assert_eq!(split("JII70-X 5"), ["JII70-X", "5"]);
    }

    #[test]
    fn a_sign_or_a_percent_sign_joins_the_number_it_touches() {
        assert_eq!(split("<i>-</i><b>16,32</b> <b>0,75</b><small>%</small>"), ["-16,32", "0,75%"]);
        assert_eq!(split("0,75 %"), ["0,75%"]);
        assert_eq!(split("<td>-</td> <td>0,75%</td>"), ["-", "0,75%"]);
    }

    #[test]
    fn what_is_not_shown_is_not_read() {
        assert_eq!(split("a<script>if (x<y) 'LQ45 1 2 3%'</script>b<style>p{}</style>c"), ["a", "b", "c"]);
        assert_eq!(split("LQ\u{200b}45 9\u{200d}19"), ["LQ45", "919"]);
    }

    #[test]
    fn a_line_splits_into_the_words_it_was_made_of() {
        for window in ["LQ45919,20 \u{a0} -16,32 -1.74%", "<i>-</i>16,32<b>0,75</b>%", "919,20-16,32"] {
            let first = words(window);
            let texts = |words: &[Word]| words.iter().map(|word| word.text.clone()).collect::<Vec<_>>();
            assert_eq!(texts(&words(&line_of(&first))), texts(&first), "{window}");
        }
    }

    proptest! {
        #[test]
        fn words_that_are_known_stay_as_they_are_when_more_is_taken_apart(
            parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..40),
        ) {
            let window = parts.concat();
            let all = words(&window);
            let mut stepwise = Words::of(&window);
            for count in 0..=all.len() + 1 {
                let known = stepwise.at_least(count);
                prop_assert!(known.len() >= count.min(all.len()));
                prop_assert_eq!(known, &all[..known.len()]);
            }
        }
    }

    const PARTS: [&str; 18] = [
        "LQ45",
        "919,20",
        "-",
        "+",
        "16,32",
        "%",
        "(1,2",
        ")",
        " ",
        "\n",
        "&nbsp;",
        "•",
        "▼",
        "|",
        "<b>",
        "</b>",
        "<script>",
        "</script>",
    ];
}
