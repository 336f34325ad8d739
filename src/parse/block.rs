//! Finds the bar of the header in the bytes of a page and reads the rows after it.
//! A byte search finds the word; only a bounded window around it is ever decoded and taken apart.

use std::borrow::Cow;
use std::sync::LazyLock;

use chrono::{Datelike, NaiveDate};
use encoding_rs::Encoding;
use memchr::{memchr_iter, memchr2, memmem};

use crate::domain::Quote;

use super::MAX_ROWS;
use super::charset::{self, Decoded};
use super::copies::one_a_label;
use super::issue::Issue;
use super::problem::Problem;
use super::rows::{Found, excerpt, excerpt_ahead, is_believable, is_convincing, read_row};
use super::shown::Shown;
use super::tokens::{Word, Words, words};

const ANCHOR: &[u8] = b"INDIKATOR";
/// Built once: an archive is searched a page at a time, mostly in vain.
static FINDER: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(ANCHOR));
/// Three copies of eleven rows in verbose markup take about 20 KB.
const WINDOW_AFTER: usize = 64 * 1024;
/// Enough for a date, a clock and the tags around them.
const WINDOW_BEFORE: usize = 4 * 1024;
/// How much ahead of the word is looked at first: most often enough.
const GLANCE_BEFORE: usize = 256;
/// A page shows the bar once, a rendered one perhaps three times.
const MAX_BARS: usize = 8;
/// Articles may mention the word; a page that puts it between bars more often than this is no header.
const MAX_CANDIDATES: usize = 1024;
/// How far from the word its bars can stand, tags and entities between included.
const BAR_REACH: usize = 512;
/// How much behind the word is looked at for its bar, before anything else is.
const GLANCE: usize = 4 * 1024;
/// How many words that are no row may stand between two rows that verify.
const LOOKAHEAD: usize = 12;

/// What was read from a header.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) quotes: Vec<Quote>,
    pub(super) issues: Vec<Issue>,
    pub(super) page_date: Option<NaiveDate>,
    /// The bar and every row, a line each; read again it gives the same quotes.
    pub(super) text: Option<String>,
}

/// Whether the word of the bar stands anywhere in some bytes.
pub(super) fn mentions_anchor(body: &[u8]) -> bool {
    FINDER.find(body).is_some()
}

/// Reads the header of a page whose anchor is written in ASCII bytes.
pub(super) fn read(body: &[u8], encoding: &'static Encoding) -> Block {
    let mentions: Vec<usize> = FINDER.find_iter(body).collect();
    let bars = bars(body, &mentions, encoding);
    if bars.is_empty() {
        let issue = match excerpt_of(body, encoding) {
            None => Issue::NoText { bytes: body.len() },
            Some(found) => Issue::NoBar { mentions: mentions.len(), found },
        };
        return Block { issues: vec![issue], ..Block::default() };
    }
    let page_date = bars.iter().find_map(|bar| bar.date);
    let replaced = bars.iter().any(|bar| bar.replaced);
    let mut reader = Reader::default();
    for bar in &bars {
        reader.read_rows(&mut Words::of(&bar.text));
    }
    let mut block = reader.finish(page_date);
    if replaced {
        block.issues.push(Issue::Replaced { charset: encoding.name() });
    }
    if is_cut_short(body) {
        block.issues.push(Issue::CutShort);
    }
    block
}

/// The bars of a page. Whether a mention is followed by one is cheaper to tell than whether it is shown.
fn bars<'a>(body: &'a [u8], mentions: &[usize], encoding: &'static Encoding) -> Vec<Bar<'a>> {
    let may_be = mentions.iter().copied().filter(|&mention| may_be_bar(body, mention)).take(MAX_CANDIDATES);
    let mut shown = Shown::of(body);
    let candidates = may_be.filter(|&mention| is_bar_at(body, mention, encoding));
    candidates
        .filter_map(|place| shown.is_text(place).then(|| Bar::at(body, place, &shown, encoding)).flatten())
        .take(MAX_BARS)
        .collect()
}

/// Whether a mention and a bar behind it would be one in shown text.
fn is_bar_at(body: &[u8], mention: usize, encoding: &'static Encoding) -> bool {
    let behind = &body[mention + ANCHOR.len()..body.len().min(mention + GLANCE)];
    encoding
        .is_ascii_compatible()
        .then(|| glance(behind))
        .flatten()
        .unwrap_or_else(|| is_bar(&after(body, mention, GLANCE, encoding).text))
}

/// Whether a bar is the next word behind the anchor, where spaces, a bar, letters and digits tell.
fn glance(behind: &[u8]) -> Option<bool> {
    match behind.trim_ascii_start().first()? {
        b'|' => Some(true),
        next if next.is_ascii_alphanumeric() => Some(false),
        _ => None,
    }
}

/// What is behind a mention, itself included, as far as a reach of bytes.
fn after<'a>(body: &'a [u8], mention: usize, reach: usize, encoding: &'static Encoding) -> Decoded<'a> {
    let end = body.len().min(mention + reach);
    charset::decode(&body[mention..end], encoding, end == body.len())
}

