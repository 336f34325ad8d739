//! The rows of `check`, `alert list` and `alert test`.

use chrono::DateTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::alert::{Reading, Truth};
use crate::format;

use super::cell::{decimal, optional_time};
use super::table::{Table, Text};

/// `check`: one thing that a rule looks at, and what the rule says.
#[derive(Debug, Serialize)]
pub struct CheckRow {
    rule: String,
    result: &'static str,
    term: String,
    #[serde(serialize_with = "number_or_flag")]
    value: Value,
    text: String,
}

impl CheckRow {
    /// What a rule looked at.
    #[must_use]
    pub fn of(rule: &str, truth: Truth, readings: &[Reading]) -> Vec<Self> {
        let row = |reading: &Reading| Self {
            rule: rule.to_owned(),
            result: truth.word(),
            term: reading.term.clone(),
            value: reading.value.clone(),
            text: reading.text.clone(),
        };
        readings.iter().map(row).collect()
    }

    /// Every value, and below them what the rule says.
    #[must_use]
    pub fn table(rule: &str, truth: Truth, readings: &[Reading]) -> Table {
        let mut table = Table::new(&["TERM", ">VALUE"]);
        for reading in readings {
            let value = match reading.value {
                Value::Null => Text::warning(&reading.text),
                _ => Text::plain(&reading.text),
            };
            table.row(vec![Text::plain(&reading.term), value]);
        }
        table.note(format!("{}: {}", truth.word(), format::escape(rule)));
        table
    }
}

/// A value of a reading: a number, true or false, or nothing.
fn number_or_flag<S: Serializer>(value: &Value, to: S) -> Result<S::Ok, S::Error> {
    match value {
        Value::Bool(flag) => to.serialize_bool(*flag),
        Value::Number(number) => decimal(&number.to_string().parse::<Decimal>().ok(), to),
        _ => to.serialize_none(),
    }
}

/// `alert list`: one alert, how it stands, what its rule says now, and what was told last.
#[derive(Debug, Serialize)]
pub struct AlertRow {
    /// The alert.
    pub alert: String,
    /// Its rule.
    pub rule: String,
    /// Whether the daemon looks at it.
    pub enabled: bool,
    /// How it stands; null when the daemon never looked at it.
    pub state: Option<&'static str>,
    /// Since when.
    #[serde(serialize_with = "optional_time")]
    pub since: Option<DateTime<Tz>>,
    /// What the rule says now.
    pub result: Option<&'static str>,
    /// What it looks at now.
    pub values: String,
    /// How far the value must come back before it recovers.
    pub hysteresis: Option<String>,
    /// How long the rule must be true, in seconds.
    pub for_s: u64,
    /// Who is told.
    pub to: String,
    /// What was told last.
    pub told: Option<&'static str>,
    /// When that happened.
    #[serde(serialize_with = "optional_time")]
    pub told_at: Option<DateTime<Tz>>,
    /// What became of it, channel by channel.
    pub deliveries: Option<String>,
    /// What went wrong with it, channel by channel.
    pub detail: Option<String>,
}

impl AlertRow {
    /// Every alert.
    #[must_use]
    pub fn table(rows: &[Self], zone: Tz) -> Table {
        let mut table = Table::new(&["ALERT", "STATE", "SINCE", "RULE", "VALUES NOW", "LAST TOLD"]);
        let time = |at: Option<DateTime<Tz>>| at.map(|at| format::time(at.to_utc(), zone));
        for row in rows {
            let state = if row.enabled { row.state.unwrap_or("not looked at yet") } else { "off" };
            let told = row.told.zip(time(row.told_at)).map(|(told, at)| {
                let deliveries = row.deliveries.as_deref().unwrap_or_default();
                format!("{told} {at}; {deliveries}")
            });
            table.row(vec![
                Text::plain(&row.alert),
                if state == "fired" { Text::warning(state) } else { Text::plain(state) },
                Text::maybe(time(row.since)),
                Text::plain(&row.rule),
                Text::plain(&row.values),
                Text::maybe(told),
            ]);
        }
        for row in rows {
            if let Some(detail) = &row.detail {
                table.note(format!("{}: {}", row.alert, format::escape(detail)));
            }
        }
        table
    }
}

/// `alert test`: what became of a message to one channel.
#[derive(Debug, Serialize)]
pub struct TestRow {
    /// The alert.
    pub alert: String,
    /// The channel, as the configuration names it.
    pub channel: String,
    /// Whether the message was delivered.
    pub delivered: bool,
    /// Why not.
    pub detail: Option<String>,
}

impl TestRow {
    /// Every channel.
    #[must_use]
    pub fn table(rows: &[Self]) -> Table {
        let mut table = Table::new(&["CHANNEL", "RESULT"]);
        for row in rows {
            let result = match &row.detail {
                Some(detail) => Text::warning(detail),
                None => Text::plain("delivered"),
            };
            table.row(vec![Text::plain(&row.channel), result]);
        }
        table
    }
}
