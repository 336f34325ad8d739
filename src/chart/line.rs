//! The line chart: the level over time, and under it the percentage change per bar.

use super::average::{Average, Close};
use super::bars::{bars, middle, percent_plan, width_for};
use super::dates::seconds;
use super::frame::{Axis, Frame, Plan};
use super::panel::{draw_extremes, draw_line, draw_percents, mark_room};
use super::scale::with_room;
use super::track::{Sample, Track, samples};
use super::{ChartError, Days, heading};
use crate::domain::{Interval, Kind};
use crate::series::{Bar, Series};

/// The part of the height that the levels take; the rest is for the percentages.
const LEVEL_SHARE: f64 = 0.7;

/// Draws one series. `whole` also holds what lies before the range, `inside` does not.
pub(super) fn draw(
    frame: &Frame<'_, '_>,
    whole: &Series,
    inside: &Series,
    days: Days<'_>,
) -> Result<(), ChartError> {
    let samples = samples(inside, days)?;
    let track = Track::of(&samples, frame.spec.size.width())?;
    let every = bar_width(frame, whole, &track);
    let bars = bars(whole, every, frame.spec.range, days);
    let average = average(frame, &samples, &bars, every)?;
    let mut heading = heading::of_one(frame, inside, &track);
    heading.subtitle.extend(average.as_ref().map(|average| average.key(frame)));
    let plans = [
        level_plan(frame, inside, (track.low.point.value, track.high.point.value)),
        percent_plan(frame, &bars, caption(whole, every)),
    ];
    let panels = frame.draw(&heading, &plans, (track.from, track.to), 0.0)?;
    let [levels, percents] = panels.as_slice() else { return Ok(()) };
    draw_percents(frame, percents, &bars)?;
    draw_line(frame, levels, &track.stretches, frame.palette.line, 1.75)?;
    if let Some(average) = average {
        average.draw(frame, levels)?;
    }
    draw_extremes(frame, levels, &track.high, &track.low)
}

/// As asked for; otherwise by the span. Returns have no bars shorter than a day.
fn bar_width(frame: &Frame<'_, '_>, series: &Series, track: &Track) -> Interval {
    let is_return = series.indicator().kind == Kind::Return;
    let chosen = frame.spec.every.unwrap_or_else(|| width_for((track.from, track.to)));
    if is_return && !chosen.is_daily_or_longer() { Interval::DAY } else { chosen }
}

/// The upper panel, with room for the numbers of the extremes.
pub(super) fn level_plan(frame: &Frame<'_, '_>, series: &Series, (low, high): (f64, f64)) -> Plan {
    let room = mark_room(frame, frame.panel_heights(2) * LEVEL_SHARE);
    let caption = match series.indicator().kind {
        Kind::Return => "compounded index of daily returns, from 100".to_owned(),
        _ => series.indicator().unit.clone(),
    };
    Plan { caption, axis: Axis::Level, values: with_room(low, high), room: (room, room), share: LEVEL_SHARE }
}

/// What the lower panel shows.
pub(super) fn caption(series: &Series, every: Interval) -> String {
    let is_return = series.indicator().kind == Kind::Return;
    match (is_return, every == Interval::DAY) {
        (true, true) => "daily return".to_owned(),
        (true, false) => format!("return per {every}"),
        (false, true) => "daily change".to_owned(),
        (false, false) => format!("change per {every}"),
    }
}

/// The moving average that was asked for: of the closes of bars, or of the days of an index.
fn average(
    frame: &Frame<'_, '_>,
    samples: &[Sample],
    bars: &[Bar],
    every: Interval,
) -> Result<Option<Average>, ChartError> {
    let Some(count) = frame.spec.moving_average else { return Ok(None) };
    let closes = closes(bars);
    if closes.is_empty() {
        let days: Vec<Close> =
            samples.iter().map(|day| Close { at: seconds(day.from), level: day.exact }).collect();
        return Average::of(&days, count, "1d").map(Some);
    }
    Average::of(&closes, count, &every.to_string()).map(Some)
}

/// The closes of bars, each in the middle of its bar.
pub(super) fn closes(bars: &[Bar]) -> Vec<Close> {
    let close = |bar: &Bar| Some(Close { at: middle(bar), level: bar.levels?.close.decimal() });
    bars.iter().filter_map(close).collect()
}
