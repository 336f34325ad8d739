//! Tells a server of what is recorded, as long as the daemon runs. It reads the database by itself and holds nothing that a
//! poll needs, so whatever the server does, no poll waits for it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use crate::fetch::doubled;
use crate::format;

use super::copy::{Copied, Copier, Extent};
use super::error::PushError;
use super::target::Target;

/// After the first failure; then twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// A server that is back is found within this.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// Polls of several sources that end together are told together.
const GATHERING: Duration = Duration::from_millis(200);
/// What others write into the database (an import, a decision, pages that are read again) is looked for this often.
const LOOK_AT_ALL: Duration = Duration::from_secs(600);

/// How long a server is left alone after so many failures in a row.
#[must_use]
pub fn pause_after(failures: u32) -> Duration {
    doubled(FIRST_PAUSE, failures.saturating_sub(1)).min(LONGEST_PAUSE)
}

/// Is told of each copy that succeeded: all that was recorded until then is on the server that is named.
pub type OnCopy = Arc<dyn Fn(&str, Copied) + Send + Sync>;

/// Follows a database.
#[expect(missing_debug_implementations, reason = "who is told of copies is a function")]
pub struct Follower {
    target: Target,
    database: PathBuf,
    recorded: Notify,
    on_copy: Option<OnCopy>,
}

impl Follower {
    /// Nothing is told before [`Follower::run`].
    #[must_use]
    pub fn new(target: Target, database: PathBuf) -> Self {
        Self { target, database, recorded: Notify::new(), on_copy: None }
    }

    /// Tells somebody of each copy that succeeded.
    #[must_use]
    pub fn on_copy(self, on_copy: OnCopy) -> Self {
        Self { on_copy: Some(on_copy), ..self }
    }

    /// Says that something was recorded. Never waits.
    pub fn recorded(&self) {
        self.recorded.notify_one();
    }

    /// Tells the server until `shutdown` is done; what is on its way then is rolled back there, and told by the next
    /// daemon.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        tokio::select! {
            () = shutdown => {}
            () = self.follow() => {}
        }
    }

    async fn follow(&self) {
        let mut outage = Outage::default();
        loop {
            let Err(error) = self.stay_connected(&mut outage).await;
            let pause = outage.begin(&self.target, &error);
            sleep(pause).await;
        }
    }

    /// Tells what is new for as long as the server takes it.
    async fn stay_connected(&self, outage: &mut Outage) -> Result<std::convert::Infallible, PushError> {
        let mut copier = Copier::connect(&self.target, self.database.clone()).await?;
        loop {
            let looked_at_all = Instant::now();
            outage.end(&self.target, self.copy(&mut copier, Extent::Untold).await?);
            while let Some(left) = LOOK_AT_ALL.checked_sub(looked_at_all.elapsed()) {
                if timeout(left, self.recorded.notified()).await.is_err() {
                    break;
                }
                sleep(GATHERING).await;
                self.copy(&mut copier, Extent::Newest).await?;
            }
        }
    }

    async fn copy(&self, copier: &mut Copier, extent: Extent) -> Result<Copied, PushError> {
        let copied = copier.copy(extent).await?;
        tracing::debug!(rows = copied.rows, new = copied.new, "pushed");
        if let Some(on_copy) = &self.on_copy {
            on_copy(self.target.label(), copied);
        }
        Ok(copied)
    }
}

/// Stretches in which the server takes nothing: told when it begins, when its reason changes, and when it ends.
#[derive(Debug, Default)]
struct Outage {
    /// In a row.
    failures: u32,
    has_begun: bool,
    told: Option<String>,
}

impl Outage {
    /// Gives the pause to make.
    fn begin(&mut self, target: &Target, error: &PushError) -> Duration {
        self.failures = self.failures.saturating_add(1);
        let why = format::error_chain(error);
        let server = target.label();
        if self.told.as_ref() != Some(&why) {
            if error.is_transient() {
                tracing::warn!(server, %why, "not pushed; trying again, and polling goes on");
            } else {
                tracing::error!(server, %why, "not pushed until somebody looks at it; polling goes on");
            }
            self.told = Some(why);
        }
        pause_after(self.failures)
    }

    fn end(&mut self, target: &Target, copied: Copied) {
        let (server, Copied { rows, new, .. }) = (target.label(), copied);
        if std::mem::take(&mut self.failures) > 0 {
            tracing::info!(server, rows, new, "pushing again, and caught up");
        } else if !self.has_begun {
            tracing::info!(server, rows, new, "pushing");
        }
        (self.has_begun, self.told) = (true, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute() {
        let pauses: Vec<u64> = (1..=9).map(|failures| pause_after(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause_after(u32::MAX), LONGEST_PAUSE);
    }
}
