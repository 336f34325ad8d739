//! Which places of a page are shown text: not in a tag, a comment, a script or a style. Knows where markup begins and
//! ends, not what it says.
//!
//! A page of 400 KB has ten thousand tags, and to walk them all costs ten times as much as reading the header. Whatever
//! hides more than itself (a comment, a script) is found by a byte search instead. Between two of those there are only
//! tags, and a `>` that is in no attribute's value ends every tag before it: the nearest one ahead of a place is where
//! the walk to that place begins.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::packed::Searcher;
use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr3, memrchr, memrchr2};

/// A tag without an end is read as text. Each costs a look at the whole rest of the page, so after this many no
/// further end is looked for.
const MAX_ENDLESS_TAGS: usize = 64;
/// How many `>` ahead of a place are looked at for one that is in no value.
const MAX_CLOSES: usize = 16;

/// Elements whose content is no markup.
const RAW_TEXT: [&[u8]; 4] = [b"script", b"style", b"textarea", b"title"];

/// How everything begins that may hide more than itself, as short as it can be told from most other tags. `None` where
/// the machine has no instructions for such a search.
static HIDERS: LazyLock<Option<Searcher>> = LazyLock::new(|| {
    let cases = |name: &[u8]| {
        let [one, two] = [name[0], name[1]].map(|byte| [byte, byte.to_ascii_uppercase()]);
        one.map(|one| two.map(|two| vec![b'<', one, two])).into_iter().flatten().collect::<Vec<_>>()
    };
    Searcher::new(RAW_TEXT.into_iter().flat_map(cases).chain([b"<!-".to_vec()]))
});

static COMMENT_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("-->"));
static END_TAG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("</"));

/// A page that is asked for places from its beginning to its end.
pub(super) struct Shown<'a> {
    body: &'a [u8],
    hiders: Box<dyn Iterator<Item = usize> + 'a>,
    next_hider: Option<usize>,
    /// What was found to hide more than itself, in order. Between these there are only text and tags.
    hidden: Vec<Range<usize>>,
    /// A place in shown text, or right behind markup. All hiders ahead of it are known.
    text: usize,
    endless: usize,
}

impl<'a> Shown<'a> {
    pub(super) fn of(body: &'a [u8]) -> Self {
        let mut hiders: Box<dyn Iterator<Item = usize> + 'a> = match &*HIDERS {
            Some(searcher) => Box::new(searcher.find_iter(body).map(|found| found.start())),
            None => Box::new(memmem::find_iter(body, b"<")),
        };
        let next_hider = hiders.next();
        Self { body, hiders, next_hider, hidden: Vec::new(), text: 0, endless: 0 }
    }

    /// Whether a place, none of the places asked for before it, is shown text.
    pub(super) fn is_text(&mut self, place: usize) -> bool {
        while let Some(hider) = self.next_hider.filter(|&hider| hider < place) {
            if hider >= self.text && hides_more(self.body, hider) && self.walk(hider) {
                self.text = markup_end(self.body, hider, &mut self.endless);
                self.hidden.push(hider..self.text);
            }
            self.next_hider = self.hiders.next();
        }
        self.text <= place && self.walk(place)
    }

    /// Walks to a place with nothing but tags ahead of it; whether it is in none of them.
    fn walk(&mut self, place: usize) -> bool {
        let mut at = text_ahead(self.body, self.text..place);
        while let Some(offset) = memchr(b'<', &self.body[at..place]) {
            at = markup_end(self.body, at + offset, &mut self.endless);
            if at > place {
                self.text = at;
                return false;
            }
        }
        self.text = place;
        true
    }

    /// Where reading the last so many bytes ahead of a place that is shown text may begin: at markup, behind markup, or
    /// at a word's beginning.
    pub(super) fn beginning_within(&self, reach: usize, place: usize) -> usize {
        let first = place.saturating_sub(reach);
        if first == 0 {
            return 0;
        }
        let behind = self.hidden.partition_point(|hidden| hidden.start < first);
        let mut text = behind.checked_sub(1).map_or(0, |last| self.hidden[last].end);
        let mut at = if text < first { text_ahead(self.body, text..first) } else { text };
        let mut endless = 0;
        while let Some(offset) = memchr(b'<', &self.body[at..place]) {
            let tag = at + offset;
            at = markup_end(self.body, tag, &mut endless);
            if at > tag + 1 {
                if tag >= first {
                    return tag;
                }
                text = at;
            }
        }
        let word = || memchr(b' ', &self.body[first..place]).map_or(place, |offset| first + offset);
        if text > first { text } else { word() }
    }
}

