//! What the service manager is told: readiness, one line of status, and that the daemon gets on. The only user of
//! sd-notify; says nothing where no service manager listens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::fetch::Client;
use crate::poll::{Done, Plan, Progress, next_due};

/// The service manager.
#[derive(Debug)]
pub(super) struct Service {
    /// When it is time for a sign of progress: twice in the time that the manager waits for one.
    signs: Option<Interval>,
    /// What was last said to be overdue, so that it is said once.
    overdue: Option<String>,
}

impl Service {
    pub(super) fn new() -> Self {
        let signs = platform::watchdog().map(|patience| {
            let mut signs = tokio::time::interval((patience / 2).max(Duration::from_millis(1)));
            signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
            signs
        });
        Self { signs, overdue: None }
    }

    pub(super) fn ready(&self, status: &str) {
        platform::tell(Word::Ready(status));
    }

    pub(super) fn reloading(&self) {
        platform::tell(Word::Reloading);
    }

    pub(super) fn stopping(&self) {
        platform::tell(Word::Stopping);
    }

    pub(super) fn status(&self, status: &str) {
        platform::tell(Word::Status(status));
    }

    /// Waits until it is time for the next sign of progress; for ever where nobody waits for any.
    pub(super) async fn next_sign(&mut self) {
        match &mut self.signs {
            Some(signs) => {
                signs.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Gives a sign, unless some loop hangs.
    pub(super) fn sign(&mut self, progress: &Progress) {
        let overdue = progress.overdue(Instant::now());
        match &overdue {
            None => platform::tell(Word::Alive),
            Some(source) if self.overdue != overdue => {
                tracing::error!(source, "does not get on; the watchdog is not told that all is well");
            }
            Some(_) => {}
        }
        self.overdue = overdue;
    }
}

/// The line of status: how many sources, how the last poll ended, and when the next one is due.
#[derive(Debug)]
pub(super) struct StatusLine {
    plan: watch::Receiver<Arc<Plan<Client>>>,
    clock: Clock,
    due: Mutex<HashMap<String, Timestamp>>,
    line: watch::Sender<String>,
}

impl StatusLine {
    pub(super) fn new(plan: watch::Receiver<Arc<Plan<Client>>>, clock: Clock) -> Self {
        let line = watch::Sender::new(format!("{} sources", plan.borrow().sources.len()));
        Self { plan, clock, due: Mutex::default(), line }
    }

    pub(super) fn line(&self) -> watch::Receiver<String> {
        self.line.subscribe()
    }

    /// Takes note of a poll.
    pub(super) fn observe(&self, source: &str, done: &Done) {
        let (plan, now) = (self.plan.borrow().clone(), (self.clock)());
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        due.retain(|known, _| plan.sources.iter().any(|polled| polled.source.name == *known));
        if let Some(polled) = plan.sources.iter().find(|polled| polled.source.name == source) {
            due.insert(source.to_owned(), next_due(&polled.schedule, &done.past, now, &plan.calendar));
        }
        let zone = plan.calendar.zone();
        let next = due.values().min().map(|next| next.with_timezone(&zone).format(", next at %H:%M:%S"));
        self.line.send_replace(format!(
            "{} sources; {source}: {} at {}{}",
            plan.sources.len(),
            done.attempt.outcome.word(),
            now.with_timezone(&zone).format("%H:%M:%S"),
            next.map_or_else(String::new, |next| next.to_string()),
        ));
    }
}

/// What can be said to the service manager.
#[cfg_attr(not(unix), expect(dead_code, reason = "nobody listens on this platform"))]
enum Word<'a> {
    Ready(&'a str),
    Status(&'a str),
    Reloading,
    Stopping,
    Alive,
}

#[cfg(unix)]
mod platform {
    use std::time::Duration;

    use sd_notify::NotifyState;

    use super::Word;

    pub(super) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    pub(super) fn tell(word: Word<'_>) {
        let told = match word {
            Word::Ready(status) => sd_notify::notify(&[NotifyState::Ready, NotifyState::Status(status)]),
            Word::Status(status) => sd_notify::notify(&[NotifyState::Status(status)]),
            // systemd wants to know which of its own reload requests is meant.
            Word::Reloading => NotifyState::monotonic_usec_now()
                .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
            Word::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
            Word::Alive => sd_notify::notify(&[NotifyState::Watchdog]),
        };
        if let Err(error) = told {
            tracing::warn!(%error, "the service manager cannot be told");
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use std::time::Duration;

    use super::Word;

    pub(super) fn watchdog() -> Option<Duration> {
        None
    }

    pub(super) fn tell(_: Word<'_>) {}
}
