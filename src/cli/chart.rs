//! `pantau chart`: series to a picture in a file or on stdout.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::chart::{self, Beside, ChartKind, ChartSpec, Drawing, ProvenClose};
use crate::domain::{Digester, Figures, Quantity, Rollup, Slug, TimeRange, Timestamp};
use crate::format::escape;
use crate::query::{self, Derived, QueryError};
use crate::series::{Detail, Part, Series};
use crate::store::{Store, StoredIndicator};

use super::ChartArgs;
use super::ask::note_calendar;
use super::context::{Context, confirm};
use super::exit::{Exit, Refusal};
use super::status::due;

/// The form of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Picture {
    Png,
    Svg,
}

pub(super) fn run(context: &Context, args: &ChartArgs) -> anyhow::Result<Exit> {
    let target = args.output.clone().unwrap_or_else(|| default_name(args));
    let picture = picture(&target)?;
    let range = context.range(&args.range)?;
    let spec = ChartSpec {
        kind: args.kind.unwrap_or(if args.indicators.len() > 1 {
            ChartKind::Rebase
        } else {
            ChartKind::Line
        }),
        range,
        every: args.every,
        moving_average: args.ma.and_then(|bars| usize::try_from(bars).ok()),
        size: args.size,
        theme: args.theme,
        zone: context.zone,
    };
    let store = context.reader()?;
    let indicators = query::resolve(store.tables(), &args.indicators)?;
    let derived = if args.derived { proven(context, &store, &indicators, range)? } else { Vec::new() };
    let (spec, series) = series_of(context, &store, &indicators, spec, &derived)?;
    series.iter().for_each(|one| note_calendar(context, one));
    let due_of = |name: &str| Some(due(&context.config.source(name)?.schedule, &context.calendar));
    let gaps = query::long_gaps(store.tables(), &series, due_of, &context.calendar)?;
    let beside = Beside { gaps: &gaps, derived: &derived };
    let drawing = chart::draw(&spec, &series, beside, &|date| context.calendar.is_trading_day(date))?;
    let bytes = match picture {
        Picture::Svg => drawing.svg()?.into_bytes(),
        Picture::Png => png(&drawing, args, &spec, &series)?,
    };
    write(context, &target, &bytes)?;
    Ok(Exit::Done)
}

/// What is drawn of each indicator, told apart as finely as the picture is, and the chart that it was read for.
fn series_of(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    spec: ChartSpec,
    derived: &[ProvenClose],
) -> Result<(ChartSpec, Vec<Series>), QueryError> {
    let (tables, zone, range) = (store.tables(), context.calendar.zone(), spec.range);
    let mut spans = Vec::new();
    for indicator in indicators {
        spans.extend(query::seen(tables, indicator, range)?);
    }
    let hull = |a: (Timestamp, Timestamp), b: (Timestamp, Timestamp)| (a.0.min(b.0), a.1.max(b.1));
    let (spec, detail) = match (indicators, spans.into_iter().reduce(hull)) {
        ([first, ..], Some(span)) => chart::detail(spec, first.indicator.kind, zone, span, derived),
        _ => (spec, Detail::RUNS),
    };
    let series = indicators.iter().map(|one| query::series(tables, one, range, zone, detail));
    Ok((spec, series.collect::<Result<_, _>>()?))
}

/// The derived closes of a range that have a day, each at the end of its session.
fn proven(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    range: TimeRange,
) -> anyhow::Result<Vec<ProvenClose>> {
    let mut closes = Vec::new();
    for indicator in indicators {
        closes.extend(query::derived(store.tables(), indicator, range, None, &context.calendar)?);
    }
    let place = |derived: &Derived| {
        let at = context.calendar.close_of(derived.close.session?);
        Some(ProvenClose { at, bounds: derived.close.bounds })
    };
    let placed: Vec<ProvenClose> = closes.iter().filter_map(place).collect();
    match closes.len() - placed.len() {
        0 if placed.is_empty() => context.note("no close of the range can be derived"),
        0 => {}
        undated => context.note(&format!("derived closes without a certain day are not drawn: {undated}")),
    }
    Ok(placed)
}

/// `lq45.png` in the current folder.
fn default_name(args: &ChartArgs) -> PathBuf {
    let slugs: Vec<Slug> = args.indicators.iter().map(|name| Slug::of(name)).collect();
    PathBuf::from(file_name(&slugs) + ".png")
}

/// The most bytes of a name that is made of slugs; file systems take 255.
const LONGEST_NAME: usize = 120;

