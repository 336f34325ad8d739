//! A text that nobody is shown: a token, a password, a key.

use std::fmt;

/// A secret in memory. It has no text form and its debug form is the same for all.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(String);

impl Hidden {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown_by_accident() {
        let hidden = Hidden::new("hunter2");
        assert_eq!(format!("{hidden:?} {:#?}", [&hidden]), "(hidden) [\n    (hidden),\n]");
        assert_eq!(hidden.reveal(), "hunter2");
    }
}
