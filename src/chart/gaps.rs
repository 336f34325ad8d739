//! Long gaps by name: a short line as wide as the gap, with its cause and length over it, where no data is drawn.

use super::ChartError;
use super::canvas::{Align, Rect};
use super::dates::seconds;
use super::frame::Frame;
use super::panel::{Panel, has_marks};
use crate::domain::Gap;
use crate::format;

/// A narrower gap is not worth a word.
const NARROWEST: f64 = 40.0;

/// More names than these are noise.
const MOST: usize = 3;

/// Where along a gap its name may stand, the best first.
const SPOTS: [f64; 3] = [0.5, 0.25, 0.75];

/// A strip of a panel that its data leaves free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strip {
    Below,
    Above,
}

/// A gap that has a name, and where it stands.
struct Label {
    text: String,
    /// The ends of the gap.
    ends: (f64, f64),
    /// The height of its line.
    line: f64,
    /// Where the text is.
    place: Rect,
}

/// Names the longest gaps, each in the first of the strips in which it touches neither another name nor anything
/// that is `taken`.
pub(super) fn draw_gaps(
    frame: &Frame<'_, '_>,
    panel: &Panel,
    strips: &[Strip],
    mut taken: Vec<Rect>,
) -> Result<(), ChartError> {
    let mut longest: Vec<&Gap> = frame.gaps.iter().collect();
    longest.sort_by_key(|gap| (gap.from - gap.to, gap.from));
    let mut labels = Vec::new();
    for gap in longest.into_iter().filter(|_| has_marks(frame, panel.rect.height())) {
        let spots = strips.iter().flat_map(|strip| SPOTS.map(|spot| (*strip, spot)));
        let mut places = spots.filter_map(|(strip, spot)| label(frame, panel, gap, strip, spot));
        let free = places.find(|label| !taken.iter().any(|other| touches(&label.place, other)));
        if let Some(label) = free.filter(|_| labels.len() < MOST) {
            taken.push(label.place);
            labels.push(label);
        }
    }
    labels.iter().try_for_each(|label| draw_label(frame, label))
}

/// The name of a gap at a spot of a strip, if it is wide enough for one.
fn label(frame: &Frame<'_, '_>, panel: &Panel, gap: &Gap, strip: Strip, spot: f64) -> Option<Label> {
    let rect = panel.rect;
    let x = |at| panel.x.px(seconds(at)).clamp(rect.left, rect.right);
    let ends = (x(gap.from), x(gap.to));
    if ends.1 - ends.0 < frame.sizes.px(NARROWEST) {
        return None;
    }
    let text = format!("{} {}", gap.cause.words(), format::age(gap.to - gap.from));
    let ink = frame.label(frame.palette.muted);
    let (half, height) = (ink.width(&text) / 2.0 + frame.sizes.px(4.0), frame.sizes.label());
    let middle = (ends.0 + (ends.1 - ends.0) * spot).min(rect.right - half).max(rect.left + half);
    let (line, top) = match strip {
        Strip::Below => {
            let line = rect.bottom - frame.sizes.px(4.0);
            (line, line - frame.sizes.px(3.0) - height)
        }
        Strip::Above => (rect.top + frame.sizes.px(3.0), rect.top + frame.sizes.px(6.0)),
    };
    let place = Rect { left: middle - half, right: middle + half, top, bottom: top + height };
    Some(Label { text, ends, line: line.floor() + 0.5, place })
}

fn touches(one: &Rect, other: &Rect) -> bool {
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

fn draw_label(frame: &Frame<'_, '_>, label: &Label) -> Result<(), ChartError> {
    let (palette, tick) = (frame.palette, frame.sizes.px(2.0));
    let (left, right, line) = (label.ends.0.round() + 1.5, label.ends.1.round() - 1.5, label.line);
    frame.canvas.stroke(&[(left, line), (right, line)], palette.axis, 1.0)?;
    for end in [left, right] {
        frame.canvas.stroke(&[(end, line - tick), (end, line + tick)], palette.axis, 1.0)?;
    }
    frame.canvas.rect(label.place, palette.background)?;
    let base =
        (f64::midpoint(label.place.left, label.place.right), label.place.bottom - frame.sizes.label() * 0.2);
    frame.canvas.text(&label.text, base, frame.label(palette.muted).aligned(Align::Middle))
}
