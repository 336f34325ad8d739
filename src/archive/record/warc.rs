//! WARC: how a record of it begins, and what its head says. Knows no gzip and no answer.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use memchr::memmem;

use crate::domain::Timestamp;

use super::fields::Fields;
use super::{Kind, Record};

/// How long a record's block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes.
    Stated(u64),
    /// The head does not say, or says no number.
    Unknown,
}

/// A record begins with its version: `WARC/1.0`, `WARC/0.18`.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [b'W', b'A', b'R', b'C', b'/', b'0'..=b'9', ..])
}

/// Where the next record begins inside bytes that are not known to be any: a line with a version, and behind it a line
/// with a field. `None` also while too few bytes are there to tell.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"\nWARC/").map(|at| at + 1).find(|&at| is_head(&bytes[at..]))
}

fn is_head(bytes: &[u8]) -> bool {
    let mut lines = bytes.splitn(3, |&byte| byte == b'\n');
    let (Some(version), Some(field), Some(_)) = (lines.next(), lines.next(), lines.next()) else {
        return false;
    };
    let version = version.strip_suffix(b"\r").unwrap_or(version);
    let is_version = version[5..].iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    let name = field.split(|&byte| byte == b':').next().filter(|name| name.len() < field.len());
    is_version
        && version.len() > 5
        && name.is_some_and(|name| name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-'))
}

/// What the head of a record says of the things that everybody asks for. Read in one go over its lines.
#[derive(Default)]
struct Stated<'a> {
    kind: Option<&'a str>,
    url: Option<&'a str>,
    date: Option<&'a str>,
    length: Option<&'a str>,
    segment: Option<&'a str>,
}

impl<'a> Stated<'a> {
    fn read(fields: &'a Fields<'_>) -> Self {
        let mut stated = Self::default();
        for (name, value) in fields.iter() {
            let place = match name.len() {
                9 if name.eq_ignore_ascii_case("WARC-Type") => &mut stated.kind,
                9 if name.eq_ignore_ascii_case("WARC-Date") => &mut stated.date,
                14 if name.eq_ignore_ascii_case("Content-Length") => &mut stated.length,
                15 if name.eq_ignore_ascii_case("WARC-Target-URI") => &mut stated.url,
                19 if name.eq_ignore_ascii_case("WARC-Segment-Number") => &mut stated.segment,
                _ => continue,
            };
            place.get_or_insert(value);
        }
        stated
    }
}

/// The length that a head states.
pub(super) fn length(head: &[u8]) -> Length {
    let fields = fields(head);
    let stated = Stated::read(&fields).length;
    stated.and_then(|text| text.parse().ok()).map_or(Length::Unknown, Length::Stated)
}

/// A record, and what its head lacks.
pub(super) fn record<'a>(offset: u64, head: &'a [u8], block: &'a [u8]) -> (Record<'a>, Option<String>) {
    let fields = fields(head);
    let stated = Stated::read(&fields);
    let kind = kind(stated.kind);
    let lack = lack(&stated, kind);
    let date = stated.date.and_then(date);
    let url = fields.first("WARC-Target-URI").map(address);
    (Record { offset, kind, url, date, fields, block }, lack)
}

fn fields(head: &[u8]) -> Fields<'_> {
    let version = memchr::memchr(b'\n', head).map_or(head.len(), |end| end + 1);
    Fields::read(&head[version..]).0
}

fn kind(text: Option<&str>) -> Kind {
    match text {
        Some("response") => Kind::Response,
        Some("resource") => Kind::Resource,
        Some("conversion") => Kind::Conversion,
        Some("revisit") => Kind::Revisit,
        _ => Kind::Other,
    }
}

/// What a head must say and does not: without it, the record cannot be used for what it was written for.
fn lack(stated: &Stated<'_>, kind: Kind) -> Option<String> {
    const OTHERS: [&str; 4] = ["warcinfo", "request", "metadata", "continuation"];
    match (stated.kind, kind) {
        (None, _) => Some("the record has no WARC-Type".to_owned()),
        (Some("continuation"), _) => {
            Some("the record continues another one: segments are not joined".to_owned())
        }
        (Some(other), Kind::Other) if !OTHERS.contains(&other) => {
            Some(format!("the record is of the type '{}', which WARC does not know", shown(other)))
        }
        (_, Kind::Other) => None,
        _ if stated.segment.is_some() => {
            Some("the record is only the first segment: segments are not joined".to_owned())
        }
        _ if stated.url.is_none() => Some("the record has no WARC-Target-URI".to_owned()),
        _ => None,
    }
}

/// The beginning of a text that may be of any length.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

