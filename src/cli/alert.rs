//! `pantau alert`: how the alerts stand, and whether their messages arrive.

use tokio::task::JoinSet;

use crate::alert::channel::Failure;
use crate::alert::evaluate::{judge, new_delivery, standing};
use crate::alert::{Alert, Channel, Message, readings};
use crate::clock;
use crate::config::{self, Config};
use crate::domain::{AlertState, DeliveryFate, Fact, Facts, Notice, Term};
use crate::format::nearest;
use crate::query;
use crate::report::{AlertRow, TestRow};
use crate::store::{Delivery, Store, StoreError};

use super::AlertTask;
use super::channels::{alert, channel};
use super::context::Context;
use super::exit::{Exit, Refusal};

pub(super) fn run(context: &Context, task: &AlertTask) -> anyhow::Result<Exit> {
    match task {
        AlertTask::List => list(context),
        AlertTask::Test { name } => test(context, name),
    }
}

fn list(context: &Context) -> anyhow::Result<Exit> {
    let store = store_if_any(context)?;
    let row = |alert: &config::Alert| row(context, store.as_ref(), alert);
    let rows = context.config.alerts.iter().map(row).collect::<anyhow::Result<Vec<_>>>()?;
    context.answer_some(&rows, "there is no [[alert]] in the configuration", || {
        AlertRow::table(&rows, context.zone)
    })
}

/// The database, when something was recorded in one.
fn store_if_any(context: &Context) -> anyhow::Result<Option<Store>> {
    match context.reader() {
        Ok(store) => Ok(Some(store)),
        Err(error) if error.downcast_ref::<StoreError>().is_some_and(StoreError::is_missing) => Ok(None),
        Err(error) => Err(error),
    }
}

fn row(context: &Context, store: Option<&Store>, configured: &config::Alert) -> anyhow::Result<AlertRow> {
    let alert = alert(configured);
    let facts = facts(context, store, &alert.rule.terms())?;
    let stored = store.map(|store| store.tables().alerts()).transpose()?.unwrap_or_default();
    let standing = standing(&alert, stored.iter().find(|stored| stored.name == alert.name));
    let told =
        store.map(|store| store.tables().newest_deliveries(&alert.name)).transpose()?.unwrap_or_default();
    let state = standing.map_or(AlertState::Quiet, |standing| standing.state);
    let readings = readings(&alert.rule, &facts);
    let values = joined(readings.iter().map(|reading| format!("{}: {}", reading.term, reading.text)));
    Ok(AlertRow {
        rule: alert.rule.to_string(),
        enabled: configured.enabled,
        state: standing.map(|standing| standing.state.word()),
        since: standing.map(|standing| standing.since.with_timezone(&context.zone)),
        result: store.map(|_| judge(&alert, state, &facts).word()),
        values: values.unwrap_or_default(),
        hysteresis: alert.hysteresis.map(|hysteresis| hysteresis.to_string()),
        for_s: alert.hold.as_secs(),
        to: alert.to.join(", "),
        told: told.first().map(|delivery| delivery.what.notice.word()),
        told_at: told.first().map(|delivery| delivery.what.made_at.with_timezone(&context.zone)),
        deliveries: joined(told.iter().map(|delivery| format!("{} {}", delivery.channel, fate(delivery)))),
        detail: joined(told.iter().filter_map(detail)),
        alert: alert.name,
    })
}

fn joined(parts: impl Iterator<Item = String>) -> Option<String> {
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn fate(delivery: &Delivery) -> &'static str {
    match delivery.fate {
        DeliveryFate::GivenUp => "given up",
        other => other.word(),
    }
}

fn detail(delivery: &Delivery) -> Option<String> {
    delivery.detail.as_ref().map(|detail| format!("{}: {detail}", delivery.channel))
}

fn facts(context: &Context, store: Option<&Store>, terms: &[Term]) -> anyhow::Result<Facts> {
    if let Some(store) = store {
        return Ok(query::facts(store.tables(), terms, context.now, &context.calendar)?);
    }
    let unknown = |term: &Term| (term.clone(), Fact::Unknown("nothing is recorded yet".to_owned()));
    let found = terms.iter().map(unknown).collect();
    Ok(Facts { now: context.now, zone: context.calendar.zone(), found })
}

