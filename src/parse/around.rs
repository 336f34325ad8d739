//! Where in a page that is not understood its block most likely stands: where the words of the last text that was
//! understood crowd. For showing to a person; nothing of this is ever recorded.
//!
//! Lines are made as the block's are, and carry a shape in which every number looks the same, so that a comparison
//! shows what changed about the layout and not what the market did.

use std::cmp::Reverse;
use std::collections::HashMap;

use memchr::memmem;

use super::number::numeral;
use super::tokens::words;
use super::{Layout, charset, reread};

/// The most words that tell where a block stands. A header has a dozen labels.
const MAX_LANDMARKS: usize = 64;
/// How many words are shown, at least and at most.
const WINDOW_WORDS: std::ops::RangeInclusive<usize> = 40..=400;
/// Words shown ahead of the first landmark and behind the last.
const MARGIN_WORDS: usize = 15;
/// The longest line: a row has four words.
const LINE_WORDS: usize = 12;
/// The longest word that is shown whole.
const WORD_CHARS: usize = 60;
/// How much markup is shown, and how far apart its landmarks may stand.
const MARKUP_BYTES: usize = 600;
const MARKUP_REACH: usize = 4 * 1024;

/// A line of a text, and what it looks like with its numbers left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// As it stands there, white space collapsed.
    pub text: String,
    /// Equal for lines that differ only in their numbers.
    pub shape: String,
}

/// The last understood text and the page that is not understood, as far as they can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surroundings {
    /// The lines of the text.
    pub before: Vec<Line>,
    /// The lines of the page around the place.
    pub after: Vec<Line>,
    /// The markup of the page there.
    pub markup: Option<String>,
}

/// Looks for the place in a page where a block should stand.
#[must_use]
pub fn around(body: &[u8], content_type: Option<&str>, layout: Option<&Layout>, block: &str) -> Surroundings {
    let landmarks = Landmarks::of(block, layout);
    let page = charset::decode(body, charset::detect(content_type, body), true).text;
    let before =
        block.lines().filter(|line| !line.starts_with("cells: ")).map(|line| landmarks.line(line)).collect();
    let document = serde_json::from_str::<serde_json::Value>(&page).ok();
    match document.and_then(|document| serde_json::to_string_pretty(&document).ok()) {
        Some(document) => {
            Surroundings { before, after: landmarks.lines_of_document(&document), markup: None }
        }
        None => {
            Surroundings { before, after: landmarks.lines_of_page(&page), markup: landmarks.markup_of(&page) }
        }
    }
}

/// Words by which a place is known.
struct Landmarks {
    labels: Vec<String>,
    words: Vec<String>,
    index: HashMap<String, usize>,
}

impl Landmarks {
    /// The words of the labels, that of the bar, and the last keys of the pointers.
    fn of(block: &str, layout: Option<&Layout>) -> Self {
        let labels: Vec<String> = reread(block).quotes.into_iter().map(|quote| quote.label).collect();
        let bar = block.contains("| INDIKATOR |").then_some("INDIKATOR");
        let keys: Vec<&str> = match layout {
            Some(Layout::Json(rules)) => rules
                .indicators
                .iter()
                .flat_map(|rule| [&rule.level, &rule.change, &rule.percent, &rule.previous_close])
                .filter_map(|pointer| pointer.as_deref()?.rsplit('/').next())
                .collect(),
            _ => Vec::new(),
        };
        let of_labels = labels.iter().flat_map(|label| label.split_whitespace());
        let mut words: Vec<String> = Vec::new();
        for word in bar.into_iter().chain(of_labels).chain(keys).take(MAX_LANDMARKS * 4) {
            if words.len() < MAX_LANDMARKS && !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
        let index = words.iter().cloned().zip(0..).collect();
        Self { labels, words, index }
    }

    /// The landmark that a word is, and what is glued to it.
    fn find<'a>(&self, word: &'a str) -> Option<(usize, &'a str)> {
        if let Some(&exact) = self.index.get(word) {
            return Some((exact, ""));
        }
        if !word.ends_with(|last: char| last.is_ascii_digit() || last == '%') {
            return None;
        }
        let glued = self.words.iter().enumerate().filter_map(|(at, known)| {
            let rest = word.strip_prefix(known.as_str())?;
            numeral(rest).map(|_| (at, rest))
        });
        glued.max_by_key(|(at, _)| self.words[*at].len())
    }

    /// A line with its shape.
    fn line(&self, text: &str) -> Line {
        let words: Vec<&str> = text.split_whitespace().collect();
        let shape: Vec<String> = words.iter().map(|word| self.shape(word)).collect();
        let shown: Vec<String> = words.iter().map(|word| shortened(word)).collect();
        Line { text: shown.join(" "), shape: shape.join(" ") }
    }