/// Where to begin a walk to the end of a stretch that begins in text and holds no hider: behind the last `>` that can be
/// in no value of an attribute, whatever stands ahead of it. Every tag before that has ended there.
fn text_ahead(body: &[u8], stretch: Range<usize>) -> usize {
    let bytes = &body[stretch.clone()];
    let mut end = bytes.len();
    for _ in 0..MAX_CLOSES {
        let Some(close) = memrchr(b'>', &bytes[..end]) else { break };
        if !may_be_in_value(&bytes[..close]) {
            return stretch.start + close + 1;
        }
        end = close;
    }
    stretch.start
}

/// Whether a value in quotes may be open behind some bytes: it was opened by the last quote of its kind, behind a `=`.
fn may_be_in_value(bytes: &[u8]) -> bool {
    let Some(last) = memrchr2(b'"', b'\'', bytes) else { return false };
    let other = if bytes[last] == b'"' { b'\'' } else { b'"' };
    begins_value(&bytes[..last])
        || memrchr(other, &bytes[..last]).is_some_and(|at| begins_value(&bytes[..at]))
}

/// Whether a quote behind some bytes begins the value of an attribute.
fn begins_value(before: &[u8]) -> bool {
    before.trim_ascii_end().ends_with(b"=")
}

/// Whether the markup that begins at `<` may hide what looks like markup.
fn hides_more(body: &[u8], tag: usize) -> bool {
    let rest = &body[tag + 1..];
    rest.starts_with(b"!--") || raw_text_name(rest).is_some()
}

/// Where the markup that begins at `<` ends; one byte further when it is only a character.
fn markup_end(body: &[u8], tag: usize, endless: &mut usize) -> usize {
    let after = |offset: Option<usize>, from: usize, length: usize| {
        offset.map_or(body.len(), |offset| from + offset + length)
    };
    let Some(rest) = body.get(tag + 1..).filter(|rest| !rest.is_empty()) else { return body.len() };
    if rest.starts_with(b"!--") {
        let from = tag + 4;
        return after(COMMENT_END.find(&body[from..]), from, 3);
    }
    match rest[0] {
        b'!' | b'?' => after(memchr(b'>', rest), tag + 1, 1),
        b'/' if rest.get(1).is_some_and(u8::is_ascii_alphabetic) => tag_end(body, tag + 1, endless),
        first if first.is_ascii_alphabetic() => {
            let end = tag_end(body, tag + 1, endless);
            raw_text_name(rest).map_or(end, |name| raw_text_end(body, end, name))
        }
        _ => tag + 1,
    }
}

/// The end of a tag: its first `>` outside a quoted attribute value. Without one it was no tag.
fn tag_end(body: &[u8], start: usize, endless: &mut usize) -> usize {
    if *endless >= MAX_ENDLESS_TAGS {
        return start;
    }
    let mut at = start;
    while let Some(offset) = memchr3(b'>', b'"', b'\'', &body[at..]) {
        let found = at + offset;
        let byte = body[found];
        if byte == b'>' {
            return found + 1;
        }
        let closing = begins_value(&body[start..found]).then(|| memchr(byte, &body[found + 1..])).flatten();
        at = closing.map_or(found + 1, |offset| found + offset + 2);
    }
    *endless += 1;
    start
}

