//! The candle chart: open, high, low and close per bar, and under it the percentage change per bar.

use super::bars::{bar_width, bars, middle};
use super::canvas::Rect;
use super::derived::span_with;
use super::frame::Frame;
use super::levels::{Levels, average};
use super::panel::Panel;
use super::reduce::Point;
use super::track::{Mark, Track, refuse_one_point, samples, to_f64};
use super::{ChartError, Days};
use crate::domain::{Kind, Level, Ohlc};
use crate::series::{Bar, Series};

/// The height of a body that opened and closed at one level, in pixels.
const LEAST_BODY: f64 = 2.0;

/// A candle smaller than this both ways, in pixels, is hardly seen.
const SPECK: f64 = 4.0;

/// The radius of the dot that stands for it.
const DOT: f64 = 3.25;

/// Draws one series as candles.
pub(super) fn draw(
    frame: &Frame<'_, '_>,
    whole: &Series,
    inside: &Series,
    days: Days<'_>,
) -> Result<(), ChartError> {
    let label = || inside.indicator().label.clone();
    if inside.indicator().kind == Kind::Return {
        return Err(ChartError::CandleOfReturn { label: label() });
    }
    let samples = samples(inside, days)?;
    if frame.derived.is_empty() {
        refuse_one_point(&samples, inside)?;
    }
    let track = Track::of(&samples, frame.spec.size.width())?;
    let span = span_with((track.from, track.to), frame.derived);
    let every = bar_width(frame.spec, inside.indicator().kind, span);
    let bars = bars(whole, every, frame.spec.range, days);
    let (Some(first), Some(last), Some(extremes)) = (bars.first(), bars.last(), extremes(&bars)) else {
        return Err(ChartError::NoData { labels: label() });
    };
    let levels = Levels {
        series: inside,
        every,
        average: average(frame, &samples, &bars, every)?,
        span: (first.start, last.end),
        extremes,
        track: &track,
        bars: &bars,
    };
    levels.draw(frame, |panel| draw_candles(frame, panel, &bars))
}

/// A candle on whole pixels.
#[derive(Debug, Clone, Copy)]
struct Candle {
    left: f64,
    right: f64,
    levels: Ohlc,
}

fn draw_candles(frame: &Frame<'_, '_>, panel: &Panel, bars: &[Bar]) -> Result<(), ChartError> {
    let widest = frame.sizes.px(15.0);
    let candle = |bar: &Bar| {
        let (left, right) = narrowed(panel.slot(bar), widest);
        Some(Candle { left, right, levels: bar.levels? })
    };
    let candles: Vec<Candle> = bars.iter().filter_map(candle).collect();
    let candles: Vec<Candle> = candles.chunk_by(|a, b| a.left == b.left).map(joined).collect();
    for (at, candle) in candles.iter().enumerate() {
        let ahead = at.checked_sub(1).map(|ahead| candle.left - candles[ahead].right);
        let next = candles.get(at + 1).map(|next| next.left - candle.right);
        let is_alone = ahead.into_iter().chain(next).all(|distance| distance > 2.0 * DOT);
        if is_alone && is_speck(panel, candle) {
            draw_dot(frame, panel, candle)?;
        } else {
            draw_candle(frame, panel, candle)?;
        }
    }
    Ok(())
}

/// Whether a candle is too small to be seen where nothing is beside it.
fn is_speck(panel: &Panel, candle: &Candle) -> bool {
    let height = panel.y.px(candle.levels.low.0.to_f64()) - panel.y.px(candle.levels.high.0.to_f64());
    candle.right - candle.left < SPECK && height < SPECK
}

/// What was seen so shortly is a dot, as in a line.
fn draw_dot(frame: &Frame<'_, '_>, panel: &Panel, candle: &Candle) -> Result<(), ChartError> {
    let Ohlc { open, close, .. } = candle.levels;
    let color = frame.palette.of_change(close.decimal() < open.decimal());
    let center = (f64::midpoint(candle.left, candle.right), panel.y.px(close.0.to_f64()));
    frame.canvas.dot(center, frame.sizes.px(DOT), color)
}

/// A slot no wider than a candle should be, and an odd number of pixels, so that the wick has a middle.
fn narrowed((left, right): (f64, f64), widest: f64) -> (f64, f64) {
    let width = ((right - left).min(widest) * 0.8).floor().max(1.0);
    let odd = if width % 2.0 == 0.0 { width - 1.0 } else { width };
    let left = (f64::midpoint(left, right) - odd / 2.0).floor();
    (left, left + odd)
}

/// The candle of bars that share a column of pixels.
fn joined(candles: &[Candle]) -> Candle {
    let mut joined = candles[0];
    for Candle { levels, .. } in candles {
        if levels.high.decimal() > joined.levels.high.decimal() {
            joined.levels.high = levels.high;
        }
        if levels.low.decimal() < joined.levels.low.decimal() {
            joined.levels.low = levels.low;
        }
        joined.levels.close = levels.close;
    }
    joined
}

fn draw_candle(frame: &Frame<'_, '_>, panel: &Panel, candle: &Candle) -> Result<(), ChartError> {
    let y = |level: Level| panel.y.px(level.0.to_f64());
    let Ohlc { open, high, low, close } = candle.levels;
    let color = frame.palette.of_change(close.decimal() < open.decimal());
    let middle = f64::midpoint(candle.left, candle.right);
    frame.canvas.stroke(&[(middle, y(high)), (middle, y(low))], color, 1.0)?;
    let (top, bottom) = (y(open).min(y(close)).round(), y(open).max(y(close)).round());
    // A bar that closed where it opened is still a stroke to be seen.
    let top = top.min(bottom - LEAST_BODY);
    let body = Rect { left: candle.left, right: candle.right, top, bottom };
    frame.canvas.rect(body, color)
}

/// The highest high and the lowest low, each over the middle of its bar.
fn extremes(bars: &[Bar]) -> Option<(Mark, Mark)> {
    let mark = |bar: &Bar, level: Level| {
        let exact = level.decimal();
        Mark { seen: bar.start, point: Point { at: middle(bar), value: to_f64(exact) }, exact }
    };
    let highs = bars.iter().filter_map(|bar| Some(mark(bar, bar.levels?.high)));
    let lows = bars.iter().filter_map(|bar| Some(mark(bar, bar.levels?.low)));
    let high = highs.reduce(|best, next| if next.exact > best.exact { next } else { best });
    let low = lows.reduce(|best, next| if next.exact < best.exact { next } else { best });
    high.zip(low)
}
