//! What every chart has around its data: heading, panels with grid and axes, dates, footnote.
//! Knows nothing of what will be drawn inside.

use plotters::style::RGBColor;

use super::canvas::{Align, Canvas, Ink, Rect, Weight};
use super::dates::{TimeTick, seconds, time_ticks};
use super::panel::Panel;
use super::scale::Scale;
use super::theme::{Palette, Sizes};
use super::ticks::{ValueTick, number, percent, value_ticks};
use super::{Beside, ChartError, ChartSpec, ProvenClose};
use crate::domain::{Gap, Timestamp};

/// A piece of the title or the subtitle.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) color: RGBColor,
    /// What stands ahead of it in its colour, as the key to what is drawn.
    pub(super) key: Option<Key>,
}

/// The key to something in the chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Line,
    Ring,
}

/// The texts around the data.
#[derive(Debug, Clone)]
pub(super) struct Heading {
    pub(super) title: Vec<Word>,
    pub(super) subtitle: Vec<Word>,
    pub(super) footnote: String,
}

impl Heading {
    /// Adds to the end of the subtitle.
    pub(super) fn continue_subtitle(&mut self, text: &str) {
        if let Some(last) = self.subtitle.last_mut() {
            last.text.push_str(text);
        }
    }
}

/// What the numbers of an axis are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Level,
    Percent,
}

/// A panel before it has a place.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) caption: String,
    pub(super) axis: Axis,
    pub(super) values: (f64, f64),
    /// Pixels kept free above the greatest and below the least value.
    pub(super) room: (f64, f64),
    /// Its part of the height.
    pub(super) share: f64,
}

/// Everything that the drawing of a chart has at hand.
pub(super) struct Frame<'a, 'b> {
    pub(super) canvas: &'a Canvas<'b>,
    pub(super) spec: &'a ChartSpec,
    pub(super) gaps: &'a [Gap],
    pub(super) derived: &'a [ProvenClose],
    pub(super) palette: Palette,
    pub(super) sizes: Sizes,
}

impl<'a, 'b> Frame<'a, 'b> {
    pub(super) fn new(canvas: &'a Canvas<'b>, spec: &'a ChartSpec, beside: Beside<'a>) -> Self {
        let Beside { gaps, derived } = beside;
        Self { canvas, spec, gaps, derived, palette: Palette::of(spec.theme), sizes: Sizes::of(spec.size) }
    }

    /// Draws everything around the data and answers with the panels, in the order of their plans.
    pub(super) fn draw(
        &self,
        heading: &Heading,
        plans: &[Plan],
        span: (Timestamp, Timestamp),
        right_room: f64,
    ) -> Result<Vec<Panel>, ChartError> {
        self.background()?;
        self.heading(heading)?;
        let panels = self.panels(plans, span, right_room);
        let dates = self.dates(&panels, span);
        self.date_lines(&panels, &dates)?;
        for (panel, plan) in panels.iter().zip(plans) {
            self.values(panel, plan)?;
        }
        self.date_labels(&panels, &dates)?;
        Ok(panels)
    }

    pub(super) fn width(&self) -> f64 {
        f64::from(self.spec.size.width())
    }

    fn height(&self) -> f64 {
        f64::from(self.spec.size.height())
    }

    pub(super) fn label(&self, color: RGBColor) -> Ink {
        Ink { size: self.sizes.label(), weight: Weight::Regular, color, align: Align::Start }
    }

    fn background(&self) -> Result<(), ChartError> {
        let all = Rect { left: 0.0, top: 0.0, right: self.width(), bottom: self.height() };
        self.canvas.rect(all, self.palette.background)
    }

    fn title_base(&self) -> f64 {
        self.sizes.margin() + self.sizes.title() * 0.75
    }

    fn subtitle_base(&self) -> f64 {
        self.title_base() + self.sizes.px(23.0)
    }

    fn footnote_base(&self) -> f64 {
        self.height() - self.sizes.px(16.0)
    }

    fn heading(&self, heading: &Heading) -> Result<(), ChartError> {
        let (title, text) = (self.sizes.title(), self.sizes.text());
        let medium = Ink { size: title, weight: Weight::Medium, ..self.label(self.palette.ink) };
        self.words(&heading.title, self.title_base(), medium, title * 0.55)?;
        let plain = Ink { size: text, ..self.label(self.palette.muted) };
        self.words(&heading.subtitle, self.subtitle_base(), plain, 0.0)?;
        let footnote = self.label(self.palette.muted);
        let room = self.width() - 2.0 * self.sizes.margin();
        let shown = footnote.fitted(&heading.footnote, room);
        self.canvas.text(&shown, (self.sizes.margin(), self.footnote_base()), footnote)
    }

