//! A year of a header of eleven rows, polled each minute of the sessions, one after the other through the way that the
//! daemon takes; and every row of every poll as a text for everybody else.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result};
use chrono::{Days, NaiveDate, NaiveTime, TimeDelta, TimeZone};
use chrono_tz::Asia::Jakarta;
use pantau::calendar::{Calendar, Phase};
use pantau::domain::{Attempt, Page, Quote, Timestamp, Validators};
use pantau::ingest;
use pantau::store::{Store, StoreError};
use rusqlite::Connection;

use crate::kontan;
use crate::market::Market;

use super::{Stopwatch, say, tell};

const SEED: u64 = 2025;
const POLLS_A_TRANSACTION: usize = 500;
/// More than enough for the polls of a bench.
const DAYS_OF_POLLS: u32 = 60;
const MINUTES_OF_A_DAY: i64 = 24 * 60;

/// Makes so many days from the end of 2025. Tells the processor time in seconds that recording took, parsing included.
pub(super) fn make(days: u32, database: &Path, text: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(text)?);
    let mut market = Market::new(SEED);
    let source = kontan::source();
    let mut micros = 0.0;
    let mut store = Store::open_writer(database)?;
    for minutes in minutes(days)?.chunks(POLLS_A_TRANSACTION) {
        let polls: Vec<(Page, Attempt)> = minutes.iter().map(|at| poll(*at, &mut market)).collect();
        let stopwatch = Stopwatch::begin()?;
        let quotes = store.write(|tables| {
            let record = |(page, attempt): (Page, Attempt)| {
                let no = Validators::default();
                let (report, _) = ingest::ingest_poll(tables, &source, &page, no, attempt)?;
                Ok((page.captured_at, report.quotes))
            };
            polls.into_iter().map(record).collect::<Result<Vec<_>, StoreError>>()
        })?;
        micros += stopwatch.micros()?;
        for (at, quotes) in quotes {
            for (quote, _) in quotes {
                write_row(&mut text, at, &quote)?;
            }
        }
    }
    drop(store);
    text.flush()?;
    tell(micros / 1e6);
    Ok(())
}

/// So many polls, each a transaction that survives a power cut. Tells the processor time of one in microseconds, parsing
/// included, and how many are in the log.
pub(super) fn polls(polls: u32, database: &Path) -> Result<()> {
    let mut market = Market::new(SEED);
    let source = kontan::source();
    let mut store = Store::open_writer(database)?;
    let pages: Vec<(Page, Attempt)> =
        minutes(DAYS_OF_POLLS)?.into_iter().take(polls as usize).map(|at| poll(at, &mut market)).collect();
    let stopwatch = Stopwatch::begin()?;
    for (page, attempt) in pages {
        let no = Validators::default();
        store.write(|tables| ingest::ingest_poll(tables, &source, &page, no, attempt).map(drop))?;
    }
    tell(stopwatch.micros()? / f64::from(polls));
    drop(store);
    let log = Connection::open(database)?;
    let count: i64 = log.query_row("SELECT count(DISTINCT seen_at) FROM poll", [], |row| row.get(0))?;
    say(format_args!("{count} polls"));
    Ok(())
}

/// `lq45,1735788600,827`.
fn write_row(text: &mut impl Write, at: Timestamp, quote: &Quote) -> Result<()> {
    let level = quote.figures.level.context("a row without a level")?;
    writeln!(text, "{},{},{}", quote.slug, at.timestamp(), level.decimal())?;
    Ok(())
}

/// The minutes of the sessions.
fn minutes(days: u32) -> Result<Vec<Timestamp>> {
    let calendar = Calendar::idx();
    let end = NaiveDate::from_ymd_opt(2026, 1, 1).context("a date")?;
    let of_day = |back: u32| {
        let midnight = (end - Days::new(back.into())).and_time(NaiveTime::MIN);
        (0..MINUTES_OF_A_DAY).filter_map(move |minute| {
            Some(Jakarta.from_local_datetime(&(midnight + TimeDelta::minutes(minute))).single()?.to_utc())
        })
    };
    let is_session = |at: &Timestamp| matches!(calendar.phase(*at), Phase::SessionOne | Phase::SessionTwo);
    Ok((1..=days).rev().flat_map(of_day).filter(is_session).collect())
}

fn poll(at: Timestamp, market: &mut Market) -> (Page, Attempt) {
    market.go_on(at);
    kontan::poll(at, market.page())
}
