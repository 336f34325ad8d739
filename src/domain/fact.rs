//! What a rule looks at, and what is found there. The read path finds; `alert` judges.

use std::collections::HashMap;
use std::fmt;

use chrono_tz::Tz;
use rust_decimal::Decimal;

use super::{Timestamp, Window};

/// One thing that a rule looks at: `lq45.percent`, `emas.change(1d)`, `age(kontan)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// An indicator as people type it, or a source.
    pub name: String,
    /// What of it.
    pub aspect: Aspect,
}

/// What a rule looks at of an indicator or a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aspect {
    /// The level, in the unit of the indicator.
    Level,
    /// The change that the page prints, in the unit of the indicator.
    Change,
    /// The percentage that the page prints.
    Percent,
    /// The change over a window, in percent.
    ChangeOver(Window),
    /// The time since the indicator or source was last seen.
    Age,
    /// Whether the newest page of a source is not understood.
    Drift,
    /// Whether a value waits for a decision.
    Held,
}

impl Aspect {
    /// Whether it is true or false by itself, with nothing to compare.
    #[must_use]
    pub fn is_flag(self) -> bool {
        matches!(self, Self::Drift | Self::Held)
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match self.aspect {
            Aspect::Level => write!(f, "{name}.level"),
            Aspect::Change => write!(f, "{name}.change"),
            Aspect::Percent => write!(f, "{name}.percent"),
            Aspect::ChangeOver(window) => write!(f, "{name}.change({window})"),
            Aspect::Age => write!(f, "age({name})"),
            Aspect::Drift => write!(f, "drift({name})"),
            Aspect::Held => write!(f, "held({name})"),
        }
    }
}

/// What is found where a rule looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A number: of a level, a change or a percentage.
    Number(Decimal),
    /// When it was last seen: of an age.
    Seen(Timestamp),
    /// Yes or no.
    Flag(bool),
    /// Nothing that can be relied upon, and why.
    Unknown(String),
}

/// What is found at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The moment.
    pub now: Timestamp,
    /// The zone that civil lengths of time are counted in.
    pub zone: Tz,
    /// What is found of each term that was asked for.
    pub found: HashMap<Term, Fact>,
}
