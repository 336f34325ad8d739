//! Derived closes in a picture, and series so sparse that they are points.

use super::*;
use crate::domain::Bounds;

const MUTED: &str = "#656D78";

fn proven(when: &str, low: &str, high: &str) -> ProvenClose {
    let bounds = Bounds { low: low.parse().unwrap(), high: high.parse().unwrap() };
    ProvenClose { at: at(when), bounds }
}

fn svg_beside(kind: ChartKind, series: &Series, derived: &[ProvenClose]) -> String {
    let beside = Beside { gaps: &[], derived };
    draw(&spec(kind), std::slice::from_ref(series), beside, &is_weekday).unwrap().svg().unwrap()
}

/// Three captures far apart.
fn sparse() -> Series {
    index(&[("2014-04-18T10:00", "812"), ("2017-11-21T10:00", "1005"), ("2024-04-19T10:00", "919")])
}

#[test]
fn derived_closes_are_hollow_marks_that_join_no_line() {
    let closes = [proven("2014-04-17T16:15", "810.0", "810.01"), proven("2024-04-18T16:15", "930", "930.01")];
    let without = svg_beside(ChartKind::Line, &sparse(), &[]);
    let with = svg_beside(ChartKind::Line, &sparse(), &closes);
    // One more is the key in the heading.
    assert_eq!(count(&with, "<circle", MUTED) - count(&without, "<circle", MUTED), 3);
    assert_eq!(lines_of(&with, LINE), lines_of(&without, LINE));
    assert!(with.contains("derived closes") && !without.contains("derived"));
    // An interval that is high enough to be seen is as high as it is.
    let wide = svg_beside(ChartKind::Line, &sparse(), &[proven("2014-04-17T16:15", "810", "990")]);
    assert_eq!(lines_of(&wide, MUTED).len(), 1);
}

#[test]
fn a_derived_close_makes_room_for_itself() {
    for (low, high) in [("100", "101"), ("3000", "3001")] {
        let far = [proven("2010-01-04T16:15", low, high), proven("2030-01-04T16:15", low, high)];
        let svg = svg_beside(ChartKind::Candle, &sparse(), &far);
        let circles = svg.lines().filter(|line| line.starts_with("<circle"));
        let ends = circles.filter(|line| line.contains(MUTED)).map(|line| {
            let side = |name: &str| {
                let value = line.split(&format!(" {name}=\"")).nth(1).unwrap();
                value.split('"').next().unwrap().parse::<f64>().unwrap() / 4.0
            };
            (side("cx"), side("cy"))
        });
        assert!(ends.into_iter().all(|(x, y)| (0.0..1200.0).contains(&x) && (0.0..600.0).contains(&y)));
    }
}

#[test]
fn what_was_seen_once_has_a_picture_beside_its_derived_close() {
    let once = index(&[("2024-04-19T10:00", "919")]);
    for kind in [ChartKind::Line, ChartKind::Candle] {
        assert!(
            svg_beside(kind, &once, &[proven("2024-04-18T16:15", "935", "936")]).contains("derived close")
        );
    }
}

#[test]
fn only_levels_have_derived_closes() {
    let closes = [proven("2024-04-18T16:15", "935", "936")];
    let beside = Beside { gaps: &[], derived: &closes };
    for (kind, word) in [(ChartKind::Rebase, "rebase"), (ChartKind::Drawdown, "drawdown")] {
        let refusal = draw(&spec(kind), &[sparse()], beside, &is_weekday).unwrap_err();
        let expected = format!("a {word} chart has no derived closes; --derived belongs to line and candle");
        assert_eq!(refusal.to_string(), expected);
        assert!(refusal.is_usage());
    }
}

#[test]
fn what_was_seen_once_in_years_is_a_dot_in_every_chart() {
    for (kind, color) in
        [(ChartKind::Line, LINE), (ChartKind::Rebase, "#0072B2"), (ChartKind::Drawdown, FALLING)]
    {
        assert_eq!(count(&svg_of(&spec(kind), &[sparse()]), "<circle", color), 3, "{kind}");
    }
    let daily = ChartSpec { every: Some("1d".parse().unwrap()), ..spec(ChartKind::Candle) };
    assert_eq!(count(&svg_of(&daily, &[sparse()]), "<circle", RISING), 3);
    // Beside others a candle stays what it is.
    let week = [("2024-04-15T10:00", "812"), ("2024-04-16T10:00", "813"), ("2024-04-17T10:00", "919")];
    assert_eq!(count(&svg_of(&daily, &[index(&week)]), "<circle", RISING), 0);
}
