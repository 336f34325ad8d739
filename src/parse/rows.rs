//! Words to rows: a label, up to two numbers, and a percentage that ends the row.
//! Decides which split of a glued label and which reading of a number stands: the one that verifies.

use crate::domain::{CATALOGUE, Change, Figures, Level, Percent, Quantity, Quote, Slug, Verdict, known};

use super::Locale;
use super::number::{Direction, Numeral, Role, is_minus, numeral};
use super::tokens::{Word, Words, is_arrow_word, line_of, points_down};

/// A label of a header is short: `RD.PENDAPATAN TETAP` is two words and 19 characters.
const MAX_LABEL_WORDS: usize = 4;
const MAX_LABEL_CHARS: usize = 40;
/// A row of one word and three values, the next one, and the label behind that.
const ROW_WORDS: usize = 9;

/// What stands at some place among the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole row, and where the next may begin.
    Row { quote: Quote, next: usize },
    /// The beginning of a row that never ends.
    Broken { label: String, text: String, next: usize },
    /// No row.
    Nothing,
}

/// Reads the row that begins at a word. No more is taken apart than shows where it ends.
pub(super) fn read_row(ahead: &mut Words<'_>, start: usize) -> Found {
    let mut count = start + ROW_WORDS;
    while ahead.at_least(count).len() >= count && !is_settled(&ahead.at_least(count)[start..]) {
        count += ROW_WORDS;
    }
    row_at(ahead.at_least(count), start)
}

/// Whether a row that begins with these words ends among them, whatever comes next: a word that is no value stands
/// where its label has ended.
fn is_settled(words: &[Word]) -> bool {
    words.iter().skip(MAX_LABEL_WORDS + 1).any(|word| !is_value(&word.text))
}

fn row_at(words: &[Word], start: usize) -> Found {
    let Some(label_end) = label_end(words, start) else { return Found::Nothing };
    let columns = columns(words, label_end);
    let text = line_of(&words[start..columns.next]);
    let last_word = &words[label_end - 1].text;
    let front = label_text(&words[start..label_end - 1]);
    let readings: Vec<Reading> =
        splits(last_word).into_iter().filter_map(|split| Reading::of(&front, split, &columns)).collect();
    match best(readings) {
        Some(Reading { label, .. }) if ends_in_known_label(&label) => Found::Nothing,
        Some(Reading { label, figures, verdict, .. }) if figures != Figures::default() => {
            let slug = Slug::of(&label);
            Found::Row { quote: Quote { label, slug, figures, verdict, text }, next: columns.next }
        }
        _ => broken(words, start, label_end, &columns),
    }
}

/// `Lihat semua LQ45`: words ahead of a row, not a label of their own.
fn ends_in_known_label(label: &str) -> bool {
    let mut suffixes = label.match_indices(' ').map(|(at, _)| &label[at + 1..]);
    known(label).is_none() && suffixes.any(|suffix| known(suffix).is_some())
}

/// Only a known label makes a broken row worth a word; any other text has just ended the block.
fn broken(words: &[Word], start: usize, label_end: usize, columns: &Columns<'_>) -> Found {
    let label = label_text(&words[start..label_end]);
    let glued = splits(&words[label_end - 1].text).into_iter().map(|split| split.label);
    let front = label_text(&words[start..label_end - 1]);
    let known_label =
        glued.map(|last| join(&front, last)).chain([label]).find(|label| known(label).is_some());
    match known_label {
        Some(label) => {
            Found::Broken { label, text: line_of(&words[start..columns.next]), next: columns.next }
        }
        None => Found::Nothing,
    }
}

fn label_text(words: &[Word]) -> String {
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn join(front: &str, last: &str) -> String {
    if front.is_empty() { last.to_owned() } else { format!("{front} {last}") }
}

/// Where the label that begins at a word ends: before a value, or after a word with a value glued to it.
fn label_end(words: &[Word], start: usize) -> Option<usize> {
    let mut chars = 0;
    for (count, word) in words[start..].iter().enumerate() {
        let at = start + count;
        if count > 0 && ends_label(words, start, at) {
            return Some(at);
        }
        chars += word.text.chars().count();
        if count == MAX_LABEL_WORDS || chars > MAX_LABEL_CHARS || !is_label_word(&word.text) {
            return None;
        }
        if is_glued_value(&word.text) {
            return Some(at + 1);
        }
    }
    (start < words.len()).then_some(words.len())
}

/// Whether a label cannot go on at a word: a value stands there, or another row begins.
fn ends_label(words: &[Word], start: usize, at: usize) -> bool {
    let word = &words[at];
    if is_value(&word.text) {
        return true;
    }
    let begins_known = begins_known_label(&word.text);
    // Most words are told by these two; the others need the label that they end.
    if !word.at_boundary && !begins_known {
        return false;
    }
    let so_far = label_text(&words[start..at]);
    let is_known = known(&so_far).is_some();
    let ends = is_known || word.at_boundary && begins_known;
    ends && known(&join(&so_far, &word.text)).is_none()
}

/// Whether a word is the first of a known label, with or without a value glued to it.
fn begins_known_label(text: &str) -> bool {
    // A longer word is no label, and splitting it at every digit would take the square of its length.
    if text.chars().nth(MAX_LABEL_CHARS).is_some() {
        return false;
    }
    // Most words begin like none.
    let alike = CATALOGUE.iter().filter(|known| known.label.as_bytes().first() == text.as_bytes().first());
    let firsts = alike.filter_map(|known| known.label.split(' ').next());
    let mut firsts = firsts.filter(|first| text.starts_with(first)).peekable();
    firsts.peek().is_some() && {
        let splits = splits(text);
        firsts.any(|first| splits.iter().any(|split| split.label == first))
    }
}

fn is_value(text: &str) -> bool {
    numeral(text).is_some() || is_placeholder(text) || is_arrow_word(text) || matches!(text, "Rp" | "Rp.")
}

/// `LQ45919,20`: the word carries decimals, grouped thousands or a percentage at its end.
fn is_glued_value(text: &str) -> bool {
    let front = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',');
    let tail = text[front.len()..].trim_start_matches(['.', ',']);
    text.ends_with('%') || tail.contains(['.', ','])
}

