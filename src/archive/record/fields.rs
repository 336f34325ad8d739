//! The named fields of a head: `Name: value` lines, in their order. Knows no record and no answer.

use std::borrow::Cow;

/// Named fields, in their order; names are compared without regard to case. Reads a line only when it is asked for, and
/// owns nothing of an ordinary head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields<'a>(Cow<'a, str>);

impl<'a> Fields<'a> {
    /// Reads lines of `Name: value` up to an empty one. Returns the fields and how many bytes they took.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> (Self, usize) {
        let end = end_of_head(bytes).unwrap_or(bytes.len());
        (Self(unfolded(text(&bytes[..end]))), end)
    }

    /// Fields that no head holds as lines, such as those of ARC.
    pub(super) fn of(lines: String) -> Self {
        Self(Cow::Owned(lines))
    }

    /// The first field of this name, for as long as the head's own bytes are there.
    pub(super) fn first(&self, name: &str) -> Option<Cow<'a, str>> {
        match &self.0 {
            Cow::Borrowed(text) => find(text, name).map(Cow::Borrowed),
            Cow::Owned(text) => find(text, name).map(|value| Cow::Owned(value.to_owned())),
        }
    }

    /// The first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        find(&self.0, name)
    }

    /// Every field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        pairs(&self.0)
    }
}

fn pairs(lines: &str) -> impl Iterator<Item = (&str, &str)> {
    untrimmed(lines).map(|(name, value)| (name.trim(), value.trim()))
}

fn untrimmed(lines: &str) -> impl Iterator<Item = (&str, &str)> {
    lines.split('\n').filter_map(|line| line.split_once(':'))
}

fn find<'a>(lines: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = untrimmed(lines);
    fields.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Where the bytes behind a head begin: after its first empty line. `None` while there is no such line.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match &bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            rest => at += memchr::memchr(b'\n', rest)? + 1,
        }
    }
}

/// Heads are UTF-8; old ones that are not are taken as Latin-1, as servers of their time meant them.
pub(super) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// A line that begins with a space or a tab goes on with the one before it.
fn unfolded(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains("\n ") && !text.contains("\n\t") {
        return text;
    }
    let mut lines = String::with_capacity(text.len());
    for line in text.lines() {
        let goes_on = line.starts_with([' ', '\t']);
        lines.push(if goes_on { ' ' } else { '\n' });
        lines.push_str(if goes_on { line.trim() } else { line });
    }
    Cow::Owned(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], expected: &[(&str, &str)], rest: &[u8]) {
        let (fields, length) = Fields::read(head);
        assert_eq!(fields.iter().collect::<Vec<_>>(), expected);
        assert_eq!(&head[length..], rest);
    }

    #[test]
    fn lines_end_with_or_without_a_carriage_return() {
        let expected = [("A", "1"), ("B", "x:y")];
        check(b"A: 1\r\nB:x:y \r\n\r\nbody", &expected, b"body");
        check(b"A: 1\nB:x:y\n\nbody", &expected, b"body");
        check(b"A: 1\r\nno field\r\nB:x:y\r\n\r\n", &expected, b"");
        check(b"A: 1\nB:x:y", &expected, b"");
        check(b"\r\nbody", &[], b"body");
    }

    #[test]
    fn a_folded_line_goes_on_with_the_one_before_it() {
        check(b"A: 1,\r\n\t 2\r\n  3\r\nB: 4\r\n\r\n", &[("A", "1, 2 3"), ("B", "4")], b"");
        check(b" A: 1\nB: 2\n c: 3\n\n", &[("A", "1"), ("B", "2 c: 3")], b"");
    }

    #[test]
    fn names_have_no_case_and_bytes_that_are_no_utf8_are_latin() {
        let (fields, _) = Fields::read(b"Location: /caf\xe9\nDate: x\nDATE: y\n\n");
        assert_eq!(fields.get("location"), Some("/caf\u{e9}"));
        assert_eq!(fields.get("date"), Some("x"));
        assert_eq!(fields.get("dat"), None);
    }

    #[test]
    fn an_ordinary_head_is_borrowed() {
        assert!(matches!(Fields::read(b"A: 1\r\nB: 2\r\n\r\n").0.0, Cow::Borrowed(_)));
    }
}
