//! A server with an address for each source, whose page moves with each minute. Knows nothing of who asks.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::labels::LABELS;

/// When requests for its page came to each address, since the start.
type Arrivals = Arc<Mutex<Vec<Vec<Duration>>>>;

/// The server, as long as it is held.
pub(crate) struct Server {
    addresses: Vec<SocketAddr>,
    arrivals: Arrivals,
    /// Ends with the server.
    _runtime: Runtime,
}

impl Server {
    pub(crate) fn start(count: u16) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let arrivals: Arrivals = Arc::new(Mutex::new(vec![Vec::new(); usize::from(count)]));
        let begun = Instant::now();
        let mut addresses = Vec::new();
        for number in 0..count {
            let [high, low] = (number + 1).to_be_bytes();
            let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::new(127, 0, high, low), 0)))?;
            addresses.push(listener.local_addr()?);
            runtime.spawn(listen(listener, usize::from(number), arrivals.clone(), begun));
        }
        Ok(Self { addresses, arrivals, _runtime: runtime })
    }

    pub(crate) fn urls(&self) -> impl Iterator<Item = String> {
        self.addresses.iter().map(|address| format!("http://{address}/"))
    }

    pub(crate) fn arrivals(&self) -> Vec<Vec<Duration>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn listen(listener: TcpListener, number: usize, arrivals: Arrivals, begun: Instant) {
    while let Ok((stream, _)) = listener.accept().await {
        // A connection that breaks is the daemon's to open again.
        tokio::spawn(serve(stream, number, arrivals.clone(), begun));
    }
}

/// Answers the requests of one connection until it is closed.
async fn serve(
    mut stream: TcpStream,
    number: usize,
    arrivals: Arrivals,
    begun: Instant,
) -> std::io::Result<()> {
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
        let at = begun.elapsed();
        let is_page = head.starts_with(b"GET / ");
        head.clear();
        if is_page {
            arrivals.lock().unwrap_or_else(PoisonError::into_inner)[number].push(at);
        }
        let (status, body) = if is_page { ("200 OK", page(at)) } else { ("404 Not Found", String::new()) };
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n{body}");
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// A header of the minute: levels that rise by a point with each.
fn page(at: Duration) -> String {
    let rows = LABELS.iter().map(|label| format!("<li>{label} {} 0,00 0,00%</li>", 100 + at.as_secs() / 60));
    format!("<html><body>| INDIKATOR |<ul>{}</ul></body></html>", rows.collect::<String>())
}
