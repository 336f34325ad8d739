//! A server on the loopback device that answers as it is told to, and keeps what was sent to it whole.

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::server::{Answer, listen};

/// What was sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// `POST /hook`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// All of it that stands ahead of the body.
    pub(crate) fn head(&self) -> String {
        format!("{} {:?}", self.line, self.headers)
    }

    /// A header by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// A status and a body, by what was sent.
type Script = Box<dyn Fn(&Request) -> (u16, String) + Send>;

fn always(status: u16, body: &str) -> Script {
    let body = body.to_owned();
    Box::new(move |_| (status, body.clone()))
}

/// The server.
pub(crate) struct Receiver {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<Script>>,
}

impl Receiver {
    /// Answers everything alike until told otherwise.
    pub(crate) fn start(status: u16, body: &str) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let script = Arc::new(Mutex::new(always(status, body)));
        let (log, answers) = (requests.clone(), script.clone());
        let address = listen(move |stream| converse(stream, &log, &answers));
        Self { address, requests, script }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    pub(crate) fn answers(&self, status: u16, body: &str) {
        *self.script.lock().unwrap() = always(status, body);
    }

    /// Answers by what was sent.
    pub(crate) fn answers_by(&self, answer: impl Fn(&Request) -> (u16, String) + Send + 'static) {
        *self.script.lock().unwrap() = Box::new(answer);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, log: &Mutex<Vec<Request>>, script: &Mutex<Script>) {
    let Some(request) = read(&mut BufReader::new(&stream)) else { return };
    // What is answered is what was scripted when the request came.
    let (status, body) = script.lock().unwrap()(&request);
    log.lock().unwrap().push(request);
    let answer = Answer::new(&format!("{status} Said"), body)
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Location", "/elsewhere");
    // The program may hang up at any moment.
    let _ = answer.send(&mut stream);
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Request> {
    let mut lines = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let line = lines.next()?;
    let pair =
        |line: String| line.split_once(':').map(|(key, value)| (key.to_lowercase(), value.trim().to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(pair).collect();
    let length = headers.iter().find(|(key, _)| key == "content-length");
    let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    Some(Request { line: line.trim_end_matches(" HTTP/1.1").to_owned(), headers, body })
}
