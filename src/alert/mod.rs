//! Alerts: rules over what is known, told once when they become true and once when they no longer are.
//!
//! Rules, states and retries are pure; what happened is kept in the database before anybody is told, so that a crash
//! loses no message. The facts that a rule is judged by are handed in.

pub mod retry;
pub mod rule;
pub mod state;

pub use rule::{Hysteresis, Rule, RuleError, Truth};
pub use state::Standing;
