//! The commands that ask: latest, history, change, explain, indicators, sources.

use crate::domain::{Indicator, Kind, TimeRange};
use crate::query::{self, QueryError};
use crate::report::{
    BarRow, ChangeRow, DerivedRow, ExplainRow, Format, IndicatorRow, RunRow, RunStream, SourceRow,
};
use crate::series::{Bar, Detail, Part, Series};
use crate::store::{Store, StoreError, StoredIndicator};

use super::bulk;
use super::context::Context;
use super::exit::Exit;
use super::{ChangeArgs, ExplainArgs, HistoryArgs, Indicators};

/// How many rows of each indicator a table shows unless more are asked for.
const TABLE_LIMIT: usize = 1000;

pub(super) fn latest(context: &Context, args: &Indicators) -> anyhow::Result<Exit> {
    let records = context.reader()?.read(|tables| {
        let indicators = query::resolve(tables, &args.indicators)?;
        query::latest(tables, &indicators)
    })?;
    note_far(context, RunRow::far(&records, context.now));
    let rows: Vec<RunRow> = records.iter().map(|record| RunRow::new(record, context.zone)).collect();
    context.answer_some(&rows, "nothing is recorded yet", || {
        RunRow::latest_table(&records, context.zone, context.now)
    })
}

pub(super) fn history(context: &Context, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let indicators = query::resolve(store.tables(), &args.indicators)?;
    if args.derived {
        derived(context, &store, &indicators, args)
    } else if args.every.is_some() {
        bars(context, &store, &indicators, args)
    } else {
        runs(context, &store, &indicators, args)
    }
}

pub(super) const NOTHING_IN_RANGE: &str = "nothing was seen in the range";

fn limit(context: &Context, args: &HistoryArgs) -> Option<usize> {
    let default = (context.format == Format::Table && !args.all).then_some(TABLE_LIMIT);
    args.limit.and_then(|limit| usize::try_from(limit).ok()).or(default)
}

/// What is found of each indicator within the range and the limit.
fn within<T>(
    context: &Context,
    args: &HistoryArgs,
    indicators: &[StoredIndicator],
    ask: impl Fn(&StoredIndicator, TimeRange, Option<usize>) -> Result<Vec<T>, QueryError>,
) -> anyhow::Result<Vec<T>> {
    let range = context.range(&args.range)?;
    let limit = limit(context, args);
    let mut all = Vec::new();
    for indicator in indicators {
        let found = ask(indicator, range, limit)?;
        note_limit(context, args, found.len());
        all.extend(found);
    }
    Ok(all)
}

fn runs(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    args: &HistoryArgs,
) -> anyhow::Result<Exit> {
    if let Some(stream) = RunStream::new(context.format, context.zone) {
        return bulk::text(context, store, indicators, args, stream);
    }
    let records = within(context, args, indicators, |indicator, range, limit| {
        query::history(store.tables(), indicator, range, limit)
    })?;
    let rows: Vec<RunRow> = records.iter().map(|record| RunRow::new(record, context.zone)).collect();
    context.answer_some(&rows, NOTHING_IN_RANGE, || RunRow::history_table(&records, context.zone))
}

fn derived(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    args: &HistoryArgs,
) -> anyhow::Result<Exit> {
    let closes = within(context, args, indicators, |indicator, range, limit| {
        query::derived(store.tables(), indicator, range, limit, &context.calendar)
    })?;
    let rows: Vec<DerivedRow> = closes.iter().map(|close| DerivedRow::new(close, context.zone)).collect();
    context.answer_some(&rows, "no close of the range can be derived", || {
        DerivedRow::table(&closes, context.zone)
    })
}

fn note_limit(context: &Context, args: &HistoryArgs, found: usize) {
    if args.limit.is_none() && limit(context, args) == Some(found) {
        context.note(&format!("the newest {found} rows; --all shows every one, --from and --to a part"));
    }
}

fn bars(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    args: &HistoryArgs,
) -> anyhow::Result<Exit> {
    let range = context.range(&args.range)?;
    let Some(every) = args.every else { return Ok(Exit::Done) };
    let zone = context.calendar.zone();
    let mut bars: Vec<(Indicator, Bar)> = Vec::new();
    for indicator in indicators {
        let series = query::series(store.tables(), indicator, range, zone, Detail::of_bars(every, zone))?;
        let all = query::bars(&series, every, range, &context.calendar);
        note_calendar(context, &series);
        let skipped = limit(context, args).map_or(0, |limit| all.len().saturating_sub(limit));
        note_limit(context, args, all.len() - skipped);
        bars.extend(all.into_iter().skip(skipped).map(|bar| (indicator.indicator.clone(), bar)));
    }
    note_far(context, BarRow::far_bases(&bars));
    let rows: Vec<BarRow> = bars.iter().map(|(of, bar)| BarRow::new(of, bar, context.zone)).collect();
    context.answer_some(&rows, NOTHING_IN_RANGE, || BarRow::table(&bars, every, context.zone))
}

