//! A thousand sources on one daemon, each polled every minute: how late polls are, and what the daemon costs.
//!
//! `cargo bench --bench load` starts a server of its own on the loopback device, which has an address for each
//! source (127.0.0.1, 127.0.0.2, ...), so that no two share a host and its spacing. Every page has eleven rows, and
//! their levels move with each minute, so that every poll is stored. The release binary runs beside it for ten
//! minutes; then it is told how late polls came to the server, what the daemon held in memory at the most, and what
//! share of one core it used.
//!
//! A source has a place of its own in the minute; a poll is late by as much as it came after that place. The place is
//! taken to be that of its earliest poll, the one at the start aside.
//!
//! - `-- --sources N`, `-- --minutes N`: other numbers than 1,000 and 10.
//!
//! Nothing is asserted. Linux only: memory and times are read from `/proc`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../common/labels.rs"]
mod labels;
mod server;
mod usage;

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use server::Server;
use usage::Usage;

const MINUTE: Duration = Duration::from_secs(60);

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    sources: u16,
    minutes: u32,
    /// `cargo bench` says so; `cargo test --benches` does not.
    is_bench: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self { sources: 1000, minutes: 10, is_bench: false };
        while let Some(arg) = args.next() {
            let mut number = || args.next().with_context(|| format!("{arg} needs a number"));
            match arg.as_str() {
                "--bench" => options.is_bench = true,
                "--sources" => options.sources = number()?.parse().context("--sources needs a number")?,
                "--minutes" => options.minutes = number()?.parse().context("--minutes needs a number")?,
                other => bail!("unknown argument '{other}'; there are --sources N and --minutes N"),
            }
        }
        Ok(options)
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    if !options.is_bench {
        println!("nothing to test; run `cargo bench --bench load`");
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let server = Server::start(options.sources)?;
    let config = folder.path().join("load.toml");
    std::fs::write(&config, configuration(&server))?;
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_pantau"))
        .env_clear()
        .args(["-q", "run", "--config"])
        .arg(&config)
        .arg("--db")
        .arg(folder.path().join("load.db"))
        .stdin(Stdio::null())
        .spawn()
        .context("failed to start the daemon")?;
    let begun = Instant::now();
    std::thread::sleep(MINUTE * options.minutes);
    let usage = Usage::of(daemon.id());
    let took = begun.elapsed();
    // The daemon is ended before a failed reading is told.
    Command::new("kill").args(["-TERM", &daemon.id().to_string()]).status()?;
    let exit = daemon.wait()?;
    tell(&server, &usage?, took);
    println!("SIGTERM      {exit}");
    Ok(())
}

/// Every source polls each minute, whatever the day and the hour.
fn configuration(server: &Server) -> String {
    let mut config = String::from("[market]\ncalendar = \"weekdays\"\n");
    for (number, url) in server.urls().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            config,
            "[[source]]\nname = \"s{number}\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1m\"\nevery_closed = \"1m\"\n"
        );
    }
    config
}

fn tell(server: &Server, usage: &Usage, took: Duration) {
    let mut lateness: Vec<f64> = server.arrivals().iter().flat_map(|arrivals| lateness(arrivals)).collect();
    lateness.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| lateness.get(lateness.len() * share / 1000).or(lateness.last()).copied();
    let seconds = |late: Option<f64>| late.map_or("none".to_owned(), |late| format!("{late:.3} s"));
    println!(
        "polls        {} in {:.0} s",
        server.arrivals().iter().map(Vec::len).sum::<usize>(),
        took.as_secs_f64()
    );
    println!(
        "late         median {}, 99.9 % {}, most {}",
        seconds(at(500)),
        seconds(at(999)),
        seconds(lateness.last().copied())
    );
    println!("late by 2 s  {} of {}", lateness.iter().filter(|late| **late > 2.0).count(), lateness.len());
    println!("memory       {} now, {} at the most", usage.resident, usage.peak);
    println!("processor    {:.1} % of one core", usage.cpu.as_secs_f64() * 100.0 / took.as_secs_f64());
}

/// How long after its place in the minute each poll but the first came.
fn lateness(arrivals: &[Duration]) -> Vec<f64> {
    let minute = MINUTE.as_secs_f64();
    let Some(reference) = arrivals.get(1).map(Duration::as_secs_f64) else { return Vec::new() };
    // Around the second poll, so that a place near the turn of the minute is one place and not two.
    let offset =
        |at: &Duration| (at.as_secs_f64() - reference + minute / 2.0).rem_euclid(minute) - minute / 2.0;
    let offsets: Vec<f64> = arrivals[1..].iter().map(offset).collect();
    let earliest = offsets.iter().copied().fold(f64::INFINITY, f64::min);
    offsets.into_iter().map(|offset| offset - earliest).collect()
}
