//! Rules: expressions over what is known of indicators and sources, true, false or unknown. Pure: it is told the
//! facts and asks nobody.

mod number;
mod parse;
#[cfg(test)]
mod tests;
mod text;
mod words;

use rust_decimal::Decimal;

use crate::domain::{Fact, Facts, Term, Window};

pub use parse::RuleError;

/// What a rule says of some facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Truth {
    /// It is so.
    True,
    /// It is not so.
    False,
    /// Not known: too little is.
    Unknown,
}

impl Truth {
    /// The word in JSON and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::True => "true",
            Self::False => "false",
            Self::Unknown => "unknown",
        }
    }

    fn of(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }

    /// One false part decides; otherwise one unknown part leaves the whole unknown.
    fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::True, |whole, part| match (whole, part) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::True,
        })
    }

    /// One true part decides.
    fn any(parts: impl Iterator<Item = Self>) -> Self {
        Self::all(parts.map(Self::not)).not()
    }
}

/// A rule: `lq45.percent <= -2 and not drift(kontan)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule(Node);

/// How far a value must come back before a rule that was true is not true any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hysteresis {
    /// For numbers, in their unit.
    By(Decimal),
    /// For ages.
    For(Window),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Compare(Comparison),
    Flag(Term),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Comparison {
    left: Operand,
    operator: Operator,
    right: Operand,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Term(Term),
    Number(Decimal),
    Duration(Window),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    Unequal,
}

impl Rule {
    /// What the rule says of these facts. Numbers are compared exactly, ages in whole seconds. With a hysteresis a
    /// comparison is true a little longer: what an alert that fired is asked with.
    #[must_use]
    pub fn judge(&self, facts: &Facts, hysteresis: Option<Hysteresis>) -> Truth {
        self.0.judge(facts, hysteresis)
    }

    /// What it looks at, each once, in the order of the text.
    #[must_use]
    pub fn terms(&self) -> Vec<Term> {
        let mut terms = Vec::new();
        self.0.collect(&mut terms);
        terms
    }

    /// Whether a hysteresis can be meant.
    ///
    /// # Errors
    /// It cannot; the text says why.
    pub fn accepts(&self, hysteresis: Hysteresis) -> Result<(), &'static str> {
        let Node::Compare(comparison) = &self.0 else {
            return Err("works for a single comparison only; make an alert of each");
        };
        if matches!(comparison.operator, Operator::Equal | Operator::Unequal) {
            return Err("works with < <= > and >= only");
        }
        match (comparison.left.is_duration(), hysteresis) {
            (true, Hysteresis::By(_)) => Err("an age is compared; write a duration such as \"5m\""),
            (false, Hysteresis::For(_)) => Err("a number is compared; write a number such as 0.5"),
            _ => Ok(()),
        }
    }
}

impl Node {
    fn judge(&self, facts: &Facts, hysteresis: Option<Hysteresis>) -> Truth {
        match self {
            Self::All(parts) => Truth::all(parts.iter().map(|part| part.judge(facts, hysteresis))),
            Self::Any(parts) => Truth::any(parts.iter().map(|part| part.judge(facts, hysteresis))),
            Self::Not(part) => part.judge(facts, hysteresis).not(),
            Self::Compare(comparison) => comparison.judge(facts, hysteresis),
            Self::Flag(term) => match facts.found.get(term) {
                Some(Fact::Flag(flag)) => Truth::of(*flag),
                _ => Truth::Unknown,
            },
        }
    }

    fn collect(&self, terms: &mut Vec<Term>) {
        let mut add = |term: &Term| {
            if !terms.contains(term) {
                terms.push(term.clone());
            }
        };
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect(terms)),
            Self::Not(part) => part.collect(terms),
            Self::Flag(term) => add(term),
            Self::Compare(Comparison { left, right, .. }) => {
                for operand in [left, right] {
                    if let Operand::Term(term) = operand {
                        add(term);
                    }
                }
            }
        }
    }
}

impl Comparison {
    fn judge(&self, facts: &Facts, hysteresis: Option<Hysteresis>) -> Truth {
        let slack = hysteresis.map_or(Some(Decimal::ZERO), |hysteresis| hysteresis.value(facts));
        let holds = || {
            let (left, right, slack) = (self.left.value(facts)?, self.right.value(facts)?, slack?);
            self.operator.holds(left, right, slack)
        };
        holds().map_or(Truth::Unknown, Truth::of)
    }
}

impl Hysteresis {
    fn value(self, facts: &Facts) -> Option<Decimal> {
        match self {
            Self::By(number) => Some(number),
            Self::For(window) => seconds(window, facts),
        }
    }
}

impl Operand {
    /// As a number; a time as its seconds.
    fn value(&self, facts: &Facts) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Duration(window) => seconds(*window, facts),
            Self::Term(term) => match facts.found.get(term)? {
                Fact::Number(number) => Some(*number),
                Fact::Seen(at) => Some((facts.now - *at).num_seconds().into()),
                Fact::Flag(_) | Fact::Unknown(_) => None,
            },
        }
    }

    fn is_duration(&self) -> bool {
        match self {
            Self::Duration(_) => true,
            Self::Number(_) => false,
            Self::Term(term) => term.aspect == crate::domain::Aspect::Age,
        }
    }
}

/// The length of a window that ends now: a month has as many days as the one before today.
fn seconds(window: Window, facts: &Facts) -> Option<Decimal> {
    let begin = window.base(facts.now, facts.zone)?;
    Some((facts.now - begin).num_seconds().into())
}

impl Operator {
    /// None where the sum has more digits than a decimal holds.
    fn holds(self, left: Decimal, right: Decimal, slack: Decimal) -> Option<bool> {
        Some(match self {
            Self::Less => left < right.checked_add(slack)?,
            Self::LessOrEqual => left <= right.checked_add(slack)?,
            Self::Greater => left > right.checked_sub(slack)?,
            Self::GreaterOrEqual => left >= right.checked_sub(slack)?,
            Self::Equal => left == right,
            Self::Unequal => left != right,
        })
    }
}
