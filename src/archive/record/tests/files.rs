//! Whole files as different writers leave them.

use super::super::{Event, read};
use super::*;

/// A record with the head that is given, and a block.
fn head(fields: &str, block: &str) -> Vec<u8> {
    format!("{fields}{block}\r\n\r\n").into_bytes()
}

#[test]
fn every_version_and_every_type_is_read() {
    let mut file = Vec::new();
    let kinds = ["warcinfo", "request", "response", "resource", "metadata", "conversion", "revisit"];
    let versions = ["0.17", "0.18", "1.0", "1.1"];
    for version in versions {
        for kind in kinds {
            let record = String::from_utf8(warc(kind, "http://a/", b"x")).unwrap();
            file.extend(record.replace("WARC/1.0", &format!("WARC/{version}")).into_bytes());
        }
    }
    let read = found(&file);
    assert_eq!(read.damage, []);
    assert_eq!(read.records.len(), versions.len() * kinds.len());
    let expected = ["Other", "Other", "Response", "Resource", "Other", "Conversion", "Revisit"];
    let expected: Vec<String> = expected.iter().map(|kind| name(kind, "http://a/", b"x")).collect();
    assert_eq!(read.names()[..7], expected);
}

#[test]
fn a_record_is_found_at_its_own_place() {
    let parts = parts(3, Form::Warc);
    let places: Vec<u64> = found(&parts.concat()).records.iter().map(|record| record.0).collect();
    let second = parts[0].len() as u64;
    assert_eq!(places, [0, second, second + parts[1].len() as u64]);
}

