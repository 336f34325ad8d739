//! What is counted while the daemon runs: polls, how long they took, and deliveries of alerts. Everything that can be
//! read from the database when it is asked for is in `gauges`.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::domain::{Attempt, Outcome, Timestamp};

use super::labels::{Label, OfDelivery, OfPoll, OfServer, OfSource};

/// The bounds of the duration histogram, in seconds: a quick answer, a slow one, and the default time limit.
const DURATION_BOUNDS: [f64; 9] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters of the running daemon; they begin at nothing with each start.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    polls: Family<OfPoll, Counter>,
    durations: Family<OfSource, Histogram>,
    deliveries: Family<OfDelivery, Counter>,
    copied_rows: Family<OfServer, Counter>,
    last_copy: Family<OfServer, Gauge<i64>>,
}

impl Metrics {
    /// Nothing counted yet, by a daemon that started now.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        let polls = Family::<OfPoll, Counter>::default();
        let durations =
            Family::<OfSource, Histogram>::new_with_constructor(|| Histogram::new(DURATION_BOUNDS));
        let deliveries = Family::<OfDelivery, Counter>::default();
        let started = Gauge::<i64>::default();
        started.set(now.timestamp());

        let mut registry = Registry::default();
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("pantau_build", "The version that runs", version);
        registry.register("process_start_time_seconds", "When the daemon started", started);
        registry.register("pantau_polls", "Polls by how they ended", polls.clone());
        registry.register(
            "pantau_poll_duration_seconds",
            "From the request to the end of the poll",
            durations.clone(),
        );
        registry.register(
            "pantau_alert_deliveries",
            "Attempts to deliver an alert by how they ended",
            deliveries.clone(),
        );
        let (copied_rows, last_copy) =
            (Family::<OfServer, Counter>::default(), Family::<OfServer, Gauge<i64>>::default());
        registry.register(
            "pantau_pushed_rows",
            "Rows that were new to the server that is pushed to",
            copied_rows.clone(),
        );
        registry.register(
            "pantau_push_last_success_time_seconds",
            "When the server that is pushed to was last told everything",
            last_copy.clone(),
        );
        Self { registry, polls, durations, deliveries, copied_rows, last_copy }
    }

    /// Makes the counters of a source begin at zero: an increase from nothing to one is seen by no alerting rule.
    pub fn expect(&self, source: &str) {
        for outcome in Outcome::ALL {
            let _ = self.polls.get_or_create(&OfPoll { source: source.into(), outcome: outcome.word() });
        }
    }

    /// Counts a poll that ended.
    pub fn observe(&self, source: &str, attempt: &Attempt) {
        let source = Label::from(source);
        let seconds = std::time::Duration::from_millis(attempt.duration_ms).as_secs_f64();
        self.durations.get_or_create(&OfSource { source: source.clone() }).observe(seconds);
        self.polls.get_or_create(&OfPoll { source, outcome: attempt.outcome.word() }).inc();
    }

    /// Counts an attempt to deliver an alert. The words are few: names of channels, and ends such as `delivered`.
    pub fn delivery(&self, channel: &str, outcome: &str) {
        let delivery = OfDelivery { channel: channel.into(), outcome: outcome.into() };
        self.deliveries.get_or_create(&delivery).inc();
    }

    /// Notes that everything was copied to a server, so many rows of it for the first time.
    pub fn copied(&self, server: &str, new: u64, now: Timestamp) {
        let server = OfServer { server: server.into() };
        self.copied_rows.get_or_create(&server).inc_by(new);
        self.last_copy.get_or_create(&server).set(now.timestamp());
    }

    pub(super) fn registry(&self) -> &Registry {
        &self.registry
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::exposition;
    use super::*;

    fn attempt(outcome: Outcome, duration_ms: u64) -> Attempt {
        Attempt {
            started_at: DateTime::UNIX_EPOCH,
            outcome,
            http_status: None,
            duration_ms,
            body_bytes: None,
            rows: 0,
            detail: None,
        }
    }

    fn text(metrics: &Metrics) -> String {
        exposition::open_metrics(&[metrics.registry()]).unwrap()
    }

    #[test]
    fn polls_are_counted_by_source_and_outcome() {
        let metrics = Metrics::new(DateTime::UNIX_EPOCH);
        metrics.expect("kontan");
        metrics.observe("kontan", &attempt(Outcome::Stored, 120));
        metrics.observe("kontan", &attempt(Outcome::Blocked, 61_000));
        metrics.observe("kontan", &attempt(Outcome::Blocked, 40));
        let text = text(&metrics);
        for line in [
            "pantau_polls_total{source=\"kontan\",outcome=\"stored\"} 1",
            "pantau_polls_total{source=\"kontan\",outcome=\"blocked\"} 2",
            "pantau_polls_total{source=\"kontan\",outcome=\"unreachable\"} 0",
            "pantau_poll_duration_seconds_count{source=\"kontan\"} 3",
            "pantau_poll_duration_seconds_bucket{le=\"0.05\",source=\"kontan\"} 1",
            "pantau_poll_duration_seconds_bucket{le=\"30.0\",source=\"kontan\"} 2",
            "pantau_poll_duration_seconds_bucket{le=\"+Inf\",source=\"kontan\"} 3",
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn copies_are_told_of_once_there_was_one() {
        let metrics = Metrics::new(DateTime::UNIX_EPOCH);
        assert!(!text(&metrics).lines().any(|line| line.starts_with("pantau_push")), "{}", text(&metrics));
        let server = "db.example.org:5432/market";
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        metrics.copied(server, 11, at(1_700_000_000));
        metrics.copied(server, 0, at(1_700_000_060));
        let text = text(&metrics);
        for (name, value) in [("pushed_rows_total", 11), ("push_last_success_time_seconds", 1_700_000_060)] {
            let line = format!("pantau_{name}{{server=\"{server}\"}} {value}");
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn deliveries_are_counted_by_channel_and_outcome() {
        let metrics = Metrics::new(DateTime::UNIX_EPOCH);
        metrics.delivery("ntfy", "delivered");
        metrics.delivery("ntfy", "delivered");
        let text = text(&metrics);
        let line = "pantau_alert_deliveries_total{channel=\"ntfy\",outcome=\"delivered\"} 2";
        assert!(text.lines().any(|shown| shown == line), "{text}");
    }
}
