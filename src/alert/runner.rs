//! The two loops of the daemon: one looks at the rules, one ([`outbox`]) sends the messages. Neither ends because something failed,
//! and neither keeps a poll waiting for longer than a transaction takes.

mod outbox;

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::domain::{Facts, Notice, Term, Timestamp};
use crate::format;
use crate::store::{Store, StoreError, Tables};

use super::Armed;
use super::evaluate::{Told, evaluate};

/// Rules are looked at this often when no poll gives a reason to: an age grows by itself.
const EVERY: Duration = Duration::from_secs(30);
/// Rules are not looked at more often, however many sources are polled.
const LEAST: Duration = Duration::from_secs(1);
/// Finds what is known of the things that rules look at.
pub type Look<E> = fn(Tables<'_>, &[Term], Timestamp, &Calendar) -> Result<Facts, E>;

/// The alerts of a daemon.
#[derive(Debug)]
pub struct Alerts {
    store: Arc<Mutex<Store>>,
    clock: Clock,
    armed: watch::Sender<Arc<Armed>>,
    polled: Notify,
    kept: Notify,
}

impl Alerts {
    /// Alerts that are kept in a store.
    #[must_use]
    pub fn new(store: Arc<Mutex<Store>>, armed: Armed, clock: Clock) -> Self {
        let (armed, _) = watch::channel(Arc::new(armed));
        Self { store, clock, armed, polled: Notify::new(), kept: Notify::new() }
    }

    /// Says that something was recorded: the rules are looked at soon. Never waits.
    pub fn look(&self) {
        self.polled.notify_one();
    }

    /// Puts other alerts and channels in force.
    pub fn replace(&self, armed: Armed) {
        self.armed.send_replace(Arc::new(armed));
        self.polled.notify_one();
        self.kept.notify_one();
    }

    /// Looks at the rules and sends the messages until `shutdown` is done. `look` finds what rules look at.
    pub async fn run<E: Error + From<StoreError> + Send + 'static>(
        &self,
        look: Look<E>,
        shutdown: impl Future<Output = ()>,
    ) {
        let (stop, stopped) = watch::channel(false);
        let end = async {
            shutdown.await;
            stop.send_replace(true);
        };
        tokio::join!(end, self.judge(look, stopped.clone()), self.deliver(stopped));
    }

    async fn judge<E: Error + From<StoreError> + Send + 'static>(
        &self,
        look: Look<E>,
        mut stopped: watch::Receiver<bool>,
    ) {
        let mut armed = self.armed.subscribe();
        let (mut is_new, mut in_trouble) = (true, false);
        while !wait(&mut stopped, self.next_look()).await {
            is_new |= armed.has_changed().unwrap_or(false);
            let in_force = armed.borrow_and_update().clone();
            // Without alerts there is nothing to look at, but for what is to be forgotten.
            if !is_new && in_force.alerts.is_empty() {
                continue;
            }
            match self.look_once(in_force, look).await {
                Ok(told) => {
                    (is_new, in_trouble) = (false, false);
                    told.iter().for_each(|told| self.tell(told));
                }
                Err(error) if !in_trouble => {
                    in_trouble = true;
                    let why = format::error_chain(&error);
                    tracing::warn!(%why, "the alerts could not be looked at; trying again");
                }
                Err(_) => {}
            }
        }
    }

    /// The first look waits for a poll as well: after a restart everything is old until a page came.
    async fn next_look(&self) {
        sleep(LEAST).await;
        // Not in time is as good as told.
        let _ = timeout(EVERY.saturating_sub(LEAST), self.polled.notified()).await;
    }

    /// Logs what happened; its messages are kept already.
    fn tell(&self, told: &Told) {
        let Told { alert, notice, rule } = told;
        if *notice == Notice::Fired {
            tracing::warn!(alert, rule, "alert fired");
        } else {
            tracing::info!(alert, rule, "alert recovered");
        }
        self.kept.notify_one();
    }

    async fn look_once<E: From<StoreError> + Send + 'static>(
        &self,
        armed: Arc<Armed>,
        look: Look<E>,
    ) -> Result<Vec<Told>, E> {
        let now = (self.clock)();
        self.with_store(move |store| store.write(|tables| evaluate(tables, &armed, now, look))).await
    }

    /// Runs blocking database work where blocking is allowed.
    async fn with_store<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || {
            // A panic inside a transaction has rolled it back; the connection is as good as before.
            work(&mut store.lock().unwrap_or_else(PoisonError::into_inner))
        });
        done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}

/// Waits for something or for the end; says whether it is the end.
async fn wait(stopped: &mut watch::Receiver<bool>, something: impl Future<Output = ()>) -> bool {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => true,
        () = something => false,
    }
}
