//! The line chart: the level over time, and under it the percentage change per bar.

use super::bars::{bar_width, bars, whole_bars};
use super::derived::span_with;
use super::frame::Frame;
use super::levels::{Levels, average};
use super::panel::draw_line;
use super::track::{Track, refuse_one_point, samples};
use super::{ChartError, Days};
use crate::series::Series;

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
    let span = span_with((track.from, track.to), frame.derived);
    let every = bar_width(frame.spec, whole.indicator().kind, span);
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
