//! A server on the loopback device whose answers are written byte for byte by the test.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One thing to do while answering.
pub(super) enum Step {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Send this piece this many times, or until the client leaves.
    Repeat(Vec<u8>, usize),
    /// Keep the client waiting.
    Wait(Duration),
}

/// Heads of requests seen so far, and where to send more.
pub(super) struct Server {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Answers every request with what `answer` makes of its head, then closes the connection.
    pub(super) fn start(answer: impl Fn(&str) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer), Arc::clone(&seen));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                thread::spawn(move || converse(stream, &*answer, &log));
            }
        });
        Self { address, seen }
    }

    /// Always the same answer.
    pub(super) fn fixed(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_| vec![Step::Send(answer.clone())])
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(super) fn authority(&self) -> &str {
        &self.address
    }

    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn converse(mut stream: TcpStream, answer: &dyn Fn(&str) -> Vec<Step>, log: &Mutex<Vec<String>>) {
    let head = head(&stream);
    log.lock().unwrap().push(head.clone());
    for step in answer(&head) {
        let sent = match step {
            Step::Send(bytes) => stream.write_all(&bytes),
            Step::Repeat(piece, times) => (0..times).try_for_each(|_| stream.write_all(&piece)),
            Step::Wait(pause) => {
                thread::sleep(pause);
                Ok(())
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).fold(String::new(), |head, line| head + &line + "\n")
}

/// An answer with a body and its length.
pub(super) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
