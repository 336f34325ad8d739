//! WARC records from decompressed bytes.

use std::borrow::Cow;
use std::io;
use std::ops::ControlFlow;

use chrono::DateTime;

use super::{Damage, Event, Fields, Kind, Record};

/// Reads every record of some bytes. `offset` is where they, or the member that held them, begin in the file; where
/// they are the file's own bytes (`is_plain`), each record has a place of its own.
pub(super) fn read_all(
    bytes: &[u8],
    offset: u64,
    is_plain: bool,
    sink: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> io::Result<ControlFlow<()>> {
    let mut at = 0;
    while at < bytes.len() {
        if matches!(bytes[at], b'\r' | b'\n') {
            at += 1;
            continue;
        }
        let place = if is_plain { offset + at as u64 } else { offset };
        if !bytes[at..].starts_with(b"WARC/") {
            return Ok(sink(Event::Damage(Damage {
                offset: place,
                what: "no record begins here".to_owned(),
            })));
        }
        let line = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
        let (fields, length) = Fields::read(&bytes[line..]);
        let begin = line + length;
        let wanted = fields.get("Content-Length").and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
        let end = begin.saturating_add(wanted).min(bytes.len());
        let event = if end - begin < wanted {
            Event::Damage(Damage { offset: place, what: "the file ends inside a record".to_owned() })
        } else {
            Event::Record(record(place, fields, &bytes[begin..end]))
        };
        if sink(event).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        at = end;
    }
    Ok(ControlFlow::Continue(()))
}

fn record<'a>(offset: u64, fields: Fields<'a>, block: &'a [u8]) -> Record<'a> {
    let kind = match fields.get("WARC-Type") {
        Some("response") => Kind::Response,
        Some("resource") => Kind::Resource,
        Some("conversion") => Kind::Conversion,
        Some("revisit") => Kind::Revisit,
        _ => Kind::Other,
    };
    let url = fields.get("WARC-Target-URI").map(|url| Cow::Owned(address(url)));
    let date = fields.get("WARC-Date").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
    Record { offset, kind, url, date: date.map(|date| date.to_utc()), fields, block }
}

fn address(url: &str) -> String {
    url.trim_start_matches('<').trim_end_matches('>').replace(' ', "%20")
}
