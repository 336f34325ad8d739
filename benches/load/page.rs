//! One page, every second.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;

use crate::daemon::Daemon;
use crate::recorded;
use crate::server::{Moves, PAGE_BYTES, Server, Shape};

const STARTS: usize = 9;
/// Until it has settled.
const WARM: Duration = Duration::from_secs(5);

pub(crate) fn run(seconds: u32) -> anyhow::Result<()> {
    for (name, moves) in [("the same", Moves::Never), ("moving", Moves::EachRequest)] {
        measure(name, moves, Duration::from_secs(seconds.into()))?;
    }
    let folder = tempfile::tempdir()?;
    let server = Server::start(1, Shape { bytes: PAGE_BYTES, moves: Moves::Never })?;
    let mut starts = Vec::new();
    for _ in 0..=STARTS {
        let daemon = Daemon::start(folder.path(), &configuration(&server))?;
        starts.push(daemon.ready);
        daemon.stop()?;
    }
    let first = starts.remove(0);
    starts.sort_unstable();
    println!(
        "  ready        {} ms after the start, {} ms where the database is made",
        starts[STARTS / 2].as_millis(),
        first.as_millis()
    );
    Ok(())
}

fn measure(name: &str, moves: Moves, time: Duration) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(1, Shape { bytes: PAGE_BYTES, moves })?;
    let daemon = Daemon::start(folder.path(), &configuration(&server))?;
    sleep(WARM);
    let (before, polls_before) = (daemon.usage()?, server.served());
    sleep(time);
    let (after, polls_after) = (daemon.usage()?, server.served());
    let database = daemon.database.clone();
    daemon.stop()?;
    check(&database, &server)?;
    let polls = u32::try_from(polls_after - polls_before)?.max(1);
    println!("  {name}, {polls} polls");
    println!(
        "  processor    {:.3} s for 1,000 polls",
        after.cpu_since(&before).as_secs_f64() / f64::from(polls) * 1e3
    );
    println!("  memory       {}", after.memory());
    Ok(())
}

fn check(database: &Path, server: &Server) -> anyhow::Result<()> {
    let (recorded, served) = (recorded::polls(database)?, server.served());
    // The last one may have been on its way when the daemon was stopped.
    ensure!(recorded == served || recorded + 1 == served, "{served} pages were served, {recorded} recorded");
    Ok(())
}

/// The page is asked for every second, whatever the day and the hour.
fn configuration(server: &Server) -> String {
    let url = server.urls().next().unwrap_or_default();
    format!(
        "[market]\ncalendar = \"weekdays\"\n[[source]]\nname = \"page\"\nurl = \"{url}\"\nlayout = \"kontan\"\n\
         every = \"1s\"\nevery_closed = \"1s\"\n"
    )
}