    fn shape(&self, word: &str) -> String {
        match (self.find(word), numeral(word)) {
            (Some((at, "")), _) => self.words[at].clone(),
            (Some((at, glued)), _) => format!("{} {}", self.words[at], self.shape(glued)),
            (None, Some(number)) if number.is_percentage => "#%".to_owned(),
            (None, Some(_)) => "#".to_owned(),
            (None, None) => word.to_owned(),
        }
    }

    /// The shown text of a page around the place, or its beginning where nothing is known of it.
    fn lines_of_page(&self, page: &str) -> Vec<Line> {
        let words: Vec<String> = words(page).into_iter().map(|word| word.text).collect();
        let hits = words.iter().enumerate().filter_map(|(at, word)| Some((at, self.find(word)?.0)));
        let width = (self.words.len() * 8).clamp(*WINDOW_WORDS.start(), *WINDOW_WORDS.end());
        let (start, end) = match densest(&hits.collect::<Vec<_>>(), width) {
            Some((first, last)) => (first.saturating_sub(MARGIN_WORDS), last + 1 + MARGIN_WORDS),
            None => (0, *WINDOW_WORDS.start()),
        };
        self.broken(&words[start..end.min(words.len())])
    }

    /// Words as lines: a label begins one, the numbers after it end one.
    fn broken(&self, words: &[String]) -> Vec<Line> {
        let mut lines: Vec<Vec<&str>> = Vec::new();
        let mut last = Part::End;
        for word in words {
            let found = self.find(word);
            let part = match found {
                Some((_, "")) => Part::Label,
                Some(_) => Part::Number,
                None if word.ends_with('%') => Part::End,
                None if numeral(word).is_some() => Part::Number,
                None => Part::Text,
            };
            let begins = match (last, part) {
                (Part::End, _) | (Part::Text | Part::Number, Part::Label) | (Part::Number, Part::Text) => {
                    true
                }
                // A label with a number glued to it.
                _ => found.is_some_and(|(_, glued)| !glued.is_empty()),
            };
            if begins || lines.last().is_some_and(|line| line.len() >= LINE_WORDS) {
                lines.push(Vec::new());
            }
            lines.last_mut().into_iter().for_each(|line| line.push(word));
            last = part;
        }
        lines.iter().map(|line| self.line(&line.join(" "))).collect()
    }

    /// The lines of a JSON document around the keys that used to lead to numbers.
    fn lines_of_document(&self, document: &str) -> Vec<Line> {
        let lines: Vec<&str> = document.lines().collect();
        let key = |line: &str| Some(line.trim_start().strip_prefix('"')?.split_once('"')?.0.to_owned());
        let hits =
            lines.iter().enumerate().filter_map(|(at, line)| Some((at, *self.index.get(&key(line)?)?)));
        let (start, end) = match densest(&hits.collect::<Vec<_>>(), MARGIN_WORDS * 2) {
            Some((first, last)) => (first.saturating_sub(MARGIN_WORDS), last + 1 + MARGIN_WORDS),
            None => (0, *WINDOW_WORDS.start()),
        };
        lines[start..end.min(lines.len())].iter().map(|line| self.line(line)).collect()
    }

    /// The markup where the labels stand closest together.
    fn markup_of(&self, page: &str) -> Option<String> {
        let finds = self.labels.iter().take(MAX_LANDMARKS).enumerate().flat_map(|(label, text)| {
            memmem::find_iter(page.as_bytes(), text.as_bytes()).take(1000).map(move |at| (at, label))
        });
        let mut hits: Vec<(usize, usize)> = finds.collect();
        hits.sort_unstable();
        let (first, _) = densest(&hits, MARKUP_REACH)?;
        let start = floor(page, first.saturating_sub(MARKUP_BYTES / 3));
        let end = floor(page, (first + MARKUP_BYTES).min(page.len()));
        Some(page[start..end].split_whitespace().collect::<Vec<_>>().join(" "))
    }
}

/// What a word is in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Label,
    Number,
    /// A percentage.
    End,
    Text,
}

/// The beginning of the character at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or_default()
}

