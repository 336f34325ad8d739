//! Arithmetic on a year of one indicator that moves on most minutes of a session.

use chrono::{DateTime, TimeDelta};
use chrono_tz::Asia::Jakarta;
use divan::Bencher;
use pantau::domain::{
    Change, Figures, Indicator, Kind, Level, Percent, Quantity, Run, Slug, TimeRange, Verdict,
};
use pantau::series::{Part, Series, percent_change, resample};

use crate::market::Numbers;

const DAYS: i64 = 365;
const MINUTES_OF_A_SESSION: i64 = 330;
/// Midnight of 2025-01-01 in Jakarta.
const BEGIN: i64 = 1_735_664_400;
/// Nine o'clock.
const OPENS: i64 = 9 * 3600;

/// A level that walks about, with a run for each minute of the sessions.
pub(crate) fn series() -> Series {
    let label = "LQ45".to_owned();
    let indicator = Indicator {
        source: "kontan".to_owned(),
        slug: Slug::of(&label),
        label,
        kind: Kind::Index,
        unit: "points".to_owned(),
        heartbeat: std::time::Duration::from_secs(900),
    };
    let mut numbers = Numbers::new(7);
    let mut level = 82_700;
    let mut runs = Vec::new();
    // The year begins on a Wednesday.
    for day in (0..DAYS).filter(|day| !matches!((day + 2) % 7, 5 | 6)) {
        for minute in 0..MINUTES_OF_A_SESSION {
            level += numbers.below(101) - 50;
            let at = BEGIN + day * 86_400 + OPENS + minute * 60;
            runs.push(Part::Run(run(at, level)));
        }
    }
    Series::new(indicator, Jakarta, runs).unwrap()
}

fn run(at: i64, level: i64) -> Run {
    let first_seen = DateTime::from_timestamp(at, 0).unwrap();
    let number = |mantissa| Some(Quantity::new(mantissa, 2).unwrap());
    let figures = Figures {
        level: number(level).map(Level),
        change: number(0).map(Change),
        percent: number(0).map(Percent),
    };
    Run {
        first_seen,
        last_seen: first_seen + TimeDelta::seconds(30),
        figures,
        verdict: Verdict::Unverifiable,
    }
}

#[divan::bench(args = ["1h", "1d", "1mo"])]
fn bars_of_a_year(bencher: Bencher<'_, '_>, every: &str) {
    let series = series();
    let every = every.parse().unwrap();
    let bars = resample(&series, every, TimeRange::default());
    assert!(bars.len() >= 12 && bars.is_sorted_by_key(|bar| bar.start));
    bencher.bench_local(|| resample(&series, every, TimeRange::default()));
}

#[divan::bench]
fn changes_from_minute_to_minute(bencher: Bencher<'_, '_>) {
    let series = series();
    let levels: Vec<Level> = series.runs().filter_map(|run| run.figures.level).collect();
    assert_eq!(levels.len(), series.parts().len());
    bencher.bench_local(|| levels.windows(2).filter_map(|pair| percent_change(pair[0], pair[1])).count());
}