/// Whether a text begins with the anchor and a bar.
fn is_bar(text: &str) -> bool {
    let behind = text.as_bytes().strip_prefix(ANCHOR).unwrap_or_default();
    glance(behind).unwrap_or_else(|| has_bar_words(text))
}

fn has_bar_words(text: &str) -> bool {
    matches!(Words::of(text).at_least(2), [word, bar, ..] if word.text.as_bytes() == ANCHOR && bar.text == "|")
}

/// Whether something that can be a bar, written out or as an entity, stands on both sides of a mention.
fn may_be_bar(body: &[u8], mention: usize) -> bool {
    let after = mention + ANCHOR.len();
    let sides =
        [&body[mention.saturating_sub(BAR_REACH)..mention], &body[after..body.len().min(after + BAR_REACH)]];
    sides.iter().all(|side| memchr2(b'|', b'&', side).is_some())
}

/// How a page begins, if it begins with text.
fn excerpt_of(body: &[u8], encoding: &'static Encoding) -> Option<String> {
    let head = &body[..body.len().min(16 * 1024)];
    let is_binary = head.contains(&0) && !charset::is_wide(encoding);
    let text = charset::decode(head, encoding, false).text;
    (!is_binary && !text.trim().is_empty()).then(|| excerpt_ahead(&mut Words::of(&text)))
}

/// An HTML document that was opened and never closed. An answer shorter than it promised can arrive as a success.
fn is_cut_short(body: &[u8]) -> bool {
    let head = body[..body.len().min(4096)].to_ascii_lowercase();
    let tail = body[body.len().saturating_sub(4096)..].to_ascii_lowercase();
    memmem::find(&head, b"<html").is_some() && memmem::find(&tail, b"</html").is_none()
}

/// A bar that holds the anchor between pipes, and the text from the anchor on.
struct Bar<'a> {
    date: Option<NaiveDate>,
    text: Cow<'a, str>,
    replaced: bool,
}

impl<'a> Bar<'a> {
    fn at(body: &'a [u8], anchor: usize, shown: &Shown<'_>, encoding: &'static Encoding) -> Option<Self> {
        let before = words_before(body, anchor, shown, encoding);
        if before.last()?.text != "|" {
            return None;
        }
        let Decoded { text, replaced } = after(body, anchor, WINDOW_AFTER, encoding);
        is_bar(&text).then(|| Self { date: date_before(&before), text, replaced })
    }
}

/// The words ahead of an anchor that is shown: at least as many as its date can stand in.
fn words_before(body: &[u8], anchor: usize, shown: &Shown<'_>, encoding: &'static Encoding) -> Vec<Word> {
    let words = |reach| {
        let start = shown.beginning_within(reach, anchor);
        words(&charset::decode(&body[start..anchor], encoding, true).text)
    };
    if mentions_template(&body[anchor.saturating_sub(WINDOW_BEFORE)..anchor]) {
        return words(WINDOW_BEFORE);
    }
    let near = words(GLANCE_BEFORE);
    // The first word may have begun further ahead.
    let has_date = date_end(&near).is_some_and(|end| end > DATE_WORDS);
    if has_date { near } else { words(WINDOW_BEFORE) }
}

/// Whether a template may begin in some bytes: it hides what comes after it.
fn mentions_template(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"template";
    memchr_iter(b'<', bytes)
        .any(|at| bytes[at + 1..].get(..NAME.len()).is_some_and(|found| found.eq_ignore_ascii_case(NAME)))
}

/// `Sabtu, 29 Maret 2025 | : WIB |`: the date right before the bar, past an empty or a filled-in clock.
fn date_before(words: &[Word]) -> Option<NaiveDate> {
    let end = date_end(words)?;
    let [day, month, year] = words.get(end.checked_sub(DATE_WORDS)?..end)? else { return None };
    let year = year.text.parse().ok().filter(|year| (1990..=2200).contains(year))?;
    NaiveDate::from_ymd_opt(year, month_number(&month.text)?, day.text.parse().ok()?)
}

const DATE_WORDS: usize = 3;

/// Where a date would end: behind the last word that is no part of a clock.
fn date_end(words: &[Word]) -> Option<usize> {
    let is_clock = |text: &str| {
        matches!(text, "|" | ":" | "WIB" | "-" | "," | "/")
            || text.contains([':', '.']) && text.chars().all(|c| c.is_ascii_digit() || c == ':' || c == '.')
    };
    Some(words.iter().rposition(|word| !is_clock(&word.text))? + 1)
}

const MONTHS: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];

fn month_number(name: &str) -> Option<u32> {
    let is_short = |month: &str| name.len() == 3 && month[..3].eq_ignore_ascii_case(name);
    let position = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name) || is_short(month))?;
    u32::try_from(position + 1).ok()
}

