//! What to do about an answer. Pure: it judges what came, and asks nobody.
//!
//! What a memento is, its `Memento-Datetime` says and nothing else: with it an answer is a capture, be it of a refusal;
//! without it an answer is what the archive itself says, be it a page of status 200 (seen for sites that are excluded).

use std::time::Duration;

use chrono::NaiveDateTime;
use url::Url;

use super::{capture, member};
use crate::archive::memento::Memento;
use crate::archive::place::{ByteRange, Place};
use crate::archive::stamp::Stamp;
use crate::domain::Timestamp;
use crate::fetch::{FetchError, Head, Reply, retry_after};
use crate::format;

/// What becomes of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// These bytes belong into the file.
    Keep(Vec<u8>),
    /// The archive has the nearest capture there.
    Follow(Memento),
    /// Nothing yet.
    Again {
        why: String,
        /// How long the archive asks to be left alone.
        asked: Option<Duration>,
        /// What it means if it stays so.
        at_last: AtLast,
    },
    /// Nothing, however often it is asked for.
    LeaveOut {
        why: String,
        /// Whether the archive may mean us, not the place.
        is_refusal: bool,
    },
}

/// What a failure that does not pass says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AtLast {
    /// The archive cannot be had: no place can.
    Stop,
    /// This place cannot be had.
    LeaveOut,
}

/// How many bytes of an answer are worth reading.
pub(super) fn most(place: &Place, head: &Head) -> u64 {
    match place {
        Place::Range(range) if is_range(range, head) => range.length,
        Place::Memento(_) if head.get(DATE).is_some() => member::MOST,
        _ => 0,
    }
}

/// What to do about an answer, or about there being none.
pub(super) fn what_to_do(
    place: &Place,
    asked: &Url,
    answer: Result<Reply, FetchError>,
    now: Timestamp,
) -> Verdict {
    match (answer, place) {
        (Err(error), _) => no_answer(format::error_chain(&error), &error, now),
        (Ok(reply), Place::Range(range)) => of_range(range, &reply, now),
        (Ok(reply), Place::Memento(memento)) => of_memento(memento, asked, &reply, now),
    }
}

/// What to do where a site does not say whether it may be asked, or no answer came. `cause` is behind `why`.
pub(super) fn no_answer(why: String, cause: &FetchError, now: Timestamp) -> Verdict {
    if cause.is_transient() {
        let asked = cause.retry_after().and_then(|header| retry_after(header, now));
        Verdict::Again { why, asked, at_last: AtLast::Stop }
    } else {
        leave_out(why)
    }
}

const DATE: &str = "memento-datetime";
/// What the Wayback Machine says of a capture that it does not show.
const REASON: &str = "x-archive-wayback-runtime-error";
/// What it says of one that nobody is shown: `AdministrativeAccessControlException`, `RobotAccessControlException`,
/// `URLBlockedException`.
const BARRED: [&str; 2] = ["AccessControlException", "BlockedException"];

fn of_memento(memento: &Memento, asked: &Url, reply: &Reply, now: Timestamp) -> Verdict {
    let Reply { head, body } = reply;
    if let Some(date) = head.get(DATE) {
        let Some(stamp) = http_date(date) else {
            return leave_out(format!("Memento-Datetime '{date}' is no time"));
        };
        let captured = Memento { stamp, ..memento.clone() };
        return capture::member(&captured, head, body)
            .map_or_else(|e| leave_out(e.to_string()), Verdict::Keep);
    }
    match (head.status, head.get("location"), head.get(REASON)) {
        (301 | 302 | 303 | 307 | 308, Some(to), _) => nearest(asked, to),
        (403 | 451, _, reason) => refused(head.status, reason),
        (status, _, Some(reason)) if BARRED.iter().any(|barred| reason.contains(barred)) => {
            refused(status, Some(reason))
        }
        // A file of the archive that cannot be read now, or never: it says nothing of the next place.
        (500..=599, _, Some(reason)) => {
            let why = answered(head.status, Some(reason));
            Verdict::Again { why, asked: asked_for(head, now), at_last: AtLast::LeaveOut }
        }
        (200..=299, ..) => refused(head.status, Some("a page of the archive, not a capture")),
        _ => failed(head, now),
    }
}

/// The nearest capture is of the same archive; what leads elsewhere is not followed.
fn nearest(asked: &Url, to: &str) -> Verdict {
    let Ok(to) = asked.join(to) else {
        return leave_out(format!("redirected to '{to}', which is no address"));
    };
    let is_upgrade = asked.scheme() == "http" && to.scheme() == "https" && asked.host() == to.host();
    match Memento::read(to.as_str()) {
        Some(memento) if asked.origin() == to.origin() || is_upgrade => Verdict::Follow(memento),
        _ => leave_out(format!("redirected to {to}, which is no capture of this archive")),
    }
}

