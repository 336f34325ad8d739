//! A loopback server that does with a connection whatever a test wants, and counts them.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

pub(crate) struct Raw {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Raw {
    /// Every connection is handled in a thread of its own; what it does not manage to send is nobody's concern.
    pub(crate) fn serve(
        address: &str,
        handle: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (connections, handle) = (Arc::new(AtomicUsize::new(0)), Arc::new(handle));
        let count = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (count, handle) = (Arc::clone(&count), Arc::clone(&handle));
                thread::spawn(move || {
                    count.fetch_add(1, Ordering::SeqCst);
                    let _ = handle(stream);
                });
            }
        });
        Self { address, connections }
    }

    /// One that reads a request and answers it. There is no `robots.txt`.
    pub(crate) fn answering(
        address: &str,
        answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(address, move |mut stream| {
            if request(&stream).starts_with("GET /robots.txt") {
                return stream
                    .write_all(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            }
            answer(&mut stream)
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads the head of a request and gives its first line.
pub(crate) fn request(stream: &TcpStream) -> String {
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    head.into_iter().next().unwrap_or_default()
}

/// Keeps a connection open for longer than anything waits.
pub(crate) fn hang() -> std::io::Result<()> {
    thread::sleep(Duration::from_secs(300));
    Ok(())
}