/// Collects the rows of all copies of the block.
#[derive(Default)]
struct Reader {
    rows: Vec<Quote>,
    issues: Vec<Issue>,
    lines: Vec<String>,
}

impl Reader {
    /// Reads the rows behind a bar.
    fn read_rows(&mut self, ahead: &mut Words<'_>) {
        const BAR_WORDS: usize = 2;
        let rows_before = self.rows.len();
        let mut at = BAR_WORDS;
        while self.lines.len() <= MAX_ROWS {
            if ahead.at_least(at + 1).len() <= at {
                break;
            }
            match read_row(ahead, at) {
                Found::Row { quote, next } if is_believable(&quote, ahead, next) => {
                    self.line(quote.text.clone());
                    self.rows.push(quote);
                    at = next;
                }
                Found::Broken { label, text, next } => {
                    self.line(text.clone());
                    self.issue(Issue::BrokenRow { label, found: text });
                    at = next;
                }
                _ => match resumes(ahead, at, self.rows.len() == rows_before) {
                    Some(next) => {
                        self.issue(Issue::Skipped { found: excerpt(&ahead.at_least(next)[at..next]) });
                        at = next;
                    }
                    None => break,
                },
            }
        }
        if self.rows.len() == rows_before {
            let begin = ahead.at_least(BAR_WORDS + LOOKAHEAD).get(BAR_WORDS..).unwrap_or_default();
            self.issue(Issue::NoRows { found: excerpt(&begin[..begin.len().min(LOOKAHEAD)]) });
        }
    }

    fn line(&mut self, line: String) {
        if !self.lines.contains(&line) {
            self.lines.push(line);
        }
    }

    fn issue(&mut self, issue: Issue) {
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    fn finish(mut self, page_date: Option<NaiveDate>) -> Block {
        if self.lines.len() > MAX_ROWS {
            let too_many = Problem::TooMany { of: "rows", limit: MAX_ROWS };
            return Block { issues: vec![Issue::Layout(too_many)], page_date, ..Block::default() };
        }
        let (quotes, issues) = one_a_label(&self.rows);
        self.issues.extend(issues);
        // One of several bars may be an empty shell of the page's script.
        if !self.rows.is_empty() {
            self.issues.retain(|issue| !matches!(issue, Issue::NoRows { .. }));
        }
        let text = (!self.lines.is_empty()).then(|| block_text(page_date, &self.lines));
        Block { quotes, issues: self.issues, page_date, text }
    }
}

/// Where the block goes on after words that are no row, if a row within reach proves that it does.
fn resumes(ahead: &mut Words<'_>, at: usize, is_first: bool) -> Option<usize> {
    for next in at + 1..at + 1 + LOOKAHEAD {
        let word = ahead.at_least(next + 1).get(next)?;
        if word.text.as_bytes() == ANCHOR {
            return None;
        }
        if let Found::Row { quote, .. } = read_row(ahead, next)
            && is_convincing(&quote, is_first)
        {
            return Some(next);
        }
    }
    None
}

/// The text that a capture keeps of a header: its bar, and a line a row.
pub(super) fn block_text(date: Option<NaiveDate>, lines: &[String]) -> String {
    let date = date.map(|date| format!("{} {} {} ", date.day(), MONTHS[date.month0() as usize], date.year()));
    let date = date.unwrap_or_default();
    let mut text = format!("{date}| INDIKATOR |\n");
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(rows: usize, behind: usize) -> Vec<u8> {
        let row =
            |row: usize| format!("<li class='a>b'>IDX{row} 7.197 56,12 <b>0,79%</b></li><!-- | 1,2% -->\n");
        let rows: String = (0..rows).map(row).collect();
        let filler =
            "<p title=\"1,2%\">Harga <i>EMAS</i> naik</p><script>if (1 < 2) {}</script>\n".repeat(behind);
        format!("<html><div>| : WIB | INDIKATOR |</div><ul>\n{rows}</ul>{filler}</html>").into_bytes()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_window_taken_apart_word_by_word_gives_what_it_gives_at_once(
            rows in 0_usize..300,
            behind in 0_usize..600,
            damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"<>\"'-!/ 1%".to_vec())), 0..30),
        ) {
            let mut body = page(rows, behind);
            for (at, byte) in damage {
                let at = at.index(body.len());
                body[at] = byte;
            }
            let mentions: Vec<usize> = FINDER.find_iter(&body).collect();
            let bars = bars(&body, &mentions, encoding_rs::UTF_8);
            let (mut stepwise, mut whole) = (Reader::default(), Reader::default());
            for bar in &bars {
                stepwise.read_rows(&mut Words::of(&bar.text));
                let mut at_once = Words::of(&bar.text);
                at_once.at_least(usize::MAX);
                whole.read_rows(&mut at_once);
            }
            prop_assert_eq!(stepwise.rows, whole.rows);
            prop_assert_eq!(stepwise.issues, whole.issues);
            prop_assert_eq!(stepwise.lines, whole.lines);
        }
    }
}
