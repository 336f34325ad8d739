//! The words above and below a chart: what it shows, from when to when, how far it moved, who says so.

use rust_decimal::Decimal;

use super::dates::{self, span};
use super::frame::{Frame, Heading, Word};
use super::ticks::{computed_percent, number, percent, signed};
use super::track::Track;
use crate::domain::{Figures, Indicator, Kind, Timestamp};
use crate::series::{Series, percent_between, stretches};

/// The heading of a chart of one indicator: its last figures as they were printed, and the range.
pub(super) fn of_one(frame: &Frame<'_, '_>, series: &Series, track: &Track) -> Heading {
    let palette = frame.palette;
    let moved = percent_between(track.first, track.last.exact);
    let (from, to) = shown_ends(series, track);
    let subtitle = match moved {
        Some(moved) => format!("{}, {}", span(from, to, frame.spec.zone), computed_percent(moved)),
        None => span(from, to, frame.spec.zone),
    };
    Heading {
        title: last_figures(frame, series),
        subtitle: vec![plain(subtitle, palette.muted)],
        footnote: footnote(frame, &[series.indicator()], to) + after_silences(series),
    }
}

/// The heading of a chart of several indicators.
pub(super) fn of_several(
    frame: &Frame<'_, '_>,
    indicators: &[&Indicator],
    ends: (Timestamp, Timestamp),
    what: &str,
) -> Heading {
    let labels: Vec<&str> = indicators.iter().map(|one| one.label.as_str()).collect();
    let title = vec![plain(labels.join(" · "), frame.palette.ink)];
    let subtitle = format!("{}, {what}", span(ends.0, ends.1, frame.spec.zone));
    let footnote = footnote(frame, indicators, ends.1);
    Heading { title, subtitle: vec![plain(subtitle, frame.palette.muted)], footnote }
}

/// The first and last moment that a reader is told. The index of a return begins the day before the first
/// return, which is not a day of the range.
fn shown_ends(series: &Series, track: &Track) -> (Timestamp, Timestamp) {
    match series.indicator().kind {
        Kind::Return => (track.from + chrono::Duration::days(1), track.to),
        _ => (track.from, track.to),
    }
}

pub(super) fn plain(text: String, color: plotters::style::RGBColor) -> Word {
    Word { text, color, key: None }
}

/// The label and the newest figures, the change in its colour.
fn last_figures(frame: &Frame<'_, '_>, series: &Series) -> Vec<Word> {
    let palette = frame.palette;
    let mut words = vec![plain(series.indicator().label.clone(), palette.ink)];
    let is_shown = |figures: &Figures| match series.indicator().kind {
        Kind::Return => figures.percent.is_some(),
        _ => figures.level.is_some(),
    };
    let newest = series.runs().rev().map(|run| run.figures).find(is_shown).unwrap_or_default();
    if let Some(level) = newest.level {
        words.push(plain(number(level.decimal()), palette.ink));
    }
    if let Some((text, value)) = change_text(&newest) {
        let color = if value.is_zero() { palette.muted } else { palette.of_change(value.is_sign_negative()) };
        words.push(plain(text, color));
    }
    words
}

/// `+10.80 (+1.25%)`, or whichever of the two was printed, and the number that gives it its colour.
fn change_text(figures: &Figures) -> Option<(String, Decimal)> {
    let change = figures.change.map(|change| change.decimal());
    let relative = figures.percent.map(|percent| percent.decimal());
    match (change, relative) {
        (Some(change), Some(relative)) => {
            Some((format!("{} ({})", signed(change), percent(relative)), change))
        }
        (Some(change), None) => Some((signed(change), change)),
        (None, Some(relative)) => Some((percent(relative), relative)),
        (None, None) => None,
    }
}

/// Bars are against the close before them, however long ago that was seen; where the line breaks for a silence, a reader
/// should know.
fn after_silences(series: &Series) -> &'static str {
    let has_silences = series.indicator().kind != Kind::Return && stretches(series).len() > 1;
    if has_silences { " · after a silence the change is since the last value seen" } else { "" }
}

/// Where the numbers come from and what they are not.
fn footnote(frame: &Frame<'_, '_>, indicators: &[&Indicator], at: Timestamp) -> String {
    let mut sources: Vec<&str> = indicators.iter().map(|one| one.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    let is_return = |one: &&Indicator| one.kind == Kind::Return;
    let how = if indicators.iter().all(is_return) {
        "one return per trading day"
    } else {
        "sampled highs and lows"
    };
    let zone = at.with_timezone(&frame.spec.zone).format("%Z").to_string();
    let zone = if zone.starts_with(['+', '-']) { format!("UTC{zone}") } else { zone };
    format!("source: {} · {how} · {zone}", sources.join(", "))
}

/// `18 Mar 2024`, in the zone of the chart.
pub(super) fn day(frame: &Frame<'_, '_>, at: Timestamp) -> String {
    dates::day(at.with_timezone(&frame.spec.zone).date_naive())
}