    /// Words side by side, as many as there is room for.
    fn words(&self, words: &[Word], base: f64, ink: Ink, gap: f64) -> Result<(), ChartError> {
        let (mut left, right) = (self.sizes.margin(), self.width() - self.sizes.margin());
        for word in words {
            let ink = Ink { color: word.color, ..ink };
            if let Some(key) = word.key {
                left = self.key(key, left, base, ink)?;
            }
            let shown = ink.fitted(&word.text, right - left);
            self.canvas.text(&shown, (left, base), ink)?;
            if shown != word.text {
                break;
            }
            left += ink.width(&word.text) + gap;
        }
        Ok(())
    }

    /// A short line, or a ring, ahead of a word; answers where the word begins.
    fn key(&self, key: Key, left: f64, base: f64, ink: Ink) -> Result<f64, ChartError> {
        let (from, middle) = (left + ink.size * 1.4, base - ink.size * 0.34);
        let to = match key {
            Key::Line => {
                let to = from + ink.size * 1.5;
                self.canvas.stroke(&[(from, middle), (to, middle)], ink.color, self.sizes.px(2.0))?;
                to
            }
            Key::Ring => {
                let (center, radius) = ((from + ink.size * 0.3, middle), ink.size * 0.3);
                self.canvas.dot(center, radius, ink.color)?;
                self.canvas.dot(center, radius - self.sizes.px(1.25), self.palette.background)?;
                from + ink.size * 0.6
            }
        };
        Ok(to + ink.size * 0.5)
    }

    /// The pixels that are left for panels and their captions, from top to bottom.
    fn free(&self) -> (f64, f64) {
        (self.subtitle_base() + self.sizes.px(6.0), self.footnote_base() - self.sizes.px(44.0))
    }

    fn caption_height(&self) -> f64 {
        self.sizes.px(32.0)
    }

    /// The height that so many panels have together.
    pub(super) fn panel_heights(&self, count: u8) -> f64 {
        let (top, bottom) = self.free();
        bottom - top - self.caption_height() * f64::from(count)
    }

    /// Stacks the panels between the heading and the dates.
    fn panels(&self, plans: &[Plan], span: (Timestamp, Timestamp), right_room: f64) -> Vec<Panel> {
        let caption = self.caption_height();
        let shares: f64 = plans.iter().map(|plan| plan.share).sum();
        let free = self.panel_heights(u8::try_from(plans.len()).unwrap_or(u8::MAX));
        let (mut upper, _) = self.free();
        let mut rects = Vec::new();
        for plan in plans {
            let height = (free * plan.share / shares).round();
            let rect = Rect { left: 0.0, top: (upper + caption).round(), right: 0.0, bottom: 0.0 };
            rects.push(Rect { bottom: rect.top + height, ..rect });
            upper += caption + height;
        }
        let left = self.left_of_panels(plans, &rects);
        let right = (self.width() - self.sizes.margin() - right_room).round();
        plans
            .iter()
            .zip(rects)
            .map(|(plan, rect)| self.panel(plan, Rect { left, right, ..rect }, span))
            .collect()
    }

    fn left_of_panels(&self, plans: &[Plan], rects: &[Rect]) -> f64 {
        let ink = self.label(self.palette.muted);
        let labels = plans.iter().zip(rects).flat_map(|(plan, rect)| {
            let scale = value_scale(plan, *rect);
            self.value_ticks(&scale, *rect).into_iter().map(|tick| axis_label(plan.axis, &tick))
        });
        let widest = labels.map(|label| ink.width(&label)).fold(0.0, f64::max);
        (self.sizes.margin() + widest + self.sizes.px(8.0)).round()
    }

    fn panel(&self, plan: &Plan, rect: Rect, (from, to): (Timestamp, Timestamp)) -> Panel {
        let inset = self.sizes.px(5.0);
        let times = (seconds(from), seconds(to));
        let x = Scale::new(times, (rect.left + inset, rect.right - inset));
        Panel { rect, x, y: value_scale(plan, rect) }
    }

