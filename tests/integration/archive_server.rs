//! A stand-in for archives on the loopback device: lists, mementos and files of which some bytes are asked for, in the
//! shapes that real ones have. Each address has answers of its own, in order; the last one repeats.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::server::{Answer, listen};

/// What an archive does when it is asked.
#[derive(Clone)]
pub(crate) enum Deed {
    /// It answers.
    Say(Answer),
    /// It hangs up without a word.
    HangUp,
    /// It sends the bytes of this file that are asked for.
    Serve(Vec<u8>),
}

#[derive(Default)]
struct Script {
    deeds: HashMap<String, Vec<Deed>>,
    asked: Vec<String>,
}

/// An archive.
pub(crate) struct Archive {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

impl Archive {
    /// An archive that answers each request only after a while.
    pub(crate) fn slow(delay: Duration) -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let talk = Arc::clone(&script);
        let address = listen(move |stream| converse(stream, &talk, delay));
        Self { address, script }
    }

    pub(crate) fn start() -> Self {
        Self::slow(Duration::ZERO)
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// What happens at an address, a path and perhaps a query, when it is asked for again and again.
    pub(crate) fn at(&self, path: &str, deeds: impl Into<Vec<Deed>>) -> &Self {
        self.script.lock().unwrap().deeds.insert(path.to_owned(), deeds.into());
        self
    }

    /// The address of a memento.
    pub(crate) fn memento(&self, stamp: &str, original: &str) -> String {
        format!("{}web/{stamp}id_/{original}", self.base())
    }

    /// The addresses that were asked for so far, without `/robots.txt`.
    pub(crate) fn asked(&self) -> Vec<String> {
        let asked = self.script.lock().unwrap().asked.clone();
        asked.into_iter().filter(|path| path != "/robots.txt").collect()
    }

    /// What a person gets who asks by hand.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        reply.split_once("\r\n\r\n").unwrap().1.to_owned()
    }
}

fn converse(mut stream: TcpStream, script: &Mutex<Script>, delay: Duration) {
    let mut head = Vec::new();
    for line in BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        head.push(line);
    }
    let Some(path) = head.first().and_then(|line| line.split(' ').nth(1)) else { return };
    let deed = next(&mut script.lock().unwrap(), path);
    std::thread::sleep(delay);
    // The program may hang up at any moment.
    let _ = match deed {
        Deed::Say(answer) => answer.send(&mut stream),
        Deed::HangUp => Ok(()),
        Deed::Serve(file) => part(&file, &head).send(&mut stream),
    };
}

fn next(script: &mut Script, path: &str) -> Deed {
    script.asked.push(path.to_owned());
    match script.deeds.get_mut(path) {
        Some(deeds) if deeds.len() > 1 => deeds.remove(0),
        Some(deeds) => deeds[0].clone(),
        None => Deed::Say(Answer::new("404 Not Found", "")),
    }
}

/// Some bytes of a file, with the head that Amazon's store of files gives.
fn part(file: &[u8], head: &[String]) -> Answer {
    let asked = head
        .iter()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
    let Some(asked) = asked else { return Answer::new("200 OK", file) };
    let (first, last) = asked.split_once('-').unwrap();
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    let total = file.len();
    if first >= total {
        return Answer::new("416 Requested Range Not Satisfiable", "")
            .header("Content-Range", &format!("bytes */{total}"));
    }
    let last = last.min(total - 1);
    Answer::new("206 Partial Content", &file[first..=last])
        .header("Content-Type", "application/octet-stream")
        .header("Last-Modified", "Sun, 03 Aug 2025 02:08:09 GMT")
        .header("ETag", "\"29d92fa93d494ff220dff1273f63ce32-15\"")
        .header("Server", "AmazonS3")
        .header("Content-Range", &format!("bytes {first}-{last}/{total}"))
}

/// A memento as the Wayback Machine answers with it: the captured head behind a prefix, its own around it.
pub(crate) fn memento(status: &str, time: &str, body: &str) -> Answer {
    Answer::new(status, gzip(body.as_bytes()))
        .header("Server", "nginx/1.25.1")
        .header("Date", "Mon, 25 Sep 2023 19:20:58 GMT")
        .header("Content-Type", "text/html; charset=UTF-8")
        .header("Content-Encoding", "gzip")
        .header("x-archive-orig-date", "Fri, 24 Nov 2017 15:13:14 GMT")
        .header("x-archive-orig-server", "cloudflare-nginx")
        .header("x-archive-orig-transfer-encoding", "chunked")
        .header("cache-control", "max-age=1800")
        .header("memento-datetime", time)
        .header(
            "x-archive-src",
            "liveweb-20150129011011/live-20150129000440-wwwb-app16.us.archive.org.warc.gz",
        )
        .header("x-ts", &status[..3])
        .header("x-tr", "1820")
        .header("X-RL", "0")
}

/// The page that the Wayback Machine shows instead of a capture that it does not show.
pub(crate) fn blocked() -> Answer {
    Answer::new("200 OK", gzip(b"<!DOCTYPE html><title>Wayback Machine</title><p>LQ45 919,20</p>"))
        .header("Server", "nginx/1.15.8")
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Encoding", "gzip")
        .header("Server-Timing", "captures_list;dur=0.192600")
        .header("X-App-Server", "wwwb-app105")
        .header("X-ts", "200")
}

/// One record of an archive file, as a gzip member of its own.
pub(crate) fn record(url: &str, body: &str) -> Vec<u8> {
    let block = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{body}");
    let head = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-{:012}>\r\n\
         WARC-Date: 2025-08-02T23:24:28Z\r\nWARC-Target-URI: {url}\r\n\
         Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n",
        body.len(),
        block.len()
    );
    gzip(format!("{head}{block}\r\n\r\n").as_bytes())
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
