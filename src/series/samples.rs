//! Small series for the tests of this module, written as day and clock time of April 2024 in Jakarta.

use chrono::{NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Asia::Jakarta;

use super::{Part, Series};
use crate::domain::{Figures, Indicator, Kind, Level, Percent, Quantity, Run, Slug, Timestamp, Verdict};

pub(super) fn at(text: &str) -> Timestamp {
    let local = NaiveDateTime::parse_from_str(&format!("2024-04-{text}"), "%Y-%m-%dT%H:%M").unwrap();
    Jakarta.from_local_datetime(&local).unwrap().with_timezone(&Utc)
}

pub(super) fn april(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 4, day).unwrap()
}

pub(super) fn quantity(text: &str) -> Quantity {
    Quantity::from_decimal(text.parse().unwrap()).unwrap()
}

pub(super) fn level(text: &str) -> Level {
    Level(quantity(text))
}

/// A run of a level; of no level when the text is empty.
pub(super) fn run(from: &str, to: &str, text: &str) -> Run {
    let level = (!text.is_empty()).then(|| level(text));
    run_of(from, to, Figures { level, ..Figures::default() })
}

fn run_of(from: &str, to: &str, figures: Figures) -> Run {
    Run { first_seen: at(from), last_seen: at(to), figures, verdict: Verdict::of(&figures) }
}

pub(super) fn indicator(label: &str, kind: Kind) -> Indicator {
    Indicator {
        source: "kontan".to_owned(),
        slug: Slug::of(label),
        label: label.to_owned(),
        kind,
        unit: kind.default_unit().to_owned(),
        heartbeat: kind.default_heartbeat(),
    }
}

/// An index from (first seen, last seen, level).
pub(super) fn index(runs: &[(&str, &str, &str)]) -> Series {
    let runs = runs.iter().map(|(from, to, level)| Part::Run(run(from, to, level))).collect();
    Series::new(indicator("LQ45", Kind::Index), Jakarta, runs).unwrap()
}

/// A fund category from (first seen, last seen, percent).
pub(super) fn fund(runs: &[(&str, &str, &str)]) -> Series {
    let percent = |text| Figures { percent: Some(Percent(quantity(text))), ..Figures::default() };
    let runs = runs.iter().map(|(from, to, text)| Part::Run(run_of(from, to, percent(text)))).collect();
    Series::new(indicator("RD.SAHAM", Kind::Return), Jakarta, runs).unwrap()
}
