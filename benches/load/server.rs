//! A server with an address for each site, whose pages are of any length and move or do not. Knows nothing of who asks.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::labels::LABELS;

/// The rows of every page.
pub(crate) const ROWS: usize = LABELS.len();
/// As long as the page of the first source.
pub(crate) const PAGE_BYTES: usize = 398_000;

/// What a page is like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// At least so many bytes.
    pub(crate) bytes: usize,
    pub(crate) moves: Moves,
}

/// When the levels of a page rise by a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moves {
    EachMinute,
    EachRequest,
    Never,
}

/// The server, as long as it is held.
pub(crate) struct Server {
    addresses: Vec<SocketAddr>,
    shared: Arc<Shared>,
    /// Ends with the server.
    _runtime: Runtime,
}

struct Shared {
    moves: Moves,
    /// What stands below the header.
    rest: String,
    begun: Instant,
    served: AtomicU64,
    /// When requests for a page came to each address, since the start.
    arrivals: Mutex<Vec<Vec<Duration>>>,
}

impl Server {
    pub(crate) fn start(sites: u16, shape: Shape) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let shared = Arc::new(Shared {
            moves: shape.moves,
            rest: rest(shape.bytes),
            begun: Instant::now(),
            served: AtomicU64::new(0),
            arrivals: Mutex::new(vec![Vec::new(); usize::from(sites)]),
        });
        let mut addresses = Vec::new();
        for number in 0..sites {
            let [high, low] = (number + 1).to_be_bytes();
            let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::new(127, 0, high, low), 0)))?;
            addresses.push(listener.local_addr()?);
            runtime.spawn(listen(listener, usize::from(number), shared.clone()));
        }
        Ok(Self { addresses, shared, _runtime: runtime })
    }

    /// Where the pages of each site begin.
    pub(crate) fn urls(&self) -> impl Iterator<Item = String> {
        self.addresses.iter().map(|address| format!("http://{address}/"))
    }

    pub(crate) fn arrivals(&self) -> Vec<Vec<Duration>> {
        self.shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many pages were asked for.
    pub(crate) fn served(&self) -> usize {
        self.shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner).iter().map(Vec::len).sum()
    }
}

async fn listen(listener: TcpListener, number: usize, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        // A connection that breaks is the daemon's to open again.
        tokio::spawn(serve(stream, number, shared.clone()));
    }
}

/// Answers the requests of one connection until it is closed.
async fn serve(mut stream: TcpStream, number: usize, shared: Arc<Shared>) -> std::io::Result<()> {
    let mut head = Vec::new();
    loop {
        let mut piece = [0; 2048];
        let count = stream.read(&mut piece).await?;
        if count == 0 {
            return Ok(());
        }
        head.extend_from_slice(&piece[..count]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let is_page = !head.starts_with(b"GET /robots.txt ");
        head.clear();
        if !is_page {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await?;
            continue;
        }
        let at = shared.begun.elapsed();
        shared.arrivals.lock().unwrap_or_else(PoisonError::into_inner)[number].push(at);
        let top = shared.top(at);
        let length = top.len() + shared.rest.len();
        let answer =
            format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{top}");
        stream.write_all(answer.as_bytes()).await?;
        stream.write_all(shared.rest.as_bytes()).await?;
    }
}

impl Shared {
    /// The header.
    fn top(&self, at: Duration) -> String {
        let steps = match self.moves {
            Moves::EachMinute => at.as_secs() / 60,
            Moves::EachRequest => self.served.fetch_add(1, Ordering::Relaxed),
            Moves::Never => 0,
        };
        let rows = LABELS.iter().map(|label| format!("<li>{label} {} 0,00 0,00%</li>", 100 + steps));
        format!("<html><body>| INDIKATOR |<ul>{}</ul>", rows.collect::<String>())
    }
}

/// Articles, as many as a page of so many bytes has.
fn rest(bytes: usize) -> String {
    let article =
        "<div class=\"berita\"><a href=\"/saham\">Saham naik 1,5% hari ini, kata analis</a></div>\n";
    article.repeat(bytes / article.len()) + "</body></html>"
}
