//! What is measured of the database when it is asked for: how each source does, and what each indicator stands at.
//! A value that is not known any more is left out: a scrape must not keep an old one alive.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::domain::{Figures, Slug};

use super::health::State;
use super::labels::{InUnit, OfFile, OfIndicator, OfSource};
use super::reading::Reading;

type Decimals<L> = Family<L, Gauge<f64, AtomicU64>>;

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
    let next_poll = Family::<OfSource, Gauge>::default();
    let (fresh, failures, last_success) = (
        Family::<OfSource, Gauge>::default(),
        Family::<OfSource, Gauge>::default(),
        Family::<OfSource, Gauge>::default(),
    );
    for name in polled {
        let labels = OfSource { source: name.as_str().into() };
        let health = reading.healths.iter().find(|health| health.name == *name);
        fresh.get_or_create(&labels).set(i64::from(State::of(health) == State::Fresh));
        failures.get_or_create(&labels).set(health.map_or(0, |health| whole(health.failures())));
        if let Some(at) = health.and_then(|health| health.last_seen) {
            last_success.get_or_create(&labels).set(at.timestamp());
        }
        if let Some(at) = health.and_then(|health| health.next_poll) {
            next_poll.get_or_create(&labels).set(at.timestamp());
        }
    }
    registry.register(
        "pantau_source_fresh",
        "1 while what the source shows is known, 0 when it is stale, drifted, frozen or was never seen",
        fresh,
    );
    registry.register("pantau_source_failures", "Polls since the last one that succeeded", failures);
    registry.register(
        "pantau_source_last_success_timestamp_seconds",
        "When the header of the source was last seen",
        last_success,
    );
    registry.register("pantau_source_next_poll_timestamp_seconds", "When the source is due next", next_poll);
}

fn register_indicators(registry: &mut Registry, reading: &Reading) {
    let (levels, ratios) = (Decimals::<InUnit>::default(), Decimals::<OfIndicator>::default());
    let last_seen = Family::<OfIndicator, Gauge>::default();
    let newest: HashMap<(&str, &Slug), &Figures> = reading
        .newest
        .iter()
        .map(|record| ((record.indicator.source.as_str(), &record.indicator.slug), &record.run.figures))
        .collect();
    for one in reading.healths.iter().flat_map(|health| &health.indicators) {
        let (source, slug) = (&one.indicator.source, &one.indicator.slug);
        let labels = OfIndicator { source: source.as_str().into(), indicator: slug.as_str().into() };
        if let Some(at) = one.last_seen {
            last_seen.get_or_create(&labels).set(at.timestamp());
        }
        let Some(figures) = newest.get(&(source.as_str(), slug)).filter(|_| !one.is_stale && !one.is_gone)
        else {
            continue;
        };
        if let Some(percent) = figures.percent {
            ratios.get_or_create(&labels).set(percent.0.to_f64() / 100.0);
        }
        if let Some(level) = figures.level {
            let OfIndicator { source, indicator } = labels;
            let labels = InUnit { source, indicator, unit: one.indicator.unit.as_str().into() };
            levels.get_or_create(&labels).set(level.0.to_f64());
        }
    }
    registry.register("pantau_level", "The level of an indicator in its unit, while it is known", levels);
    registry.register(
        "pantau_change_ratio",
        "The printed percent change as a ratio, while it is known: 0.0041 is 0.41 %",
        ratios,
    );
    registry.register("pantau_last_seen_timestamp_seconds", "When an indicator was last seen", last_seen);
}

fn register_database(registry: &mut Registry, reading: &Reading) {
    let held = Family::<OfSource, Gauge>::default();
    for (source, count) in &reading.held {
        held.get_or_create(&OfSource { source: source.as_str().into() }).set(*count);
    }
    let bytes = Family::<OfFile, Gauge>::default();
    for (file, count) in &reading.bytes {
        bytes.get_or_create(&OfFile { file }).set(whole(*count));
    }
    registry.register("pantau_held_values", "Implausible values that wait for a decision", held);
    registry.register(
        "pantau_database_size_bytes",
        "The size of the database and of its write-ahead log",
        bytes,
    );
}

fn whole<T>(count: T) -> i64
where
    i64: TryFrom<T>,
{
    i64::try_from(count).unwrap_or(i64::MAX)
}