fn of_range(range: &ByteRange, Reply { head, body }: &Reply, now: Timestamp) -> Verdict {
    let spoilt = |why: String| Verdict::Again { why, asked: None, at_last: AtLast::LeaveOut };
    match head.status {
        206 if !is_range(range, head) => {
            let came = head.get("content-range").unwrap_or("no Content-Range");
            spoilt(format!("other bytes came than were asked for: {came}"))
        }
        206 if body.len() as u64 != range.length => {
            spoilt(format!("{} bytes came instead of {}", body.len(), range.length))
        }
        206 => match member::check(body) {
            Ok(()) => Verdict::Keep(body.clone()),
            Err(why) => spoilt(why),
        },
        200 => leave_out("the server sends whole files, not ranges".to_owned()),
        416 => leave_out("the file ends before it".to_owned()),
        300..=399 => {
            let to = head.get("location").unwrap_or("nowhere");
            leave_out(format!("redirected to {to}; --base says where files lie"))
        }
        403 => refused(403, None),
        _ => failed(head, now),
    }
}

/// Whether an answer holds just those bytes.
fn is_range(range: &ByteRange, head: &Head) -> bool {
    let expected = format!("bytes {}-{}/", range.offset, range.offset + range.length - 1);
    head.status == 206 && head.get("content-range").is_some_and(|found| found.trim().starts_with(&expected))
}

/// An answer that is an answer to no question of ours.
fn failed(head: &Head, now: Timestamp) -> Verdict {
    let why = answered(head.status, head.get(REASON));
    if matches!(head.status, 408 | 429 | 500..=599) {
        Verdict::Again { why, asked: asked_for(head, now), at_last: AtLast::Stop }
    } else {
        leave_out(why)
    }
}

/// How long the archive asks to be left alone.
fn asked_for(head: &Head, now: Timestamp) -> Option<Duration> {
    head.get("retry-after").and_then(|header| retry_after(header, now))
}

fn answered(status: u16, reason: Option<&str>) -> String {
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("the archive answered with status {status}{reason}")
}

fn refused(status: u16, reason: Option<&str>) -> Verdict {
    Verdict::LeaveOut { why: answered(status, reason), is_refusal: true }
}

pub(super) fn leave_out(why: String) -> Verdict {
    Verdict::LeaveOut { why, is_refusal: false }
}