    fn value_ticks(&self, scale: &Scale, rect: Rect) -> Vec<ValueTick> {
        let room = rect.height() / self.sizes.px(24.0);
        let most = (2..=8).rev().find(|most| f64::from(*most) <= room).unwrap_or(2);
        // A value at the very edge would touch the caption above it or the dates below.
        let edge = self.sizes.px(5.0);
        value_ticks(scale.value(rect.bottom - edge), scale.value(rect.top + edge), most)
    }

    /// Caption, grid lines and their values.
    fn values(&self, panel: &Panel, plan: &Plan) -> Result<(), ChartError> {
        let Panel { rect, y, .. } = panel;
        let muted = self.label(self.palette.muted);
        let caption_base = rect.top - self.sizes.px(10.0);
        let caption = muted.fitted(&plan.caption, self.width() - 2.0 * self.sizes.margin());
        self.canvas.text(&caption, (self.sizes.margin(), caption_base), muted)?;
        for tick in self.value_ticks(y, *rect) {
            let at = y.px(tick.value);
            let is_zero = plan.axis == Axis::Percent && tick.exact.is_zero();
            self.level_line(rect, at, if is_zero { self.palette.axis } else { self.palette.grid })?;
            let base = at + self.sizes.label() * 0.36;
            let place = (rect.left - self.sizes.px(8.0), base);
            self.canvas.text(&axis_label(plan.axis, &tick), place, muted.aligned(Align::End))?;
        }
        Ok(())
    }

    /// A line across a panel, in the middle of a row of pixels so that it is sharp.
    fn level_line(&self, rect: &Rect, at: f64, color: RGBColor) -> Result<(), ChartError> {
        let sharp = at.floor() + 0.5;
        self.canvas.stroke(&[(rect.left, sharp), (rect.right, sharp)], color, 1.0)
    }

    fn dates(&self, panels: &[Panel], span: (Timestamp, Timestamp)) -> Vec<TimeTick> {
        let Some(panel) = panels.first() else { return Vec::new() };
        let ink = self.label(self.palette.muted);
        let gap = self.sizes.px(18.0);
        let inset = 2.0 * self.sizes.px(5.0);
        time_ticks(span, self.spec.zone, panel.rect.width() - inset, gap, &|label| ink.width(label))
    }

    fn date_lines(&self, panels: &[Panel], dates: &[TimeTick]) -> Result<(), ChartError> {
        for (panel, date) in panels.iter().flat_map(|panel| dates.iter().map(move |date| (panel, date))) {
            let sharp = panel.x.px(date.at).floor() + 0.5;
            let ends = [(sharp, panel.rect.top), (sharp, panel.rect.bottom)];
            self.canvas.stroke(&ends, self.palette.grid, 1.0)?;
        }
        Ok(())
    }

    /// The axis under the lowest panel and the dates under it.
    fn date_labels(&self, panels: &[Panel], dates: &[TimeTick]) -> Result<(), ChartError> {
        let Some(panel) = panels.last() else { return Ok(()) };
        let ink = self.label(self.palette.muted);
        let base = panel.rect.bottom + self.sizes.px(19.0);
        self.level_line(&panel.rect, panel.rect.bottom, self.palette.axis)?;
        for date in dates {
            let half = ink.width(&date.label) / 2.0;
            let sharp = panel.x.px(date.at).floor() + 0.5;
            let (top, bottom) = (panel.rect.bottom, panel.rect.bottom + self.sizes.px(5.0));
            self.canvas.stroke(&[(sharp, top), (sharp, bottom)], self.palette.axis, 1.0)?;
            let middle = sharp.min(self.width() - half - self.sizes.px(4.0)).max(half + self.sizes.px(4.0));
            self.canvas.text(&date.label, (middle, base), ink.aligned(Align::Middle))?;
        }
        Ok(())
    }
}

fn value_scale(plan: &Plan, rect: Rect) -> Scale {
    let (above, below) = plan.room;
    let most = rect.height() * 0.35;
    Scale::new(plan.values, (rect.bottom - below.min(most), rect.top + above.min(most)))
}

fn axis_label(axis: Axis, tick: &ValueTick) -> String {
    match axis {
        Axis::Level => number(tick.exact),
        Axis::Percent if tick.exact.is_zero() => "0%".to_owned(),
        Axis::Percent => percent(tick.exact),
    }
}
