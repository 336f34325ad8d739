//! Alerts: rules over what is known, told once when they become true and once when they no longer are.
//!
//! Rules, states and retries are pure; what happened is kept in the database before anybody is told, so that a crash
//! loses no message. The facts that a rule is judged by are handed in.

pub mod channel;
pub mod deliver;
pub mod evaluate;
pub mod message;
pub mod retry;
pub mod rule;
mod runner;
pub mod state;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::calendar::Calendar;

pub use channel::{Carrier, Channel};
pub use message::{Message, Reading, readings};
pub use rule::{Hysteresis, Rule, RuleError, Truth};
pub use runner::{Alerts, Look, OnDelivery};
pub use state::Standing;

/// A rule, and who is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What people call it: lower case letters, digits, `_` and `-`.
    pub name: String,
    /// What must be true.
    pub rule: Rule,
    /// How far the value must come back before the alert recovers.
    pub hysteresis: Option<Hysteresis>,
    /// How long the rule must be true before the alert fires.
    pub hold: Duration,
    /// The channels, as the configuration names them.
    pub to: Vec<String>,
}

/// The alerts in force and the channels they name.
#[derive(Debug, Clone)]
pub struct Armed {
    /// What is looked at. An alert that is switched off is not among them.
    pub alerts: Vec<Alert>,
    /// Alerts that are switched off: how they stood is kept.
    pub disabled: Vec<String>,
    /// Every channel that is named, by its name.
    pub channels: BTreeMap<String, Arc<Channel>>,
    /// The calendar of the market; times are told in its zone.
    pub calendar: Calendar,
}
