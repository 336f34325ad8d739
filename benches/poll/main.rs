//! One durable poll at a time into a database file: what it costs the processor, and how large a year of them is.
//!
//! `cargo bench --bench poll` hands pages of eleven rows to `ingest`, each in a transaction of its own that is synced to
//! the disk: pages that show other values each time, and the same page again and again. What reading the pages costs is
//! told beside it and taken off. Then a year of the made-up market, polled each minute from 09:00 to 16:00 on trading
//! days, goes into another database, whose tables are told one by one.
//!
//! - `-- --polls N`: another number of durable polls than 2,000.
//! - `-- --keep FILE`: leave the database of the year there.
//!
//! Nothing is asserted. Linux only: the processor time is read from `/proc`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../common/cpu.rs"]
mod cpu;
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;
#[path = "../common/market.rs"]
mod market;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use chrono::{Days, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Asia::Jakarta;
use pantau::calendar::Calendar;
use pantau::domain::{Attempt, Page, Timestamp, Validators};
use pantau::ingest::{self, Source};
use pantau::parse;
use pantau::store::{Store, StoreError};

use cpu::cpu;
use market::Market;

/// A page, and how fetching it went.
type Poll = (Page, Attempt);

/// How many of the year share a transaction; their rows are the same as those of durable polls.
const POLLS_A_TRANSACTION: usize = 420;

fn main() -> anyhow::Result<()> {
    let (mut polls, mut keep, mut is_bench) = (2_000, None, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--bench" => is_bench = true,
            "--polls" => polls = args.next().context("--polls needs a number")?.parse()?,
            "--keep" => keep = Some(PathBuf::from(args.next().context("--keep needs a file")?)),
            other => anyhow::bail!("unknown argument '{other}'; there are --polls N and --keep FILE"),
        }
    }
    if !is_bench {
        println!("nothing to test; run `cargo bench --bench poll`");
        return Ok(());
    }
    let minutes = session_minutes();
    let mut market = Market::new(2025);
    let others: Vec<Poll> = minutes.iter().take(polls).map(|at| poll(*at, &mut market)).collect();
    let body = others.first().context("no polls")?.0.body.clone();
    let mut same = others.clone();
    same.iter_mut().for_each(|(page, _)| page.body.clone_from(&body));
    durable("other values at each poll", &others)?;
    durable("the same values at each poll", &same)?;
    let folder = tempfile::tempdir()?;
    year(&keep.unwrap_or_else(|| folder.path().join("pantau.db")), &minutes)
}

/// Records polls one by one, each for good before the next.
fn durable(name: &str, polls: &[Poll]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut store = Store::open_writer(&folder.path().join("pantau.db"))?;
    let source = kontan::source();
    let begun = cpu()?;
    let rows: usize =
        polls.iter().map(|(page, _)| parse::parse(&page.body, None, &source.layout).quotes.len()).sum();
    let reading = cpu()? - begun;
    let begun = cpu()?;
    for poll in polls {
        record(&mut store, &source, std::slice::from_ref(poll))?;
    }
    let whole = cpu()? - begun;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let each = |took: Duration| took.as_secs_f64() * 1e6 / polls.len() as f64;
    println!(
        "{name}: {} polls of {} rows, {:.0} µs of processor time each, of which reading the page takes {:.0}: {:.0}",
        polls.len(),
        rows / polls.len(),
        each(whole),
        each(reading),
        each(whole.saturating_sub(reading)),
    );
    Ok(())
}

fn year(path: &Path, minutes: &[Timestamp]) -> anyhow::Result<()> {
    let mut market = Market::new(2025);
    let mut store = Store::open_writer(path)?;
    let source = kontan::source();
    for minutes in minutes.chunks(POLLS_A_TRANSACTION) {
        let polls: Vec<Poll> = minutes.iter().map(|at| poll(*at, &mut market)).collect();
        record(&mut store, &source, &polls)?;
    }
    drop(store);
    let bytes = path.metadata()?.len();
    println!("a year: {} polls, {:.1} MB", minutes.len(), megabytes(bytes));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn record(store: &mut Store, source: &Source, polls: &[Poll]) -> Result<(), StoreError> {
    store.write(|tables| {
        for (page, attempt) in polls {
            ingest::ingest_poll(tables, source, page, Validators::default(), attempt.clone())?;
        }
        Ok(())
    })
}

fn poll(at: Timestamp, market: &mut Market) -> Poll {
    market.go_on(at);
    kontan::poll(at, market.page())
}

/// Each minute from 09:00 to 16:00 on the trading days of 2025.
fn session_minutes() -> Vec<Timestamp> {
    let calendar = Calendar::idx();
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
    let days = (0..365).map(|day| first + Days::new(day)).filter(|date| calendar.is_trading_day(*date));
    let of_day = |date: NaiveDate| {
        (0..420).filter_map(move |minute| {
            let local = date.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(9 * 60 + minute);
            Some(Jakarta.from_local_datetime(&local).single()?.to_utc())
        })
    };
    days.flat_map(of_day).collect()
}