fn http_date(text: &str) -> Option<Stamp> {
    let time = NaiveDateTime::parse_from_str(text.trim(), "%a, %d %b %Y %H:%M:%S GMT").ok()?;
    Some(Stamp::from(time.and_utc()))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use chrono::DateTime;
    use flate2::bufread::GzDecoder;

    use super::*;

    const ASKED: &str = "https://w.example/web/20240423123456id_/http://a.id/";
    const CAPTURED: (&str, &str) = ("memento-datetime", "Tue, 23 Apr 2024 12:34:50 GMT");

    fn head(status: u16, fields: &[(&str, &str)]) -> Head {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Head { status, reason: "", fields: fields.iter().map(owned).collect() }
    }

    fn judge(place: &Place, head: Head, body: &[u8]) -> Verdict {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let body = body[..body.len().min(usize::try_from(most(place, &head)).unwrap())].to_vec();
        what_to_do(place, &Url::parse(ASKED).unwrap(), Ok(Reply { head, body }), now)
    }

    /// The verdict in a word, and what else it says.
    fn told(verdict: Verdict) -> (&'static str, String) {
        match verdict {
            Verdict::Keep(_) => ("keep", String::new()),
            Verdict::Follow(memento) => ("follow", memento.to_string()),
            Verdict::Again { asked, at_last: AtLast::Stop, .. } => {
                ("again", asked.map_or_else(String::new, |asked| asked.as_secs().to_string()))
            }
            Verdict::Again { why, at_last: AtLast::LeaveOut, .. } => ("spoilt", why),
            Verdict::LeaveOut { why, is_refusal: true } => ("refused", why),
            Verdict::LeaveOut { why, is_refusal: false } => ("leave out", why),
        }
    }

    fn memento(status: u16, fields: &[(&str, &str)]) -> (&'static str, String) {
        told(judge(&ASKED.parse().unwrap(), head(status, fields), b"a page"))
    }

    #[test]
    fn only_the_time_of_a_capture_makes_an_answer_one() {
        for status in [200, 301, 404, 429, 503] {
            assert_eq!(memento(status, &[CAPTURED, ("location", "/x")]).0, "keep", "{status}");
        }
        let blocked = "the archive answered with status 200: a page of the archive, not a capture";
        assert_eq!(memento(200, &[("content-type", "text/html")]), ("refused", blocked.to_owned()));
        assert_eq!(memento(429, &[("retry-after", "6")]), ("again", "6".to_owned()));
        assert_eq!(memento(429, &[]), ("again", String::new()));
        assert_eq!(memento(503, &[]).0, "again");
        assert_eq!(memento(404, &[]).0, "leave out");
        assert_eq!(memento(403, &[]).0, "refused");
        let excluded = memento(503, &[(REASON, "AdministrativeAccessControlException: Blocked Site Error")]);
        assert_eq!(excluded.0, "refused");
        assert!(excluded.1.ends_with("Blocked Site Error"), "{excluded:?}");
        let unreadable = (REASON, "ResourceNotAvailableException: x.warc.gz");
        assert_eq!(memento(503, &[unreadable]).0, "spoilt");
        assert_eq!(memento(404, &[unreadable]).0, "leave out");
        assert_eq!(memento(429, &[unreadable]).0, "again");
        assert_eq!(memento(200, &[("memento-datetime", "yesterday")]).0, "leave out");
    }

    #[test]
    fn a_capture_bears_the_time_that_the_archive_gives_it() {
        let Verdict::Keep(member) = judge(&ASKED.parse().unwrap(), head(200, &[CAPTURED]), b"a page") else {
            panic!("not kept")
        };
        let mut text = String::new();
        GzDecoder::new(&member[..]).read_to_string(&mut text).unwrap();
        assert!(text.contains("WARC-Date: 2024-04-23T12:34:50Z\r\n"), "{text}");
        assert!(
            text.contains("WARC-Source-URI: https://w.example/web/20240423123450id_/http://a.id/\r\n"),
            "{text}"
        );
    }

    #[test]
    fn the_nearest_capture_of_the_same_archive_is_followed_and_nothing_else() {
        for (to, expected) in [
            (
                "/web/20240401000000id_/http://a.id/",
                Some("https://w.example/web/20240401000000id_/http://a.id/"),
            ),
            (
                "https://w.example/web/20240401000000/http://a.id/b",
                Some("https://w.example/web/20240401000000id_/http://a.id/b"),
            ),
            ("https://other.example/web/20240401000000id_/http://a.id/", None),
            ("http://w.example/web/20240401000000id_/http://a.id/", None),
            ("http://10.0.0.1/web/20240401000000id_/http://a.id/", None),
            ("/blocked", None),
            ("https://[", None),
        ] {
            let told = memento(302, &[("location", to)]);
            let word = if expected.is_some() { "follow" } else { "leave out" };
            assert_eq!(told.0, word, "{to}");
            if let Some(expected) = expected {
                assert_eq!(told.1, expected);
            }
        }
    }

    fn range(status: u16, fields: &[(&str, &str)], body: &[u8]) -> (&'static str, String) {
        let place = Place::Range(ByteRange { file: "x".to_owned(), offset: 5, length: body.len() as u64 });
        told(judge(&place, head(status, fields), body))
    }

    #[test]
    fn only_the_bytes_that_were_asked_for_are_kept() {
        let memento = Memento::read(ASKED).unwrap();
        let member = capture::member(&memento, &Head::default(), b"x").unwrap();
        let right = format!("bytes 5-{}/1000", 4 + member.len());
        assert_eq!(range(206, &[("content-range", &right)], &member).0, "keep");
        let unknown_total = right.replace("1000", "*");
        assert_eq!(range(206, &[("content-range", &unknown_total)], &member).0, "keep");
        for (status, fields, expected) in [
            (206, &[][..], "spoilt"),
            (206, &[("content-range", "bytes 0-99/1000")], "spoilt"),
            (200, &[], "leave out"),
            (200, &[("content-range", &right)], "leave out"),
            (416, &[("content-range", "bytes */3")], "leave out"),
            (404, &[], "leave out"),
            (302, &[("location", "https://other.example/")], "leave out"),
            (403, &[], "refused"),
            (429, &[], "again"),
            (503, &[("retry-after", "1")], "again"),
        ] {
            assert_eq!(range(status, fields, &member).0, expected, "{status} {fields:?}");
        }
        let damaged = [&member[..member.len() - 1], b"x"].concat();
        assert_eq!(range(206, &[("content-range", &right)], &damaged).0, "spoilt");
    }

    #[test]
    fn nothing_is_read_of_what_is_not_kept() {
        let place = Place::Range(ByteRange { file: "x".to_owned(), offset: 5, length: 7 });
        assert_eq!(most(&place, &head(200, &[])), 0);
        assert_eq!(most(&place, &head(206, &[("content-range", "bytes 5-11/99")])), 7);
        let memento: Place = ASKED.parse().unwrap();
        assert_eq!(most(&memento, &head(200, &[])), 0);
        assert_eq!(most(&memento, &head(404, &[CAPTURED])), member::MOST);
    }
}
