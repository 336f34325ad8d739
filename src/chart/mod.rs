//! Series into drawings. The only user of plotters, tiny-skia and png; knows neither the store nor the clock.
//!
//! A drawing is made once, by plotters, on a grid finer than pixels, and kept as its shapes; SVG and PNG are two
//! forms of it, with the fonts that travel with the program. What was not seen is not drawn: a silence longer than the heartbeat
//! of an indicator breaks its line.

mod average;
mod bars;
mod candle;
mod canvas;
mod dates;
mod derived;
mod drawdown;
mod error;
mod file;
mod frame;
mod gaps;
mod heading;
mod indexed;
mod letters;
mod levels;
mod line;
mod panel;
mod pixels;
mod rebase;
mod reduce;
mod scale;
mod shapes;
mod spec;
mod svg;
#[cfg(test)]
mod tests;
mod theme;
mod ticks;
mod track;

use std::borrow::Cow;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::domain::{Gap, Kind, TimeRange, Timestamp};
use crate::series::{Detail, Series};

pub use derived::ProvenClose;
pub use error::ChartError;
pub use file::{Drawing, write};
pub use spec::{ChartKind, ChartSpec, Size, SpecError, Theme};

use frame::Frame;

/// Which days have a session; the calendar knows, charts do not.
type Days<'a> = &'a dyn Fn(NaiveDate) -> bool;

/// What is drawn beside the series.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// The longest of these are named where they are wide enough; which deserve it is not decided here.
    pub gaps: &'a [Gap],
    /// Closes that were not seen but derived, in order of time; line and candle charts show them.
    pub derived: &'a [ProvenClose],
}

/// What a chart over a stretch of time tells apart: what is nearer than a pixel nobody sees apart, nor what lies in one
/// bar. `market` is the zone that the days of its bars belong to. Also the chart with the width of its bars, which must
/// be the same when it is drawn.
#[must_use]
pub fn detail(
    spec: ChartSpec,
    kind: Kind,
    market: Tz,
    span: (Timestamp, Timestamp),
    derived: &[ProvenClose],
) -> (ChartSpec, Detail) {
    let width = i32::try_from(spec.size.width()).unwrap_or(i32::MAX);
    let pixels = Detail::of_pixels((span.1 - span.0) / width);
    let every = bars::bar_width(&spec, kind, derived::span_with(span, derived));
    match spec.kind {
        ChartKind::Line | ChartKind::Candle => {
            (ChartSpec { every: Some(every), ..spec }, pixels.with_bars(every, market))
        }
        ChartKind::Drawdown => (spec, pixels.with_falls()),
        ChartKind::Rebase => (spec, pixels),
    }
}

/// Draws series as a spec asks for. Several are compared with [`ChartKind::Rebase`]; every other kind shows
/// one. Runs before the range give the first bar its previous close and are not drawn.
///
/// # Errors
/// There is nothing to draw, or the kind of chart cannot show these indicators.
pub fn draw(
    spec: &ChartSpec,
    series: &[Series],
    beside: Beside<'_>,
    is_trading_day: &dyn Fn(NaiveDate) -> bool,
) -> Result<Drawing, ChartError> {
    check(spec, series, beside)?;
    let inside: Vec<Cow<'_, Series>> = series.iter().map(|one| inside(spec, one)).collect();
    let shapes = canvas::picture(spec.size, |canvas| {
        let frame = Frame::new(canvas, spec, beside);
        match (spec.kind, series, inside.as_slice()) {
            (ChartKind::Rebase, _, several) => rebase::draw(&frame, several, is_trading_day),
            (ChartKind::Line, [whole], [inside]) => line::draw(&frame, whole, inside, is_trading_day),
            (ChartKind::Candle, [whole], [inside]) => candle::draw(&frame, whole, inside, is_trading_day),
            (ChartKind::Drawdown, _, [inside]) => drawdown::draw(&frame, inside, is_trading_day),
            _ => check(spec, series, beside),
        }
    })?;
    Ok(Drawing::new(spec.size, shapes))
}

/// The part of a series that is drawn; a range without ends is all of it, and nothing is copied.
fn inside<'a>(spec: &ChartSpec, series: &'a Series) -> Cow<'a, Series> {
    let is_all = spec.range == TimeRange::default();
    if is_all { Cow::Borrowed(series) } else { Cow::Owned(series.within(spec.range)) }
}

/// Refuses what no data could make right.
fn check(spec: &ChartSpec, series: &[Series], beside: Beside<'_>) -> Result<(), ChartError> {
    let (kind, count) = (spec.kind.word(), series.len());
    let has_bars = matches!(spec.kind, ChartKind::Line | ChartKind::Candle);
    if count == 0 {
        return Err(ChartError::NoData { labels: "anything".to_owned() });
    }
    if count > 1 && spec.kind != ChartKind::Rebase {
        return Err(ChartError::SeveralIndicators { kind, count });
    }
    if spec.moving_average.is_some() && !has_bars {
        return Err(ChartError::NoAverage { kind });
    }
    if !beside.derived.is_empty() && !has_bars {
        return Err(ChartError::NoDerived { kind });
    }
    Ok(())
}
