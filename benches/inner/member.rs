//! One member of an archive: a page of 150 KB as a crawler keeps it, found and read.

use std::io::Write;
use std::ops::ControlFlow;

use divan::Bencher;
use flate2::Compression;
use flate2::write::GzEncoder;
use pantau::archive::record::{self, Event};
use pantau::parse::{Layout, parse};

use crate::filler::Filler;
use crate::labels::LABELS;
use crate::page::header_page;
use crate::random::Random;

const BYTES: usize = 150_000;

/// A gzip member that holds a response.
fn member() -> Vec<u8> {
    let mut random = Random::new(7);
    let filler = Filler::new(&mut random).markup(BYTES, &mut random);
    let page = header_page().replacen("<h1>", &(filler + "<h1>"), 1);
    let length = page.len();
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{page}");
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://www.kontan.co.id/\r\n\
         WARC-Date: 2025-01-02T02:10:00Z\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000007>\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n{answer}\r\n\r\n",
        answer.len()
    );
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(record.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// How many rows a member holds.
fn rows(member: &[u8]) -> usize {
    let mut rows = 0;
    let mut take = |event: Event<'_>| {
        if let Event::Record(record) = event {
            rows += parse(record.block, None, &Layout::Kontan).quotes.len();
        }
        ControlFlow::Continue(())
    };
    record::read(member, 0, &mut take).unwrap();
    rows
}

#[divan::bench]
fn a_member_of_an_archive(bencher: Bencher<'_, '_>) {
    let member = member();
    assert_eq!(rows(&member), LABELS.len());
    bencher.bench(|| rows(&member));
}
