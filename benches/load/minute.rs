//! A thousand sources, each every minute: how late their polls are.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::daemon::Daemon;
use crate::recorded;
use crate::server::{Moves, Server, Shape};
use crate::usage::Usage;

const MINUTE: Duration = Duration::from_secs(60);

pub(crate) fn run(sources: u16, minutes: u32) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(sources, Shape { bytes: 0, moves: Moves::EachMinute })?;
    let daemon = Daemon::start(folder.path(), &configuration(&server))?;
    let begun = Instant::now();
    std::thread::sleep(MINUTE * minutes);
    let (took, usage) = (begun.elapsed(), daemon.usage()?);
    let database = daemon.database.clone();
    daemon.stop()?;
    let (recorded, served) = (recorded::polls(&database)?, server.served());
    // Those on their way when the daemon was stopped are not.
    ensure!(
        recorded <= served && served - recorded <= usize::from(sources),
        "{served} pages were served, {recorded} recorded"
    );
    tell(&server, &usage, took);
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
    println!("  polls        {} in {:.0} s", server.served(), took.as_secs_f64());
    println!(
        "  late         median {}, 99.9 % {}, most {}",
        seconds(at(500)),
        seconds(at(999)),
        seconds(lateness.last().copied())
    );
    println!("  late by 2 s  {} of {}", lateness.iter().filter(|late| **late > 2.0).count(), lateness.len());
    println!("  memory       {}", usage.memory());
    println!("  processor    {:.1} % of one core", usage.cpu().as_secs_f64() * 100.0 / took.as_secs_f64());
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
