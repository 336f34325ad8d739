//! Data onto a panel: lines with their breaks, single observations, marked extremes, bars of percentages.
//! Knows nothing of axes and headings, which are there already.

use plotters::style::RGBColor;
use rust_decimal::Decimal;

use super::ChartError;
use super::canvas::{Align, Place, Rect};
use super::dates::seconds;
use super::frame::Frame;
use super::reduce::Point;
use super::scale::Scale;
use super::ticks::number;
use super::track::{Mark, to_f64};
use crate::series::Bar;

/// No page prints more decimals of a level than this.
const MOST_PRINTED_DECIMALS: u32 = 4;

/// A part of the picture with its own value axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Panel {
    pub(super) rect: Rect,
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Panel {
    pub(super) fn place(&self, point: &Point) -> Place {
        (self.x.px(point.at), self.y.px(point.value))
    }

    /// A bar's left and right edge in pixels, cut at the ends of the time axis.
    fn edges(&self, bar: &Bar) -> (f64, f64) {
        let clamp = |px: f64| px.clamp(self.rect.left, self.rect.right);
        (clamp(self.x.px(seconds(bar.start))), clamp(self.x.px(seconds(bar.end))))
    }

    /// A bar on whole pixels, with some air to its neighbours where there is room for it.
    pub(super) fn slot(&self, bar: &Bar) -> (f64, f64) {
        let (left, right) = self.edges(bar);
        let air = if right - left >= 4.0 { ((right - left) * 0.1).clamp(0.5, 2.0) } else { 0.0 };
        let (left, right) = ((left + air).round(), (right - air).round());
        (left, right.max(left + 1.0))
    }
}

/// Draws a line: its stretches, none joined to the next; what was seen once is a dot.
pub(super) fn draw_line(
    frame: &Frame<'_, '_>,
    panel: &Panel,
    stretches: &[Vec<Point>],
    color: RGBColor,
    width: f64,
) -> Result<(), ChartError> {
    for stretch in stretches {
        let places: Vec<Place> = stretch.iter().map(|point| panel.place(point)).collect();
        if is_dot(&places) {
            frame.canvas.dot(places[0], frame.sizes.px(3.25), color)?;
        } else {
            frame.canvas.stroke(&places, color, frame.sizes.px(width))?;
        }
    }
    Ok(())
}

/// Whether a stretch is too short to be seen as a line.
fn is_dot(places: &[Place]) -> bool {
    let Some(first) = places.first() else { return false };
    places.iter().all(|place| (place.0 - first.0).abs() < 2.0 && (place.1 - first.1).abs() < 2.0)
}

/// The room that the number of an extreme takes above or below a panel's data; none where it would leave
/// the data too little.
pub(super) fn mark_room(frame: &Frame<'_, '_>, panel_height: f64) -> f64 {
    if has_marks(frame, panel_height) { frame.sizes.px(25.0) } else { frame.sizes.px(4.0) }
}

/// Whether a panel is high enough for words beside its data.
pub(super) fn has_marks(frame: &Frame<'_, '_>, panel_height: f64) -> bool {
    panel_height >= frame.sizes.px(90.0)
}

/// Marks the greatest and the least value with their numbers, above and below, where there is room.
pub(super) fn draw_extremes(
    frame: &Frame<'_, '_>,
    panel: &Panel,
    high: &Mark,
    low: &Mark,
) -> Result<(), ChartError> {
    draw_mark(frame, panel, high, &number(shown(high.exact)), above(frame))?;
    if high.exact == low.exact {
        return Ok(());
    }
    draw_mark(frame, panel, low, &number(shown(low.exact)), below(frame))
}

/// Where the numbers of the greatest and the least value stand.
pub(super) fn extreme_places(frame: &Frame<'_, '_>, panel: &Panel, high: &Mark, low: &Mark) -> Vec<Rect> {
    let high_place = mark_place(frame, panel, high, &number(shown(high.exact)), above(frame));
    vec![high_place, mark_place(frame, panel, low, &number(shown(low.exact)), below(frame))]
}

