//! Derived closes: a hollow mark each, as high as the interval that is proven, and never part of a line. Does not know
//! how they were derived.

use super::ChartError;
use super::canvas::Place;
use super::dates::seconds;
use super::frame::{Frame, Key, Word};
use super::panel::Panel;
use super::track::to_f64;
use crate::domain::{Bounds, Timestamp};

/// A close that was not seen, but lies in an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProvenClose {
    /// When its session ended.
    pub at: Timestamp,
    /// The values that it can have.
    pub bounds: Bounds,
}

impl ProvenClose {
    fn ends(&self) -> (f64, f64) {
        (to_f64(self.bounds.low), to_f64(self.bounds.high))
    }
}

/// A stretch of time made long enough for the closes.
pub(super) fn span_with(
    (from, to): (Timestamp, Timestamp),
    closes: &[ProvenClose],
) -> (Timestamp, Timestamp) {
    let times = || closes.iter().map(|close| close.at);
    (times().min().map_or(from, |first| first.min(from)), times().max().map_or(to, |last| last.max(to)))
}

/// Least and greatest value, with those of the closes.
pub(super) fn values_with((low, high): (f64, f64), closes: &[ProvenClose]) -> (f64, f64) {
    let ends = || closes.iter().map(ProvenClose::ends);
    (ends().map(|ends| ends.0).fold(low, f64::min), ends().map(|ends| ends.1).fold(high, f64::max))
}

/// What the marks are, for the heading; nothing where there are none.
pub(super) fn key(frame: &Frame<'_, '_>) -> Option<Word> {
    let text = match frame.derived.len() {
        0 => return None,
        1 => "derived close".to_owned(),
        _ => "derived closes".to_owned(),
    };
    Some(Word { text, color: frame.palette.muted, key: Some(Key::Ring) })
}

/// Draws the marks.
pub(super) fn draw_derived(frame: &Frame<'_, '_>, panel: &Panel) -> Result<(), ChartError> {
    let radius = radius(frame, panel);
    for alike in frame.derived.chunk_by(|a, b| column(panel, a) == column(panel, b)) {
        let bounds = alike.iter().map(|close| close.bounds).reduce(Bounds::hull);
        if let (Some(first), Some(bounds)) = (alike.first(), bounds) {
            draw_mark(frame, panel, ProvenClose { bounds, ..*first }, radius)?;
        }
    }
    Ok(())
}

/// The column of pixels of a close.
fn column(panel: &Panel, close: &ProvenClose) -> f64 {
    panel.x.px(seconds(close.at)).floor()
}

/// Smaller where there are many, so that they can be told apart.
fn radius(frame: &Frame<'_, '_>, panel: &Panel) -> f64 {
    let count = f64::from(u32::try_from(frame.derived.len()).unwrap_or(u32::MAX)).max(1.0);
    (panel.rect.width() / count / 2.5).clamp(frame.sizes.px(1.5), frame.sizes.px(4.0))
}

/// A ring as long as the interval: closed at both ends, hollow inside.
fn draw_mark(
    frame: &Frame<'_, '_>,
    panel: &Panel,
    close: ProvenClose,
    radius: f64,
) -> Result<(), ChartError> {
    let (low, high) = close.ends();
    let x = panel.x.px(seconds(close.at));
    let (top, bottom) = ((x, panel.y.px(high)), (x, panel.y.px(low)));
    let (color, inside) = (frame.palette.muted, frame.palette.background);
    draw_pill(frame, (top, bottom), radius, color)?;
    draw_pill(frame, (top, bottom), radius - frame.sizes.px(1.25).min(radius * 0.6), inside)
}

fn draw_pill(
    frame: &Frame<'_, '_>,
    (top, bottom): (Place, Place),
    radius: f64,
    color: plotters::style::RGBColor,
) -> Result<(), ChartError> {
    if bottom.1 - top.1 < 0.5 {
        return frame.canvas.dot((top.0, f64::midpoint(top.1, bottom.1)), radius, color);
    }
    // A stroke has round ends.
    frame.canvas.stroke(&[top, bottom], color, 2.0 * radius)
}
