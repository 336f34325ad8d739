//! The two loops of the daemon: one looks at the rules, one ([`outbox`]) sends the messages. Neither ends because
//! something failed, and neither keeps a poll waiting for longer than a transaction takes.

mod outbox;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::time::{sleep, timeout};

use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::domain::{DeliveryFate, Facts, Notice, Term, Timestamp};
use crate::format;
use crate::store::{SharedStore, StoreError, Tables};

use super::Armed;
use super::evaluate::{Told, evaluate};

/// Rules are looked at this often when no poll gives a reason to: an age grows by itself.
const EVERY: Duration = Duration::from_secs(30);
/// Rules are not looked at more often, however many sources are polled.
const LEAST: Duration = Duration::from_secs(1);
/// Finds what is known of the things that rules look at.
pub type Look<E> = fn(Tables<'_>, &[Term], Timestamp, &Calendar) -> Result<Facts, E>;

/// Is told of each attempt to deliver a message, once it is noted: the channel, and what became of the message.
pub type OnDelivery = Arc<dyn Fn(&str, DeliveryFate) + Send + Sync>;

/// The alerts of a daemon.
#[expect(missing_debug_implementations, reason = "who is told of deliveries is a function")]
pub struct Alerts {
    store: SharedStore,
    clock: Clock,
    armed: watch::Sender<Arc<Armed>>,
    polled: Notify,
    kept: Notify,
    on_delivery: Option<OnDelivery>,
}

impl Alerts {
    /// Alerts that are kept in a store.
    #[must_use]
    pub fn new(store: SharedStore, armed: Armed, clock: Clock) -> Self {
        let (armed, _) = watch::channel(Arc::new(armed));
        Self { store, clock, armed, polled: Notify::new(), kept: Notify::new(), on_delivery: None }
    }

    /// Tells somebody of each attempt to deliver a message.
    #[must_use]
    pub fn on_delivery(self, on_delivery: OnDelivery) -> Self {
        Self { on_delivery: Some(on_delivery), ..self }
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
        self.store
            .off_the_workers(move |store| store.write(|tables| evaluate(tables, &armed, now, look)))
            .await
    }
}

/// Waits for something or for the end; says whether it is the end.
async fn wait(stopped: &mut watch::Receiver<bool>, something: impl Future<Output = ()>) -> bool {
    tokio::select! {
        _ = stopped.wait_for(|stopped| *stopped) => true,
        () = something => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::alert::Alert;
    use crate::domain::{AlertState, DeliveryFate, Fact};
    use crate::store::Store;

    /// A clock that a paused runtime does not move; rules need no more than that.
    fn still() -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap()
    }

    /// Finds a five wherever it is asked to look.
    fn five(_: Tables<'_>, terms: &[Term], now: Timestamp, calendar: &Calendar) -> Result<Facts, StoreError> {
        let found = terms.iter().map(|term| (term.clone(), Fact::Number(5.into()))).collect();
        Ok(Facts { now, zone: calendar.zone(), found })
    }

    fn broken(_: Tables<'_>, _: &[Term], _: Timestamp, _: &Calendar) -> Result<Facts, StoreError> {
        Err(StoreError::Damaged { what: "a number", value: "x".to_owned() })
    }

    fn armed(rule: &str) -> Armed {
        let alert = Alert {
            name: "rises".to_owned(),
            rule: rule.parse().unwrap(),
            hysteresis: None,
            hold: Duration::ZERO,
            to: vec!["ops".to_owned()],
        };
        Armed {
            alerts: vec![alert],
            disabled: Vec::new(),
            channels: BTreeMap::new(),
            calendar: Calendar::idx(),
        }
    }

    fn alerts(rule: &str) -> Alerts {
        Alerts::new(SharedStore::new(Store::open_in_memory().unwrap()), armed(rule), still)
    }

    fn state(alerts: &Alerts) -> Option<AlertState> {
        alerts.store.lock().tables().alerts().unwrap().first().map(|alert| alert.state)
    }

    #[tokio::test(start_paused = true)]
    async fn rules_are_looked_at_after_a_poll_and_else_twice_a_minute() {
        let alerts = alerts("a.level > 3");
        let check = async {
            sleep(Duration::from_secs(29)).await;
            assert_eq!(state(&alerts), None, "nothing was polled yet");
            sleep(Duration::from_secs(3)).await;
            assert_eq!(state(&alerts), Some(AlertState::Fired));
        };
        alerts.run(five, check).await;
        let alerts = self::alerts("a.level > 3");
        let check = async {
            alerts.look();
            sleep(Duration::from_secs(2)).await;
            assert_eq!(state(&alerts), Some(AlertState::Fired));
        };
        alerts.run(five, check).await;
    }

    #[tokio::test(start_paused = true)]
    async fn rules_that_are_replaced_are_looked_at_anew_and_a_channel_that_is_gone_gets_nothing() {
        let alerts = alerts("a.level > 9");
        let check = async {
            sleep(Duration::from_secs(40)).await;
            assert_eq!(state(&alerts), Some(AlertState::Quiet));
            alerts.replace(armed("a.level > 3"));
            sleep(Duration::from_secs(3)).await;
            assert_eq!(state(&alerts), Some(AlertState::Fired));
        };
        alerts.run(five, check).await;
        let told = alerts.store.lock().tables().newest_deliveries("rises").unwrap();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].fate, DeliveryFate::Dropped);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_fails_ends_nothing() {
        let alerts = alerts("a.level > 3");
        alerts.run(broken, sleep(Duration::from_secs(100))).await;
        assert_eq!(state(&alerts), None);
        alerts.run(five, sleep(Duration::from_secs(100))).await;
        assert_eq!(state(&alerts), Some(AlertState::Fired));
    }
}