/// How far above its value a number stands.
fn above(frame: &Frame<'_, '_>) -> f64 {
    -frame.sizes.px(9.0)
}

/// How far below its value a number stands.
pub(super) fn below(frame: &Frame<'_, '_>) -> f64 {
    frame.sizes.px(9.0) + frame.sizes.label() * 0.73
}

/// Printed levels as they are; computed ones at two decimals.
fn shown(value: Decimal) -> Decimal {
    if value.scale() > MOST_PRINTED_DECIMALS { value.round_dp(2) } else { value }
}

/// A marker with its text `offset` pixels below it.
pub(super) fn draw_mark(
    frame: &Frame<'_, '_>,
    panel: &Panel,
    mark: &Mark,
    text: &str,
    offset: f64,
) -> Result<(), ChartError> {
    if !has_marks(frame, panel.rect.height()) {
        return Ok(());
    }
    let place = panel.place(&mark.point);
    let ink = frame.label(frame.palette.ink).aligned(Align::Middle);
    frame.canvas.dot(place, frame.sizes.px(4.25), frame.palette.background)?;
    frame.canvas.dot(place, frame.sizes.px(3.0), frame.palette.ink)?;
    let around = mark_place(frame, panel, mark, text, offset);
    frame.canvas.text(text, (f64::midpoint(around.left, around.right), place.1 + offset), ink)
}

/// Where the text of a marker stands, with some air at its sides.
pub(super) fn mark_place(frame: &Frame<'_, '_>, panel: &Panel, mark: &Mark, text: &str, offset: f64) -> Rect {
    let place = panel.place(&mark.point);
    let half = frame.label(frame.palette.ink).width(text) / 2.0 + frame.sizes.px(7.0);
    let middle = place.0.min(panel.rect.right - half).max(panel.rect.left + half);
    let base = place.1 + offset;
    Rect { left: middle - half, right: middle + half, top: base - frame.sizes.label() * 0.73, bottom: base }
}

/// A column of the lower panel.
#[derive(Debug, Clone, Copy)]
struct Stripe {
    left: f64,
    right: f64,
    value: f64,
}

/// Draws the percentages of bars from zero, rising and falling in their colours.
pub(super) fn draw_percents(frame: &Frame<'_, '_>, panel: &Panel, bars: &[Bar]) -> Result<(), ChartError> {
    let zero = panel.y.px(0.0).floor();
    for stripe in stripes(panel, bars) {
        let is_falling = stripe.value < 0.0;
        let end = panel.y.px(stripe.value).round();
        let (top, bottom) =
            if is_falling { (zero + 1.0, end.max(zero + 2.0)) } else { (end.min(zero - 1.0), zero) };
        let rect = Rect { left: stripe.left, right: stripe.right, top, bottom };
        frame.canvas.rect(rect, frame.palette.of_change(is_falling))?;
    }
    Ok(())
}

/// One stripe per bar that moved; of those that share a column of pixels, the farthest either way.
fn stripes(panel: &Panel, bars: &[Bar]) -> Vec<Stripe> {
    let stripe = |bar: &Bar| {
        let percent = bar.percent.filter(|percent| !percent.is_zero())?;
        let (left, right) = panel.slot(bar);
        Some(Stripe { left, right, value: to_f64(percent) })
    };
    let all: Vec<Stripe> = bars.iter().filter_map(stripe).collect();
    all.chunk_by(|a, b| a.left == b.left).flat_map(farthest).collect()
}

fn farthest(stripes: &[Stripe]) -> impl Iterator<Item = Stripe> + use<> {
    let of_sign = |sign: f64| {
        let alike = stripes.iter().copied().filter(move |stripe| stripe.value * sign > 0.0);
        alike.max_by(|a, b| a.value.abs().total_cmp(&b.value.abs()))
    };
    [of_sign(1.0), of_sign(-1.0)].into_iter().flatten()
}
