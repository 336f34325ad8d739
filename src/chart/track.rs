//! A series as something to draw: unbroken stretches of few points, and the extremes worth a label.
//! Decides where a line breaks; does not know where on the picture it will be.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::ChartError;
use super::dates::seconds;
use super::reduce::{Columns, Point, reduce};
use crate::domain::{Grain, Kind, Level, Rollup, Timestamp};
use crate::series::{Part, Series, compounded_index, daily_returns, drawdown, start_of_day, stretches};

/// A value that held from one instant to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) value: f64,
    pub(super) exact: Decimal,
    /// Whether a silence lies before it, which no line crosses.
    pub(super) breaks: bool,
}

/// An extreme and where it was seen first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) seen: Timestamp,
    pub(super) point: Point,
    pub(super) exact: Decimal,
}

/// A line to draw.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) stretches: Vec<Vec<Point>>,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) first: Decimal,
    pub(super) last: Mark,
    pub(super) high: Mark,
    pub(super) low: Mark,
}

/// What is drawn of a series: its levels, or the compounded index of its returns.
pub(super) fn samples(
    series: &Series,
    is_trading_day: &dyn Fn(NaiveDate) -> bool,
) -> Result<Vec<Sample>, ChartError> {
    let samples = match series.indicator().kind {
        Kind::Return => index_samples(series, is_trading_day),
        _ => level_samples(series),
    };
    let label = || series.indicator().label.clone();
    if samples.is_empty() { Err(ChartError::NoData { labels: label() }) } else { Ok(samples) }
}

/// Refuses what was seen but once, when nothing else is drawn.
pub(super) fn refuse_one_point(samples: &[Sample], series: &Series) -> Result<(), ChartError> {
    match samples {
        [only] if only.from == only.to => {
            Err(ChartError::OnePoint { label: series.indicator().label.clone() })
        }
        _ => Ok(()),
    }
}

/// Within the heartbeat a level holds until the next one is seen: a step, since a slope would show levels that
/// nobody saw.
fn level_samples(series: &Series) -> Vec<Sample> {
    let mut samples = Vec::with_capacity(series.parts().len());
    for stretch in stretches(series) {
        let mut breaks = true;
        for (at, part) in stretch.iter().enumerate() {
            let until = stretch.get(at + 1).map_or(part.last_seen(), Part::first_seen);
            let levels = part.levels();
            match part {
                Part::Rollup(grain, rollup) if rollup.runs > 1 => {
                    samples.extend(rollup_samples(*grain, rollup, until, breaks));
                }
                _ => samples
                    .extend(levels.map(|one| level_sample(one.levels.open, one.first_seen, until, breaks))),
            }
            breaks = levels.is_none();
        }
    }
    samples
}

fn level_sample(level: Level, from: Timestamp, to: Timestamp, breaks: bool) -> Sample {
    Sample { from, to, value: level.0.to_f64(), exact: level.decimal(), breaks }
}

/// The four levels that are known of several runs, each at its time. When the last of them began is not known, but that
/// was in the same hour or day, which is within a pixel.
fn rollup_samples(grain: Grain, rollup: &Rollup, until: Timestamp, breaks: bool) -> [Sample; 4] {
    let Rollup { first_seen, last_seen, levels, high_at, low_at, .. } = *rollup;
    let (high, low) = ((high_at, levels.high), (low_at, levels.low));
    let (earlier, later) = if high_at <= low_at { (high, low) } else { (low, high) };
    let last = grain.end_of(first_seen).min(last_seen);
    [
        level_sample(levels.open, first_seen, earlier.0, breaks),
        level_sample(earlier.1, earlier.0, later.0, false),
        level_sample(later.1, later.0, last, false),
        level_sample(levels.close, last, until, false),
    ]
}

/// The compounded index of daily returns, one point at the beginning of each day. A single return is
/// one observation, although its index has two points.
fn index_samples(series: &Series, is_trading_day: &dyn Fn(NaiveDate) -> bool) -> Vec<Sample> {
    let returns = daily_returns(series, is_trading_day);
    let mut index = compounded_index(&returns);
    if returns.len() == 1 {
        index.truncate(1);
    }
    let silences = silences(series);
    let mut before = None;
    let sample = |(date, exact): (NaiveDate, Decimal)| {
        let breaks = before.is_none_or(|before| crosses(&silences, before, date));
        before = Some(date);
        let at = start_of_day(date, series.zone());
        Sample { from: at, to: at, value: to_f64(exact), exact, breaks }
    };
    index.into_iter().map(sample).collect()
}