fn raw_text_name(rest: &[u8]) -> Option<&'static [u8]> {
    // Few elements begin so: the others need no comparing.
    rest.first().filter(|first| matches!(first, b's' | b'S' | b't' | b'T'))?;
    RAW_TEXT.into_iter().find(|name| {
        rest.len() > name.len()
            && rest[..name.len()].eq_ignore_ascii_case(name)
            && !rest[name.len()].is_ascii_alphanumeric()
    })
}

/// Where an element's content ends: at its end tag, which nothing may be glued to.
fn raw_text_end(body: &[u8], from: usize, name: &[u8]) -> usize {
    let is_end = |&at: &usize| {
        let (found, behind) = body[at + 2..].split_at_checked(name.len()).unwrap_or_default();
        let is_glued =
            behind.first().is_some_and(|next| !next.is_ascii_whitespace() && !b"/>".contains(next));
        found.eq_ignore_ascii_case(name) && !is_glued
    };
    END_TAG.find_iter(&body[from..]).map(|offset| from + offset).find(is_end).unwrap_or(body.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is shown and where markup begins, by walking through the whole page.
    fn walked(body: &[u8]) -> (Vec<bool>, Vec<Range<usize>>) {
        let (mut is_text, mut markup) = (Vec::new(), Vec::new());
        let mut endless = 0;
        while is_text.len() < body.len() {
            let at = is_text.len();
            let tag = memchr(b'<', &body[at..]).map_or(body.len(), |offset| at + offset);
            is_text.resize(tag, true);
            if tag < body.len() {
                let end = markup_end(body, tag, &mut endless);
                is_text.resize(end, false);
                if end > tag + 1 {
                    markup.push(tag..end);
                }
            }
        }
        (is_text, markup)
    }

    const PARTS: [&str; 35] = [
        "x ",
        "x ",
        "|",
        "<",
        ">",
        "<p>",
        "<p>",
        "</p>",
        "<b a=\"",
        "\"",
        "<b a='",
        "'",
        "=",
        "\">",
        "'>",
        "<!--",
        "<!--",
        "-->",
        "-->",
        "<!DOCTYPE html>",
        "<?x",
        "<script>",
        "</script>",
        "<SCRIPT a='>",
        "</ScRiPt >",
        "<style>",
        "</style>",
        "<tItle>",
        "</title>",
        "<textarea b=\">\">",
        "</textarea>",
        "<strong>",
        "<scripts>",
        "</scripts>",
        "é",
    ];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn what_is_shown_is_what_a_walk_through_the_whole_page_comes_to(
            parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..60),
            every in 1_usize..9,
            reach in 1_usize..80,
        ) {
            let page = parts.concat();
            let (is_text, markup) = walked(page.as_bytes());
            let mut shown = Shown::of(page.as_bytes());
            // A `<` is asked for as what it begins, and never is an anchor.
            for place in (0..page.len()).step_by(every).filter(|&place| page.as_bytes()[place] != b'<') {
                prop_assert_eq!(shown.is_text(place), is_text[place], "{} at {}", page, place);
                if is_text[place] {
                    let first = place.saturating_sub(reach);
                    let begin = markup.iter().map(|one| one.start).find(|at| (first..place).contains(at));
                    let end = markup.iter().rfind(|one| one.start < first).map(|one| one.end);
                    let word = || memchr(b' ', &page.as_bytes()[first..place]).map_or(place, |at| first + at);
                    let behind = end.filter(|&end| end > first);
                    let expected = if first == 0 { 0 } else { begin.or(behind).unwrap_or_else(word) };
                    prop_assert_eq!(shown.beginning_within(reach, place), expected, "{} at {}", page, place);
                }
            }
        }
    }

    #[test]
    fn a_page_of_nothing_but_quotes_or_openings_is_looked_through_in_bounded_time() {
        for part in ["<a b='>", "='>", "<a ", "<script>", "<!-- ", "<b a=\"?q=\">"] {
            let page = part.repeat(60_000) + "|";
            let mut shown = Shown::of(page.as_bytes());
            for place in (0..page.len()).step_by(400) {
                shown.is_text(place);
            }
        }
    }
}
