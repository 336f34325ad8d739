//! Archives built byte by byte, what is read out of them, and how that is written down for comparison.

mod damage;
mod files;
mod members;
mod packed;

use std::io::Write;
use std::ops::ControlFlow;

use super::{Event, digest, read};

/// What is read out of an archive: records as their offset, kind, address and digest; damage as its offset and text.
#[derive(Debug, Default, PartialEq)]
struct Found {
    records: Vec<(u64, String)>,
    damage: Vec<(u64, String)>,
}

impl Found {
    /// The records without their places.
    fn names(&self) -> Vec<&str> {
        self.records.iter().map(|(_, name)| name.as_str()).collect()
    }

    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Record(record) => {
                let url = record.url.as_deref().unwrap_or("-");
                let date = record.date.map(|date| date.to_rfc3339()).unwrap_or_default();
                let name = format!("{:?} {url} {date} {}", record.kind, digest::sha1_of(record.block));
                self.records.push((record.offset, name));
            }
            Event::Damage(damage) => self.damage.push((damage.offset, damage.what.clone())),
        }
    }
}

fn found(bytes: &[u8]) -> Found {
    let mut found = Found::default();
    read(bytes, 0, &mut |event| {
        found.take(&event);
        ControlFlow::Continue(())
    })
    .unwrap();
    found
}

/// The same for a record that is known.
fn name(kind: &str, url: &str, block: &[u8]) -> String {
    format!("{kind} {url} 2024-04-19T03:30:00+00:00 {}", digest::sha1_of(block))
}

fn warc(kind: &str, url: &str, block: &[u8]) -> Vec<u8> {
    let head = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-04-19T03:30:00Z\r\n\
         WARC-Block-Digest: {}\r\nContent-Length: {}\r\n\r\n",
        digest::sha1_of(block),
        block.len()
    );
    [head.as_bytes(), block, b"\r\n\r\n"].concat()
}

fn arc(url: &str, block: &[u8]) -> Vec<u8> {
    let line = format!("{url} 1.2.3.4 20240419033000 text/html {}\n", block.len());
    [line.as_bytes(), block, b"\n"].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A page of some size that differs from every other; text of its own, so that it does not compress to nothing.
fn page(n: u32) -> Vec<u8> {
    let mut body = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>| INDIKATOR | LQ45 {n}")
        .into_bytes();
    let mut seed = n;
    for _ in 0..(40 + n % 7 * 60) {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        body.extend(format!(" {:x}", seed >> 8).into_bytes());
    }
    body
}

fn url(n: u32) -> String {
    format!("http://kontan.co.id/{n}")
}

/// The parts of an archive of some pages: each a record, or a member that holds one.
fn parts(count: u32, form: Form) -> Vec<Vec<u8>> {
    let part = |n: u32| match form {
        Form::Warc => warc("response", &url(n), &page(n)),
        Form::WarcGz => gzip(&warc("response", &url(n), &page(n))),
        Form::Arc => arc(&url(n), &page(n)),
        Form::ArcGz => gzip(&arc(&url(n), &page(n))),
    };
    (0..count).map(part).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Warc,
    WarcGz,
    Arc,
    ArcGz,
}

fn expected(count: u32) -> Vec<String> {
    (0..count).map(|n| name("Response", &url(n), &page(n))).collect()
}