/// Of the stretches no longer than a width that hold the most different landmarks the shortest, the earliest of
/// equals: its first hit and its last. Hits are places with the landmark that stands there, in order.
fn densest(hits: &[(usize, usize)], width: usize) -> Option<(usize, usize)> {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let mut best: Option<(usize, Reverse<usize>, (usize, usize))> = None;
    let mut start = 0;
    for &(last, landmark) in hits {
        *counts.entry(landmark).or_default() += 1;
        // What stands again further on is not needed at the beginning.
        while last - hits[start].0 >= width || counts[&hits[start].1] > 1 {
            match counts.get_mut(&hits[start].1) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(counts.remove(&hits[start].1)),
            }
            start += 1;
        }
        let first = hits[start].0;
        let rank = (counts.len(), Reverse(last - first));
        if best.is_none_or(|(most, length, _)| rank > (most, length)) {
            best = Some((rank.0, rank.1, (first, last)));
        }
    }
    best.map(|(.., stretch)| stretch)
}

fn shortened(word: &str) -> String {
    if word.chars().count() <= WORD_CHARS {
        return word.to_owned();
    }
    word.chars().take(WORD_CHARS).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{JsonIndicator, JsonRules};
    use super::*;

    const BLOCK: &str =
        "| INDIKATOR |\nLQ45 919,20 -16,32 -1.74%\nEMAS 1.345.000 0,75%\nRD.PENDAPATAN TETAP 0.05%\n";

    fn texts(lines: &[Line]) -> Vec<&str> {
        lines.iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn the_place_is_where_the_labels_crowd() {
        let article = "<p>Harga EMAS naik, LQ45 turun hari ini. ".repeat(50);
        let header = "<ul>| : WIB | INDEKS |<li>LQ45 877,06 10,80 1,25%<li>EMAS 1.508.000 0,67%\
                      <li>RD.PENDAPATAN TETAP 0,01%</ul>";
        let found = around(format!("{article}{header}{article}").as_bytes(), None, None, BLOCK);
        let after = texts(&found.after);
        assert!(after.contains(&"LQ45 877,06 10,80 1,25%"), "{after:?}");
        assert!(after.contains(&"RD.PENDAPATAN TETAP 0,01%"), "{after:?}");
        assert!(after.iter().any(|line| line.ends_with("| INDEKS |")), "{after:?}");
        assert!(after.len() < 20, "{after:?}");
        assert!(found.markup.unwrap().contains("<li>LQ45 877,06"));
    }

    #[test]
    fn numbers_do_not_count_in_a_shape() {
        let landmarks = Landmarks::of(BLOCK, None);
        for line in ["LQ45 919,20 -16,32 -1.74%", "LQ45 1 2 3%", "LQ45877 \u{2212}1 0,5%"] {
            assert_eq!(landmarks.line(line).shape, "LQ45 # # #%", "{line}");
        }
        assert_eq!(landmarks.line("LQ45 919,20 -1.74%").shape, "LQ45 # #%");
        assert_eq!(landmarks.line("IDX30 919,20").shape, "IDX30 #");
    }

    #[test]
    fn a_page_that_shows_nothing_known_is_shown_from_its_beginning() {
        let found = around(b"<h1>Sedang perawatan</h1><p>Silakan kembali", None, None, BLOCK);
        assert_eq!(texts(&found.after), ["Sedang perawatan Silakan kembali"]);
        assert_eq!(found.markup, None);
        assert_eq!(around(b"", None, None, BLOCK).after, []);
    }

    #[test]
    fn a_document_is_shown_around_its_keys() {
        let rule = JsonIndicator { level: Some("/meta/price".to_owned()), ..JsonIndicator::default() };
        let layout = Layout::Json(JsonRules { indicators: vec![rule] });
        let filler: Vec<String> = (0..100).map(|at| format!("\"k{at}\":{at}")).collect();
        let document = format!("{{{},\"quote\":{{\"price\":877.06}}}}", filler.join(","));
        let block =
            "cells: label, level, change, percent, previous close; written as in JSON\nLQ45\t877.06\t\t\t\n";
        let found = around(document.as_bytes(), None, Some(&layout), block);
        assert_eq!(texts(&found.before), ["LQ45 877.06"]);
        assert!(texts(&found.after).contains(&"\"price\": 877.06"), "{:?}", found.after);
        assert!(found.after.len() < 40);
    }

    #[test]
    fn any_page_is_looked_through_in_bounded_time_and_shown_in_bounded_length() {
        for page in [
            "LQ45 ".repeat(400_000),
            "LQ45919,20EMAS1.345.000".repeat(90_000),
            "<a b='".repeat(300_000),
            "x".repeat(2_000_000),
        ] {
            let found = around(page.as_bytes(), None, None, BLOCK);
            let shown: usize = found.after.iter().map(|line| line.text.len()).sum();
            assert!(shown < 30_000, "{shown}");
        }
    }
}
