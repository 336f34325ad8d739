//! Records as crawlers write them, and the files that hold them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, SecondsFormat, Utc};

use super::page::{Answer, Kind, gzip};

const URL: &str = "https://www.kontan.co.id/";

/// A record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    id: u64,
    at: DateTime<Utc>,
    url: String,
    head: String,
    block: Vec<u8>,
}

fn id(number: u64) -> String {
    format!("<urn:uuid:00000000-0000-4000-8000-{number:016x}>")
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl Record {
    pub(crate) fn info() -> Self {
        let head = "WARC-Type: warcinfo\r\nContent-Type: application/warc-fields\r\n".to_owned();
        let block = b"software: a corpus of pantau\r\nformat: WARC File Format 1.0\r\n".to_vec();
        Self { id: 0, at: DateTime::UNIX_EPOCH, url: String::new(), head, block }
    }

    pub(crate) fn request(number: u64, at: DateTime<Utc>) -> Self {
        let head = "WARC-Type: request\r\nContent-Type: application/http; msgtype=request\r\n".to_owned();
        let block = b"GET / HTTP/1.1\r\nHost: www.kontan.co.id\r\nUser-Agent: crawler\r\n\r\n".to_vec();
        Self { id: number + (1 << 62), at, url: format!("{URL}news/{number}"), head, block }
    }

    pub(crate) fn page(number: u64, at: DateTime<Utc>, kind: Kind, answer: &Answer) -> Self {
        let url = if answer.rows > 0 { URL.to_owned() } else { format!("{URL}news/{number}") };
        if kind == Kind::File {
            let head = format!("WARC-Type: resource\r\nContent-Type: {}\r\n", answer.content_type);
            return Self { id: number, at, url, head, block: answer.body.clone() };
        }
        let mut head =
            "WARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n".to_owned();
        let mut dated = at;
        if kind == Kind::Copy {
            dated = at + Duration::days(900);
            let digits = at.format("%Y%m%d%H%M%S");
            head.push_str(&format!("WARC-Source-URI: https://web.archive.org/web/{digits}id_/{url}\r\n"));
        }
        head.push_str(&format!("WARC-Payload-Digest: sha1:{number:032X}\r\n"));
        let mut block = format!(
            "HTTP/1.1 {}\r\nServer: nginx\r\nContent-Type: {}\r\n{}\r\n",
            answer.status, answer.content_type, answer.head
        )
        .into_bytes();
        block.extend(&answer.body);
        Self { id: number, at: dated, url, head, block }
    }

    pub(crate) fn revisit(number: u64, at: DateTime<Utc>, page: &Self) -> Self {
        let referred = format!("WARC-Refers-To: {}\r\n", id(page.id));
        Self::repeat(number, at, page.url.clone(), &referred)
    }

    /// A revisit of a page that is not there.
    pub(crate) fn orphan(number: u64, at: DateTime<Utc>) -> Self {
        Self::repeat(number, at, URL.to_owned(), &format!("WARC-Refers-To: {}\r\n", id(number + 1)))
    }

    fn repeat(number: u64, at: DateTime<Utc>, url: String, referred: &str) -> Self {
        let head = format!(
            "WARC-Type: revisit\r\nContent-Type: application/http; msgtype=response\r\n{referred}\
             WARC-Profile: http://netpreserve.org/warc/1.0/revisit/identical-payload-digest\r\n"
        );
        let block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n".to_vec();
        Self { id: number, at, url, head, block }
    }

    pub(crate) fn text(number: u64, at: DateTime<Utc>, text: &str) -> Self {
        let head = "WARC-Type: conversion\r\nContent-Type: text/plain\r\n".to_owned();
        Self { id: number, at, url: URL.to_owned(), head, block: text.as_bytes().to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let url =
            if self.url.is_empty() { String::new() } else { format!("WARC-Target-URI: {}\r\n", self.url) };
        let head = format!(
            "WARC/1.0\r\n{}{url}WARC-Date: {}\r\nWARC-Record-ID: {}\r\nContent-Length: {}\r\n\r\n",
            self.head,
            rfc3339(self.at),
            id(self.id),
            self.block.len()
        );
        [head.as_bytes(), &self.block, b"\r\n\r\n"].concat()
    }
}

/// A file of records.
pub(crate) struct Archive {
    done: Written,
    file: BufWriter<File>,
    at: u64,
    is_compressed: bool,
}

/// What a file of records holds.
pub(crate) struct Written {
    pub(crate) path: PathBuf,
    /// Where each record begins, and how long it is.
    pub(crate) places: Vec<(u64, u64)>,
    /// Before compression.
    pub(crate) bytes: u64,
}

impl Archive {
    pub(crate) fn compressed(path: &Path) -> Self {
        Self::new(path, true)
    }

    pub(crate) fn plain(path: &Path) -> Self {
        Self::new(path, false)
    }

    fn new(path: &Path, is_compressed: bool) -> Self {
        let done = Written { path: path.to_owned(), places: Vec::new(), bytes: 0 };
        Self { done, file: BufWriter::new(File::create(path).unwrap()), at: 0, is_compressed }
    }

    pub(crate) fn write(&mut self, record: &Record) {
        let bytes = record.bytes();
        self.done.bytes += bytes.len() as u64;
        let written = if self.is_compressed { gzip(&bytes) } else { bytes };
        self.file.write_all(&written).unwrap();
        let length = written.len() as u64;
        self.done.places.push((self.at, length));
        self.at += length;
    }

    pub(crate) fn finish(mut self) -> Written {
        self.file.flush().unwrap();
        self.done
    }
}
