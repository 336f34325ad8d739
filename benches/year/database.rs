//! Makes the database: every minute of the year through the one way in.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Asia::Jakarta;
use pantau::domain::{Attempt, Page, Timestamp, Validators};
use pantau::ingest::{self, Source};
use pantau::store::{Store, StoreError, Tables};

use crate::folder::Folder;
use crate::kontan;
use crate::market::{Market, Numbers};

/// The days of a whole year.
pub(crate) const DAYS: u32 = 365;

const FIRST_MINUTE: i64 = 6 * 60;
const MINUTES: i64 = 722;
const POLLS_A_TRANSACTION: usize = 500;
const SEED: u64 = 2025;

/// The database of so many days; the one in the folder where it is there already.
pub(crate) fn prepare(folder: &Folder, days: u32) -> anyhow::Result<PathBuf> {
    let path = folder.path().join(format!("{days}-days.db"));
    if path.exists() {
        println!("recorded   before, in {}", path.display());
    } else {
        // A database is either whole or not there under its name.
        let unfinished = folder.path().join("unfinished.db");
        let recorded = record(&unfinished, days)?;
        std::fs::rename(&unfinished, &path)?;
        println!("recorded   {recorded}");
    }
    Ok(path)
}

/// How long recording took.
struct Recorded {
    polls: usize,
    confirmations: usize,
    took: Duration,
}

impl std::fmt::Display for Recorded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { polls, confirmations, took } = self;
        let a_second = |count: usize| count as f64 / took.as_secs_f64();
        let (polls_a_second, rows_a_second) = (a_second(*polls), a_second(*confirmations));
        write!(
            f,
            "{polls} polls, {confirmations} confirmations in {:.1} s: {polls_a_second:.0} polls/s, {rows_a_second:.0} confirmations/s",
            took.as_secs_f64(),
        )
    }
}

fn record(path: &Path, days: u32) -> anyhow::Result<Recorded> {
    let source = kontan::source();
    let mut store = Store::open_writer(path)?;
    let mut market = Market::new(SEED);
    let mut numbers = Numbers::new(SEED + 1);
    let mut recorded = Recorded { polls: 0, confirmations: 0, took: Duration::ZERO };
    for minutes in minutes(days).chunks(POLLS_A_TRANSACTION) {
        let polls: Vec<(Page, Attempt)> =
            minutes.iter().map(|at| poll(*at, &mut market, &mut numbers)).collect();
        recorded.polls += polls.len();
        let begun = Instant::now();
        recorded.confirmations += store.write(|tables| record_all(tables, &source, polls))?;
        recorded.took += begun.elapsed();
    }
    let begun = Instant::now();
    // Closing moves what waits in the log file into the database.
    drop(store);
    recorded.took += begun.elapsed();
    Ok(recorded)
}

/// Records polls; counts the rows that were read from their pages.
fn record_all(tables: Tables<'_>, source: &Source, polls: Vec<(Page, Attempt)>) -> Result<usize, StoreError> {
    let mut rows = 0;
    for (page, attempt) in polls {
        let (report, _) = ingest::ingest_poll(tables, source, &page, Validators::default(), attempt)?;
        rows += report.quotes.len();
    }
    Ok(rows)
}

fn minutes(days: u32) -> Vec<Timestamp> {
    let first = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap_or_default();
    let of_day = |day: u32| {
        let date = first + Days::new(day.into());
        (0..MINUTES).filter_map(move |minute| {
            let local = date.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(FIRST_MINUTE + minute);
            Some(Jakarta.from_local_datetime(&local).single()?.to_utc())
        })
    };
    (0..days).flat_map(of_day).collect()
}

fn poll(at: Timestamp, market: &mut Market, numbers: &mut Numbers) -> (Page, Attempt) {
    market.go_on(at);
    let (page, attempt) = kontan::poll(at, market.page());
    (page, Attempt { duration_ms: 120 + numbers.below(200).unsigned_abs(), ..attempt })
}