/// Labels are made of letters, digits and a few marks, and begin with a letter.
fn is_label_word(text: &str) -> bool {
    let shaped =
        text.chars().all(|character| character.is_alphanumeric() || "/.&-+_,%:'()".contains(character));
    text.trim_start_matches('(').starts_with(char::is_alphabetic) && shaped && text != "INDIKATOR"
}

const PLACEHOLDERS: [&str; 6] = ["n/a", "na", "n.a.", "nan", "null", "--.--"];

fn is_placeholder(text: &str) -> bool {
    let bare = text.trim_end_matches('%');
    let dashes =
        !bare.is_empty() && bare.chars().all(|character| is_minus(character) || character == '\u{2014}');
    dashes || PLACEHOLDERS.iter().any(|placeholder| placeholder.eq_ignore_ascii_case(bare))
}

/// The values after a label.
#[derive(Debug)]
struct Columns<'a> {
    /// Up to two numbers; absent ones were placeholders.
    amounts: Vec<Option<Numeral<'a>>>,
    /// The percentage: `None` when the row never came to one.
    percentage: Option<Option<Numeral<'a>>>,
    direction: Direction,
    next: usize,
}

fn columns(words: &[Word], start: usize) -> Columns<'_> {
    let mut columns =
        Columns { amounts: Vec::new(), percentage: None, direction: Direction::AsPrinted, next: start };
    for word in &words[start..] {
        let text = word.text.as_str();
        if !is_value(text) || columns.amounts.len() > 2 {
            break;
        }
        columns.next += 1;
        if is_arrow_word(text) {
            columns.direction = if points_down(text) { Direction::Down } else { columns.direction };
            continue;
        }
        let value = numeral(text);
        let ends_row = text.ends_with('%') || value.is_some_and(|value| value.is_percentage);
        let third_is_missing = columns.amounts.len() == 2 && value.is_none() && is_placeholder(text);
        if ends_row || third_is_missing {
            columns.percentage = Some(value);
            break;
        }
        if value.is_some() || is_placeholder(text) {
            columns.amounts.push(value);
        }
    }
    columns
}

/// One way to take the last word of a label apart.
#[derive(Debug, Clone, Copy)]
struct Split<'a> {
    label: &'a str,
    value: Option<&'a str>,
}

/// Every split of a word into a label and a number glued to it, the earliest first; ahead of them the whole word,
/// unless it ends in decimals or grouped thousands, which no label does.
fn splits(word: &str) -> Vec<Split<'_>> {
    let whole = (!is_glued_value(word)).then_some(Split { label: word.trim_end_matches(':'), value: None });
    let glued = word.char_indices().skip(1).filter_map(|(at, first)| {
        let (label, value) = word.split_at(at);
        let signed = is_minus(first) || first == '+';
        let begins = first.is_ascii_digit() && !label.ends_with(['.', ',']) || signed;
        (begins && numeral(value).is_some())
            .then(|| Split { label: label.trim_end_matches(':'), value: Some(value) })
    });
    whole.into_iter().chain(glued).collect()
}

/// A label with figures: one of the ways to read a row.
#[derive(Debug)]
struct Reading {
    label: String,
    figures: Figures,
    verdict: Verdict,
    is_whole_word: bool,
    is_well_grouped: bool,
}

