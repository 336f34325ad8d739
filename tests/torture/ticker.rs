//! Loopback servers whose page is another one at every request, so that each poll can be told from every other.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// One server, at an address of the loopback network of its own: what is spaced by host does not wait here.
pub(crate) struct Ticker {
    pub(crate) name: String,
    pub(crate) url: String,
    served: Arc<Mutex<Vec<Instant>>>,
}

impl Ticker {
    /// So many servers, called `t1`, `t2` and so on.
    pub(crate) fn several(count: u8) -> Vec<Self> {
        (1..=count).map(Self::start).collect()
    }

    fn start(number: u8) -> Self {
        let listener = TcpListener::bind((format!("127.0.0.{number}"), 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let served = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&served);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // The program may be killed at any moment.
                let _ = answer(stream, &log);
            }
        });
        Self { name: format!("t{number}"), url, served }
    }

    /// When each page so far was asked for. Its number is its place.
    pub(crate) fn served(&self) -> Vec<Instant> {
        self.served.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<Vec<Instant>>) -> std::io::Result<()> {
    let lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let Some(request) = head.first() else { return Ok(()) };
    if !request.starts_with("GET / ") {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    let number = {
        let mut log = log.lock().unwrap();
        let number = u64::try_from(log.len()).unwrap();
        log.push(Instant::now());
        number
    };
    let page = page(number);
    let length = page.len();
    write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{page}")
}

/// The level that page 0 prints, in hundredths.
const FIRST: u64 = 900_000;

/// A header of three rows; the level of LQ45 is the number of the page.
pub(crate) fn page(number: u64) -> String {
    let level = |first: u64| {
        let cents = first + number;
        let (thousands, units) = (cents / 100_000, cents / 100 % 1000);
        format!("{thousands}.{units:03},{:02} 0,01 0,00%", cents % 100)
    };
    let (lq45, idx, issi) = (level(FIRST), level(7 * FIRST / 9), level(2 * FIRST / 9));
    format!("<p>| INDIKATOR |</p><p>LQ45 {lq45}</p><p>IDX {idx}</p><p>ISSI {issi}</p>")
}

/// Which page it was that says so, by the digits of its first level.
pub(crate) fn number_of(block: &str) -> u64 {
    let after = block.split_once("LQ45").unwrap().1;
    let level: String = after.trim_start().chars().take_while(|c| !c.is_whitespace()).collect();
    let digits: String = level.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<u64>().unwrap() - FIRST
}
