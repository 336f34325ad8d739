//! The text of a rule: one for all ways to write the same rule. It reads back as the same rule.

use std::fmt;
use std::str::FromStr;

use super::parse::{self, RuleError};
use super::{Comparison, Hysteresis, Node, Operand, Operator, Rule};

impl Operator {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
        }
    }
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let rule = parse::rule(text).map(Self)?;
        // Written out it has more parentheses, and is to be read again from the configuration and the database.
        parse::rule(&rule.to_string())?;
        Ok(rule)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(parts) => joined(f, parts, " and "),
            Self::Any(parts) => joined(f, parts, " or "),
            Self::Not(part) if matches!(**part, Self::Flag(_) | Self::Not(_)) => write!(f, "not {part}"),
            Self::Not(part) => write!(f, "not ({part})"),
            Self::Compare(Comparison { left, operator, right }) => {
                write!(f, "{left} {} {right}", operator.sign())
            }
            Self::Flag(term) => term.fmt(f),
        }
    }
}

impl fmt::Display for Hysteresis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(number) => number.fmt(f),
            Self::For(window) => window.fmt(f),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, parts: &[Node], word: &str) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(word)?;
        }
        match part {
            Node::All(_) | Node::Any(_) => write!(f, "({part})")?,
            plain => write!(f, "{plain}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Term(term) => term.fmt(f),
            Self::Number(number) => number.normalize().fmt(f),
            Self::Duration(window) => window.fmt(f),
        }
    }
}
