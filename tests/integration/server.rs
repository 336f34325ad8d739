//! A server on the loopback device that gives scripted answers in order; the last one repeats. Asked for its
//! `/robots.txt` it says that there is none, which neither uses up the script nor counts as a request.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One scripted answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Before the first byte.
    delay: Duration,
    /// After every piece of the body, and how long the pieces are.
    trickle: Option<(usize, Duration)>,
    /// Only so much of the body is sent.
    cut: Option<usize>,
}

impl Answer {
    pub(crate) fn new(status: &str, body: impl Into<Vec<u8>>) -> Self {
        let (headers, delay) = (Vec::new(), Duration::ZERO);
        Self { status: status.to_owned(), headers, body: body.into(), delay, trickle: None, cut: None }
    }

    pub(crate) fn page(body: impl Into<Vec<u8>>) -> Self {
        Self::new("200 OK", body).header("Content-Type", "text/html; charset=utf-8")
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sends the body in pieces with a pause after each.
    pub(crate) fn trickle(mut self, piece: usize, pause: Duration) -> Self {
        self.trickle = Some((piece, pause));
        self
    }

    /// Ends the connection after so many bytes of the promised body.
    pub(crate) fn cut(mut self, after: usize) -> Self {
        self.cut = Some(after);
        self
    }

    pub(crate) fn send(&self, stream: &mut TcpStream) -> std::io::Result<()> {
        thread::sleep(self.delay);
        let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.status.starts_with("304") {
            head.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        stream.write_all(format!("{head}\r\n").as_bytes())?;
        let body = &self.body[..self.cut.unwrap_or(self.body.len()).min(self.body.len())];
        let (piece, pause) = self.trickle.unwrap_or((body.len().max(1), Duration::ZERO));
        for piece in body.chunks(piece) {
            stream.write_all(piece)?;
            stream.flush()?;
            thread::sleep(pause);
        }
        Ok(())
    }
}

/// The server.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    robots_asked: Arc<AtomicUsize>,
}

/// What the threads of a server share.
struct Talk {
    script: Vec<Answer>,
    robots: Answer,
    requests: Arc<Mutex<Vec<String>>>,
    robots_asked: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn start(script: Vec<Answer>) -> Self {
        Self::with_robots(Answer::new("404 Not Found", ""), script)
    }

    /// A server that has something to say to robots.
    pub(crate) fn with_robots(robots: Answer, script: Vec<Answer>) -> Self {
        let requests = Arc::new(Mutex::new(Vec::new()));
        let robots_asked = Arc::<AtomicUsize>::default();
        let talk =
            Talk { script, robots, requests: Arc::clone(&requests), robots_asked: Arc::clone(&robots_asked) };
        let address = listen(move |stream| talk.converse(stream));
        Self { address, requests, robots_asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How often `/robots.txt` was asked for.
    pub(crate) fn robots_asked(&self) -> usize {
        self.robots_asked.load(Ordering::Relaxed)
    }
}

/// Talks to everybody who connects, to each in a thread of its own, for as long as the tests run.
pub(crate) fn listen(converse: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let converse = Arc::new(converse);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let converse = Arc::clone(&converse);
            thread::spawn(move || converse(stream));
        }
    });
    address
}

/// An address where nobody listens.
pub(crate) fn deserted_url() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

impl Talk {
    fn converse(&self, mut stream: TcpStream) {
        let head = head(&stream);
        let answer = if head.starts_with("GET /robots.txt ") {
            self.robots_asked.fetch_add(1, Ordering::Relaxed);
            &self.robots
        } else {
            let mut requests = self.requests.lock().unwrap();
            requests.push(head);
            &self.script[(requests.len() - 1).min(self.script.len() - 1)]
        };
        // The program may hang up at any moment.
        let _ = answer.send(&mut stream);
    }
}

fn head(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    lines.take_while(|line| !line.is_empty()).fold(String::new(), |head, line| head + &line + "\n")
}
