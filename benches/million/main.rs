//! A million captures brought in, in order of time and shuffled: how many a second, and that both leave the same rows.
//!
//! `cargo bench --bench million` makes captures of eleven rows, a minute apart, and hands them to `ingest` in batches,
//! as `pantau import` does, into a database file, and what they come to is rolled up in the end. Twice: once with a header that changes every ten minutes in market
//! hours and stands still outside (a capture then mostly confirms what is known), once with one that changes at every
//! capture. Each in order of time, and shuffled.
//!
//! - `-- --captures N`: another number than 1,000,000.
//! - `-- --pace sessions|always`: only one of the two headers.
//!
//! The rows of both orders are compared; nothing else is asserted. Told is the processor time of bringing captures in,
//! writing included; making and reading the pages is not. Linux only: it is read from `/proc`.

#![expect(
    clippy::print_stdout,
    clippy::use_debug,
    reason = "a benchmark prints what it measured, and compares rows"
)]

#[path = "../common/cpu.rs"]
mod cpu;
#[allow(dead_code, reason = "captures are not polled")]
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use pantau::domain::{TimeRange, Timestamp};
use pantau::ingest::{Batch, Captured, Recorded, Source, roll_up};
use pantau::parse::{self, Layout, Reading};
use pantau::store::{Store, StoreError};

use cpu::cpu;
use labels::LABELS;

/// As much as `pantau import` gathers.
const BATCH_BYTES: usize = 48 * 1024 * 1024;
/// As long as one of its transactions lasts.
const TRANSACTION: Duration = Duration::from_millis(200);
/// As many runs as it rolls up in one.
const ROLLED_AT_ONCE: u64 = 500_000;

/// How many pages are made and read ahead of the clock.
const AT_ONCE: usize = 10_000;

/// When the header shows other values.
#[derive(Clone, Copy)]
enum Pace {
    /// Every ten minutes in the seven hours of a session.
    Sessions,
    /// At every capture.
    Always,
}

impl Pace {
    /// A number that is another one when the values are others.
    fn state(self, minute: u32) -> u32 {
        match self {
            Self::Sessions => (minute / 1440) * 42 + (minute % 1440).min(419) / 10,
            Self::Always => minute,
        }
    }
}

fn main() -> anyhow::Result<()> {
    let mut captures = 1_000_000;
    let (mut is_bench, mut only) = (false, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--bench" => is_bench = true,
            "--captures" => captures = args.next().context("--captures needs a number")?.parse()?,
            "--pace" => only = Some(args.next().context("--pace needs sessions or always")?),
            other => anyhow::bail!("unknown argument '{other}'; there are --captures N and --pace PACE"),
        }
    }
    if !is_bench {
        println!("nothing to test; run `cargo bench --bench million`");
        return Ok(());
    }
    let paces = [("sessions", "mostly confirmed", Pace::Sessions), ("always", "always new", Pace::Always)];
    for (word, name, pace) in paces {
        if only.as_ref().is_some_and(|only| only != word) {
            continue;
        }
        let mut minutes: Vec<u32> = (0..captures).collect();
        let (folder, shuffled) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let took = [measure(folder.path(), pace, &minutes, &format!("{name}, in order"))?, {
            shuffle(&mut minutes);
            measure(shuffled.path(), pace, &minutes, &format!("{name}, shuffled"))?
        }];
        let stores = [folder.path(), shuffled.path()].map(|folder| digest_of(&folder.join("pantau.db")));
        let [ordered, shuffled] = stores;
        ensure!(ordered? == shuffled?, "{name}: the rows of the two orders differ");
        println!("{name}: the same rows; shuffled takes {:.2} times as long", took[1] / took[0]);
    }
    Ok(())
}