/// WARC 1.0 puts angle brackets around an address, and some writers leave its spaces in.
fn address(url: Cow<'_, str>) -> Cow<'_, str> {
    let bare = |url: &str| url.starts_with('<') && url.ends_with('>');
    if !bare(&url) && !url.contains(' ') {
        return url;
    }
    let inside = if bare(&url) { &url[1..url.len() - 1] } else { &url };
    Cow::Owned(inside.replace(' ', "%20"))
}

/// A date of WARC: RFC 3339, in WARC 1.1 with a fraction or cut short to a day, a month or a year; also the 14 digits
/// that some tools write. `None` for one that is no time.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    if let Ok(date) = DateTime::parse_from_rfc3339(text) {
        return Some(date.to_utc());
    }
    let moment = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%MZ", "%Y%m%d%H%M%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    moment.or_else(|| begin(text)).map(|moment| moment.and_utc())
}

/// The first instant of a day, a month or a year.
fn begin(text: &str) -> Option<NaiveDateTime> {
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    NaiveDate::parse_from_str(&day, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_every_form_that_is_written_and_never_guessed() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(date(text).map(|date| date.to_rfc3339()).as_deref(), expected, "{text}");
        };
        check("2024-04-19T03:30:00Z", Some("2024-04-19T03:30:00+00:00"));
        check("2024-04-19T03:30:00.123456Z", Some("2024-04-19T03:30:00.123456+00:00"));
        check("2024-04-19T10:30:00+07:00", Some("2024-04-19T03:30:00+00:00"));
        check("2024-04-19T03:30:00", Some("2024-04-19T03:30:00+00:00"));
        check("2024-04-19T03:30Z", Some("2024-04-19T03:30:00+00:00"));
        check("20240419033000", Some("2024-04-19T03:30:00+00:00"));
        check("2024-04-19", Some("2024-04-19T00:00:00+00:00"));
        check("2024-04", Some("2024-04-01T00:00:00+00:00"));
        check("2024", Some("2024-01-01T00:00:00+00:00"));
        for bad in ["", "2024-02-31T00:00:00Z", "20240231000000", "Fri, 19 Apr 2024 03:30:00 GMT", "éé"] {
            check(bad, None);
        }
    }

    #[test]
    fn an_address_loses_its_brackets_and_its_spaces() {
        let check = |url: &str, expected: &str| assert_eq!(address(Cow::Borrowed(url)), expected);
        check("http://a/", "http://a/");
        check("<http://a/>", "http://a/");
        check("<http://a/b c>", "http://a/b%20c");
        check("http://a/?<b>", "http://a/?<b>");
        check("<", "<");
    }

    #[test]
    fn a_record_is_found_by_two_lines_of_its_head() {
        assert_eq!(find(b"junk\r\nWARC/1.0\r\nWARC-Type: x\r\n"), Some(6));
        assert_eq!(find(b"junk\nWARC/0.18\nWARC-Type: x\n"), Some(5));
        assert_eq!(find(b"see \nWARC/1.0 is\n a: form\nWARC/1.1\r\nDate: x\n"), Some(26));
        assert_eq!(find(b"see WARC/1.0\r\nWARC-Type: x\r\n"), None);
        assert_eq!(find(b"\nWARC/1.0\r\nWARC-Ty"), None);
    }

    #[test]
    fn what_a_head_lacks_is_said() {
        let check = |head: &str, expected: Option<&str>| {
            let (record, lack) = record(0, head.as_bytes(), b"");
            assert_eq!(lack.as_deref(), expected, "{record:?}");
        };
        check("WARC/1.0\nWARC-Type: response\nWARC-Target-URI: http://a/\n\n", None);
        check("WARC/1.0\nWARC-Type: warcinfo\n\n", None);
        check("WARC/1.0\nWARC-Target-URI: http://a/\n\n", Some("the record has no WARC-Type"));
        check("WARC/1.0\nWARC-Type: response\n\n", Some("the record has no WARC-Target-URI"));
        check(
            "WARC/1.0\nWARC-Type: rdsponse\n\n",
            Some("the record is of the type 'rdsponse', which WARC does not know"),
        );
        check(
            "WARC/1.0\nWARC-Type: continuation\nWARC-Segment-Number: 2\n\n",
            Some("the record continues another one: segments are not joined"),
        );
        check(
            "WARC/1.0\nWARC-Type: response\nWARC-Target-URI: http://a/\nWARC-Segment-Number: 1\n\n",
            Some("the record is only the first segment: segments are not joined"),
        );
    }

    #[test]
    fn a_length_is_a_number_or_unknown() {
        let check = |text: &str, expected: Length| {
            assert_eq!(
                length(format!("WARC/1.0\r\nContent-Length:{text}\r\n\r\n").as_bytes()),
                expected,
                "{text}"
            );
        };
        check(" 0", Length::Stated(0));
        check("4294967296", Length::Stated(1 << 32));
        check(" 9223372036854775808", Length::Stated(1 << 63));
        for bad in ["", " -1", " 12x", " 99999999999999999999999"] {
            check(bad, Length::Unknown);
        }
    }
}
