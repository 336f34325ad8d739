//! What is measured of the database when it is asked for: how each source does, and what each indicator stands at.
//! A value that is not known any more is left out: a scrape must not keep an old one alive.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::atomic::{AtomicI64, AtomicU64};

use prometheus_client::encoding::{EncodeGaugeValue, EncodeLabelSet};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{Atomic, Gauge};
use prometheus_client::registry::Registry;

use crate::domain::{Figures, Slug};
use crate::query::{IndicatorHealth, SourceHealth};

use super::health::State;
use super::labels::{InUnit, OfFile, OfIndicator, OfSource};
use super::reading::Reading;

/// What a gauge can show.
trait Number: EncodeGaugeValue + Debug + Send + Sync + Sized + 'static {
    /// What holds it.
    type Cell: Atomic<Self> + Debug + Default + Send + Sync + 'static;
}

impl Number for i64 {
    type Cell = AtomicI64;
}

impl Number for f64 {
    type Cell = AtomicU64;
}

/// Adds one number for each set of labels.
fn family<L, N: Number>(
    registry: &mut Registry,
    name: &'static str,
    help: &'static str,
    numbers: impl IntoIterator<Item = (L, N)>,
) where
    L: EncodeLabelSet + Clone + Debug + Eq + Hash + Send + Sync + 'static,
{
    let family = Family::<L, Gauge<N, N::Cell>>::default();
    for (labels, number) in numbers {
        family.get_or_create(&labels).set(number);
    }
    registry.register(name, help, family);
}

/// Adds what a reading says of the polled sources; only that there is none, where the database cannot be read.
pub(super) fn register(registry: &mut Registry, reading: Option<&Reading>, polled: &BTreeSet<String>) {
    let readable = Gauge::<i64>::default();
    readable.set(i64::from(reading.is_some()));
    registry.register(
        "pantau_database_readable",
        "Whether the database could be read for this scrape",
        readable,
    );
    let Some(reading) = reading else { return };
    register_sources(registry, reading, polled);
    register_indicators(registry, reading);
    register_database(registry, reading);
}

fn register_sources(registry: &mut Registry, reading: &Reading, polled: &BTreeSet<String>) {
    let each = |number: fn(Option<&SourceHealth>) -> Option<i64>| {
        polled.iter().filter_map(move |name| {
            let health = reading.healths.iter().find(|health| health.name == *name);
            Some((OfSource { source: name.as_str().into() }, number(health)?))
        })
    };
    family(
        registry,
        "pantau_source_fresh",
        "1 while what the source shows is known, 0 when it is stale, drifted, frozen or was never seen",
        each(|health| Some(i64::from(State::of(health) == State::Fresh))),
    );
    family(
        registry,
        "pantau_source_failures",
        "Polls since the last one that succeeded",
        each(|health| Some(health.map_or(0, |health| whole(health.failures())))),
    );
    family(
        registry,
        "pantau_source_last_success_timestamp_seconds",
        "When the header of the source was last seen",
        each(|health| Some(health?.last_seen?.timestamp())),
    );
    family(
        registry,
        "pantau_source_next_poll_timestamp_seconds",
        "When the source is due next",
        each(|health| Some(health?.next_poll?.timestamp())),
    );
}

fn register_indicators(registry: &mut Registry, reading: &Reading) {
    let newest: HashMap<(&str, &Slug), &Figures> = reading
        .newest
        .iter()
        .map(|record| ((record.indicator.source.as_str(), &record.indicator.slug), &record.run.figures))
        .collect();
    let indicators = || reading.healths.iter().flat_map(|health| &health.indicators);
    let known = || {
        let figures = |one: &IndicatorHealth| {
            newest.get(&(one.indicator.source.as_str(), &one.indicator.slug)).copied()
        };
        let known = indicators().filter(|one| !one.is_stale && !one.is_gone);
        known.filter_map(move |one| Some((one, figures(one)?)))
    };
    family(
        registry,
        "pantau_level",
        "The level of an indicator in its unit, while it is known",
        known().filter_map(|(one, figures)| Some((in_unit(one), figures.level?.0.to_f64()))),
    );
    family(
        registry,
        "pantau_change_ratio",
        "The printed percent change as a ratio, while it is known: 0.0041 is 0.41 %",
        known().filter_map(|(one, figures)| Some((of(one), figures.percent?.0.to_f64() / 100.0))),
    );
    family(
        registry,
        "pantau_last_seen_timestamp_seconds",
        "When an indicator was last seen",
        indicators().filter_map(|one| Some((of(one), one.last_seen?.timestamp()))),
    );
}

fn of(one: &IndicatorHealth) -> OfIndicator {
    let (source, slug) = (&one.indicator.source, &one.indicator.slug);
    OfIndicator { source: source.as_str().into(), indicator: slug.as_str().into() }
}

fn in_unit(one: &IndicatorHealth) -> InUnit {
    let OfIndicator { source, indicator } = of(one);
    InUnit { source, indicator, unit: one.indicator.unit.as_str().into() }
}

fn register_database(registry: &mut Registry, reading: &Reading) {
    family(
        registry,
        "pantau_held_values",
        "Implausible values that wait for a decision",
        reading.held.iter().map(|(source, count)| (OfSource { source: source.as_str().into() }, *count)),
    );
    family(
        registry,
        "pantau_database_size_bytes",
        "The size of the database and of its write-ahead log",
        reading.bytes.iter().map(|&(file, count)| (OfFile { file }, whole(count))),
    );
}

fn whole<T>(count: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(count).unwrap_or(i64::MAX)
}