fn test(context: &Context, name: &str) -> anyhow::Result<Exit> {
    let configured = find(&context.config, name)?;
    if configured.to.is_empty() {
        let refusal = Refusal::new(Exit::Usage, format!("the alert '{name}' tells nobody"));
        return Err(refusal.hint("`to` names who is told").into());
    }
    let channels = configured
        .to
        .iter()
        .map(|to| channel(&context.config, to))
        .collect::<anyhow::Result<Vec<Channel>>>()?;
    let alert = alert(configured);
    let facts = facts(context, store_if_any(context)?.as_ref(), &alert.rule.terms())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let sent = runtime.block_on(send(&alert, channels, &facts));
    note(context, &sent);
    let row = |(delivery, sent): &(Delivery, Result<(), Failure>)| TestRow {
        alert: name.to_owned(),
        channel: delivery.channel.clone(),
        delivered: sent.is_ok(),
        detail: sent.as_ref().err().map(|failure| failure.detail.clone()),
    };
    let rows: Vec<TestRow> = sent.iter().map(row).collect();
    context.answer(&rows, || TestRow::table(&rows))?;
    verdict(&sent)
}

fn find<'a>(config: &'a Config, name: &str) -> anyhow::Result<&'a config::Alert> {
    let unknown = || {
        let refusal = Refusal::new(Exit::Usage, format!("no alert '{name}' in the configuration"));
        let names: Vec<&str> = config.alerts.iter().map(|alert| alert.name.as_str()).collect();
        match nearest(name, names.iter().copied()) {
            Some(near) => refusal.hint(format!("did you mean {near}?")),
            None if names.is_empty() => refusal,
            None => refusal.hint(format!("there is {}", names.join(", "))),
        }
    };
    Ok(config.alerts.iter().find(|alert| alert.name == name).ok_or_else(unknown)?)
}

type Sent = (Delivery, Result<(), Failure>);

/// Sends a test by every channel at once; the results come in the order of the channels.
async fn send(alert: &Alert, channels: Vec<Channel>, facts: &Facts) -> Vec<Sent> {
    let mut sending = JoinSet::new();
    for (place, channel) in channels.into_iter().enumerate() {
        let delivery = Delivery {
            id: 0,
            what: new_delivery(alert, Notice::Test, facts.now, facts),
            channel: channel.label.clone(),
            attempts: 1,
            next_attempt_at: None,
            fate: DeliveryFate::Delivered,
            detail: None,
        };
        let zone = facts.zone;
        sending.spawn(async move {
            let sent = channel.send(&Message::of(&delivery, zone), clock::now()).await;
            (place, (delivery, sent))
        });
    }
    let mut sent = sending.join_all().await;
    sent.sort_by_key(|(place, _)| *place);
    sent.into_iter().map(|(_, sent)| sent).collect()
}

/// Notes the tests beside the other messages, where there is a database. A test that failed is not tried again.
fn note(context: &Context, sent: &[Sent]) {
    if !context.config.database.exists() {
        return;
    }
    let settled = |(delivery, sent): &Sent| match sent {
        Ok(()) => delivery.clone(),
        Err(failure) => Delivery {
            fate: if failure.is_permanent { DeliveryFate::Refused } else { DeliveryFate::GivenUp },
            detail: Some(failure.detail.clone()),
            ..delivery.clone()
        },
    };
    let noted = context.writer().and_then(|mut store| {
        let write = |tables: crate::store::Tables<'_>| {
            sent.iter().map(settled).try_for_each(|delivery| tables.append_delivery(delivery).map(drop))
        };
        Ok(store.write::<_, StoreError>(write)?)
    });
    if let Err(error) = noted {
        context.note(&format!("the test is not noted in the database: {error}"));
    }
}

fn verdict(sent: &[Sent]) -> anyhow::Result<Exit> {
    let failures: Vec<&Failure> = sent.iter().filter_map(|(_, sent)| sent.as_ref().err()).collect();
    if failures.is_empty() {
        return Ok(Exit::Done);
    }
    let is_permanent = failures.iter().any(|failure| failure.is_permanent);
    let exit = if is_permanent { Exit::Failed } else { Exit::TryAgain };
    let message = format!("{} of {} messages were not delivered", failures.len(), sent.len());
    Err(Refusal::new(exit, message).into())
}
