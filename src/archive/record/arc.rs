//! ARC, the form of before 2009: one line before each block. Knows no gzip and no answer.

use std::borrow::Cow;

use super::fields::{Fields, text};
use super::warc::{self, Length};
use super::{Kind, Record};

/// The longest line that is taken for one; addresses of tens of thousands of bytes have been seen.
pub(super) const MAX_LINE: usize = 64 * 1024;

/// What the line before a block says, of version 1 (`URL IP date type length`) or 2 (five more before the length).
#[derive(Debug, PartialEq, Eq)]
struct Line<'a> {
    url: &'a str,
    ip: &'a str,
    date: &'a str,
    mime: &'a str,
    length: u64,
}

impl<'a> Line<'a> {
    /// Addresses and content types with spaces in them are seen, so the date between them is what is looked for.
    fn read(line: &'a str) -> Option<Self> {
        let (line, length) = line.trim_end().rsplit_once(' ')?;
        let length = length.parse().ok()?;
        let (at, _) = line.rmatch_indices(' ').find(|(at, _)| is_date(&line[at + 1..]))?;
        let (url, ip) = line[..at].rsplit_once(' ')?;
        let (date, rest) = line[at + 1..].split_once(' ').unwrap_or((&line[at + 1..], ""));
        let mime =
            rest.split_once(' ').map_or(rest, |(mime, _)| if mime.ends_with(';') { rest } else { mime });
        has_scheme(url).then_some(Self { url, ip, date, mime, length })
    }
}

/// 14 digits, or the 12 and 16 that some crawlers wrote, up to a space or the end.
fn is_date(text: &str) -> bool {
    let digits = text.split(' ').next().unwrap_or_default();
    matches!(digits.len(), 12 | 14 | 16 | 17) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_scheme(url: &str) -> bool {
    let scheme = url.split(':').next().unwrap_or_default();
    scheme.len() < url.len()
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn first_line(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let end = end_of_head(bytes)?;
    Some(text(&bytes[..end]))
}

/// Whether a record begins here: its line is whole, and reads as one.
pub(super) fn begins(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && first_line(bytes).is_some_and(|line| Line::read(&line).is_some())
}

/// Where the next record begins inside bytes that are not known to be any.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).map(|at| at + 1).find(|&at| begins(&bytes[at..]))
}

/// Where the line ends.
pub(super) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    memchr::memchr(b'\n', &bytes[..bytes.len().min(MAX_LINE)]).map(|end| end + 1)
}

/// The length that a line states.
pub(super) fn length(head: &[u8]) -> Length {
    let line = first_line(head);
    let stated = line.as_deref().and_then(Line::read).map(|line| line.length);
    stated.map_or(Length::Unknown, Length::Stated)
}

/// A record. The block that says what the file is counts as one.
pub(super) fn record<'a>(offset: u64, head: &'a [u8], block: &'a [u8]) -> Record<'a> {
    let text = first_line(head).unwrap_or_default();
    let nothing = Line { url: "", ip: "", date: "", mime: "", length: 0 };
    let line = Line::read(&text).unwrap_or(nothing);
    let fields = format!(
        "Content-Type: {}\nContent-Length: {}\nIP-Address: {}\nArchive-Date: {}\n",
        line.mime, line.length, line.ip, line.date
    );
    Record {
        offset,
        kind: if line.url.starts_with("filedesc:") { Kind::Other } else { Kind::Response },
        url: Some(Cow::Owned(line.url.to_owned())),
        date: line.date.get(..14).and_then(warc::date),
        fields: Fields::of(fields),
        block,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Option<(&str, &str, &str, u64)>) {
        let read = Line::read(line);
        assert_eq!(
            read.as_ref().map(|line| (line.url, line.date, line.mime, line.length)),
            expected,
            "{line}"
        );
    }

    #[test]
    fn a_line_is_read_from_its_date_outwards() {
        let date = "20240419033000";
        check("http://a/ 1.2.3.4 20240419033000 text/html 12\r", Some(("http://a/", date, "text/html", 12)));
        check(
            "http://a/b c 1.2.3.4 20240419033000 text/html 12",
            Some(("http://a/b c", date, "text/html", 12)),
        );
        check(
            "http://a/ 1.2.3.4 20240419033000 text/html; charset=utf-8 12",
            Some(("http://a/", date, "text/html; charset=utf-8", 12)),
        );
        check(
            "http://a/ 1.2.3.4 20240419033000 text/html 200 abc - 0 x.arc.gz 12",
            Some(("http://a/", date, "text/html", 12)),
        );
        check("dns:a 1.2.3.4 20240419033000 text/dns 5", Some(("dns:a", date, "text/dns", 5)));
        check("http://a/ 1.2.3.4 20240419033000 5", Some(("http://a/", date, "", 5)));
    }

    #[test]
    fn what_is_no_line_is_none() {
        check("http://a/ 1.2.3.4 20240419033000 text/html -1", None);
        check("http://a/ 1.2.3.4 2024 text/html 12", None);
        check("a 1.2.3.4 20240419033000 text/html 12", None);
        check("", None);
        check(" ", None);
        assert!(!begins(b"http://a/ 1.2.3.4 20240419033000 text/html 12"), "its end is not there");
    }
}