/// Names that mean a device on some systems, whatever follows their dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Slugs as the name of a file: letters, digits and single dashes inside, which leave no folder and hide nothing.
fn file_name(slugs: &[Slug]) -> String {
    let names: Vec<&str> = slugs.iter().map(Slug::as_str).filter(|slug| !slug.is_empty()).collect();
    let joined = names.join("-");
    let end = joined.floor_char_boundary(LONGEST_NAME);
    let name = joined[..end].trim_end_matches('-');
    let is_port = |name: &str| {
        matches!(name.as_bytes(), [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9'])
    };
    if name.is_empty() || DEVICES.contains(&name) || is_port(name) {
        format!("chart-{name}").trim_end_matches('-').to_owned()
    } else {
        name.to_owned()
    }
}

fn picture(target: &Path) -> anyhow::Result<Picture> {
    if target == Path::new("-") {
        if std::io::stdout().is_terminal() {
            let refusal = Refusal::new(Exit::Usage, "a picture is no text for a terminal");
            return Err(refusal.hint("redirect it to a file, or give -o FILE.png").into());
        }
        return Ok(Picture::Png);
    }
    let extension = target.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    match extension.as_deref() {
        Some("png") => Ok(Picture::Png),
        Some("svg") => Ok(Picture::Svg),
        _ => {
            let message = format!("{} is neither .png nor .svg", target.display());
            Err(Refusal::new(Exit::Usage, message).into())
        }
    }
}

fn png(drawing: &Drawing, args: &ChartArgs, spec: &ChartSpec, series: &[Series]) -> anyhow::Result<Vec<u8>> {
    let texts = [("Query", query(args, spec)), ("Digest", digest(series))];
    Ok(drawing.png(&texts)?)
}

/// The question, such that asking it again of the same data gives the same picture.
fn query(args: &ChartArgs, spec: &ChartSpec) -> String {
    let derived = if args.derived { " --derived" } else { "" };
    let mut query = format!("chart {} --kind {}{derived}", args.indicators.join(" "), spec.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            query.push_str(&format!(" --{name} {value}"));
        }
    };
    add("from", spec.range.from.map(|from| from.to_rfc3339()));
    add("to", spec.range.to.map(|to| to.to_rfc3339()));
    add("every", args.every.map(|every| every.to_string()));
    add("ma", spec.moving_average.map(|bars| bars.to_string()));
    add("size", Some(spec.size.to_string()));
    add("theme", Some(spec.theme.to_string()));
    add("tz", Some(spec.zone.to_string()));
    escape(&query).into_owned()
}

/// The digest of what was read for the picture, whatever of it is rolled up already. For each indicator `source/slug` and
/// a line feed. Then for each run its first and last sighting in UTC seconds, and mantissa and scale of level, change and
/// percentage, absent ones as the least; for each hour or day within a pixel its first and last sighting, mantissa and
/// scale of its open, high, low and close, when the high and the low were seen first, and the number of its runs. All as
/// 64-bit little-endian integers.
fn digest(series: &[Series]) -> String {
    let mut digester = Digester::default();
    for one in series {
        digester.update(format!("{}/{}\n", one.indicator().source, one.indicator().slug).as_bytes());
        for part in one.parts() {
            let times = [part.first_seen(), part.last_seen()].map(|at| at.timestamp());
            match part {
                Part::Run(run) => update(&mut digester, times.into_iter().chain(figures(run.figures))),
                Part::Rollup(_, rollup) => update(&mut digester, times.into_iter().chain(rolled(rollup))),
            }
        }
    }
    digester.digest().to_string()
}

fn update(digester: &mut Digester, numbers: impl Iterator<Item = i64>) {
    digester.update(&numbers.flat_map(i64::to_le_bytes).collect::<Vec<u8>>());
}

fn figures(figures: Figures) -> impl Iterator<Item = i64> {
    let Figures { level, change, percent } = figures;
    let numbers =
        [level.map(|level| level.0), change.map(|change| change.0), percent.map(|percent| percent.0)];
    numbers.into_iter().flat_map(|number| number.map_or([i64::MIN; 2], digits))
}

fn rolled(rollup: &Rollup) -> impl Iterator<Item = i64> {
    let Rollup { levels, high_at, low_at, runs, .. } = *rollup;
    let levels = [levels.open, levels.high, levels.low, levels.close].map(|level| digits(level.0));
    let rest = [high_at.timestamp(), low_at.timestamp(), runs.cast_signed()];
    levels.into_iter().flatten().chain(rest)
}

fn digits(number: Quantity) -> [i64; 2] {
    [number.mantissa(), i64::from(number.scale())]
}

fn write(context: &Context, target: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if target == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        return Ok(stdout.flush()?);
    }
    chart::write(target, bytes)?;
    confirm(context.quiet, &format!("wrote {}", target.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_name_leaves_no_folder() {
        for (typed, name) in [
            (&["lq45"][..], "lq45"),
            (&["kontan/LQ45", "emas"], "kontan-lq45-emas"),
            (&["../../etc/passwd"], "etc-passwd"),
            (&["/etc/passwd"], "etc-passwd"),
            (&["..\\..\\x"], "x"),
            (&["-rf"], "rf"),
            (&[".hidden"], "hidden"),
            (&["///"], "chart"),
            (&["a\u{0}b\u{1b}[2J\u{202e}"], "a-b-2j"),
            (&["CON"], "chart-con"),
            (&["com1"], "chart-com1"),
        ] {
            let slugs: Vec<Slug> = typed.iter().map(|name| Slug::of(name)).collect();
            assert_eq!(file_name(&slugs), name, "{typed:?}");
        }
        let long = file_name(&[Slug::of(&"é".repeat(500))]);
        assert_eq!(long, "é".repeat(60));
    }
}