impl Reading {
    /// The best reading of one split: the first combination of number readings that verifies, else the likeliest.
    fn of(front: &str, split: Split<'_>, columns: &Columns<'_>) -> Option<Self> {
        let glued = split.value.and_then(numeral);
        let glued_percentage = glued.filter(|value| value.is_percentage);
        let percentage = match (glued_percentage, columns.percentage) {
            (Some(value), _) if columns.amounts.is_empty() => Some(value),
            (Some(_), _) | (None, None) => return None,
            (None, Some(printed)) => printed,
        };
        let mut amounts: Vec<Option<Numeral<'_>>> = Vec::with_capacity(3);
        amounts.extend(glued.filter(|value| !value.is_percentage).map(Some));
        amounts.extend(&columns.amounts);
        if amounts.len() > 2 {
            return None;
        }
        let role = Role::Amount(Locale::Indonesian);
        let read = |value: Option<Numeral<'_>>, role| optional(value, role, columns.direction);
        let levels = match amounts.first().copied().flatten() {
            Some(level) => optional(Some(level), role, Direction::AsPrinted)?,
            None => vec![None],
        };
        let changes = read(amounts.get(1).copied().flatten(), role)?;
        let percents = read(percentage, Role::Percentage)?;
        let (figures, verdict) = likeliest(&levels, &changes, &percents);
        let label = join(front, split.label);
        let is_well_grouped = split.value.is_none_or(is_well_grouped);
        Some(Self { label, figures, verdict, is_whole_word: split.value.is_none(), is_well_grouped })
    }

    /// Verified before not, then a known label before an unknown, the longer known one first, then the word
    /// unsplit, then a number whose thousands are grouped.
    fn rank(&self) -> (bool, usize, bool, bool) {
        let known_chars = known(&self.label).map_or(0, |known| known.label.len());
        (self.verdict == Verdict::Verified, known_chars, self.is_whole_word, self.is_well_grouped)
    }
}

/// Whether no more than three digits stand together before the first mark.
fn is_well_grouped(value: &str) -> bool {
    let digits = value.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.bytes().take_while(u8::is_ascii_digit).count() <= 3
}

/// The readings of a number that may be absent; `None` when it is there and makes no sense.
fn optional(value: Option<Numeral<'_>>, role: Role, direction: Direction) -> Option<Vec<Option<Quantity>>> {
    let Some(value) = value else { return Some(vec![None]) };
    let readings = value.readings(role, direction);
    (!readings.is_empty()).then(|| readings.into_iter().map(Some).collect())
}

fn likeliest(
    levels: &[Option<Quantity>],
    changes: &[Option<Quantity>],
    percents: &[Option<Quantity>],
) -> (Figures, Verdict) {
    let combinations = levels.iter().flat_map(|level| {
        changes.iter().flat_map(move |change| {
            percents.iter().map(move |percent| Figures {
                level: level.map(Level),
                change: change.map(Change),
                percent: percent.map(Percent),
            })
        })
    });
    let mut judged = combinations.map(|figures| (figures, Verdict::of(&figures)));
    let first = judged.next().unwrap_or((Figures::default(), Verdict::Unverifiable));
    if first.1 == Verdict::Verified {
        return first;
    }
    judged.find(|(_, verdict)| *verdict == Verdict::Verified).unwrap_or(first)
}

/// The reading of the highest rank; of equals the one that splits earliest.
fn best(readings: Vec<Reading>) -> Option<Reading> {
    readings.into_iter().reduce(|best, next| if next.rank() > best.rank() { next } else { best })
}

/// Whether a row can be believed where it stands, given what a block looks like.
///
/// Article text may follow the block without any mark between, so a label that nobody knows must look like
/// one: capitals, or figures that verify; and a lone percentage (`IHSG NAIK 1,2%`) needs more.
pub(super) fn is_believable(quote: &Quote, ahead: &mut Words<'_>, next: usize) -> bool {
    if known(&quote.label).is_some() || quote.verdict == Verdict::Verified {
        return true;
    }
    let capitals = !quote.label.chars().any(char::is_lowercase);
    let has_level = quote.figures.level.is_some();
    let one_name = has_level || quote.label.starts_with("RD.") || !quote.label.contains(' ');
    capitals && one_name && {
        let ends_there = ahead.at_least(next + 1).get(next).is_none_or(|word| word.at_boundary);
        ends_there || matches!(read_row(ahead, next), Found::Row { .. })
    }
}

/// Whether a row found a few words further on shows that the block goes on there.
pub(super) fn is_convincing(quote: &Quote, is_first: bool) -> bool {
    quote.verdict == Verdict::Verified
        || (is_first && known(&quote.label).is_some() && quote.figures.level.is_some())
}

/// The most characters of words in a message.
const EXCERPT: usize = 60;

/// The words as they stood, for messages.
pub(super) fn excerpt(words: &[Word]) -> String {
    let line = line_of(words);
    if line.chars().count() <= EXCERPT { line } else { line.chars().take(EXCERPT).chain(['…']).collect() }
}

/// How a text begins, for messages.
pub(super) fn excerpt_ahead(ahead: &mut Words<'_>) -> String {
    let mut count = ROW_WORDS;
    loop {
        let words = ahead.at_least(count);
        if words.len() < count || line_of(words).chars().count() > EXCERPT {
            return excerpt(words);
        }
        count += ROW_WORDS;
    }
}
