//! The line chart: the level over time, and under it the percentage change per bar.

use super::bars::{bars, whole_bars, width_for};
use super::dates::seconds;
use super::derived::span_with;
use super::frame::Frame;
use super::levels::{Levels, average};
use super::panel::draw_line;
use super::track::{Track, refuse_one_point, samples};
use super::{ChartError, Days};
use crate::domain::{Interval, Kind, Timestamp};
use crate::series::Series;

const SECONDS_A_DAY: f64 = 24.0 * 3600.0;

/// Days narrower than this many pixels cannot be told apart.
const LEAST_DAY: f64 = 3.0;

/// Draws one series. `whole` also holds what lies before the range, `inside` does not.
pub(super) fn draw(
    frame: &Frame<'_, '_>,
    whole: &Series,
    inside: &Series,
    days: Days<'_>,
) -> Result<(), ChartError> {
    let samples = samples(inside, days)?;
    if frame.derived.is_empty() {
        refuse_one_point(&samples, inside)?;
    }
    let track = Track::of(&samples, frame.spec.size.width())?;
    let every = bar_width(frame, whole, span_with((track.from, track.to), frame.derived));
    let bars = bars(whole, every, frame.spec.range, days);
    let levels = Levels {
        series: inside,
        every,
        average: average(frame, &samples, &bars, every)?,
        span: whole_bars((track.from, track.to), &bars),
        extremes: (track.high, track.low),
        track: &track,
        bars: &bars,
    };
    levels.draw(frame, |panel| draw_line(frame, panel, &track.stretches, frame.palette.line, 1.75))
}

/// As asked for; otherwise by the span. Returns are daily: they have no shorter bars, and longer ones only
/// where days cannot be told apart.
fn bar_width(frame: &Frame<'_, '_>, series: &Series, span: (Timestamp, Timestamp)) -> Interval {
    let is_return = series.indicator().kind == Kind::Return;
    let fit_days = (seconds(span.1) - seconds(span.0)) / SECONDS_A_DAY * LEAST_DAY <= frame.width();
    let chosen = frame.spec.every.unwrap_or_else(|| match is_return && fit_days {
        true => Interval::DAY,
        false => width_for(span),
    });
    if is_return && !chosen.is_daily_or_longer() { Interval::DAY } else { chosen }
}