#[test]
fn reading_from_the_middle_gives_the_places_of_the_file() {
    for form in [Form::Warc, Form::WarcGz, Form::Arc, Form::ArcGz] {
        let parts = parts(3, form);
        let whole = found(&parts.concat());
        let mut rest = Found::default();
        let start = parts[0].len() as u64;
        read(&parts[1..].concat()[..], start, &mut |event| {
            rest.take(&event);
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(rest.records, whole.records[1..], "{form:?}");
    }
}

#[test]
fn reading_stops_when_it_is_told_to() {
    for form in [Form::Warc, Form::WarcGz, Form::Arc, Form::ArcGz] {
        let mut count = 0;
        read(&parts(9, form).concat()[..], 0, &mut |event| {
            assert!(matches!(event, Event::Record(_)));
            count += 1;
            if count == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!(count, 2, "{form:?}");
    }
}

#[test]
fn heads_are_read_as_they_are_written() {
    let fields = "WARC/0.18\nWARC-Type:response\nwarc-target-uri: <http://a/b c>\nWARC-Date:\n  2024-04-19T03:30:00Z\n\
                  content-length: 3\n\n";
    let read = found(&head(fields, "abc"));
    assert_eq!(read.names(), [name("Response", "http://a/b%20c", b"abc")]);
    assert_eq!(read.damage, []);
}

#[test]
fn a_date_that_is_none_leaves_the_record_without_one() {
    let fields = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nWARC-Date: 2024-02-31T00:00:00Z\r\n\
                  Content-Length: 3\r\n\r\n";
    let read = found(&head(fields, "abc"));
    assert_eq!(read.names(), [format!("Response http://a/  {}", digest::sha1_of(b"abc"))]);
}

#[test]
fn a_record_without_a_length_reaches_to_the_next_and_is_told() {
    let fields = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nWARC-Date: 2024-04-19T03:30:00Z\r\n";
    for length in ["", "Content-Length: -5\r\n", "Content-Length: 99999999999999999999\r\n"] {
        let file = [head(&format!("{fields}{length}\r\n"), "abc"), parts(1, Form::Warc).concat()].concat();
        for (file, place) in [(file.clone(), 0), (gzip(&file), 0)] {
            let read = found(&file);
            assert_eq!(read.names(), [name("Response", "http://a/", b"abc"), expected(1).remove(0)]);
            assert_eq!(
                read.damage,
                [(place, "the record states no length: it is taken to reach to the next one".to_owned())]
            );
        }
    }
}

#[test]
fn lengths_that_are_two_bytes_short_lose_nothing() {
    let fields = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nWARC-Date: 2024-04-19T03:30:00Z\r\n\
                  Content-Length: 41\r\n\r\n";
    let block = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n\r\n<html>abc</html>";
    assert_eq!(block.len(), 43);
    let record = head(fields, block);
    let expected = name("Response", "http://a/", block.as_bytes());
    for file in [record.repeat(2), gzip(&record).repeat(2), gzip(&record.repeat(2))] {
        let read = found(&file);
        assert_eq!(read.names(), [&expected[..], &expected]);
        assert_eq!(read.damage, []);
    }
}

#[test]
fn separators_may_be_missing_or_too_many() {
    let record = warc("response", "http://a/", b"abc");
    let bare = &record[..record.len() - 4];
    let expected = name("Response", "http://a/", b"abc");
    for separator in ["", "\n", "\r\n", "\r\n\r\n\r\n\r\n\n\n"] {
        let file = [bare, separator.as_bytes(), bare, separator.as_bytes()].concat();
        let read = found(&file);
        assert_eq!(
            (read.names(), &read.damage[..]),
            (vec![&expected[..], &expected], &[][..]),
            "{separator:?}"
        );
    }
}

#[test]
fn segments_are_counted_and_said() {
    let first = String::from_utf8(warc("response", "http://a/", b"abc")).unwrap();
    let first = first.replace("WARC-Date", "WARC-Segment-Number: 1\r\nWARC-Date");
    let file = [first.as_bytes(), &warc("continuation", "http://a/", b"def")].concat();
    let read = found(&file);
    assert_eq!(read.records.len(), 2);
    assert_eq!(
        read.damage,
        [
            (0, "the record is only the first segment: segments are not joined".to_owned()),
            (first.len() as u64, "the record continues another one: segments are not joined".to_owned()),
        ]
    );
}

#[test]
fn arc_is_read_in_both_versions_with_its_own_description() {
    let block = "1 1 InternetArchive\nURL IP-address Archive-date Content-type Archive-length\n\n";
    let about = format!("filedesc://x.arc.gz 0.0.0.0 20080101000000 text/plain {}\n{block}\n", block.len());
    let second = "http://a/b c 1.2.3.4 20080102030405 text/html 200 ABC - 77 x.arc.gz 3\nabc\n";
    let third = "dns:a 1.2.3.4 20080102030405 text/dns 2\nxy\n";
    let parts = [about.as_bytes(), second.as_bytes(), third.as_bytes()];
    let expected = [
        format!("Other filedesc://x.arc.gz 2008-01-01T00:00:00+00:00 {}", digest::sha1_of(block.as_bytes())),
        format!("Response http://a/b c 2008-01-02T03:04:05+00:00 {}", digest::sha1_of(b"abc")),
        format!("Response dns:a 2008-01-02T03:04:05+00:00 {}", digest::sha1_of(b"xy")),
    ];
    for file in [parts.concat(), gzip(&parts.concat()), parts.map(gzip).concat()] {
        let read = found(&file);
        assert_eq!(
            (read.names(), &read.damage[..]),
            (expected.iter().map(String::as_str).collect(), &[][..])
        );
    }
}

#[test]
fn a_file_of_zstandard_gives_one_line() {
    let read = found(&[&[0x28, 0xb5, 0x2f, 0xfd][..], &[7; 5000]].concat());
    assert_eq!(
        read.damage,
        [(0, "the file is compressed by zstd, which is not read: decompress it first".to_owned())]
    );
}

#[test]
fn an_empty_file_holds_nothing() {
    assert_eq!(found(b""), Found::default());
    assert_eq!(found(b"\r\n\r\n"), Found::default());
}
