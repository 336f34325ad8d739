//! What becomes of a message: which are sent next, and what one attempt makes of them. Decides, and sends nothing.

use std::collections::HashSet;

use crate::domain::{DeliveryFate, Timestamp};
use crate::store::Delivery;

use super::channel::Failure;
use super::retry;

/// The messages to send now, of those that wait (oldest first). One channel hears of one alert in the order that things
/// happened: a recovery is not told before the message that it is about.
#[must_use]
pub fn due(waiting: &[Delivery], in_hand: &HashSet<i64>, now: Timestamp) -> Vec<Delivery> {
    heads(waiting, in_hand)
        .filter(|delivery| delivery.next_attempt_at.is_none_or(|at| retry::is_due(at, now)))
        .cloned()
        .collect()
}

/// When the next message is due that is not in hand.
#[must_use]
pub fn next_due(waiting: &[Delivery], in_hand: &HashSet<i64>) -> Option<Timestamp> {
    heads(waiting, in_hand).filter_map(|delivery| delivery.next_attempt_at).min()
}

fn heads<'a>(waiting: &'a [Delivery], in_hand: &HashSet<i64>) -> impl Iterator<Item = &'a Delivery> {
    let mut seen = HashSet::new();
    let mut is_first = move |delivery: &'a Delivery| seen.insert((&delivery.what.alert, &delivery.channel));
    waiting
        .iter()
        .filter(move |delivery| is_first(delivery))
        .filter(|delivery| !in_hand.contains(&delivery.id))
}

/// A message after one more attempt.
#[must_use]
pub fn after_attempt(delivery: Delivery, sent: Result<(), Failure>, now: Timestamp) -> Delivery {
    let attempts = delivery.attempts.saturating_add(1);
    let (fate, next_attempt_at, detail) = match sent {
        Ok(()) => (DeliveryFate::Delivered, None, None),
        Err(failure) if failure.is_permanent => (DeliveryFate::Refused, None, Some(failure.detail)),
        Err(failure) => {
            let next = retry::next_attempt(attempts, failure.retry_after, delivery.what.made_at, now);
            let fate = if next.is_some() { DeliveryFate::Waiting } else { DeliveryFate::GivenUp };
            (fate, next, Some(failure.detail))
        }
    };
    Delivery { attempts, fate, next_attempt_at, detail, ..delivery }
}

/// A message for a channel that the configuration does not name any more.
#[must_use]
pub fn dropped(delivery: Delivery) -> Delivery {
    let detail = Some("the configuration does not name this channel any more".to_owned());
    Delivery { fate: DeliveryFate::Dropped, next_attempt_at: None, detail, ..delivery }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::Notice;
    use crate::store::NewDelivery;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn delivery(id: i64, alert: &str, channel: &str, next: i64) -> Delivery {
        Delivery {
            id,
            what: NewDelivery {
                alert: alert.to_owned(),
                notice: Notice::Fired,
                rule: "a.level > 1".to_owned(),
                readings: "[]".to_owned(),
                since: at(0),
                made_at: at(0),
            },
            channel: channel.to_owned(),
            attempts: 0,
            next_attempt_at: Some(at(next)),
            fate: DeliveryFate::Waiting,
            detail: None,
        }
    }

    #[test]
    fn one_channel_hears_of_one_alert_in_order() {
        let waiting = [
            delivery(1, "a", "ops", 60),
            delivery(2, "a", "ops", 0),
            delivery(3, "a", "phone", 0),
            delivery(4, "b", "ops", 0),
            delivery(5, "b", "ops", 0),
        ];
        let ids = |in_hand: &[i64], now| {
            let in_hand = in_hand.iter().copied().collect();
            due(&waiting, &in_hand, at(now)).iter().map(|delivery| delivery.id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[], 10), [3, 4]);
        assert_eq!(ids(&[4], 10), [3]);
        assert_eq!(ids(&[], 60), [1, 3, 4]);
        let next = |in_hand: &[i64]| next_due(&waiting, &in_hand.iter().copied().collect());
        assert_eq!((next(&[]), next(&[3, 4]), next(&[1, 3, 4])), (Some(at(0)), Some(at(60)), None));
    }

    #[test]
    fn an_attempt_ends_delivered_refused_waiting_or_given_up() {
        let failure = |is_permanent| {
            Err(Failure { detail: "no".to_owned(), is_permanent, retry_after: Some(Duration::from_secs(7)) })
        };
        for (sent, now, fate, next) in [
            (Ok(()), 0, DeliveryFate::Delivered, None),
            (failure(true), 0, DeliveryFate::Refused, None),
            (failure(false), 0, DeliveryFate::Waiting, Some(at(7))),
            (failure(false), 86_400, DeliveryFate::GivenUp, None),
        ] {
            let after = after_attempt(delivery(1, "a", "ops", 0), sent.clone(), at(now));
            assert_eq!((after.fate, after.next_attempt_at, after.attempts), (fate, next, 1));
            assert_eq!(after.detail.is_some(), sent.is_err());
        }
        let gone = dropped(delivery(1, "a", "ops", 0));
        assert_eq!((gone.fate, gone.next_attempt_at), (DeliveryFate::Dropped, None));
    }
}
