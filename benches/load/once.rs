//! Many pages, each once, as quickly as the daemon gets through them.

use std::fmt::Write;
use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;
use pantau::store::Store;

use crate::daemon::Daemon;
use crate::recorded;
use crate::server::{Moves, PAGE_BYTES, Server, Shape};

/// How often it is looked whether all is done.
const GLANCE: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) fn run(pages: u16, sites: u16) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let server = Server::start(sites, Shape { bytes: PAGE_BYTES, moves: Moves::EachRequest })?;
    let pages = usize::from(pages);
    let daemon = Daemon::start(folder.path(), &configuration(&server, pages))?;
    wait(|| Ok(server.served() >= pages), &daemon)?;
    let store = Store::open_reader(&daemon.database)?;
    wait(|| Ok(recorded::sources(&store)? >= pages), &daemon)?;
    let (took, usage) = (daemon.begun.elapsed(), daemon.usage()?);
    let database = daemon.database.clone();
    daemon.stop()?;
    let recorded = recorded::polls(&database)?;
    ensure!(recorded == pages, "{pages} pages were served, {recorded} recorded");
    println!("  {pages} pages on {sites} sites, all recorded");
    println!("  wall         {:.2} s from the start of the daemon", took.as_secs_f64());
    println!("  processor    {:.2} s", usage.cpu().as_secs_f64());
    println!("  memory       {}", usage.memory());
    Ok(())
}

fn wait(is_done: impl Fn() -> anyhow::Result<bool>, daemon: &Daemon) -> anyhow::Result<()> {
    while !is_done()? {
        ensure!(daemon.begun.elapsed() < PATIENCE, "not done after {} s", PATIENCE.as_secs());
        sleep(GLANCE);
    }
    Ok(())
}

/// The pages are dealt out to the sites in turn.
fn configuration(server: &Server, pages: usize) -> String {
    let mut config = String::from("[market]\ncalendar = \"weekdays\"\n[fetch]\nspacing = \"0s\"\n");
    let sites: Vec<String> = server.urls().collect();
    for (number, site) in sites.iter().cycle().take(pages).enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            config,
            "[[source]]\nname = \"s{number}\"\nurl = \"{site}{number}\"\nlayout = \"kontan\"\nevery = \"1h\"\n\
             every_closed = \"1h\"\n"
        );
    }
    config
}
