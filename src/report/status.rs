//! The rows of `status`: how each source and indicator does.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Cause, Timestamp};
use crate::format;
use crate::query::{IndicatorHealth, SourceHealth, SourceState};

use super::table::{Table, Text};

/// One indicator and its source.
#[derive(Debug, Serialize)]
pub struct StatusRow {
    source: String,
    indicator: Option<String>,
    state: &'static str,
    last_seen: Option<String>,
    age_s: Option<i64>,
    heartbeat_s: Option<u64>,
    last_poll: Option<String>,
    outcome: Option<&'static str>,
    failures: u64,
    source_state: &'static str,
    /// When the page was last seen, live or archived.
    last_success: Option<String>,
    /// How many of the newest polls ended alike, ...
    streak: u64,
    /// ... and whether these saw the page.
    streak_of: Option<&'static str>,
    next_poll: Option<String>,
    /// Why nothing is known now, and since when.
    gap: Option<&'static str>,
    gap_since: Option<String>,
}

impl StatusRow {
    /// A line for each indicator of a source; one for a source that never showed any.
    #[must_use]
    pub fn of(health: &SourceHealth, zone: Tz, now: Timestamp) -> Vec<Self> {
        let time = |at: Option<Timestamp>| at.map(|at| format::rfc3339(at, zone));
        let row = |indicator: Option<&IndicatorHealth>| {
            let last_seen = indicator.map_or(health.last_seen, |one| one.last_seen);
            let poll = health.last_poll.as_ref().map(|poll| &poll.attempt);
            Self {
                source: health.name.clone(),
                indicator: indicator.map(|one| one.indicator.slug.to_string()),
                state: indicator.map_or("never seen", |one| state(one, health)),
                last_seen: time(last_seen),
                age_s: last_seen.map(|at| (now - at).num_seconds()),
                heartbeat_s: indicator.map(|one| one.indicator.heartbeat.as_secs()),
                last_poll: time(poll.map(|attempt| attempt.started_at)),
                outcome: poll.map(|attempt| attempt.outcome.word()),
                failures: health.failures(),
                source_state: health.state.word(),
                last_success: time(health.last_seen),
                streak: health.streak.map_or(0, |streak| streak.count),
                streak_of: health.streak.map(|streak| if streak.is_success { "success" } else { "failure" }),
                next_poll: time(health.next_poll),
                gap: health.gap.map(|gap| gap.cause.word()),
                gap_since: time(health.gap.map(|gap| gap.from)),
            }
        };
        if health.indicators.is_empty() {
            return vec![row(None)];
        }
        health.indicators.iter().map(|one| row(Some(one))).collect()
    }

    /// A line for each indicator, then one for each source.
    #[must_use]
    pub fn table(healths: &[SourceHealth], zone: Tz, now: Timestamp) -> Table {
        let mut table = Table::new(&["SOURCE", "INDICATOR", "STATE", ">AGE", "LAST SEEN"]);
        let age = |at: Option<Timestamp>| Text::maybe(at.map(|at| format::age(now - at)));
        let seen = |at: Option<Timestamp>| Text::maybe(at.map(|at| format::time(at, zone)));
        for health in healths {
            for one in &health.indicators {
                let state = state(one, health);
                table.row(vec![
                    Text::plain(&health.name),
                    Text::plain(one.indicator.slug.as_str()),
                    if state == "stale" { Text::warning(state) } else { Text::plain(state) },
                    age(one.last_seen),
                    seen(one.last_seen),
                ]);
            }
        }
        for health in healths {
            table.note(note(health, zone, now));
        }
        table
    }
}

fn state(one: &IndicatorHealth, health: &SourceHealth) -> &'static str {
    match (one.is_gone, one.is_stale, health.state) {
        (true, ..) => "no longer shown",
        (false, true, SourceState::NotPolled) => "not polled",
        (false, true, _) => "stale",
        (false, false, _) => "fresh",
    }
}

/// `kontan: healthy; last poll 2024-11-22 10:00 WIB (12s ago): unchanged, 90 successes in a row; next in 48s`
fn note(health: &SourceHealth, zone: Tz, now: Timestamp) -> String {
    let parts = [gap(health, now), last_poll(health, zone, now), next_poll(health, now), detail(health)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{}: {}; {}", health.name, health.state.word(), parts.join("; "))
}

fn gap(health: &SourceHealth, now: Timestamp) -> Option<String> {
    health.gap.map(|gap| format!("{} for {}", gap.cause.words(), format::age(now - gap.from)))
}

fn last_poll(health: &SourceHealth, zone: Tz, now: Timestamp) -> Option<String> {
    let Some(poll) = &health.last_poll else {
        return health.last_seen.map(|_| "never polled, only saved pages".to_owned());
    };
    let attempt = &poll.attempt;
    let at = format::time(attempt.started_at, zone);
    let ago = format::age(now - attempt.started_at);
    let streak = health.streak.map_or_else(String::new, |streak| {
        let plural = match (streak.is_success, streak.count) {
            (true, 1) => "success",
            (true, _) => "successes",
            (false, 1) => "failure",
            (false, _) => "failures",
        };
        format!(", {} {plural} in a row", streak.count)
    });
    Some(format!("last poll {at} ({ago} ago): {}{streak}", attempt.outcome.word()))
}

/// When it is due next, if there is a daemon to poll it.
fn next_poll(health: &SourceHealth, now: Timestamp) -> Option<String> {
    let is_running = health.gap.is_none_or(|gap| gap.cause != Cause::NotRunning);
    let next = health.next_poll.filter(|_| is_running)?;
    Some(if next > now {
        format!("next in {}", format::age(next - now))
    } else {
        format!("next was due {} ago", format::age(now - next))
    })
}

fn detail(health: &SourceHealth) -> Option<String> {
    health.last_poll.as_ref()?.attempt.detail.clone()
}
