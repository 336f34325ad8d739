//! What the daemon costs, from one page a second to ten thousand at once.
//!
//! `cargo bench --bench load` starts a server of its own on the loopback device and the release binary beside it, and
//! tells of each of three parts what was used: memory, and processor time of user and system.
//!
//! - `-- page`: one page of 398 KB, asked for whole every second, for two minutes while it says the same and for two while
//!   it says something else each time. Also how long the daemon takes from its start to its word that it is ready, the
//!   median of 9 starts.
//! - `-- once`: 10,000 pages of 398 KB on 16 sites that need no spacing, each polled once, from the start of the daemon
//!   until the last one is recorded. `--pages N` and `--sites N`: other numbers.
//! - `-- minute`: 1,000 sources on as many addresses (127.0.0.1, 127.0.0.2, ...), so that no two share a host and its
//!   spacing, each polled every minute for ten minutes: how late polls come to the server. Every page has eleven rows, and
//!   their levels move with each minute, so that every poll is stored. A source has a place of its own in the minute; a
//!   poll is late by as much as it came after that place. The place is taken to be that of its earliest poll, the one at
//!   the start aside. `--sources N` and `--minutes N`: other numbers.
//!
//! Without the name of a part, all are measured. Of times and memory nothing is asserted; that every page that was
//! served is recorded whole is. Linux only: memory and times are read from `/proc`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod daemon;
#[path = "../common/labels.rs"]
mod labels;
mod minute;
mod once;
mod options;
mod page;
mod recorded;
mod server;
mod usage;

use options::{Options, Part};

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    if !options.is_bench {
        println!("nothing to test; run `cargo bench --bench load`");
        return Ok(());
    }
    for part in &options.parts {
        println!("{}", part.name());
        match part {
            Part::Page => page::run(options.seconds)?,
            Part::Once => once::run(options.pages, options.sites)?,
            Part::Minute => minute::run(options.sources, options.minutes)?,
        }
    }
    Ok(())
}
