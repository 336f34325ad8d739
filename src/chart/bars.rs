//! Which bars a chart has: how wide, of which days, and their least and greatest percentage.

use chrono::NaiveDate;

use super::dates::seconds;
use super::frame::{Axis, Frame, Plan};
use super::scale::with_room;
use super::track::to_f64;
use super::{ChartKind, ChartSpec};
use crate::domain::{Interval, Kind, TimeRange, Timestamp};
use crate::series::{Bar, Series, resample, resample_returns};

/// Bar widths that a chart chooses from.
const WIDTHS: [&str; 13] =
    ["1m", "5m", "10m", "15m", "30m", "1h", "2h", "4h", "1d", "1w", "1mo", "3mo", "1y"];

/// More bars than this are hard to tell apart at the usual width.
const MOST_BARS: i32 = 150;

const SECONDS_A_DAY: f64 = 24.0 * 3600.0;

/// Days narrower than this many pixels cannot be told apart.
const LEAST_DAY: f64 = 3.0;

/// Candles narrower than this many pixels, and the air beside them, cannot be told apart.
const LEAST_PITCH: f64 = 5.0;

/// The smallest width at which a stretch of time has at most [`MOST_BARS`] bars.
fn width_for((from, to): (Timestamp, Timestamp)) -> Interval {
    let length = |every: &Interval| {
        let start = every.start_of(from, chrono_tz::UTC);
        every.end_of(start, chrono_tz::UTC) - start
    };
    let widths = WIDTHS.into_iter().filter_map(|text| text.parse::<Interval>().ok());
    let few_enough = |every: &Interval| (to - from) / MOST_BARS <= length(every);
    widths.into_iter().find(few_enough).unwrap_or(Interval::DAY)
}

/// The width of the bars of a line or candle chart: as asked for, otherwise by the stretch of time that it shows.
pub(super) fn bar_width(spec: &ChartSpec, kind: Kind, span: (Timestamp, Timestamp)) -> Interval {
    match spec.kind {
        ChartKind::Candle => spec.every.unwrap_or_else(|| candle_width(spec, span)),
        _ => line_bar_width(spec, kind, span),
    }
}

/// Returns are daily: they have no shorter bars, and longer ones only where days cannot be told apart.
fn line_bar_width(spec: &ChartSpec, kind: Kind, span: (Timestamp, Timestamp)) -> Interval {
    let is_return = kind == Kind::Return;
    let width = f64::from(spec.size.width());
    let fit_days = (seconds(span.1) - seconds(span.0)) / SECONDS_A_DAY * LEAST_DAY <= width;
    let chosen = spec.every.unwrap_or_else(|| match is_return && fit_days {
        true => Interval::DAY,
        false => width_for(span),
    });
    if is_return && !chosen.is_daily_or_longer() { Interval::DAY } else { chosen }
}

/// Days, or whatever is long enough to be seen.
fn candle_width(spec: &ChartSpec, (from, to): (Timestamp, Timestamp)) -> Interval {
    let room = f64::from(spec.size.width()) / LEAST_PITCH;
    let fits = |every: &Interval| {
        let start = every.start_of(from, spec.zone);
        let width = seconds(every.end_of(start, spec.zone)) - seconds(start);
        (seconds(to) - seconds(from)) / width <= room
    };
    let longer = ["1d", "1w", "1mo", "3mo", "1y"].into_iter().filter_map(|text| text.parse().ok());
    longer.into_iter().find(fits).unwrap_or(Interval::DAY)
}

/// The bars of a series: of its levels or of its daily returns.
pub(super) fn bars(
    series: &Series,
    every: Interval,
    range: TimeRange,
    is_trading_day: &dyn Fn(NaiveDate) -> bool,
) -> Vec<Bar> {
    if series.indicator().kind == Kind::Return {
        return resample_returns(series, every, range, is_trading_day);
    }
    let mut bars = resample(series, every, range);
    if every == Interval::DAY {
        bars.retain(|bar| moved(bar) || is_trading_day(bar.start.with_timezone(&series.zone()).date_naive()));
    }
    bars
}

/// Whether anything happened in a bar. A day without a session on which nothing moved is no bar of a chart;
/// gold moves on Saturdays.
fn moved(bar: &Bar) -> bool {
    let is_flat = bar.levels.is_some_and(|levels| levels.high.decimal() == levels.low.decimal());
    !is_flat || bar.percent.is_none_or(|percent| !percent.is_zero())
}

/// The part of the height that the percentages take.
const PERCENT_SHARE: f64 = 0.3;

/// The lower panel: percentages per bar.
pub(super) fn percent_plan(frame: &Frame<'_, '_>, bars: &[Bar], caption: String) -> Plan {
    let percents = || bars.iter().filter_map(|bar| bar.percent).map(to_f64);
    let (low, high) = (percents().fold(0.0, f64::min), percents().fold(0.0, f64::max));
    let room = frame.sizes.px(8.0);
    let room_above = if high > 0.0 { room } else { 2.0 };
    let room_below = if low < 0.0 { room } else { 2.0 };
    Plan {
        caption,
        axis: Axis::Percent,
        values: with_room(low, high),
        room: (room_above, room_below),
        share: PERCENT_SHARE,
    }
}

/// A stretch of time, widened so that its first and last bar are seen whole.
pub(super) fn whole_bars((from, to): (Timestamp, Timestamp), bars: &[Bar]) -> (Timestamp, Timestamp) {
    let first = bars.first().map_or(from, |bar| bar.start);
    let last = bars.last().map_or(to, |bar| bar.end);
    (from.min(first), to.max(last))
}

/// The middle of a bar.
pub(super) fn middle(bar: &Bar) -> f64 {
    f64::midpoint(seconds(bar.start), seconds(bar.end))
}
