//! `pantau chart`: series to a picture in a file or on stdout.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::chart::{self, ChartKind, ChartSpec, Drawing};
use crate::domain::Digest;
use crate::report;
use crate::series::Series;

use super::ChartArgs;
use super::ask::{note_calendar, series_of};
use super::context::Context;
use super::exit::{Exit, Refusal};

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
    let series = series_of(context, &store, &args.indicators, range)?;
    series.iter().for_each(|one| note_calendar(context, one));
    let drawing = chart::draw(&spec, &series, &|date| context.calendar.is_trading_day(date))?;
    let bytes = match picture {
        Picture::Svg => drawing.svg().as_bytes().to_vec(),
        Picture::Png => png(&drawing, args, &spec, &series)?,
    };
    write(context, &target, &bytes)?;
    Ok(Exit::Done)
}

/// `lq45.png` in the current folder.
fn default_name(args: &ChartArgs) -> PathBuf {
    let names: Vec<String> =
        args.indicators.iter().map(|name| crate::domain::Slug::of(name).to_string()).collect();
    PathBuf::from(format!("{}.png", names.join("-")))
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
    let texts = [("Query", query(args, spec)), ("Digest", digest(series)?)];
    Ok(drawing.png(&texts)?)
}

/// The question, such that asking it again of the same data gives the same picture.
fn query(args: &ChartArgs, spec: &ChartSpec) -> String {
    let mut query = format!("chart {} --kind {}", args.indicators.join(" "), spec.kind);
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            query.push_str(&format!(" --{name} {value}"));
        }
    };
    add("from", spec.range.from.map(|from| from.to_rfc3339()));
    add("to", spec.range.to.map(|to| to.to_rfc3339()));
    add("every", spec.every.map(|every| every.to_string()));
    add("ma", spec.moving_average.map(|bars| bars.to_string()));
    add("size", Some(spec.size.to_string()));
    add("theme", Some(spec.theme.to_string()));
    add("tz", Some(spec.zone.to_string()));
    query
}

/// The digest of the runs that were drawn, as `history -f ndjson` prints them in UTC.
fn digest(series: &[Series]) -> anyhow::Result<String> {
    let mut text = String::new();
    for one in series {
        for run in one.runs() {
            let record = crate::query::Record { indicator: one.indicator().clone(), run: *run };
            text.push_str(&report::line(&report::RunRow::new(&record, chrono_tz::UTC))?);
        }
    }
    Ok(Digest::of(text.as_bytes()).to_string())
}

fn write(context: &Context, target: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if target == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes)?;
        return Ok(stdout.flush()?);
    }
    chart::write(target, bytes)?;
    if !context.quiet {
        anstream::eprintln!("wrote {}", target.display());
    }
    Ok(())
}