/// Brings captures in; gives the seconds of the processor that it took, those of reading pages aside.
fn measure(folder: &Path, pace: Pace, minutes: &[u32], name: &str) -> anyhow::Result<f64> {
    let source = kontan::source();
    let mut store = Store::open_writer(&folder.join("pantau.db"))?;
    let mut readings: HashMap<u32, Reading> = HashMap::new();
    let mut recorded = Recorded::default();
    let mut took = Duration::ZERO;
    let mut batch = Batch::default();
    for some in minutes.chunks(AT_ONCE) {
        let mut captured = |minute: &u32| {
            let state = pace.state(*minute);
            let reading = match pace {
                Pace::Sessions => readings.entry(state).or_insert_with(|| reading(state)).clone(),
                Pace::Always => reading(state),
            };
            anyhow::Ok(Captured { url: source.url.clone(), captured_at: at(*minute)?, reading })
        };
        let captures = some.iter().map(&mut captured).collect::<anyhow::Result<Vec<_>>>()?;
        let begun = cpu()?;
        for captured in captures {
            batch.take(captured);
            if batch.bytes() > BATCH_BYTES {
                recorded.add(bring_in(&mut store, &source, &mut batch)?);
            }
        }
        took += cpu()? - begun;
    }
    let begun = cpu()?;
    recorded.add(bring_in(&mut store, &source, &mut batch)?);
    took += cpu()? - begun;
    let begun = cpu()?;
    while !store.write(|tables| roll_up(tables, &source.name, ROLLED_AT_ONCE))? {}
    let rolling = cpu()? - begun;
    took += rolling;
    let rows = recorded.stored + recorded.unchanged + recorded.held;
    let seconds = took.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "for people")]
    let rate = |count: usize| count as f64 / seconds;
    println!(
        "{name}: {} captures, {rows} rows ({} new) in {seconds:.1} s of the processor, {:.1} of them to roll up: {:.0} captures/s, {:.0} rows/s",
        recorded.captures,
        recorded.stored,
        rolling.as_secs_f64(),
        rate(recorded.captures),
        rate(rows)
    );
    Ok(seconds)
}

fn bring_in(store: &mut Store, source: &Source, batch: &mut Batch) -> Result<Recorded, StoreError> {
    let mut recorded = Recorded::default();
    let mut batch = std::mem::take(batch);
    while !batch.is_done() {
        let begun = Instant::now();
        let mut goes_on = || begun.elapsed() < TRANSACTION;
        recorded.add(store.write(|tables| batch.record(tables, source, &mut goes_on))?);
    }
    Ok(recorded)
}

fn at(minute: u32) -> anyhow::Result<Timestamp> {
    Timestamp::from_timestamp(1_400_000_000 + i64::from(minute) * 60, 0).context("a minute of our age")
}

/// A header of eleven rows whose levels follow from the state.
fn reading(state: u32) -> Reading {
    let mut page = "| INDIKATOR |\n".to_owned();
    for (number, label) in LABELS.iter().enumerate() {
        let level = 70_000 + (state * (7 + u32::try_from(number).unwrap_or(0))) % 10_007;
        // Writing to a string cannot fail.
        let _ = writeln!(page, "{label} {},{:02} 0,00 0,00%", level / 100, level % 100);
    }
    parse::parse(page.as_bytes(), None, &Layout::Kontan)
}

/// Fisher and Yates with the numbers of a simple generator: the same order at each run.
fn shuffle(minutes: &mut [u32]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..minutes.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap_or(0) % (at + 1);
        minutes.swap(at, other);
    }
}

/// Every run and held stretch of a database, with the digests of their texts instead of keys.
fn digest_of(path: &Path) -> anyhow::Result<pantau::domain::Digest> {
    let store = Store::open_reader(path)?;
    let tables = store.tables();
    let mut names = HashMap::new();
    tables.each_capture(|capture| {
        names.insert(capture.id, (capture.digest, capture.captured_at));
        Ok(())
    })?;
    let mut indicators = tables.indicators()?;
    indicators.sort_by(|one, other| one.indicator.slug.cmp(&other.indicator.slug));
    let mut rows = String::new();
    for indicator in indicators {
        for run in tables.runs(indicator.id, TimeRange::default())? {
            writeln!(rows, "{} {:?} {:?}", indicator.indicator.slug, run.run, names[&run.capture])?;
        }
        for held in tables.held_of(indicator.id)? {
            writeln!(rows, "{:?} {:?} {}", held.figures, held.seen_at, held.last_seen)?;
        }
    }
    Ok(pantau::domain::Digest::of(rows.as_bytes()))
}
