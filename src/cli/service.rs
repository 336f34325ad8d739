//! What the service manager is told: readiness, one line of status, and that the daemon gets on. Knows no socket.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use crate::clock::Clock;
use crate::fetch::Client;
use crate::poll::{Done, Plan, Progress};

use super::dues::Dues;
use super::notify::{self, Manager, Word};

/// The service manager.
#[derive(Debug)]
pub(super) struct Service {
    manager: Manager,
    /// When it is time for a sign of progress: twice in the time that the manager waits for one.
    signs: Option<Interval>,
    /// What was last said to be overdue, so that it is said once.
    overdue: Option<String>,
}

impl Service {
    pub(super) fn new() -> Self {
        let signs = notify::watchdog().map(|patience| {
            let mut signs = tokio::time::interval((patience / 2).max(Duration::from_millis(1)));
            signs.set_missed_tick_behavior(MissedTickBehavior::Delay);
            signs
        });
        Self { manager: Manager::default(), signs, overdue: None }
    }

    pub(super) fn ready(&mut self, status: &str) {
        self.manager.tell(Word::Ready(status.to_owned()));
    }

    pub(super) fn reloading(&mut self) {
        self.manager.tell(Word::Reloading);
    }

    pub(super) fn stopping(&mut self) {
        self.manager.tell(Word::Stopping);
    }

    /// Whether anybody hears what is said.
    pub(super) fn is_heard(&self) -> bool {
        notify::is_heard()
    }

    pub(super) fn status(&mut self, status: &str) {
        self.manager.tell(Word::Status(status.to_owned()));
    }

    /// Does what is due by itself, again and again: gives signs of progress, and says what the manager had no room for.
    pub(super) async fn attend(&mut self, progress: &Progress) {
        tokio::select! {
            () = next(&mut self.signs) => self.sign(progress),
            () = self.manager.again() => self.manager.tell_rest(),
        }
    }

    /// Gives a sign, unless some loop hangs.
    fn sign(&mut self, progress: &Progress) {
        let overdue = progress.overdue(Instant::now());
        match &overdue {
            None => self.manager.tell(Word::Alive),
            Some(source) if self.overdue != overdue => {
                tracing::error!(source, "does not get on; the watchdog is not told that all is well");
            }
            Some(_) => {}
        }
        self.overdue = overdue;
    }
}

/// Waits until it is time for the next sign of progress; for ever where nobody waits for any.
async fn next(signs: &mut Option<Interval>) {
    match signs {
        Some(signs) => {
            signs.tick().await;
        }
        None => std::future::pending().await,
    }
}

/// The line of status: how many sources, how the last poll ended, and when the next one is due.
#[derive(Debug)]
pub(super) struct StatusLine {
    plan: watch::Receiver<Arc<Plan<Client>>>,
    clock: Clock,
    dues: Mutex<Dues<Client>>,
    line: watch::Sender<String>,
}

impl StatusLine {
    pub(super) fn new(plan: watch::Receiver<Arc<Plan<Client>>>, clock: Clock) -> Self {
        let line = watch::Sender::new(format!("{} sources", plan.borrow().sources.len()));
        let dues = Mutex::new(Dues::of(plan.borrow().clone()));
        Self { plan, clock, dues, line }
    }

    pub(super) fn line(&self) -> watch::Receiver<String> {
        self.line.subscribe()
    }

    /// Takes note of a poll.
    pub(super) fn observe(&self, source: &str, done: &Done) {
        let (plan, now) = (self.plan.borrow().clone(), (self.clock)());
        let mut dues = self.dues.lock().unwrap_or_else(PoisonError::into_inner);
        dues.follow(&plan);
        dues.note(source, done, now);
        let zone = plan.calendar.zone();
        let next = dues.next().map(|next| next.with_timezone(&zone).format(", next at %H:%M:%S"));
        self.line.send_replace(format!(
            "{} sources; {source}: {} at {}{}",
            plan.sources.len(),
            done.attempt.outcome.word(),
            now.with_timezone(&zone).format("%H:%M:%S"),
            next.map_or_else(String::new, |next| next.to_string()),
        ));
    }
}
