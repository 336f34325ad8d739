//! The drawdown chart: how far the level lies below its running peak, in percent.

use super::canvas::Place;
use super::frame::{Axis, Frame, Plan};
use super::gaps::{Strip, draw_gaps};
use super::heading::{self, day};
use super::panel::{Panel, below, draw_line, draw_mark, mark_place, mark_room};
use super::scale::with_room;
use super::ticks::computed_percent;
use super::track::{Track, below_peak, refuse_one_point, samples};
use super::{ChartError, Days};
use crate::series::Series;

/// Draws one series below its running peak; the peak is the greatest level of the range so far.
pub(super) fn draw(frame: &Frame<'_, '_>, series: &Series, days: Days<'_>) -> Result<(), ChartError> {
    let samples = samples(series, days)?;
    refuse_one_point(&samples, series)?;
    let below_peak = below_peak(&samples);
    let pixels = frame.spec.size.width();
    let (levels, track) = (Track::of(&samples, pixels)?, Track::of(&below_peak, pixels)?);
    let mut heading = heading::of_one(frame, series, &levels);
    heading.continue_subtitle(&deepest(frame, &track));
    let plans = [plan(frame, &track)];
    let panels = frame.draw(&heading, &plans, (track.from, track.to), 0.0)?;
    let [panel] = panels.as_slice() else { return Ok(()) };
    draw_areas(frame, panel, &track)?;
    draw_line(frame, panel, &track.stretches, frame.palette.falling, 1.5)?;
    let deepest = mark_place(frame, panel, &track.low, &computed_percent(track.low.exact), below(frame));
    draw_gaps(frame, panel, &[Strip::Below], vec![deepest])?;
    draw_deepest(frame, panel, &track)
}

/// The deepest point in words.
fn deepest(frame: &Frame<'_, '_>, track: &Track) -> String {
    if track.low.exact.is_zero() {
        return ", never below its peak".to_owned();
    }
    format!(", maximum drawdown {} on {}", computed_percent(track.low.exact), day(frame, track.low.seen))
}

fn plan(frame: &Frame<'_, '_>, track: &Track) -> Plan {
    let (low, _) = with_room(track.low.point.value, 0.0);
    let room_below = mark_room(frame, frame.panel_heights(1));
    Plan {
        caption: "below the running peak".to_owned(),
        axis: Axis::Percent,
        values: (low, 0.0),
        room: (frame.sizes.px(8.0), room_below),
        share: 1.0,
    }
}

/// The areas between the peak and the line, none of them across a silence.
fn draw_areas(frame: &Frame<'_, '_>, panel: &Panel, track: &Track) -> Result<(), ChartError> {
    let zero = panel.y.px(0.0);
    for stretch in &track.stretches {
        let line: Vec<Place> = stretch.iter().map(|point| panel.place(point)).collect();
        if let ([first, .., last], true) = (line.as_slice(), line.len() > 1) {
            let corners = [(last.0, zero), (first.0, zero)];
            let outline: Vec<Place> = line.iter().copied().chain(corners).collect();
            frame.canvas.polygon(&outline, frame.palette.falling, 0.22)?;
        }
    }
    Ok(())
}

fn draw_deepest(frame: &Frame<'_, '_>, panel: &Panel, track: &Track) -> Result<(), ChartError> {
    if track.low.exact.is_zero() {
        return Ok(());
    }
    draw_mark(frame, panel, &track.low, &computed_percent(track.low.exact), below(frame))
}
