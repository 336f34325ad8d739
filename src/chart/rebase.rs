//! Several indicators from 100, each named where its line ends.

use std::borrow::Cow;

use plotters::style::RGBColor;

use super::canvas::Align;
use super::frame::{Axis, Frame, Plan};
use super::gaps::{Strip, draw_gaps};
use super::panel::{Panel, draw_line, mark_room};
use super::scale::{apart, with_room};
use super::ticks::number;
use super::track::{Track, refuse_one_point, samples};
use super::{ChartError, Days, heading};
use crate::domain::{Indicator, Timestamp};
use crate::series::{Series, rebase};

/// A rebased line and the label at its end.
struct Line {
    track: Track,
    label: String,
    color: RGBColor,
}

/// Draws the series over each other, every one from 100 at its own first observation.
pub(super) fn draw(
    frame: &Frame<'_, '_>,
    series: &[Cow<'_, Series>],
    days: Days<'_>,
) -> Result<(), ChartError> {
    refuse_too_many(frame, series.len())?;
    let lines = series.iter().zip(frame.palette.lines).map(|(one, color)| line(frame, one, color, days));
    let lines = lines.collect::<Result<Vec<Line>, ChartError>>()?;
    let Some(ends) = ends(&lines) else { return Err(ChartError::NoData { labels: "anything".to_owned() }) };
    let right_room = label_room(frame, &lines);
    let heading = heading::of_several(frame, &indicators(series), ends, "rebased to 100");
    let panels = frame.draw(&heading, &[plan(frame, &lines)], ends, right_room)?;
    let [panel] = panels.as_slice() else { return Ok(()) };
    for line in lines.iter().rev() {
        draw_line(frame, panel, &line.track.stretches, line.color, 1.75)?;
    }
    draw_gaps(frame, panel, &[Strip::Below], Vec::new())?;
    draw_labels(frame, panel, &lines)
}

fn indicators<'a>(series: &'a [Cow<'_, Series>]) -> Vec<&'a Indicator> {
    series.iter().map(|one| one.indicator()).collect()
}

fn line(frame: &Frame<'_, '_>, series: &Series, color: RGBColor, days: Days<'_>) -> Result<Line, ChartError> {
    let label = &series.indicator().label;
    let samples = samples(series, days)?;
    refuse_one_point(&samples, series)?;
    let track = Track::of(&samples, frame.spec.size.width())?;
    let last = rebase(&[track.first, track.last.exact]).and_then(|values| values.last().copied());
    let Some(last) = last else { return Err(ChartError::ZeroBase { label: label.clone() }) };
    let mut shown = last.round_dp(2);
    shown.rescale(2);
    let track = track.scaled_to_100();
    Ok(Line { track, label: format!("{label} {}", number(shown)), color })
}

/// From the first observation of any to the last of any.
fn ends(lines: &[Line]) -> Option<(Timestamp, Timestamp)> {
    let from = lines.iter().map(|line| line.track.from).min()?;
    let to = lines.iter().map(|line| line.track.to).max()?;
    Some((from, to))
}

fn plan(frame: &Frame<'_, '_>, lines: &[Line]) -> Plan {
    let low = lines.iter().map(|line| line.track.low.point.value).fold(f64::MAX, f64::min);
    let high = lines.iter().map(|line| line.track.high.point.value).fold(f64::MIN, f64::max);
    let room = frame.sizes.px(10.0);
    let caption = "first observation = 100".to_owned();
    let room_below = if frame.gaps.is_empty() { room } else { mark_room(frame, frame.panel_heights(1)) };
    Plan { caption, axis: Axis::Level, values: with_room(low, high), room: (room, room_below), share: 1.0 }
}

/// The pixels between two labels, from the middle of one to the middle of the next.
fn label_distance(frame: &Frame<'_, '_>) -> f64 {
    frame.sizes.label() * 1.35
}

/// Every line needs a colour of its own and a label that touches no other.
fn refuse_too_many(frame: &Frame<'_, '_>, count: usize) -> Result<(), ChartError> {
    let places = std::iter::successors(Some(0.0), |place| Some(place + label_distance(frame)));
    let room = places.take_while(|place| *place <= frame.panel_heights(1)).count();
    let most = room.min(frame.palette.lines.len());
    if count > most { Err(ChartError::TooManyLines { count, most }) } else { Ok(()) }
}

/// The pixels from a line's end to its label.
fn leader_length(frame: &Frame<'_, '_>) -> f64 {
    frame.sizes.px(16.0)
}

fn label_room(frame: &Frame<'_, '_>, lines: &[Line]) -> f64 {
    let ink = frame.label(frame.palette.ink);
    let widest = lines.iter().map(|line| ink.width(&line.label)).fold(0.0, f64::max);
    widest + leader_length(frame) - frame.sizes.px(8.0)
}

fn draw_labels(frame: &Frame<'_, '_>, panel: &Panel, lines: &[Line]) -> Result<(), ChartError> {
    let wanted: Vec<f64> = lines.iter().map(|line| panel.y.px(line.track.last.point.value)).collect();
    let bounds = (panel.rect.top, panel.rect.bottom);
    let places = apart(&wanted, label_distance(frame), bounds);
    for (line, place) in lines.iter().zip(places) {
        draw_label(frame, panel, line, place)?;
    }
    Ok(())
}

/// The label beside the end of its line, joined to it by a hair where it had to move.
fn draw_label(frame: &Frame<'_, '_>, panel: &Panel, line: &Line, middle: f64) -> Result<(), ChartError> {
    let end = panel.place(&line.track.last.point);
    let left = panel.rect.right + leader_length(frame) - frame.sizes.px(6.0);
    let hair = [end, (panel.rect.right, end.1), (left - frame.sizes.px(3.0), middle)];
    frame.canvas.stroke(&hair, line.color, 0.5)?;
    let ink = frame.label(line.color).aligned(Align::Start);
    frame.canvas.text(&line.label, (left, middle + frame.sizes.label() * 0.36), ink)
}