/// Returns are taken by trading day, so where the list of closures ends is worth a word.
pub(super) fn note_calendar(context: &Context, series: &Series) {
    let ends = [series.parts().first().map(Part::first_seen), series.parts().last().map(Part::last_seen)];
    let note = ends.into_iter().flatten().find_map(|at| context.calendar.note(context.calendar.date_of(at)));
    if let Some(note) = note.filter(|_| series.indicator().kind == Kind::Return) {
        context.note(&note);
    }
}

pub(super) fn change(context: &Context, args: &ChangeArgs) -> anyhow::Result<Exit> {
    let as_of = args.as_of.as_deref().map(|as_of| context.moment(as_of)).transpose()?.map(|span| span.last());
    let changes = context.reader()?.read(|tables| {
        let indicators = query::resolve(tables, &args.indicators.indicators)?;
        query::changes(tables, &indicators, &args.over, as_of, &context.calendar)
    })?;
    note_far(context, ChangeRow::far(&changes));
    let rows: Vec<ChangeRow> = changes.iter().map(|change| ChangeRow::new(change, context.zone)).collect();
    context.answer_some(&rows, "nothing is recorded yet", || ChangeRow::table(&changes, context.zone))
}

/// Tables say beside each row how far the nearest capture was; other forms have no room for it.
fn note_far(context: &Context, far: Option<String>) {
    if let Some(far) = far.filter(|_| context.format != Format::Table) {
        context.note(&far);
    }
}

pub(super) fn explain(context: &Context, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let at = args.at.as_deref().map(|at| context.moment(at)).transpose()?.map(|span| span.last());
    let store = context.reader()?;
    let indicators = query::resolve(store.tables(), std::slice::from_ref(&args.indicator))?;
    let [indicator] = &indicators[..] else { return Ok(Exit::NoData) };
    let explanation = query::explain(store.tables(), indicator, at)?;
    note_far(context, explanation.nearest.filter(|nearest| nearest.is_far).map(ExplainRow::nearest));
    let row = ExplainRow::new(&explanation, context.zone);
    context.answer(&[row], || ExplainRow::table(&explanation, context.zone))?;
    Ok(Exit::Done)
}

pub(super) fn indicators(context: &Context) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let recorded = query::recorded(store.tables())?;
    let rows: Vec<IndicatorRow> = recorded.iter().map(|one| IndicatorRow::new(one, context.zone)).collect();
    context.answer_some(&rows, "nothing is recorded yet", || IndicatorRow::table(&recorded, context.zone))
}

/// The configured sources, and those that are recorded and no longer configured. Needs no database.
pub(super) fn sources(context: &Context) -> anyhow::Result<Exit> {
    let healths = match context.reader() {
        Ok(store) => query::health(store.tables(), context.now, &context.calendar, |_| Ok(None))?,
        Err(error) if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_missing) => Vec::new(),
        Err(error) => return Err(error),
    };
    let recorded = |name: &str| healths.iter().find(|health| health.name == name);
    let row = |source: &str, url: &str| {
        let health = recorded(source);
        let last_seen = health.and_then(|health| health.last_seen);
        SourceRow {
            source: source.to_owned(),
            url: url.to_owned(),
            enabled: None,
            every_s: None,
            every_closed_s: None,
            cron: None,
            indicators: health.map_or(0, |health| health.indicators.len()),
            last_seen: last_seen.map(|at| at.with_timezone(&context.zone)),
        }
    };
    let mut rows: Vec<SourceRow> = Vec::new();
    for source in &context.config.sources {
        let pace = source.schedule.pace();
        rows.push(SourceRow {
            enabled: Some(source.enabled),
            every_s: pace.map(|pace| pace.open.as_secs()),
            every_closed_s: pace.map(|pace| pace.closed.as_secs()),
            cron: source.schedule.expression().map(|(expression, zone)| format!("{expression} {zone}")),
            ..row(&source.name, source.url.as_str())
        });
    }
    let forgotten = healths.iter().filter(|health| context.config.source(&health.name).is_none());
    rows.extend(forgotten.map(|health| row(&health.name, &health.url)));
    context.answer(&rows, || SourceRow::table(&rows, context.zone))?;
    Ok(Exit::Done)
}
