//! The least that asking for many pages could cost: a socket for each of sixteen that are on their way, and the parser.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use pantau::parse::{Layout, parse};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::say;

const AT_A_TIME: usize = 16;

/// Asks for every page of a list once, and says how many rows they showed.
pub(super) fn poll_once(list: &Path) -> Result<()> {
    let text = std::fs::read_to_string(list)?;
    let urls: Arc<[String]> = text.lines().map(str::to_owned).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let rows: usize = runtime.block_on(async {
        let next = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> =
            (0..AT_A_TIME).map(|_| tokio::spawn(poll_some(urls.clone(), next.clone()))).collect();
        let mut rows = 0;
        for task in tasks {
            rows += task.await??;
        }
        anyhow::Ok(rows)
    })?;
    say(format_args!("{} pages, {rows} rows", urls.len()));
    Ok(())
}

async fn poll_some(urls: Arc<[String]>, next: Arc<AtomicUsize>) -> Result<usize> {
    let mut rows = 0;
    while let Some(url) = urls.get(next.fetch_add(1, Ordering::Relaxed)) {
        rows += parse(&page(url).await?, Some("text/html"), &Layout::Kontan).quotes.len();
    }
    Ok(rows)
}

async fn page(url: &str) -> Result<Vec<u8>> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').context("no path")?;
    let mut socket = TcpStream::connect(host).await?;
    let question = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n");
    socket.write_all(question.as_bytes()).await?;
    let mut answer = Vec::with_capacity(512 * 1024);
    let body = loop {
        socket.read_buf(&mut answer).await?;
        if let Some(at) = memchr::memmem::find(&answer, b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = std::str::from_utf8(&answer[..body])?;
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).context("no length")?;
    let end = body + length.parse::<usize>()?;
    while answer.len() < end {
        let count = socket.read_buf(&mut answer).await?;
        anyhow::ensure!(count > 0, "the page ends early");
    }
    Ok(answer.split_off(body))
}
