//! Words -> rule, by recursive descent of bounded depth.

use super::number::{duration, looks_like_number, not_a_number, number};
use super::words::{Is, Word, words};
use super::{Comparison, Node, Operand};
use crate::domain::{Aspect, Term, Window};
use crate::format::nearest;

/// How deep parentheses and `not` may nest: more than any rule for people needs, less than any stack holds.
const DEEPEST: usize = 32;

const FIELDS: [&str; 3] = ["level", "change", "percent"];
const FUNCTIONS: [&str; 3] = ["age", "drift", "held"];

/// Why a text is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct RuleError {
    /// The character of the rule, from 1.
    pub column: usize,
    /// What is wrong there, and what was expected.
    pub problem: String,
}

impl RuleError {
    pub(super) fn new(column: usize, problem: impl Into<String>) -> Self {
        Self { column, problem: problem.into() }
    }
}

/// The rule of a text.
pub(super) fn rule(text: &str) -> Result<Node, RuleError> {
    let mut parser = Parser { words: words(text)?, at: 0, depth: 0 };
    let node = parser.any()?;
    match parser.peek().is {
        Is::End => Ok(node),
        _ => Err(parser.expected("`and`, `or` or the end")),
    }
}

struct Parser<'a> {
    words: Vec<Word<'a>>,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Node, RuleError> {
        self.chain("or", Self::all, Node::Any)
    }

    fn all(&mut self) -> Result<Node, RuleError> {
        self.chain("and", Self::part, Node::All)
    }

    /// Parts with a word between them; a single part is itself.
    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Node, RuleError>,
        whole: fn(Vec<Node>) -> Node,
    ) -> Result<Node, RuleError> {
        let first = part(self)?;
        let mut parts = vec![first];
        while self.takes(Is::Plain(word)) {
            parts.push(part(self)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { whole(parts) })
    }

    fn part(&mut self) -> Result<Node, RuleError> {
        if self.takes(Is::Plain("not")) {
            return self.deeper(|parser| Ok(Node::Not(Box::new(parser.part()?))));
        }
        if self.takes(Is::Open) {
            return self.deeper(|parser| {
                let node = parser.any()?;
                parser.close()?;
                Ok(node)
            });
        }
        match self.flag()? {
            Some(flag) => Ok(Node::Flag(flag)),
            None => self.comparison().map(Node::Compare),
        }
    }

    fn deeper(&mut self, part: impl FnOnce(&mut Self) -> Result<Node, RuleError>) -> Result<Node, RuleError> {
        if self.depth == DEEPEST {
            let problem = format!("parentheses and `not` nest at most {DEEPEST} deep");
            return Err(RuleError::new(self.peek().column, problem));
        }
        self.depth += 1;
        let node = part(self)?;
        self.depth -= 1;
        Ok(node)
    }

    /// `drift(NAME)` or `held(NAME)`.
    fn flag(&mut self) -> Result<Option<Term>, RuleError> {
        let aspect = match self.peek().is {
            Is::Plain("drift") => Aspect::Drift,
            Is::Plain("held") => Aspect::Held,
            _ => return Ok(None),
        };
        self.function(aspect).map(Some)
    }

    fn comparison(&mut self) -> Result<Comparison, RuleError> {
        let begin = self.peek().column;
        let left = self.operand()?;
        let Is::Sign(operator) = self.peek().is else {
            return Err(self.expected("a comparison: < <= > >= == or !="));
        };
        self.at += 1;
        let column = self.peek().column;
        let right = self.operand()?;
        check_kinds(&left, &right, column)?;
        if !matches!(left, Operand::Term(_)) && !matches!(right, Operand::Term(_)) {
            let problem =
                "nothing of an indicator or a source is compared; write for example `lq45.percent <= -2`";
            return Err(RuleError::new(begin, problem));
        }
        Ok(Comparison { left, operator, right })
    }

    fn operand(&mut self) -> Result<Operand, RuleError> {
        let Is::Plain(text) = self.peek().is else { return Err(self.expected(OPERAND)) };
        if text == "age" {
            return self.function(Aspect::Age).map(Operand::Term);
        }
        if looks_like_number(text) {
            let number = number(text)
                .ok_or_else(|| RuleError::new(self.peek().column, not_a_number(text)))
                .map(Operand::Number)?;
            self.at += 1;
            return Ok(number);
        }
        if let Some(duration) = duration(text) {
            self.at += 1;
            return Ok(Operand::Duration(duration));
        }
        self.value(text).map(Operand::Term)
    }

    /// `NAME.level`, `NAME.change`, `NAME.percent` or `NAME.change(WINDOW)`.
    fn value(&mut self, text: &str) -> Result<Term, RuleError> {
        let Some((name, field)) = text.rsplit_once('.').filter(|(name, _)| !name.is_empty()) else {
            return Err(self.no_value(text));
        };
        let aspect = match field {
            "level" => Aspect::Level,
            "change" => Aspect::Change,
            "percent" => Aspect::Percent,
            _ => return Err(self.no_field(name, field)),
        };
        self.at += 1;
        let has_window = aspect == Aspect::Change && self.takes(Is::Open);
        let aspect = if has_window { Aspect::ChangeOver(self.window()?) } else { aspect };
        Ok(Term { name: name.to_owned(), aspect })
    }

    fn window(&mut self) -> Result<Window, RuleError> {
        let expected = "a window such as 1h, 1d, 1w, 1mo, 1y, mtd or ytd (m is minutes, mo months)";
        let window = match self.peek().is {
            Is::Plain(text) => text.parse().map_err(|_| self.expected(expected))?,
            _ => return Err(self.expected(expected)),
        };
        self.at += 1;
        self.close()?;
        Ok(window)
    }

    /// `FUNCTION(NAME)`, at its first word.
    fn function(&mut self, aspect: Aspect) -> Result<Term, RuleError> {
        self.at += 1;
        if !self.takes(Is::Open) {
            return Err(self.expected("`(` and the name of a source or an indicator"));
        }
        let Is::Plain(name) = self.peek().is else {
            return Err(self.expected("the name of a source or an indicator"));
        };
        self.at += 1;
        self.close()?;
        Ok(Term { name: name.to_owned(), aspect })
    }

    fn close(&mut self) -> Result<(), RuleError> {
        if self.takes(Is::Close) { Ok(()) } else { Err(self.expected("`)`")) }
    }

    fn peek(&self) -> &Word<'a> {
        // The end is never passed: only words that are not the end are taken.
        &self.words[self.at.min(self.words.len() - 1)]
    }

    fn takes(&mut self, is: Is<'_>) -> bool {
        let found = self.peek().is == is;
        self.at += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> RuleError {
        let Word { column, is } = self.peek();
        RuleError::new(*column, format!("expected {what}, found {}", is.shown()))
    }

    /// A word that is neither a number nor has a field.
    fn no_value(&self, text: &str) -> RuleError {
        let is_called = self.words.get(self.at + 1).is_some_and(|word| word.is == Is::Open);
        let near = is_called.then(|| nearest(text, FUNCTIONS)).flatten();
        let hint = match near {
            Some(near) => format!("; did you mean `{near}`?"),
            None if is_called => format!("; known here: {}", FUNCTIONS.join(", ")),
            None => format!("; did you mean `{text}.level`?"),
        };
        let mut error = self.expected(OPERAND);
        error.problem.push_str(&hint);
        error
    }

    fn no_field(&self, name: &str, field: &str) -> RuleError {
        let near = nearest(field, FIELDS);
        let hint = near.map_or_else(
            || format!("known here: {}", FIELDS.join(", ")),
            |near| format!("did you mean `{name}.{near}`?"),
        );
        RuleError::new(self.peek().column, format!("`{name}` has no `{field}`; {hint}"))
    }
}

const OPERAND: &str = "a value such as `lq45.percent` or `age(kontan)`, a number or a duration";

fn check_kinds(left: &Operand, right: &Operand, column: usize) -> Result<(), RuleError> {
    match (left.is_duration(), right.is_duration()) {
        (true, false) => {
            let problem =
                "an age is compared with a duration such as 30m, 2h or 1d (m is minutes, mo months)";
            Err(RuleError::new(column, problem))
        }
        (false, true) => Err(RuleError::new(column, "a number is compared with a number, not with a time")),
        _ => Ok(()),
    }
}
