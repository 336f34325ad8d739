//! What every drawing promises, checked on the finished SVG and PNG.

mod derived;
mod pixels;

use chrono::{Datelike, Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Asia::Jakarta;

use super::*;
use crate::domain::{
    Cause, Change, Figures, Indicator, Kind, Level, Percent, Quantity, Run, Slug, TimeRange, Timestamp,
    Verdict,
};
use crate::series::Part;

fn at(text: &str) -> Timestamp {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
    Jakarta.from_local_datetime(&local).unwrap().with_timezone(&Utc)
}

fn quantity(text: &str) -> Quantity {
    Quantity::from_decimal(text.parse().unwrap()).unwrap()
}

fn series(label: &str, kind: Kind, runs: Vec<Run>) -> Series {
    let indicator = Indicator {
        source: "kontan".to_owned(),
        slug: Slug::of(label),
        label: label.to_owned(),
        kind,
        unit: kind.default_unit().to_owned(),
        heartbeat: kind.default_heartbeat(),
    };
    Series::new(indicator, Jakarta, runs.into_iter().map(Part::Run).collect()).unwrap()
}

fn run(first_seen: Timestamp, last_seen: Timestamp, figures: Figures) -> Run {
    Run { first_seen, last_seen, figures, verdict: Verdict::of(&figures) }
}

fn level(text: &str) -> Figures {
    Figures { level: Some(Level(quantity(text))), ..Figures::default() }
}

/// An index from (seen at, level), each seen once.
fn index(points: &[(&str, &str)]) -> Series {
    series(
        "LQ45",
        Kind::Index,
        points.iter().map(|(when, text)| run(at(when), at(when), level(text))).collect(),
    )
}

/// A day of minutes that rises, falls, and is silent from 11:00 to 14:00.
fn day_with_a_gap() -> Series {
    let minute = |minute: i64| {
        let mantissa = 87_700 + (minute * 37) % 400 - minute;
        let figures =
            Figures { level: Some(Level(Quantity::new(mantissa, 2).unwrap())), ..Figures::default() };
        let when = at("2024-11-21T09:00") + Duration::minutes(minute);
        run(when, when, figures)
    };
    series("LQ45", Kind::Index, (0..=120).chain(300..=420).map(minute).collect())
}

fn fund() -> Series {
    let day = |day: i64| {
        let percent = Quantity::new((day * 13) % 40 - 18, 2).unwrap();
        let seen = at("2024-04-01T09:00") + Duration::days(day);
        let figures = Figures { percent: Some(Percent(percent)), ..Figures::default() };
        run(seen, seen + Duration::hours(20), figures)
    };
    series("RD.SAHAM", Kind::Return, (0..30).map(day).collect())
}

fn is_weekday(date: NaiveDate) -> bool {
    date.weekday().num_days_from_monday() < 5
}

fn spec(kind: ChartKind) -> ChartSpec {
    ChartSpec { kind, ..ChartSpec::new(Jakarta) }
}

fn svg_of(spec: &ChartSpec, series: &[Series]) -> String {
    draw(spec, series, Beside::default(), &is_weekday).unwrap().svg().unwrap()
}

fn refusal(spec: &ChartSpec, series: &[Series]) -> String {
    draw(spec, series, Beside::default(), &is_weekday).unwrap_err().to_string()
}

/// The x coordinates, in pixels, of each line drawn in a colour.
fn lines_of(svg: &str, color: &str) -> Vec<Vec<f64>> {
    let pair = |pair: &str| pair.split_once(',').unwrap().0.parse::<f64>().unwrap() / 4.0;
    svg.lines()
        .filter(|line| line.starts_with("<polyline") && line.contains(color))
        .map(|line| line.split("points=\"").nth(1).unwrap().trim_end_matches("\"/>"))
        .map(|points| points.split_whitespace().map(pair).collect())
        .collect()
}

fn count(svg: &str, tag: &str, color: &str) -> usize {
    svg.lines().filter(|line| line.starts_with(tag) && line.contains(color)).count()
}

const LINE: &str = "#0A589C";
const RISING: &str = "#2B7CBF";
const FALLING: &str = "#D96B0B";

#[test]
fn the_same_input_gives_the_same_bytes() {
    let several = [day_with_a_gap(), fund()];
    for kind in ChartKind::ALL {
        let spec = spec(kind);
        let series = if kind == ChartKind::Rebase { &several[..] } else { &several[..1] };
        let (first, second) = (
            draw(&spec, series, Beside::default(), &is_weekday).unwrap(),
            draw(&spec, series, Beside::default(), &is_weekday).unwrap(),
        );
        assert_eq!(first, second);
        assert_eq!(first.png(&[]).unwrap(), second.png(&[]).unwrap());
    }
}

#[test]
fn a_png_has_its_size_its_texts_and_ink() {
    let size: Size = "480x300".parse().unwrap();
    let drawing = draw(
        &ChartSpec { size, ..spec(ChartKind::Line) },
        &[day_with_a_gap()],
        Beside::default(),
        &is_weekday,
    )
    .unwrap();
    let texts = [("Query", "chart lq45 – line".to_owned()), ("Digest", "sha256:00ff".to_owned())];
    let bytes = drawing.png(&texts).unwrap();
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    assert_eq!((info.width, info.height), (480, 300));
    assert_eq!((info.color_type, info.bit_depth), (png::ColorType::Indexed, png::BitDepth::Eight));
    let latin: Vec<_> = info
        .uncompressed_latin1_text
        .iter()
        .map(|chunk| (chunk.keyword.as_str(), chunk.text.as_str()))
        .collect();
    let software = concat!("pantau ", env!("CARGO_PKG_VERSION"));
    assert_eq!(latin, [("Software", software), ("Digest", "sha256:00ff")]);
    assert_eq!(info.utf8_text[0].get_text().unwrap(), "chart lq45 – line");
    let inked = pixels.chunks_exact(3).filter(|pixel| pixel != &[255, 255, 255]).count();
    assert!(inked > 1000, "{inked} pixels");
}

#[test]
fn letters_are_drawn_with_the_fonts_that_travel_along() {
    let ink = |label: &str| {
        let mut named = day_with_a_gap();
        named = series(label, Kind::Index, named.runs().copied().collect());
        draw(&spec(ChartKind::Line), &[named], Beside::default(), &is_weekday).unwrap().png(&[]).unwrap()
    };
    assert_ne!(ink("LQ45"), ink("IDX3"), "a picture without letters would be the same");
}

#[test]
fn a_silence_is_a_break_in_the_line() {
    let svg = svg_of(&spec(ChartKind::Line), &[day_with_a_gap()]);
    let lines = lines_of(&svg, LINE);
    assert_eq!(lines.len(), 2);
    let (end, begin) = (*lines[0].last().unwrap(), lines[1][0]);
    assert!(begin - end > 400.0, "the gap from {end} to {begin}");
}

/// A gap of the 21st, between two clock times.
fn gap(from: &str, to: &str, cause: Cause) -> Gap {
    Gap { from: at(&format!("2024-11-21T{from}")), to: at(&format!("2024-11-21T{to}")), cause }
}

/// The names of gaps in a picture of the day.
fn named(gaps: &[Gap], kind: ChartKind) -> Vec<String> {
    let drawing = draw(&spec(kind), &[day_with_a_gap()], Beside { gaps, derived: &[] }, &is_weekday).unwrap();
    let is_cause = |line: &&str| line.starts_with("not ") || line.starts_with("frozen ");
    drawing.svg().unwrap().lines().filter(is_cause).map(str::to_owned).collect()
}

#[test]
fn a_gap_is_named_where_it_is_wide_enough() {
    let wide = gap("11:00", "14:00", Cause::NotRunning);
    // The one candle of a day stands in the midst of this gap, with its numbers.
    for kind in [ChartKind::Line, ChartKind::Rebase, ChartKind::Drawdown] {
        assert_eq!(named(&[wide], kind), ["not running 3h 00m"], "{kind}");
        assert!(named(&[gap("11:00", "11:10", Cause::NotUnderstood)], kind).is_empty(), "{kind}");
        // Outside of the picture.
        assert!(named(&[gap("03:00", "08:00", Cause::NotRunning)], kind).is_empty(), "{kind}");
    }
}

#[test]
fn only_the_longest_gaps_are_named_and_no_name_touches_another() {
    let crowd: Vec<Gap> = (0..12)
        .map(|hour| {
            gap(
                &format!("{:02}:00", 9 + hour / 2),
                &format!("{:02}:5{}", 9 + hour / 2, hour % 8),
                Cause::Frozen,
            )
        })
        .chain([gap("10:00", "16:00", Cause::NotRunning), gap("10:10", "15:50", Cause::NotUnderstood)])
        .collect();
    let names = named(&crowd, ChartKind::Line);
    assert_eq!(names.len(), 3, "{names:?}");
    // The second covers the first, so it stands above the data.
    assert_eq!(names[..2], ["not running 6h 00m", "not understood 5h 40m"]);
}

#[test]
fn what_was_seen_once_is_a_dot() {
    let four = index(&[
        ("2024-04-19T10:01", "919.20"),
        ("2024-11-21T20:10", "866.80"),
        ("2025-03-29T09:00", "730.00"),
        ("2025-05-09T11:00", "777"),
    ]);
    for (kind, color) in [(ChartKind::Line, LINE), (ChartKind::Drawdown, FALLING)] {
        let svg = svg_of(&spec(kind), std::slice::from_ref(&four));
        assert_eq!(lines_of(&svg, color).len(), 0);
        assert_eq!(count(&svg, "<circle", color), 4);
    }
}

#[test]
fn thousands_of_lone_sightings_are_still_a_small_drawing() {
    let start = at("2000-01-01T09:00");
    let lone = |hour: i64| {
        let when = start + Duration::hours(2 * hour);
        let figures =
            Figures { level: Some(Level(Quantity::new(900 + hour % 50, 0).unwrap())), ..Figures::default() };
        run(when, when, figures)
    };
    let svg = svg_of(&spec(ChartKind::Line), &[series("LQ45", Kind::Index, (0..30_000).map(lone).collect())]);
    assert_eq!(lines_of(&svg, LINE).len(), 0);
    assert!(count(&svg, "<circle", LINE) < 5 * 1200);
}

#[test]
fn a_spike_of_one_minute_survives_years() {
    let start = at("2000-01-01T09:00");
    let minute = |i: i64| {
        let figures = level(if i == 31_234 { "950" } else { "900" });
        let when = start + Duration::minutes(50 * i);
        run(when, when, figures)
    };
    let all = series("LQ45", Kind::Index, (0..60_000).map(minute).collect());
    let svg = svg_of(&spec(ChartKind::Line), &[all]);
    let heights = |svg: &str| {
        let points =
            svg.lines().find(|line| line.contains("<polyline") && line.contains(LINE)).unwrap().to_owned();
        let points = points.split("points=\"").nth(1).unwrap().trim_end_matches("\"/>").to_owned();
        points.split_whitespace().map(|pair| pair.split_once(',').unwrap().1.to_owned()).collect::<Vec<_>>()
    };
    let heights = heights(&svg);
    let spikes = heights.iter().filter(|height| *height != &heights[0]).count();
    assert_eq!(spikes, 1, "{} points", heights.len());
}

#[test]
fn the_title_carries_the_last_printed_figures() {
    let figures = Figures {
        level: Some(Level(quantity("877"))),
        change: Some(Change(quantity("10.80"))),
        percent: Some(Percent(quantity("1.25"))),
    };
    let mut runs: Vec<Run> = index(&[("2024-11-21T09:00", "866")]).runs().copied().collect();
    runs.push(run(at("2024-11-22T09:00"), at("2024-11-22T10:00"), figures));
    let svg = svg_of(&spec(ChartKind::Line), &[series("LQ45", Kind::Index, runs)]);
    for text in [
        "\nLQ45\n",
        "\n877\n",
        "\n+10.80 (+1.25%)\n",
        "\n21 Nov 2024 – 22 Nov 2024, +1.27%\n",
        "\nsource: kontan · sampled highs and lows · WIB · after a silence the change is since the last value seen\n",
    ] {
        let lines = svg.replace(">", ">\n").replace("<", "\n<").replace("\n\n", "\n");
        assert!(lines.contains(text), "{text} in {lines}");
    }
}

#[test]
fn rising_and_falling_bars_have_their_colours() {
    let series = index(&[
        ("2024-04-17T10:00", "100"),
        ("2024-04-18T10:00", "110"),
        ("2024-04-19T10:00", "105"),
        ("2024-04-22T10:00", "104"),
    ]);
    let spec = ChartSpec { every: Some("1d".parse().unwrap()), ..spec(ChartKind::Line) };
    let svg = svg_of(&spec, &[series]);
    assert_eq!((count(&svg, "<rect", RISING), count(&svg, "<rect", FALLING)), (1, 2));
}

#[test]
fn levels_before_the_range_are_not_drawn_but_give_the_first_bar_its_change() {
    let series = index(&[
        ("2024-04-18T10:00", "1"),
        ("2024-04-19T10:00", "100"),
        ("2024-04-19T10:30", "110"),
        ("2024-04-20T10:00", "7"),
    ]);
    let range = TimeRange { from: Some(at("2024-04-19T00:00")), to: Some(at("2024-04-20T00:00")) };
    let spec = ChartSpec { range, every: Some("1d".parse().unwrap()), ..spec(ChartKind::Line) };
    let svg = svg_of(&spec, &[series]);
    assert!(svg.contains("19 Apr 2024, 10:00 – 10:30, +10.00%"));
    assert_eq!(count(&svg, "<rect", RISING), 1);
}

#[test]
fn a_day_without_a_session_on_which_nothing_moved_is_no_candle() {
    let flat_weekend = vec![
        run(at("2024-04-18T10:00"), at("2024-04-18T16:00"), level("100")),
        run(at("2024-04-19T10:00"), at("2024-04-21T16:00"), level("101")),
        run(at("2024-04-22T10:00"), at("2024-04-22T16:00"), level("102")),
    ];
    let svg = svg_of(&spec(ChartKind::Candle), &[series("LQ45", Kind::Index, flat_weekend)]);
    let percents = 2;
    assert_eq!(count(&svg, "<rect", RISING), 3 + percents);
}

#[test]
fn everything_stays_on_the_picture() {
    let far = |svg: &str, name: &str| {
        let attribute = format!(" {name}=\"");
        let values = svg.split(&attribute).skip(1).map(|rest| rest.split('"').next().unwrap());
        values
            .map(|text| text.parse::<f64>().unwrap() / 4.0)
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    for size in ["320x200", "800x400", "1200x600", "8000x200", "320x8000"] {
        for theme in [Theme::Light, Theme::Dark] {
            let size: Size = size.parse().unwrap();
            let spec = ChartSpec { size, theme, moving_average: Some(3), ..spec(ChartKind::Line) };
            let svg = svg_of(&spec, &[day_with_a_gap()]);
            for (names, side) in [(["x", "cx"], size.width()), (["y", "cy"], size.height())] {
                for (low, high) in names.map(|name| far(&svg, name)) {
                    assert!(low >= 0.0 && high <= f64::from(side) + 8.0, "{size}: {low} to {high}");
                }
            }
        }
    }
}

#[test]
fn labels_of_several_lines_do_not_touch() {
    let alike = |label: &str| series(label, Kind::Index, day_with_a_gap().runs().copied().collect());
    let labels = ["LQ45", "IDX30", "IDX80", "ISSI", "KOMPAS100"];
    let svg = svg_of(&spec(ChartKind::Rebase), &labels.map(alike));
    let ends: Vec<&str> = svg.lines().collect();
    let heights: Vec<f64> = ends
        .windows(2)
        .filter(|pair| labels.iter().any(|label| pair[1].starts_with(&format!("{label} 9"))))
        .map(|pair| {
            pair[0].split(" y=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap() / 4.0
        })
        .collect();
    assert_eq!(heights.len(), labels.len());
    assert!(heights.windows(2).all(|pair| (pair[1] - pair[0]).abs() >= 12.0), "{heights:?}");
}

#[test]
fn a_return_is_drawn_as_its_compounded_index() {
    for kind in [ChartKind::Line, ChartKind::Rebase, ChartKind::Drawdown] {
        draw(&spec(kind), &[fund()], Beside::default(), &is_weekday).unwrap();
    }
    let svg = svg_of(&ChartSpec { moving_average: Some(5), ..spec(ChartKind::Line) }, &[fund()]);
    for text in ["compounded index of daily returns, from 100", "one return per trading day", "daily return"]
    {
        assert!(svg.contains(text), "{text}");
    }
}

#[test]
fn refusals_are_one_clear_line() {
    let one = index(&[("2024-04-19T10:01", "919.20")]);
    let two = index(&[("2024-04-19T10:01", "0"), ("2024-04-19T10:02", "5")]);
    let check = |kind, series: &[Series], expected: &str| assert_eq!(refusal(&spec(kind), series), expected);
    check(ChartKind::Line, &[index(&[])], "no data to draw: nothing was seen of LQ45 in the range");
    check(
        ChartKind::Line,
        std::slice::from_ref(&one),
        "one observation is not a line; LQ45 was seen once in the range, try an earlier --from",
    );
    check(
        ChartKind::Candle,
        &[fund()],
        "RD.SAHAM is a daily return and has no open, high or low; draw it as line, rebase or drawdown",
    );
    check(
        ChartKind::Drawdown,
        &[one, two.clone()],
        "a drawdown chart shows one indicator, not 2; compare several with --kind rebase",
    );
    check(ChartKind::Rebase, std::slice::from_ref(&two), "LQ45 begins at zero and cannot be rebased to 100");
    let many: Vec<Series> = std::iter::repeat_n(day_with_a_gap(), 9).collect();
    check(ChartKind::Rebase, &many, "9 lines cannot be told apart; at most 8 fit at this size");
    let average = ChartSpec { moving_average: Some(99), ..spec(ChartKind::Line) };
    assert!(refusal(&average, &[two]).starts_with("a moving average of 99 bars needs at least 99 bars"));
}

#[test]
fn labels_from_pages_cannot_break_the_drawing() {
    let hostile =
        series("<b>&\u{0}\u{1b}\"]]>\u{202e}", Kind::Index, day_with_a_gap().runs().copied().collect());
    for kind in ChartKind::ALL {
        let drawing =
            draw(&spec(kind), std::slice::from_ref(&hostile), Beside::default(), &is_weekday).unwrap();
        assert!(drawing.png(&[]).is_ok());
    }
}
