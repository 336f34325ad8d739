//! The two panels that line and candle share: levels above, with a moving average and the extremes,
//! percentages per bar below. Leaves how the levels are drawn to each.

use super::average::{Average, Close};
use super::bars::{middle, percent_plan};
use super::dates::seconds;
use super::derived::{draw_derived, key, span_with, values_with};
use super::frame::{Axis, Frame, Plan};
use super::gaps::{Strip, draw_gaps};
use super::panel::{Panel, draw_extremes, draw_percents, extreme_places, mark_room};
use super::scale::with_room;
use super::track::{Mark, Sample, Track};
use super::{ChartError, heading};
use crate::domain::{Interval, Kind, Timestamp};
use crate::series::{Bar, Series};

/// The part of the height that the levels take; the rest is for the percentages.
const LEVEL_SHARE: f64 = 0.7;

/// What the two panels show.
pub(super) struct Levels<'a> {
    pub(super) series: &'a Series,
    pub(super) track: &'a Track,
    pub(super) bars: &'a [Bar],
    /// The width of the bars.
    pub(super) every: Interval,
    pub(super) average: Option<Average>,
    /// The ends of the time axis.
    pub(super) span: (Timestamp, Timestamp),
    /// The highest and the lowest level, where their markers stand.
    pub(super) extremes: (Mark, Mark),
}

impl Levels<'_> {
    /// Draws everything but the levels, which `draw_levels` does in between.
    pub(super) fn draw(
        &self,
        frame: &Frame<'_, '_>,
        draw_levels: impl FnOnce(&Panel) -> Result<(), ChartError>,
    ) -> Result<(), ChartError> {
        let mut heading = heading::of_one(frame, self.series, self.track);
        heading.subtitle.extend(self.average.as_ref().map(|average| average.key(frame)));
        heading.subtitle.extend(key(frame));
        let plans = [self.level_plan(frame), percent_plan(frame, self.bars, self.bar_caption())];
        let panels = frame.draw(&heading, &plans, span_with(self.span, frame.derived), 0.0)?;
        let [levels, percents] = panels.as_slice() else { return Ok(()) };
        draw_percents(frame, percents, self.bars)?;
        draw_derived(frame, levels)?;
        draw_levels(levels)?;
        if let Some(average) = &self.average {
            average.draw(frame, levels)?;
        }
        let (high, low) = &self.extremes;
        let taken = extreme_places(frame, levels, high, low);
        draw_gaps(frame, levels, &[Strip::Below, Strip::Above], taken)?;
        draw_extremes(frame, levels, high, low)
    }

    /// The upper panel, with room for the numbers of the extremes.
    fn level_plan(&self, frame: &Frame<'_, '_>) -> Plan {
        let room = mark_room(frame, frame.panel_heights(2) * LEVEL_SHARE);
        let indicator = self.series.indicator();
        let caption = match indicator.kind {
            Kind::Return => "compounded index of daily returns, from 100".to_owned(),
            _ => indicator.unit.clone(),
        };
        let seen = (self.track.low.point.value, self.track.high.point.value);
        let (low, high) = values_with(seen, frame.derived);
        let values = with_room(low, high);
        Plan { caption, axis: Axis::Level, values, room: (room, room), share: LEVEL_SHARE }
    }

    /// What the lower panel shows.
    fn bar_caption(&self) -> String {
        let (every, is_daily) = (self.every, self.every == Interval::DAY);
        match (self.series.indicator().kind, is_daily) {
            (Kind::Return, true) => "daily return".to_owned(),
            (Kind::Return, false) => format!("return per {every}"),
            (_, true) => "daily change".to_owned(),
            (_, false) => format!("change per {every}"),
        }
    }
}

/// The moving average that was asked for: of the closes of bars, or of the days of an index.
pub(super) fn average(
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
fn closes(bars: &[Bar]) -> Vec<Close> {
    let close = |bar: &Bar| Some(Close { at: middle(bar), level: bar.levels?.close.decimal() });
    bars.iter().filter_map(close).collect()
}
