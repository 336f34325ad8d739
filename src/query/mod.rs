//! The one way out: questions about the past, shared by the command line, the charts and whatever else asks.
//! Knows no output form, no terminal and no clock.

mod change;
mod coverage;
mod density;
mod derived;
mod drift;
mod explain;
mod facts;
mod gaps;
mod long_gaps;
mod parts;
mod sightings;
mod status;
#[cfg(test)]
pub(crate) mod tests;
mod watch;

use crate::calendar::Calendar;
use crate::domain::{Indicator, Interval, Kind, Run, Slug, TimeRange, Timestamp};
use crate::series::{Bar, Disorder, Series, resample, resample_returns};
use crate::store::{Held, StoreError, StoredIndicator, Tables};

pub use change::{ChangeOver, changes};
pub use coverage::{Coverage, coverage};
pub use density::{Density, densities};
pub use derived::{Derived, derived};
pub use drift::{SourceDrift, drifts, kept_page};
pub use explain::{Explanation, Nearest, explain};
pub use facts::facts;
pub use long_gaps::long_gaps;
pub use parts::{seen, series};
pub use sightings::{Fingerprint, Part, Sighted, SightedDay, Standing, Texts, next_sighted};
pub use status::{IndicatorHealth, Polling, Recorded, SourceHealth, SourceState, health, recorded};
pub use watch::{Due, Slots, gaps};

/// A question that has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Nothing of that name was ever recorded.
    #[error("unknown indicator '{name}'")]
    UnknownIndicator {
        /// What was asked for.
        name: String,
        /// The nearest name that is known.
        nearest: Option<String>,
    },
    /// Several sources show an indicator of that name.
    #[error("'{name}' is shown by several sources")]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The names that tell them apart.
        choices: Vec<String>,
    },
    /// Nothing was seen of it then.
    #[error("nothing is known of {name} {when}")]
    NothingKnown {
        /// What was asked for.
        name: String,
        /// When.
        when: String,
    },
    /// No page is kept under that name.
    #[error("no page is kept under '{name}'")]
    UnknownPage {
        /// What was asked for.
        name: String,
    },
    /// Several kept pages have a digest that begins so.
    #[error("several kept pages have a digest that begins with '{name}'")]
    AmbiguousPage {
        /// What was asked for.
        name: String,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stored runs overlap.
    #[error("the database is damaged; run `pantau db verify`")]
    Disorder(#[from] Disorder),
}

/// A run and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The indicator.
    pub indicator: Indicator,
    /// What was seen of it.
    pub run: Run,
}

/// The indicators of these names, in the order asked for; all of them when none is named.
///
/// # Errors
/// A name is unknown, or of several sources.
pub fn resolve(tables: Tables<'_>, names: &[String]) -> Result<Vec<StoredIndicator>, QueryError> {
    let all = tables.indicators()?;
    if names.is_empty() {
        return Ok(all);
    }
    let mut found: Vec<StoredIndicator> = Vec::new();
    for name in names {
        let one = find(&all, name)?;
        if !found.contains(one) {
            found.push(one.clone());
        }
    }
    Ok(found)
}

fn find<'a>(all: &'a [StoredIndicator], name: &str) -> Result<&'a StoredIndicator, QueryError> {
    let (source, label) = name.split_once('/').map_or((None, name), |(source, slug)| (Some(source), slug));
    let of_source = |one: &&StoredIndicator| {
        one.indicator.slug == Slug::of(label) && source.is_none_or(|source| one.indicator.source == source)
    };
    // `USD/IDR` is a label with a bar of its own, not a source and a slug.
    let as_label = |one: &&StoredIndicator| one.indicator.slug == Slug::of(name);
    let mut matches: Vec<&StoredIndicator> = all.iter().filter(of_source).collect();
    if matches.is_empty() {
        matches = all.iter().filter(as_label).collect();
    }
    match matches[..] {
        [one] => Ok(one),
        [] => Err(QueryError::UnknownIndicator { name: name.to_owned(), nearest: nearest(all, label) }),
        _ => Err(QueryError::Ambiguous {
            name: name.to_owned(),
            choices: matches.into_iter().map(full_name).collect(),
        }),
    }
}

fn full_name(indicator: &StoredIndicator) -> String {
    format!("{}/{}", indicator.indicator.source, indicator.indicator.slug)
}

fn nearest(all: &[StoredIndicator], name: &str) -> Option<String> {
    let wanted = Slug::of(name);
    all.iter()
        .map(|one| one.indicator.slug.as_str())
        .map(|slug| (strsim::damerau_levenshtein(slug, wanted.as_str()), slug))
        .min()
        .filter(|(distance, slug)| *distance <= 2.max(slug.len() / 3))
        .map(|(_, slug)| slug.to_owned())
}

/// The newest run of each indicator that has one.
///
/// # Errors
/// The database cannot be read.
pub fn latest(tables: Tables<'_>, indicators: &[StoredIndicator]) -> Result<Vec<Record>, QueryError> {
    let mut records = Vec::new();
    for one in indicators {
        let newest = tables.newest_run(one.id)?;
        records.extend(newest.map(|newest| Record { indicator: one.indicator.clone(), run: newest.run }));
    }
    Ok(records)
}

/// The runs of one indicator that touch a range, in order of time; at most the newest `limit` of them.
///
/// # Errors
/// The database cannot be read.
pub fn history(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    range: TimeRange,
    limit: Option<usize>,
) -> Result<Vec<Record>, QueryError> {
    let runs = match limit {
        Some(limit) => tables.newest_runs(indicator.id, range, limit)?,
        None => tables.runs(indicator.id, range)?,
    };
    let record = |run: Run| Record { indicator: indicator.indicator.clone(), run };
    Ok(runs.into_iter().map(|observation| record(observation.run)).collect())
}

/// Hands over the same runs one after the other, however many there are.
///
/// # Errors
/// The database cannot be read, or a run is not taken.
pub fn each_run<E: From<StoreError>>(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    range: TimeRange,
    limit: Option<usize>,
    mut take: impl FnMut(Run) -> Result<(), E>,
) -> Result<(), E> {
    match limit {
        Some(limit) => {
            let newest = tables.newest_runs(indicator.id, range, limit)?;
            newest.into_iter().try_for_each(|observation| take(observation.run))
        }
        None => tables.each_run(indicator.id, range, |observation| take(observation.run)),
    }
}

/// The bars of a series over a range. It was read with a [`crate::series::Detail`] of such bars, or run by run.
#[must_use]
pub fn bars(series: &Series, every: Interval, range: TimeRange, calendar: &Calendar) -> Vec<Bar> {
    match series.indicator().kind {
        Kind::Return => resample_returns(series, every, range, |date| calendar.is_trading_day(date)),
        Kind::Index | Kind::Price | Kind::Rate => resample(series, every, range),
    }
}

/// What waits for a decision, with its indicator.
///
/// # Errors
/// The database cannot be read.
pub fn held(tables: Tables<'_>) -> Result<Vec<(StoredIndicator, Held)>, QueryError> {
    let all = tables.indicators()?;
    let waiting = tables.held()?.into_iter().filter(|held| held.decision.is_none());
    Ok(waiting
        .filter_map(|held| all.iter().find(|one| one.id == held.indicator_id).map(|one| (one.clone(), held)))
        .collect())
}

/// The moment up to which an indicator is known: when it was last seen.
fn known_until(tables: Tables<'_>, indicator: &StoredIndicator) -> Result<Option<Timestamp>, QueryError> {
    Ok(tables.newest_run(indicator.id)?.map(|newest| newest.run.last_seen))
}