/// The last and the next day on which something was seen, around each silence.
fn silences(series: &Series) -> Vec<(NaiveDate, NaiveDate)> {
    let day = |at: Timestamp| at.with_timezone(&series.zone()).date_naive();
    let silence =
        |pair: &[&[Part]]| Some((day(pair[0].last()?.last_seen()), day(pair[1].first()?.first_seen())));
    stretches(series).windows(2).filter_map(silence).collect()
}

/// Whether a silence with at least one whole day in it lies between two days.
fn crosses(silences: &[(NaiveDate, NaiveDate)], before: NaiveDate, date: NaiveDate) -> bool {
    let next = silences.partition_point(|(_, until)| *until <= before);
    silences.get(next).is_some_and(|(since, until)| *until <= date && (*until - *since).num_days() > 1)
}

/// The same samples as percentages below their running peak.
pub(super) fn below_peak(samples: &[Sample]) -> Vec<Sample> {
    let values: Vec<Decimal> = samples.iter().map(|sample| sample.exact).collect();
    let below = |(sample, exact): (&Sample, Decimal)| Sample { value: to_f64(exact), exact, ..*sample };
    samples.iter().zip(drawdown(&values)).map(below).collect()
}

/// The nearest number to draw.
pub(super) fn to_f64(value: Decimal) -> f64 {
    value.to_f64().unwrap_or_default()
}

impl Track {
    /// Samples as a line on a picture so many pixels wide.
    ///
    /// # Errors
    /// There are none.
    pub(super) fn of(samples: &[Sample], pixels: u32) -> Result<Self, ChartError> {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
            return Err(ChartError::NoData { labels: "the indicator".to_owned() });
        };
        let columns = Columns::new(seconds(first.from), seconds(last.to), pixels);
        let (mut high, mut low) = (first, first);
        let mut reduced = Vec::new();
        for stretch in samples.chunk_by(|_, next| !next.breaks) {
            let seen = stretch.iter().inspect(|sample| {
                high = if sample.value > high.value { sample } else { high };
                low = if sample.value < low.value { sample } else { low };
            });
            reduced.push(reduce(seen.flat_map(Sample::ends), columns));
        }
        let (from, to) = (first.from, last.to);
        let last = Mark { seen: to, point: Point { at: seconds(to), value: last.value }, exact: last.exact };
        let (high, low) = (high.mark(), low.mark());
        Ok(Self { stretches: merged(reduced, columns), from, to, first: first.exact, last, high, low })
    }

    /// The same line with its first value at 100.
    pub(super) fn scaled_to_100(mut self) -> Self {
        let factor = 100.0 / to_f64(self.first);
        for point in self.stretches.iter_mut().flatten() {
            point.value *= factor;
        }
        for mark in [&mut self.last, &mut self.high, &mut self.low] {
            mark.point.value *= factor;
        }
        self
    }
}

impl Sample {
    fn ends(&self) -> impl Iterator<Item = Point> + use<> {
        let begin = Point { at: seconds(self.from), value: self.value };
        let end = (self.to > self.from).then_some(Point { at: seconds(self.to), ..begin });
        std::iter::once(begin).chain(end)
    }

    fn mark(&self) -> Mark {
        Mark {
            seen: self.from,
            point: Point { at: seconds(self.from), value: self.value },
            exact: self.exact,
        }
    }
}

/// Thousands of stretches within one pixel look like one: those that lie inside the same column are
/// joined. Single observations stay single, at most four in a column.
fn merged(stretches: Vec<Vec<Point>>, columns: Columns) -> Vec<Vec<Point>> {
    let column = |stretch: &[Point]| {
        let (first, last) = (stretch.first()?, stretch.last()?);
        let number = columns.of(first.at);
        (columns.of(last.at) == number).then_some((number, stretch.len() > 1))
    };
    let mut merged = Vec::new();
    for alike in stretches.chunk_by(|a, b| column(a).is_some() && column(a) == column(b)) {
        let points = || reduce(alike.iter().flatten().copied(), columns);
        match alike {
            [only] => merged.push(only.clone()),
            [first, ..] if first.len() > 1 => merged.push(points()),
            _ => merged.extend(points().into_iter().map(|point| vec![point])),
        }
    }
    merged
}
