//! The tables `alert` (how each rule stands) and `delivery` (every message and what became of it).

use rusqlite::{Row, params};

use crate::domain::{AlertState, DeliveryFate, Notice, Timestamp};

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal, spelled};

/// How the rule of an alert stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlert {
    /// The alert.
    pub name: String,
    /// The rule that the state is about.
    pub rule: String,
    /// How it stands.
    pub state: AlertState,
    /// Since when.
    pub since: Timestamp,
}

/// What is to be told, not yet to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The alert.
    pub alert: String,
    /// What is told of it.
    pub notice: Notice,
    /// Its rule.
    pub rule: String,
    /// What the rule looked at and what it found, JSON.
    pub readings: String,
    /// Since when the rule was true.
    pub since: Timestamp,
    /// When it happened.
    pub made_at: Timestamp,
}

/// One message to one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its key, never given twice.
    pub id: i64,
    /// What is told.
    pub what: NewDelivery,
    /// The channel, as the configuration names it.
    pub channel: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, while it waits.
    pub next_attempt_at: Option<Timestamp>,
    /// What became of it.
    pub fate: DeliveryFate,
    /// What the last attempt that failed was told.
    pub detail: Option<String>,
}

fn alert(row: &Row<'_>) -> rusqlite::Result<StoredAlert> {
    Ok(StoredAlert {
        name: row.get(0)?,
        rule: row.get(1)?,
        state: spelled(row, 2, AlertState::ALL, AlertState::word)?,
        since: instant(row.get(3)?)?,
    })
}

fn delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let what = NewDelivery {
        alert: row.get(1)?,
        notice: spelled(row, 2, Notice::ALL, Notice::word)?,
        rule: row.get(3)?,
        readings: row.get(4)?,
        since: instant(row.get(5)?)?,
        made_at: instant(row.get(6)?)?,
    };
    Ok(Delivery {
        id: row.get(0)?,
        what,
        channel: row.get(7)?,
        attempts: row.get(8)?,
        next_attempt_at: row.get::<_, Option<i64>>(9)?.map(instant).transpose()?,
        fate: spelled(row, 10, DeliveryFate::ALL, DeliveryFate::word)?,
        detail: row.get(11)?,
    })
}

impl Tables<'_> {
    /// How every alert stands, by name.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn alerts(self) -> Result<Vec<StoredAlert>, StoreError> {
        let sql = format!("SELECT {} FROM alert ORDER BY name", seal::ALERT.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("list the alerts")?;
        statement.query_map([], alert).and_then(Iterator::collect).doing("list the alerts")
    }

    /// Notes how an alert stands.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_alert(self, alert: &StoredAlert) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached(seal::ALERT.put()).doing("note the state of an alert")?;
        let StoredAlert { name, rule, state, since } = alert;
        statement
            .execute(params![name, rule, state.word(), since.timestamp()])
            .doing("note the state of an alert")?;
        Ok(())
    }

    /// Forgets how an alert stood. What was told of it is kept.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn forget_alert(self, name: &str) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached("DELETE FROM alert WHERE name = ?1").doing("forget an alert")?;
        statement.execute([name]).doing("forget an alert")?;
        Ok(())
    }

    /// Keeps a message for a channel, to be sent at once.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn add_delivery(self, what: NewDelivery, channel: &str) -> Result<Delivery, StoreError> {
        self.append_delivery(Delivery {
            id: 0,
            channel: channel.to_owned(),
            attempts: 0,
            next_attempt_at: Some(what.made_at),
            fate: DeliveryFate::Waiting,
            detail: None,
            what,
        })
    }

    /// Keeps a message under a key of its own.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn append_delivery(self, delivery: Delivery) -> Result<Delivery, StoreError> {
        // What key was given last is remembered even when its row is gone.
        let sql = "SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'delivery'";
        let delivery = Delivery { id: self.next_id(sql)?, ..delivery };
        self.put_delivery(&delivery)?;
        Ok(delivery)
    }

    /// Writes a message as a whole.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_delivery(self, delivery: &Delivery) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(seal::DELIVERY.put()).doing("note a delivery")?;
        let Delivery { id, what, channel, attempts, next_attempt_at, fate, detail } = delivery;
        statement
            .execute(params![
                id,
                what.alert,
                what.notice.word(),
                what.rule,
                what.readings,
                what.since.timestamp(),
                what.made_at.timestamp(),
                channel,
                attempts,
                next_attempt_at.map(|at| at.timestamp()),
                fate.word(),
                detail
            ])
            .doing("note a delivery")?;
        Ok(())
    }

    /// The messages that still wait, oldest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn waiting_deliveries(self) -> Result<Vec<Delivery>, StoreError> {
        let sql =
            format!("SELECT {} FROM delivery WHERE outcome = 'waiting' ORDER BY id", seal::DELIVERY.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("list the deliveries")?;
        statement.query_map([], delivery).and_then(Iterator::collect).doing("list the deliveries")
    }

    /// What was told of an alert last: a message for each channel, in the order they were made.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_deliveries(self, alert: &str) -> Result<Vec<Delivery>, StoreError> {
        let sql = format!(
            "SELECT {} FROM delivery WHERE alert = ?1 AND (kind, made_at) = \
             (SELECT kind, made_at FROM delivery WHERE alert = ?1 ORDER BY id DESC LIMIT 1) ORDER BY id",
            seal::DELIVERY.names()
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("look up the deliveries")?;
        statement.query_map([alert], delivery).and_then(Iterator::collect).doing("look up the deliveries")
    }

    /// How many messages wait no longer and were made before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_deliveries_before(self, before: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM delivery WHERE outcome <> 'waiting' AND made_at < ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("count the deliveries")?;
        let count: rusqlite::Result<i64> = statement.query_row([before.timestamp()], |row| row.get(0));
        count.map(i64::unsigned_abs).doing("count the deliveries")
    }

    /// Lets go of messages that wait no longer and were made before an instant; says how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn drop_deliveries_before(self, before: Timestamp) -> Result<usize, StoreError> {
        let sql = "DELETE FROM delivery WHERE outcome <> 'waiting' AND made_at < ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("remove old messages")?;
        statement.execute([before.timestamp()]).doing("remove old messages")
    }

    /// How many messages there are of each fate.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_deliveries(self) -> Result<Vec<(DeliveryFate, u64)>, StoreError> {
        let sql = "SELECT count(*) FROM delivery WHERE outcome = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("count the deliveries")?;
        let mut count = |fate: DeliveryFate| {
            let count = statement.query_row([fate.word()], |row| row.get::<_, i64>(0));
            count.map(|count| (fate, count.unsigned_abs())).doing("count the deliveries")
        };
        DeliveryFate::ALL.into_iter().map(&mut count).collect()
    }
}
