//! The two loops of the daemon: one looks at the rules, one sends the messages. Neither ends because something failed,
//! and neither keeps a poll waiting for longer than a transaction takes.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::domain::{DeliveryFate, Facts, Notice, Term, Timestamp};
use crate::format;
use crate::store::{Delivery, Store, StoreError, Tables};

use super::evaluate::{Told, evaluate};
use super::{Armed, Message, deliver};

/// Rules are looked at this often when no poll gives a reason to: an age grows by itself.
const EVERY: Duration = Duration::from_secs(30);
/// Rules are not looked at more often, however many sources are polled.
const LEAST: Duration = Duration::from_secs(1);
/// How many messages are on their way at once.
const AT_ONCE: usize = 16;
/// How long messages on their way may still take once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(1);

/// The alerts of a daemon.
#[derive(Debug)]
pub struct Alerts {
    store: Arc<Mutex<Store>>,
    clock: Clock,
    armed: watch::Sender<Arc<Armed>>,
    polled: Notify,
    kept: Notify,
}

/// Messages that were taken from the database and are not settled there.
#[derive(Debug, Default)]
struct InHand {
    ids: HashSet<i64>,
    sending: JoinSet<Delivery>,
    /// Sent, or not, and not yet noted: a message must not be sent again because its end could not be written.
    ended: Vec<Delivery>,
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

    /// Looks at the rules and sends the messages until `shutdown` is done. `facts` finds what rules look at.
    pub async fn run<E: Error + From<StoreError> + Send + 'static>(
        &self,
        facts: impl Fn(Tables<'_>, &[Term], Timestamp) -> Result<Facts, E> + Clone + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) {
        let (stop, stopped) = watch::channel(false);
        let end = async {
            shutdown.await;
            stop.send_replace(true);
        };
        tokio::join!(end, self.judge(facts, stopped.clone()), self.deliver(stopped));
    }

    async fn judge<E: Error + From<StoreError> + Send + 'static>(
        &self,
        facts: impl Fn(Tables<'_>, &[Term], Timestamp) -> Result<Facts, E> + Clone + Send + 'static,
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
            match self.look_once(in_force, facts.clone()).await {
                Ok(told) => {
                    (is_new, in_trouble) = (false, false);
                    told.iter().for_each(log_told);
                    self.kept.notify_one();
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

    async fn look_once<E: From<StoreError> + Send + 'static>(
        &self,
        armed: Arc<Armed>,
        facts: impl Fn(Tables<'_>, &[Term], Timestamp) -> Result<Facts, E> + Send + 'static,
    ) -> Result<Vec<Told>, E> {
        let now = (self.clock)();
        self.with_store(move |store| store.write(|tables| evaluate(tables, &armed, now, facts))).await
    }

    async fn deliver(&self, mut stopped: watch::Receiver<bool>) {
        let mut in_hand = InHand::default();
        let mut in_trouble = false;
        loop {
            let pause = match self.note_and_send(&mut in_hand).await {
                Ok(pause) => {
                    in_trouble = false;
                    pause
                }
                Err(error) => {
                    if !std::mem::replace(&mut in_trouble, true) {
                        let why = format::error_chain(&error);
                        tracing::warn!(%why, "the messages of alerts could not be read or noted; trying again");
                    }
                    LEAST
                }
            };
            tokio::select! {
                Some(ended) = in_hand.sending.join_next() => in_hand.ended.push(finished(ended)),
                () = self.kept.notified() => {}
                stop = wait(&mut stopped, sleep(pause)) => if stop { break },
            }
        }
        let rest = async {
            while let Some(ended) = in_hand.sending.join_next().await {
                in_hand.ended.push(finished(ended));
            }
        };
        // What is still on its way then is sent again by the next start.
        let _ = timeout(GRACE, rest).await;
        if let Err(error) = self.note(&mut in_hand).await {
            tracing::warn!(why = %format::error_chain(&error), "messages were sent and could not be noted");
        }
    }

    /// Notes what ended, sends what is due, and says how long there is nothing to do.
    async fn note_and_send(&self, in_hand: &mut InHand) -> Result<Duration, StoreError> {
        self.note(in_hand).await?;
        let now = (self.clock)();
        let armed = self.armed.borrow().clone();
        let waiting = self.with_store(|store| store.tables().waiting_deliveries()).await?;
        for delivery in deliver::due(&waiting, &in_hand.ids, now) {
            if in_hand.ids.len() >= AT_ONCE {
                return Ok(EVERY);
            }
            in_hand.ids.insert(delivery.id);
            self.send(delivery, &armed, in_hand);
        }
        if !in_hand.ended.is_empty() {
            return Ok(Duration::ZERO);
        }
        let next = deliver::next_due(&waiting, &in_hand.ids);
        Ok(next.map_or(EVERY, |next| (next - now).to_std().unwrap_or_default().clamp(LEAST, EVERY)))
    }

    fn send(&self, delivery: Delivery, armed: &Armed, in_hand: &mut InHand) {
        let Some(channel) = armed.channels.get(&delivery.channel).cloned() else {
            in_hand.ended.push(deliver::dropped(delivery));
            return;
        };
        let (clock, zone) = (self.clock, armed.zone);
        in_hand.sending.spawn(async move {
            let sent = channel.send(&Message::of(&delivery, zone), clock()).await;
            deliver::after_attempt(delivery, sent, clock())
        });
    }

    async fn note(&self, in_hand: &mut InHand) -> Result<(), StoreError> {
        if in_hand.ended.is_empty() {
            return Ok(());
        }
        let ended = in_hand.ended.clone();
        self.with_store(move |store| {
            store.write(|tables| ended.iter().try_for_each(|delivery| tables.put_delivery(delivery)))
        })
        .await?;
        for delivery in in_hand.ended.drain(..) {
            log_ended(&delivery);
            in_hand.ids.remove(&delivery.id);
        }
        Ok(())
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

fn finished(ended: Result<Delivery, tokio::task::JoinError>) -> Delivery {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

fn log_told(told: &Told) {
    let Told { alert, notice, rule } = told;
    if *notice == Notice::Fired {
        tracing::warn!(alert, rule, "alert fired");
    } else {
        tracing::info!(alert, rule, "alert recovered");
    }
}

fn log_ended(delivery: &Delivery) {
    let Delivery { what, channel, attempts, fate, detail, .. } = delivery;
    let (alert, kind) = (what.alert.as_str(), what.notice.word());
    let detail = detail.as_deref().map(tracing::field::display);
    match fate {
        DeliveryFate::Delivered => tracing::info!(alert, kind, channel, attempts, "message delivered"),
        DeliveryFate::Waiting => {
            tracing::warn!(alert, kind, channel, attempts, detail, "message not delivered; trying again");
        }
        DeliveryFate::Refused | DeliveryFate::GivenUp | DeliveryFate::Dropped => {
            let outcome = fate.word();
            tracing::error!(alert, kind, channel, attempts, outcome, detail, "message not delivered");
        }
    }
}
