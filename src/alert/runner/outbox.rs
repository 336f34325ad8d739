//! The loop that sends messages: takes those that wait from the database, and notes what became of each.

use std::collections::HashSet;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Alerts, EVERY, LEAST, wait};
use crate::alert::{Armed, Message, deliver};
use crate::domain::DeliveryFate;
use crate::format;
use crate::store::{Delivery, StoreError};

/// How many messages are on their way at once.
const AT_ONCE: usize = 16;
/// How long messages on their way may still take once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(1);

/// Messages that were taken from the database and are not settled there.
#[derive(Debug, Default)]
struct InHand {
    ids: HashSet<i64>,
    sending: JoinSet<Delivery>,
    /// Sent, or not, and not yet noted: a message must not be sent again because its end could not be written.
    ended: Vec<Delivery>,
}

impl Alerts {
    pub(super) async fn deliver(&self, mut stopped: watch::Receiver<bool>) {
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
        let waiting = self.store.off_the_workers(|store| store.tables().waiting_deliveries()).await?;
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
        let (clock, zone) = (self.clock, armed.calendar.zone());
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
        self.store
            .off_the_workers(move |store| {
                store.write(|tables| ended.iter().try_for_each(|delivery| tables.put_delivery(delivery)))
            })
            .await?;
        for delivery in in_hand.ended.drain(..) {
            log_ended(&delivery);
            if let Some(tell) = &self.on_delivery {
                tell(&delivery.channel, delivery.fate);
            }
            in_hand.ids.remove(&delivery.id);
        }
        Ok(())
    }
}

fn finished(ended: Result<Delivery, tokio::task::JoinError>) -> Delivery {
    ended.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
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
