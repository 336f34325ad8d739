//! The moving average above the levels: where it stands, and what it is called.

use rust_decimal::Decimal;

use super::ChartError;
use super::frame::{Frame, Key, Word};
use super::panel::{Panel, draw_line};
use super::reduce::Point;
use super::track::to_f64;
use crate::series::moving_average;

/// An average is not drawn across a silence longer than this: more than any closure of the market.
const LONGEST_CLOSURE_SECONDS: f64 = 12.0 * 24.0 * 3600.0;

/// The close of a bar, standing at an instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Close {
    pub(super) at: f64,
    pub(super) level: Decimal,
}

/// A moving average and its name.
#[derive(Debug, Clone)]
pub(super) struct Average {
    stretches: Vec<Vec<Point>>,
    name: String,
}

impl Average {
    /// The mean of the last `count` closes, called after the bars that they are of.
    ///
    /// # Errors
    /// There are fewer closes than that, or none were asked for.
    pub(super) fn of(closes: &[Close], count: usize, bar: &str) -> Result<Self, ChartError> {
        if count == 0 || closes.len() < count {
            return Err(ChartError::MovingAverage { count, bars: closes.len() });
        }
        let levels: Vec<Decimal> = closes.iter().map(|close| close.level).collect();
        let point =
            |(close, mean): (&Close, Option<Decimal>)| Some(Point { at: close.at, value: to_f64(mean?) });
        let points: Vec<Point> =
            closes.iter().zip(moving_average(&levels, count)).filter_map(point).collect();
        let joined = |a: &Point, b: &Point| b.at - a.at <= LONGEST_CLOSURE_SECONDS.max(bar_seconds(closes));
        let stretches = points.chunk_by(joined).map(<[Point]>::to_vec).collect();
        Ok(Self { stretches, name: format!("moving average of {count} × {bar}") })
    }

    pub(super) fn key(&self, frame: &Frame<'_, '_>) -> Word {
        Word { text: self.name.clone(), color: frame.palette.average, key: Some(Key::Line) }
    }

    pub(super) fn draw(&self, frame: &Frame<'_, '_>, panel: &Panel) -> Result<(), ChartError> {
        draw_line(frame, panel, &self.stretches, frame.palette.average, 1.5)
    }
}

/// Somewhat more than the usual distance of two bars, which for months and years is more than a closure.
fn bar_seconds(closes: &[Close]) -> f64 {
    let nearest = closes.windows(2).map(|pair| pair[1].at - pair[0].at).fold(f64::MAX, f64::min);
    if closes.len() < 2 { 0.0 } else { nearest * 1.5 }
}
