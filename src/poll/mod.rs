//! The daemon and the single poll: fetch a page, record what it says, leave a row in the poll log.
//!
//! Each source has a loop of its own, so a slow or failing one never delays another. Polls that end together are
//! recorded together. When a source is due is decided
//! by pure functions of its schedule ([`Schedule`]), its past ([`Past`]) and the time ([`next_due`]); the loops obey.
//! Blocking database work stays off the async workers. Knows no reqwest and no command line.

mod backoff;
mod clock_step;
mod cron;
mod cycle;
mod daemon;
mod errands;
mod old;
mod once;
mod order;
mod past;
mod patience;
mod progress;
mod prune;
mod schedule;
#[cfg(test)]
mod tests;
mod told;

use std::time::Duration;

use crate::domain::Attempt;
use crate::fetch::{Barred, Fetch, Manners, RobotsRule, Turn};
use crate::ingest::{Report, Source};
use crate::store::StoreError;

pub use backoff::{first_due, next_due, paused};
pub use cron::Cron;
pub use daemon::{Daemon, Observer, Plan, run};
pub use old::{Aging, Retention, Sort};
pub use once::poll_once;
pub use order::Ahead;
pub use past::Past;
pub use progress::Progress;
pub use prune::prune_daily;
pub use schedule::{Pace, Schedule};

/// A source, when it is polled, and what fetches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled<F> {
    /// The source.
    pub source: Source,
    /// When it is polled.
    pub schedule: Schedule,
    /// Whether the robots.txt of its site is obeyed.
    pub robots: RobotsRule,
    /// How long fetching its page may take at most.
    pub timeout: Duration,
    /// What fetches its page.
    pub fetch: F,
}

impl<F: Fetch> Polled<F> {
    /// Waits until its page may be asked for.
    async fn admit(&self, manners: &Manners, spacing: Duration) -> Result<Turn, Barred> {
        manners.admit((&self.fetch, &self.source.url), self.robots, spacing).await
    }
}

/// One poll, done and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What became of the page; empty when none came.
    pub report: Report,
    /// The row in the poll log.
    pub attempt: Attempt,
    /// Whether trying again soon may help, when no page came.
    pub is_transient: bool,
    /// The past of the source, this poll included.
    pub past: Past,
}

/// Why a poll could not be made or recorded.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Ahead(#[from] Ahead),
}
