//! A rule as words and signs, each with the column it stands in. Does not know what follows what.

use super::Operator;
use super::parse::RuleError;

/// The longest rule, in characters.
const LONGEST: usize = 1000;

/// A word or a sign, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word<'a> {
    /// The character of the rule it begins with, from 1.
    pub(super) column: usize,
    pub(super) is: Is<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is<'a> {
    /// A name, a number, a duration or a word of the language: what they are depends on where they stand.
    Plain(&'a str),
    Sign(Operator),
    Open,
    Close,
    /// After the last one.
    End,
}

impl Is<'_> {
    /// As a message calls it.
    pub(super) fn shown(self) -> String {
        match self {
            Self::Plain(text) => format!("`{}`", text.chars().take(60).collect::<String>()),
            Self::Sign(operator) => format!("`{}`", operator.sign()),
            Self::Open => "`(`".to_owned(),
            Self::Close => "`)`".to_owned(),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Takes a rule apart; the last word is the end.
pub(super) fn words(text: &str) -> Result<Vec<Word<'_>>, RuleError> {
    let length = text.chars().count();
    if length > LONGEST {
        return Err(RuleError::new(LONGEST + 1, format!("a rule has at most {LONGEST} characters")));
    }
    let (mut words, mut rest, mut column) = (Vec::new(), text, 1);
    loop {
        let ahead = rest.chars().take_while(|character| character.is_whitespace()).count();
        rest = rest.trim_start();
        column += ahead;
        let (is, bytes) = first(rest, column)?;
        words.push(Word { column, is });
        if is == Is::End {
            return Ok(words);
        }
        column += rest[..bytes].chars().count();
        rest = &rest[bytes..];
    }
}

/// The first word of a text and how many bytes it has.
fn first(text: &str, column: usize) -> Result<(Is<'_>, usize), RuleError> {
    let signs = [
        ("<=", Is::Sign(Operator::LessOrEqual)),
        (">=", Is::Sign(Operator::GreaterOrEqual)),
        ("==", Is::Sign(Operator::Equal)),
        ("!=", Is::Sign(Operator::Unequal)),
        ("<", Is::Sign(Operator::Less)),
        (">", Is::Sign(Operator::Greater)),
        ("(", Is::Open),
        (")", Is::Close),
    ];
    if text.is_empty() {
        return Ok((Is::End, 0));
    }
    if let Some((sign, is)) = signs.into_iter().find(|(sign, _)| text.starts_with(sign)) {
        return Ok((is, sign.len()));
    }
    let end = text.find(|character| !is_of_word(character)).unwrap_or(text.len());
    if end > 0 { Ok((Is::Plain(&text[..end]), end)) } else { Err(stranger(text, column)) }
}

/// Letters and digits of any script, as slugs have them; the marks of names and numbers.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_' | '/' | '.' | '+' | '\u{2212}')
}

fn stranger(text: &str, column: usize) -> RuleError {
    let hints = [
        ("&&", "write `and`"),
        ("&", "write `and`"),
        ("||", "write `or`"),
        ("|", "write `or`"),
        ("!", "write `not`"),
        ("=", "write `==`"),
        (",", "decimals are written with a point"),
        ("%", "percentages are written as plain numbers"),
    ];
    let hint = hints.into_iter().find(|(sign, _)| text.starts_with(sign));
    let sign = hint.map_or_else(|| text.chars().take(1).collect(), |(sign, _)| sign.to_owned());
    let hint = hint.map_or(String::new(), |(_, hint)| format!("; {hint}"));
    RuleError::new(column, format!("`{sign}` is not part of a rule{hint}"))
}
