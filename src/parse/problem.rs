//! What keeps a source that is described in the configuration from being read: what was expected,
//! where, and what stood there instead. Knows no remedy and no log.

/// Why a page gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The configuration names a selector that is none.
    #[error("expected a CSS selector for {key}, found '{selector}'")]
    Selector {
        /// Its key in the configuration.
        key: &'static str,
        /// What stands there.
        selector: String,
    },
    /// The page has more of something than any honest page.
    #[error("expected at most {limit} {of}, found more")]
    TooMany {
        /// What there is too much of.
        of: &'static str,
        /// How much is read.
        limit: usize,
    },
    /// The selector of the rows finds nothing.
    #[error("expected rows at `{selector}`, found none")]
    NoRows {
        /// The selector.
        selector: String,
    },
    /// The page is not JSON.
    #[error("expected JSON, found '{found}' at line {line}, column {column}")]
    NotJson {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
        /// What stands there.
        found: String,
    },
    /// A pointer leads to something that holds no number.
    #[error("expected a number or a text for {label} at {pointer}, found {found}")]
    NotAValue {
        /// The indicator.
        label: String,
        /// The pointer.
        pointer: String,
        /// What stands there.
        found: String,
    },
    /// No pointer leads anywhere: the source answered, but with something else.
    #[error("no data: nothing at {pointer}; {reached} holds {found}")]
    NoData {
        /// The first pointer that was followed.
        pointer: String,
        /// How far it led.
        reached: String,
        /// What stands there.
        found: String,
    },
}

const LONGEST: usize = 60;

/// The beginning of a text, on one line, at most sixty characters long.
pub(super) fn excerpt(text: &str) -> String {
    let mut short = String::new();
    let mut length = 0;
    for character in text.chars() {
        let piece = escaped(character);
        length += piece.chars().count();
        if length > LONGEST {
            return shortened(&short);
        }
        short.push_str(&piece);
    }
    short
}

fn escaped(character: char) -> String {
    if character.is_control() { character.escape_default().collect() } else { character.into() }
}

fn shortened(text: &str) -> String {
    text.chars().take(LONGEST - 3).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_short_and_on_one_line() {
        assert_eq!(excerpt("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(excerpt(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(excerpt(&"é".repeat(61)), format!("{}...", "é".repeat(57)));
        assert!(excerpt(&"\0".repeat(100)).len() <= 60);
    }
}
