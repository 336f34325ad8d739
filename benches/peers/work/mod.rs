//! Work that is done inside a process of this program: data that are made, the library where no command of `pantau` does
//! only what is to be measured, and the limits. What it took is told in a line of its own.

#![expect(clippy::print_stdout, reason = "a process that works answers on its output")]

mod archive;
mod batch;
mod pages;
mod points;
mod round_robin;
mod rows;
mod sockets;
mod table;
mod year;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use pantau::ingest::{self, Batch, Source};
use pantau::store::{Store, StoreError};

use crate::contest::TOLD;
use crate::kontan;
use crate::launch::{Job, cpu_micros};

/// The first word of the command line of such a process.
pub(crate) const WORK: &str = "work";

/// As long as one transaction of `pantau import` lasts.
const TRANSACTION: Duration = Duration::from_millis(200);
/// As many runs as it rolls up in one transaction.
const ROLLED_AT_ONCE: u64 = 500_000;
/// As much as `pantau import` gathers.
const BATCH_BYTES: usize = 48 * 1024 * 1024;

/// The command line of a piece of work.
///
/// # Errors
/// Nobody knows where this program is.
pub(crate) fn job(work: &str) -> Result<Job> {
    Ok(Job::new(std::env::current_exe()?).arg(WORK).arg(work))
}

/// Does a piece of work.
///
/// # Errors
/// It is not known, or fails.
pub(crate) fn work(words: impl Iterator<Item = String>) -> Result<()> {
    let mut words = Words(words);
    match words.next()?.as_str() {
        "make-points" => points::make(words.number()?, &words.path()?, &words.path()?),
        "make-year" => year::make(words.number()?, &words.path()?, &words.path()?),
        "make-page" => pages::make(&words.next()?, &words.path()?),
        "read-page" => pages::read(words.number()?, &words.path()?),
        "search-page" => pages::search(words.number()?, &words.path()?),
        "make-archive" => archive::make(words.number()?, &words.path()?),
        "decompress" => crate::decompress::all(&[words.path()?]),
        "batch" => batch::run(words.next()?.parse()?, words.number()?, &words.path()?),
        "poll-once" => sockets::poll_once(&words.path()?),
        "rows-text" => rows::write_text(words.next()?.parse()?, words.number()?, &words.path()?),
        "rows-rrd-commands" => round_robin::write_commands(
            words.next()?.parse()?,
            words.number()?,
            &words.path()?,
            &words.path()?,
        ),
        "rows-rrd" => round_robin::update(words.number()?, &words.path()?),
        "rows-insert" => table::insert(words.next()?.parse()?, words.number()?, &words.path()?),
        "polls" => year::polls(words.number()?, &words.path()?),
        "rows-polls" => table::polls(&words.next()?, words.number()?, &words.path()?),
        "rows-rrd-polls" => round_robin::polls(words.number()?, &words.path()?),
        other => bail!("'{other}' is no work"),
    }
}

/// The words of a command line.
struct Words<I>(I);

impl<I: Iterator<Item = String>> Words<I> {
    fn next(&mut self) -> Result<String> {
        self.0.next().context("a word is missing")
    }

    fn number(&mut self) -> Result<u32> {
        Ok(self.next()?.parse()?)
    }

    fn path(&mut self) -> Result<PathBuf> {
        Ok(self.next()?.into())
    }
}

/// Processor time since it was begun.
struct Stopwatch(i64);

impl Stopwatch {
    fn begin() -> Result<Self> {
        Ok(Self(cpu_micros()?))
    }

    fn micros(&self) -> Result<f64> {
        Ok((cpu_micros()? - self.0) as f64)
    }
}

fn tell(figure: f64) {
    println!("{TOLD}{figure}");
}

fn say(answer: std::fmt::Arguments<'_>) {
    println!("{answer}");
}

/// A database that captures are brought into as `pantau import` does.
struct Importer {
    store: Store,
    source: Source,
    batch: Batch,
    rows: usize,
}

impl Importer {
    fn open(path: &Path) -> Result<Self, StoreError> {
        let store = Store::open_writer(path)?;
        Ok(Self { store, source: kontan::source(), batch: Batch::default(), rows: 0 })
    }

    fn take(&mut self, captured: pantau::ingest::Captured) -> Result<(), StoreError> {
        self.batch.take(captured);
        if self.batch.bytes() > BATCH_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let mut batch = std::mem::take(&mut self.batch);
        while !batch.is_done() {
            let begun = std::time::Instant::now();
            let mut goes_on = || begun.elapsed() < TRANSACTION;
            let recorded = self.store.write(|tables| batch.record(tables, &self.source, &mut goes_on))?;
            self.rows += recorded.stored + recorded.unchanged + recorded.held;
        }
        Ok(())
    }

    /// Brings in what waits, rolls it up, and closes the database; gives how many rows there were.
    fn close(mut self) -> Result<usize, StoreError> {
        self.flush()?;
        while !self.store.write(|tables| ingest::roll_up(tables, &self.source.name, ROLLED_AT_ONCE))? {}
        Ok(self.rows)
    }
}
