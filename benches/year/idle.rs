//! What the daemon holds in memory while it polls a page that does not change.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::folder::Folder;
use crate::market::Market;
use crate::measure::pantau;

const WATCHED: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(10);

/// Starts the daemon, waits, reads its memory, and ends it.
pub(crate) fn run(folder: &Folder) -> anyhow::Result<()> {
    let server = Server::start(Market::new(0).page())?;
    let config = folder.path().join("idle.toml");
    let url = format!("http://{}/", server.address);
    std::fs::write(
        &config,
        format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\n"),
    )?;
    let database = folder.path().join("idle.db");
    let mut command = pantau(folder);
    command.arg("--config").arg(&config).arg("--db").arg(&database).args(["-q", "run"]).stdin(Stdio::null());
    let mut daemon = Daemon(command.spawn().context("failed to start the daemon")?);
    thread::sleep(WATCHED);
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.0.id()))
        .context("failed to read the memory of the daemon; it may have ended")?;
    println!("requests   {}, {} answered with 304", server.asked(), server.unchanged());
    for name in ["VmRSS", "RssAnon", "RssFile", "VmHWM", "Threads"] {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        println!("{name:<10} {}", line.unwrap_or_default().trim());
    }
    let (exit, took) = daemon.end()?;
    println!("SIGTERM    {exit} after {} ms", took.as_millis());
    Ok(())
}

/// The daemon; killed when nobody waits for its end.
struct Daemon(Child);

impl Daemon {
    fn end(&mut self) -> anyhow::Result<(std::process::ExitStatus, Duration)> {
        let begun = Instant::now();
        let killed = Command::new("kill").args(["-TERM", &self.0.id().to_string()]).status()?;
        if !killed.success() {
            bail!("failed to send SIGTERM to the daemon");
        }
        while begun.elapsed() < PATIENCE {
            if let Some(exit) = self.0.try_wait()? {
                return Ok((exit, begun.elapsed()));
            }
            thread::sleep(Duration::from_millis(1));
        }
        bail!("the daemon still runs {} s after SIGTERM", PATIENCE.as_secs())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail where it has ended already, as it should have.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One page with a version: shown whole to whoever does not know it, 304 to whoever does.
struct Server {
    address: std::net::SocketAddr,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    asked: AtomicUsize,
    unchanged: AtomicUsize,
}

impl Server {
    fn start(page: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let (address, counts) = (listener.local_addr()?, Arc::<Counts>::default());
        let shared = counts.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (page, counts) = (page.clone(), shared.clone());
                // A connection that breaks is the daemon's to open again.
                thread::spawn(move || serve(&stream, &page, &counts));
            }
        });
        Ok(Self { address, counts })
    }

    fn asked(&self) -> usize {
        self.counts.asked.load(Ordering::Relaxed)
    }

    fn unchanged(&self) -> usize {
        self.counts.unchanged.load(Ordering::Relaxed)
    }
}

/// Answers the requests of one connection until it is closed.
fn serve(mut stream: &TcpStream, page: &str, counts: &Counts) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let mut knows_page = false;
    while let Some(line) = lines.next().transpose()? {
        knows_page |= line.to_ascii_lowercase().starts_with("if-none-match:");
        if !line.is_empty() {
            continue;
        }
        counts.asked.fetch_add(1, Ordering::Relaxed);
        if std::mem::take(&mut knows_page) {
            counts.unchanged.fetch_add(1, Ordering::Relaxed);
            stream.write_all(b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n")?;
        } else {
            let length = page.len();
            let head = format!(
                "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Type: text/html\r\nContent-Length: {length}\r\n\r\n"
            );
            stream.write_all(head.as_bytes())?;
            stream.write_all(page.as_bytes())?;
        }
    }
    Ok(())
}
