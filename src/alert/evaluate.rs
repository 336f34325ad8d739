//! One look at all rules, inside one transaction: how each stands afterwards, and the messages that follow.

use std::collections::HashMap;

use crate::calendar::Calendar;
use crate::domain::{AlertState, Facts, Notice, Term, Timestamp};
use crate::store::{NewDelivery, StoreError, StoredAlert, Tables};

use super::{Alert, Armed, Standing, Truth, readings};

/// What people are told of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The alert.
    pub alert: String,
    /// What.
    pub notice: Notice,
    /// Its rule.
    pub rule: String,
}

/// Judges every alert by the facts that `look` finds, notes how it stands, and keeps the messages to be sent.
///
/// # Errors
/// Those of `look`, and of the database.
pub fn evaluate<E: From<StoreError>>(
    tables: Tables<'_>,
    armed: &Armed,
    now: Timestamp,
    look: impl FnOnce(Tables<'_>, &[Term], Timestamp, &Calendar) -> Result<Facts, E>,
) -> Result<Vec<Told>, E> {
    let mut stored: HashMap<String, StoredAlert> =
        tables.alerts()?.into_iter().map(|alert| (alert.name.clone(), alert)).collect();
    let mut told = Vec::new();
    if !armed.alerts.is_empty() {
        let facts = look(tables, &terms(&armed.alerts), now, &armed.calendar)?;
        for alert in &armed.alerts {
            told.extend(one(tables, alert, stored.remove(&alert.name), &facts)?);
        }
    }
    for forgotten in stored.into_keys().filter(|name| !armed.disabled.contains(name)) {
        tables.forget_alert(&forgotten)?;
    }
    Ok(told)
}

/// What an alert says now: with its hysteresis once it fired.
#[must_use]
pub fn judge(alert: &Alert, state: AlertState, facts: &Facts) -> Truth {
    let hysteresis = alert.hysteresis.filter(|_| state == AlertState::Fired);
    alert.rule.judge(facts, hysteresis)
}

/// How an alert stands by what is stored of it; what was stored of another rule says nothing.
#[must_use]
pub fn standing(alert: &Alert, stored: Option<&StoredAlert>) -> Option<Standing> {
    let same = stored.filter(|stored| stored.rule == alert.rule.to_string());
    same.map(|stored| Standing { state: stored.state, since: stored.since })
}

fn terms(alerts: &[Alert]) -> Vec<Term> {
    let mut terms: Vec<Term> = alerts.iter().flat_map(|alert| alert.rule.terms()).collect();
    let mut seen = std::collections::HashSet::new();
    terms.retain(|term| seen.insert(term.clone()));
    terms
}

fn one(
    tables: Tables<'_>,
    alert: &Alert,
    stored: Option<StoredAlert>,
    facts: &Facts,
) -> Result<Option<Told>, StoreError> {
    let known = standing(alert, stored.as_ref());
    let before = known.unwrap_or_else(|| Standing::quiet(facts.now));
    let truth = judge(alert, before.state, facts);
    let (after, notice) = before.next(truth, alert.hold, facts.now);
    let rule = alert.rule.to_string();
    if known != Some(after) {
        let Standing { state, since } = after;
        tables.put_alert(&StoredAlert { name: alert.name.clone(), rule: rule.clone(), state, since })?;
    }
    let Some(notice) = notice else { return Ok(None) };
    // Of a recovery people want to know since when it was bad.
    let since = if notice == Notice::Recovered { before.since } else { after.since };
    for channel in &alert.to {
        tables.add_delivery(new_delivery(alert, notice, since, facts), channel)?;
    }
    Ok(Some(Told { alert: alert.name.clone(), notice, rule }))
}

/// A message about an alert, with what its rule looks at.
#[must_use]
pub fn new_delivery(alert: &Alert, notice: Notice, since: Timestamp, facts: &Facts) -> NewDelivery {
    let readings = serde_json::json!(readings(&alert.rule, facts)).to_string();
    NewDelivery {
        alert: alert.name.clone(),
        notice,
        rule: alert.rule.to_string(),
        readings,
        since,
        made_at: facts.now,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono_tz::Tz;

    use super::*;
    use crate::domain::Fact;
    use crate::store::Store;

    fn at(second: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
    }

    fn alert(rule: &str, hysteresis: Option<&str>) -> Alert {
        Alert {
            name: "rises".to_owned(),
            rule: rule.parse().unwrap(),
            hysteresis: hysteresis.map(|by| super::super::Hysteresis::By(by.parse().unwrap())),
            hold: Duration::ZERO,
            to: vec!["ops".to_owned(), "phone".to_owned()],
        }
    }

    fn disarmed() -> Armed {
        let (alerts, disabled, channels) = Default::default();
        Armed { alerts, disabled, channels, calendar: Calendar::idx() }
    }

    fn armed(alert: Alert) -> Armed {
        Armed { alerts: vec![alert], ..disarmed() }
    }

    /// Looks once, with every term at a value.
    fn look(store: &mut Store, armed: &Armed, second: i64, value: Option<&str>) -> Vec<&'static str> {
        let fact =
            value.map_or(Fact::Unknown("gone".to_owned()), |value| Fact::Number(value.parse().unwrap()));
        let facts = |_: Tables<'_>, terms: &[Term], now, _: &Calendar| {
            let found = terms.iter().map(|term| (term.clone(), fact.clone())).collect();
            Ok::<_, StoreError>(Facts { now, zone: Tz::UTC, found })
        };
        let told = store.write(|tables| evaluate(tables, armed, at(second), facts)).unwrap();
        told.into_iter().map(|told| told.notice.word()).collect()
    }

    fn store() -> Store {
        Store::open_in_memory().unwrap()
    }

    #[test]
    fn a_crossing_is_told_once_to_every_channel_and_its_end_once() {
        let (mut store, armed) = (store(), armed(alert("a.level >= 3", Some("0.5"))));
        let told: Vec<Vec<&str>> =
            [Some("2"), Some("3"), Some("3.1"), Some("2.6"), None, Some("2.4"), Some("2.9")]
                .into_iter()
                .zip(0..)
                .map(|(value, second)| look(&mut store, &armed, second, value))
                .collect();
        let none: Vec<&str> = vec![];
        assert_eq!(
            told,
            [none.clone(), vec!["fired"], none.clone(), none.clone(), none.clone(), vec!["recovered"], none]
        );
        let waiting = store.tables().waiting_deliveries().unwrap();
        let shown: Vec<(i64, &str, &str)> = waiting
            .iter()
            .map(|waits| (waits.id, waits.what.notice.word(), waits.channel.as_str()))
            .collect();
        assert_eq!(
            shown,
            [(1, "fired", "ops"), (2, "fired", "phone"), (3, "recovered", "ops"), (4, "recovered", "phone")]
        );
        assert_eq!((waiting[2].what.since, waiting[2].what.made_at), (at(1), at(5)));
        assert!(waiting[0].what.readings.contains("\"value\":3"), "{}", waiting[0].what.readings);
        assert_eq!(store.faults(), []);
    }

    #[test]
    fn another_rule_begins_anew_and_the_same_rule_in_other_words_does_not() {
        let mut store = store();
        assert_eq!(look(&mut store, &armed(alert("a.level > 3", None)), 0, Some("4")), ["fired"]);
        let reworded = armed(alert("  a.level>3.0", None));
        assert_eq!(look(&mut store, &reworded, 1, Some("4")), Vec::<&str>::new());
        assert_eq!(look(&mut store, &armed(alert("a.level > 2", None)), 2, Some("4")), ["fired"]);
    }

    #[test]
    fn an_alert_that_is_gone_is_forgotten_and_one_that_is_switched_off_is_not() {
        let mut store = store();
        look(&mut store, &armed(alert("a.level > 3", None)), 0, Some("4"));
        let off = Armed { disabled: vec!["rises".to_owned()], ..disarmed() };
        look(&mut store, &off, 1, None);
        assert_eq!(store.tables().alerts().unwrap()[0].state, AlertState::Fired);
        look(&mut store, &disarmed(), 2, None);
        assert_eq!(store.tables().alerts().unwrap(), []);
        assert_eq!(store.tables().waiting_deliveries().unwrap().len(), 2);
    }
}
