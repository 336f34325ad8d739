//! One capture as a list tells of it, and the names that lists have for its fields. All forms come down to this.

use chrono::{DateTime, NaiveDateTime};

use super::{Line, Malformed};
use crate::archive::place::ByteRange;
use crate::archive::stamp::Stamp;

/// One capture of a list. What the list leaves open (`-` in CDX, an empty cell) is absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The address that was captured.
    pub url: Option<String>,
    /// When.
    pub time: Option<Stamp>,
    /// What the server answered, such as `200`.
    pub status: Option<String>,
    /// What kind of file it was said to be, such as `text/html`.
    pub mime: Option<String>,
    /// Where it lies; absent where the list is one of mementos.
    pub range: Option<ByteRange>,
}

/// What a list is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// Places in files.
    Files,
    /// Addresses and times, which make mementos.
    Mementos,
}

// The names that are known, the first of them first. `mime-detected` is what Common Crawl found out by itself.
pub(super) const URL: &[&str] = &["url", "original", "original_url", "target_uri", "uri"];
pub(super) const TIME: &[&str] = &["timestamp", "fetch_time", "captured_at", "warc_date", "datetime", "date"];
pub(super) const STATUS: &[&str] = &["status", "statuscode", "fetch_status", "status_code", "http_status"];
pub(super) const MIME: &[&str] =
    &["mime", "mimetype", "content_mime_type", "mime_type", "mime-detected", "content_mime_detected"];
pub(super) const FILE: &[&str] = &["filename", "warc_filename", "warc_file", "file"];
pub(super) const OFFSET: &[&str] = &["offset", "warc_record_offset", "record_offset"];
pub(super) const LENGTH: &[&str] = &["length", "warc_record_length", "record_length", "compressed_length"];

/// The longest piece of a line that a message repeats.
const SHOWN: usize = 60;

/// Makes an entry of named fields.
pub(super) fn line(holds: Holds, field: &dyn Fn(&str) -> Option<String>) -> Line {
    entry(holds, field).map_or_else(Line::Malformed, Line::Entry)
}

fn entry(holds: Holds, field: &dyn Fn(&str) -> Option<String>) -> Result<Entry, Malformed> {
    let first = |names: &[&str]| names.iter().find_map(|name| field(name).filter(|value| is_said(value)));
    let entry = Entry {
        url: first(URL).map(address).transpose()?,
        time: first(TIME).map(time).transpose()?,
        status: first(STATUS),
        mime: first(MIME),
        range: match holds {
            Holds::Files => Some(ByteRange {
                file: first(FILE).ok_or(Malformed::Missing("file")).and_then(file)?,
                offset: number(first(OFFSET), "offset")?,
                length: number(first(LENGTH), "length")?,
            }),
            Holds::Mementos => None,
        },
    };
    match &entry {
        Entry { range: Some(ByteRange { length: 0, .. }), .. } => Err(bad("an impossible length", "0")),
        Entry { range: Some(range), .. } if range.offset.checked_add(range.length).is_none() => {
            Err(bad("an impossible offset", &range.offset.to_string()))
        }
        Entry { range: None, url: None, .. } => Err(Malformed::Missing("address")),
        Entry { range: None, time: None, .. } => Err(Malformed::Missing("time")),
        _ => Ok(entry),
    }
}

fn is_said(value: &str) -> bool {
    !matches!(value, "" | "-")
}

pub(super) fn bad(what: &'static str, found: &str) -> Malformed {
    let mut shown: String = found.chars().take(SHOWN).collect();
    if found.chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    Malformed::Bad { what, found: shown }
}

/// An address with a scheme. Spaces, which some hold, would not survive a request.
fn address(text: String) -> Result<String, Malformed> {
    let has_scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    if !has_scheme || text.chars().any(char::is_control) {
        return Err(bad("not an address:", &text));
    }
    Ok(if text.contains(' ') { text.replace(' ', "%20") } else { text })
}

/// A tab or a line end in its name would break the line of a plan.
fn file(text: String) -> Result<String, Malformed> {
    if text.chars().any(char::is_control) { Err(bad("not a file name:", &text)) } else { Ok(text) }
}

fn number(text: Option<String>, name: &'static str) -> Result<u64, Malformed> {
    let text = text.ok_or(Malformed::Missing(name))?;
    text.parse().map_err(|_| bad(if name == "offset" { "not an offset:" } else { "not a length:" }, &text))
}

/// The fourteen digits of archives, or a time as engines print it: `2024-04-23T12:34:56Z`,
/// `2024-04-23 12:34:56.000 UTC`. One without a zone is in UTC, like every time of an index.
fn time(text: String) -> Result<Stamp, Malformed> {
    let printed = || {
        let zoned = DateTime::parse_from_rfc3339(&text).map(|time| time.to_utc());
        let plain = text.trim_end_matches('Z').trim_end_matches("UTC").trim_end().replacen('T', " ", 1);
        let plain = NaiveDateTime::parse_from_str(&plain, "%Y-%m-%d %H:%M:%S%.f").map(|time| time.and_utc());
        zoned.or(plain).ok().map(Stamp::from)
    };
    Stamp::read(&text).or_else(printed).ok_or_else(|| bad("an impossible time", &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(text: &str) -> Result<String, String> {
        time(text.to_owned()).map(|stamp| stamp.to_string()).map_err(|bad| bad.to_string())
    }

    #[test]
    fn times_are_read_as_archives_and_engines_print_them() {
        for text in [
            "20240423123456",
            "20240423123456789",
            "2024-04-23T12:34:56Z",
            "2024-04-23T19:34:56+07:00",
            "2024-04-23 12:34:56",
            "2024-04-23 12:34:56.000",
            "2024-04-23 12:34:56.000 UTC",
            "2024-04-23T12:34:56.123",
        ] {
            assert_eq!(stamp(text), Ok("20240423123456".to_owned()), "{text}");
        }
        for text in ["20000800241623", "20000012170449", "2024-04-23", "yesterday", "1713875696"] {
            assert_eq!(stamp(text), Err(format!("an impossible time '{text}'")));
        }
    }

    #[test]
    fn an_address_has_a_scheme_and_nothing_that_breaks_a_line() {
        let read = |text: &str| address(text.to_owned()).map_err(|bad| bad.to_string());
        assert_eq!(read("http://a.id/x y"), Ok("http://a.id/x%20y".to_owned()));
        assert_eq!(read("dns:a.id"), Ok("dns:a.id".to_owned()));
        assert_eq!(read("some/not/url"), Err("not an address: 'some/not/url'".to_owned()));
        assert!(read("http://a.id/\tx").is_err());
        let long = format!("/{}", "x".repeat(100));
        assert_eq!(read(&long), Err(format!("not an address: '/{}...'", "x".repeat(59))));
    }
}
