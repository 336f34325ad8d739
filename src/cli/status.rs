//! `pantau status`: how the sources do, and how much of each day was seen.

use chrono::TimeDelta;

use crate::calendar::Calendar;
use crate::config::Source as ConfiguredSource;
use crate::domain::{Interval, TimeRange, Timestamp};
use crate::poll::{Past, Schedule, next_due};
use crate::query::{self, Coverage, Density, Due, Polling, QueryError, SourceHealth};
use crate::report::{CoverageRow, DensityRow, Format, StatusRow};
use crate::store::{Store, StoredSource, Tables};

use super::context::Context;
use super::exit::{Exit, Refusal};
use super::{RangeArgs, StatusArgs};

/// How many days coverage goes back unless a range is asked for.
const DAYS: i64 = 30;

const NOTHING: &str = "nothing was recorded in the range";

pub(super) fn run(context: &Context, args: &StatusArgs) -> anyhow::Result<Exit> {
    match args.every {
        Some(every) => density(context, args, every),
        None if args.coverage => coverage(context, args),
        None => status(context),
    }
}

fn status(context: &Context) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let healths = healths(context, &store)?;
    let rows: Vec<StatusRow> =
        healths.iter().flat_map(|health| StatusRow::of(health, context.zone, context.now)).collect();
    context.answer_some(&rows, "nothing is recorded yet", || {
        StatusRow::table(&healths, context.zone, context.now)
    })?;
    let is_unhealthy = healths.iter().any(|health| health.state.is_unhealthy());
    Ok(if is_unhealthy { Exit::Unsound } else { Exit::Done })
}

/// The health of every recorded source, and of those that are to be polled and never were.
fn healths(context: &Context, store: &Store) -> anyhow::Result<Vec<SourceHealth>> {
    let tables = store.tables();
    let polling_of = |source: &StoredSource| match context.config.source(&source.name) {
        Some(configured) if configured.enabled => {
            polling(tables, &source.name, &configured.schedule, context.now, &context.calendar).map(Some)
        }
        _ => Ok(None),
    };
    let mut healths = query::health(tables, context.now, &context.calendar, polling_of)?;
    let is_recorded = |name: &str| healths.iter().any(|health| health.name == name);
    let enabled = context.config.sources.iter().filter(|source| source.enabled);
    let new: Vec<SourceHealth> = enabled
        .filter(|source| !healths.is_empty() && !is_recorded(&source.name))
        .map(|source| SourceHealth::never_polled(&source.name, source.url.as_str(), None))
        .collect();
    healths.extend(new);
    Ok(healths)
}

/// What the schedule means to happen to a source.
pub(super) fn polling<'a>(
    tables: Tables<'_>,
    name: &str,
    schedule: &'a Schedule,
    now: Timestamp,
    calendar: &'a Calendar,
) -> Result<Polling<'a>, QueryError> {
    let past = Past::read(tables, name)?;
    let next_poll = next_due(schedule, &past, now, calendar);
    Ok(Polling { due: due(schedule, calendar), next_poll: past.last.map(|_| next_poll) })
}

/// What the schedule of a source asks for.
pub(super) fn due<'a>(schedule: &'a Schedule, calendar: &'a Calendar) -> Due<'a> {
    Due {
        slots: Box::new(|range| schedule.slots(range, calendar)),
        slowest: schedule.slowest(),
        patience: schedule.patience().1,
    }
}

fn coverage(context: &Context, args: &StatusArgs) -> anyhow::Result<Exit> {
    let range = range(context, args)?;
    let store = context.reader()?;
    let mut days: Vec<Coverage> = Vec::new();
    for source in store.tables().sources()? {
        match context.config.source(&source.name) {
            Some(configured) => days.extend(of_source(context, store.tables(), &source, configured, range)?),
            None => context.note(&format!(
                "{} is not configured: when its polls were due is not known; --every 1mo counts its captures",
                source.name
            )),
        }
    }
    if context.format == Format::Csv {
        let rows: Vec<_> = days.iter().map(|day| CoverageRow::flat(day, context.zone)).collect();
        return context.answer_some(&rows, NOTHING, || CoverageRow::table(&days, context.zone));
    }
    let rows: Vec<_> = days.iter().map(|day| CoverageRow::new(day, context.zone)).collect();
    context.answer_some(&rows, NOTHING, || CoverageRow::table(&days, context.zone))
}

/// On how many trading days of each period a source was seen; needs no schedule, and no configuration.
fn density(context: &Context, args: &StatusArgs, every: Interval) -> anyhow::Result<Exit> {
    if !every.is_daily_or_longer() {
        let refusal = Refusal::new(Exit::Usage, format!("a trading day cannot be cut into {every}"));
        return Err(refusal.hint("--every 1d, 1w, 1mo or 1y").into());
    }
    let range = context.range(&RangeArgs { from: args.from.clone(), to: args.to.clone() })?;
    let store = context.reader()?;
    let mut periods: Vec<Density> = Vec::new();
    for source in store.tables().sources()? {
        let (tables, now, calendar) = (store.tables(), context.now, &context.calendar);
        periods.extend(query::densities(tables, &source, every, range, now, calendar)?);
    }
    note_calendar(context, &periods);
    let rows: Vec<_> = periods.iter().map(|period| DensityRow::new(period, context.zone)).collect();
    context.answer_some(&rows, NOTHING, || DensityRow::table(&periods, context.calendar.zone()))
}

/// Trading days are counted, so where the list of closures ends is worth a word.
fn note_calendar(context: &Context, periods: &[Density]) {
    let ends = periods.iter().flat_map(|period| [period.start, period.end - TimeDelta::seconds(1)]);
    let note = ends.map(|at| context.calendar.date_of(at)).find_map(|date| context.calendar.note(date));
    if let Some(note) = note {
        context.note(&note);
    }
}

fn of_source(
    context: &Context,
    tables: Tables<'_>,
    source: &StoredSource,
    configured: &ConfiguredSource,
    range: TimeRange,
) -> Result<Vec<Coverage>, QueryError> {
    // Nothing is expected of a disabled source since it was last polled.
    let until = if configured.enabled { None } else { tables.last_poll_at(source.id)? };
    let now = until.map_or(context.now, |until| until.min(context.now));
    let due = due(&configured.schedule, &context.calendar);
    query::coverage(tables, source, range, now, &due, &context.calendar)
}

/// The range that was asked for; whole days back from its end where no beginning is given.
fn range(context: &Context, args: &StatusArgs) -> anyhow::Result<TimeRange> {
    let range = context.range(&RangeArgs { from: args.from.clone(), to: args.to.clone() })?;
    let end = range.to.map_or(context.now, |to| to.min(context.now));
    let first = Interval::DAY.start_of(end - TimeDelta::days(DAYS), context.calendar.zone());
    Ok(TimeRange { from: range.from.or(Some(first)), to: range.to })
}
