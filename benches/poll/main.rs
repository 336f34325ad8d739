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
use pantau::domain::{Attempt, Origin, Outcome, Page, Timestamp, Validators};
use pantau::ingest::{self, Source};
use pantau::parse::{self, Layout};
use pantau::store::{Store, StoreError};

use market::Market;

const URL: &str = "https://www.kontan.co.id/";
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
    let others: Vec<Page> = minutes.iter().take(polls).map(|at| page(*at, &mut market)).collect();
    let body = others.first().context("no polls")?.body.clone();
    let same: Vec<Page> = others.iter().map(|page| Page { body: body.clone(), ..page.clone() }).collect();
    durable("other values at each poll", &others)?;
    durable("the same values at each poll", &same)?;
    let folder = tempfile::tempdir()?;
    year(&keep.unwrap_or_else(|| folder.path().join("pantau.db")), &minutes)
}

fn source() -> Source {
    Source {
        name: "kontan".to_owned(),
        url: URL.to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(900),
    }
}

/// Records pages one by one, each for good before the next.
fn durable(name: &str, pages: &[Page]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut store = Store::open_writer(&folder.path().join("pantau.db"))?;
    let source = source();
    let begun = cpu()?;
    let rows: usize =
        pages.iter().map(|page| parse::parse(&page.body, None, &source.layout).quotes.len()).sum();
    let reading = cpu()? - begun;
    let begun = cpu()?;
    for page in pages {
        record(&mut store, &source, std::slice::from_ref(page))?;
    }
    let whole = cpu()? - begun;
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let each = |took: Duration| took.as_secs_f64() * 1e6 / pages.len() as f64;
    println!(
        "{name}: {} polls of {} rows, {:.0} µs of processor time each, of which reading the page takes {:.0}: {:.0}",
        pages.len(),
        rows / pages.len(),
        each(whole),
        each(reading),
        each(whole.saturating_sub(reading)),
    );
    Ok(())
}

fn year(path: &Path, minutes: &[Timestamp]) -> anyhow::Result<()> {
    let mut market = Market::new(2025);
    let mut store = Store::open_writer(path)?;
    let source = source();
    for minutes in minutes.chunks(POLLS_A_TRANSACTION) {
        let pages: Vec<Page> = minutes.iter().map(|at| page(*at, &mut market)).collect();
        record(&mut store, &source, &pages)?;
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

fn record(store: &mut Store, source: &Source, pages: &[Page]) -> Result<(), StoreError> {
    store.write(|tables| {
        for page in pages {
            ingest::ingest_poll(tables, source, page, Validators::default(), attempt(page))?;
        }
        Ok(())
    })
}

fn attempt(page: &Page) -> Attempt {
    Attempt {
        started_at: page.captured_at,
        outcome: Outcome::Stored,
        http_status: Some(200),
        duration_ms: 180,
        body_bytes: u64::try_from(page.body.len()).ok(),
        rows: 0,
        detail: None,
    }
}

fn page(at: Timestamp, market: &mut Market) -> Page {
    market.go_on(at);
    let body = market.page().into_bytes();
    Page { url: URL.to_owned(), body, content_type: None, captured_at: at, origin: Origin::Live }
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

/// The processor time of this process so far, user and system.
fn cpu() -> anyhow::Result<Duration> {
    let times =
        std::fs::read_to_string("/proc/self/schedstat").context("failed to read /proc/self/schedstat")?;
    let nanoseconds = times.split_whitespace().next().context("no times in /proc/self/schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
