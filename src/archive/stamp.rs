//! The fourteen digits of a time that archives name their captures by: `20240423123456`, in UTC.

use std::fmt;

use chrono::NaiveDateTime;

use crate::domain::Timestamp;

const FORM: &str = "%Y%m%d%H%M%S";

/// The time of a capture, as archives write it. There is such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(Timestamp);

impl Stamp {
    /// Reads fourteen digits; up to three more, of milliseconds, are cut off. Lists hold times that never were, such
    /// as the 24th hour of the day 0 of a month (Wayback, 2000): they are none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_digits = (14..=17).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let time = NaiveDateTime::parse_from_str(text.get(..14).filter(|_| is_digits)?, FORM).ok()?;
        Some(Self(time.and_utc()))
    }

    /// The instant.
    #[must_use]
    pub fn time(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Stamp {
    fn from(time: Timestamp) -> Self {
        Self(time)
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format(FORM))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_times_that_were_are_read() {
        for (text, expected) in [
            ("20240423123456", Some("20240423123456")),
            ("20240423123456789", Some("20240423123456")),
            ("20000012170449", None),
            ("20000800241623", None),
            ("20010229000000", None),
            ("2024042312345", None),
            ("202404231234567890", None),
            ("2024042312345x", None),
            ("+2024042312345", None),
            ("-", None),
            ("２０２４０４２３", None),
            ("", None),
        ] {
            assert_eq!(Stamp::read(text).map(|stamp| stamp.to_string()).as_deref(), expected, "{text}");
        }
    }
}
