//! What an indicator is: its slug, its kind, and the catalogue of labels known by name.
//! Rows are data: a label that is not in the catalogue is recorded like one that is.

use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The label in lower case, runs of other characters as `-`: `USD/IDR` is `usd-idr`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Slug(String);

impl Slug {
    /// The slug of a label.
    #[must_use]
    pub fn of(label: &str) -> Self {
        let mut slug = String::with_capacity(label.len());
        for character in label.chars() {
            if character.is_alphanumeric() {
                slug.extend(character.to_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(slug.trim_end_matches('-').len());
        Self(slug)
    }

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What sort of number an indicator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// An index in points; moves all through a session.
    Index,
    /// The price of a good; gold moves about once a day.
    Price,
    /// An exchange rate.
    Rate,
    /// The return of a trading day in percent, without a level.
    Return,
}

impl Kind {
    /// Every kind, for reading its word back.
    pub const ALL: [Self; 4] = [Self::Index, Self::Price, Self::Rate, Self::Return];

    /// The word in JSON, SQL and configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Price => "price",
            Self::Rate => "rate",
            Self::Return => "return",
        }
    }

    /// The unit that is meant when nothing else is said.
    #[must_use]
    pub fn default_unit(self) -> &'static str {
        match self {
            Self::Index => "points",
            Self::Price | Self::Rate => "IDR",
            Self::Return => "%",
        }
    }

    /// The silence after which a value is unknown. Longer for what is published once a day
    /// (gold) or once a trading day and a day late (returns).
    #[must_use]
    pub fn default_heartbeat(self) -> Duration {
        let hours = match self {
            Self::Index | Self::Rate => 1,
            Self::Price => 24,
            Self::Return => 96,
        };
        Duration::from_secs(hours * 3600)
    }

    /// The share of its last level by which an indicator of this kind may plausibly move within a day.
    /// Real moves of -4.48 % (IDX) and +5.84 % (gold) were seen in one block; the exchange halts
    /// trading at a fall of 20 %.
    #[must_use]
    pub fn plausible_move(self) -> Decimal {
        match self {
            Self::Index | Self::Price => Decimal::new(25, 2),
            Self::Rate | Self::Return => Decimal::new(15, 2),
        }
    }
}

/// One named thing that a header shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// The source that shows it.
    pub source: String,
    /// What people type.
    pub slug: Slug,
    /// What the page prints.
    pub label: String,
    /// What sort of number it is.
    pub kind: Kind,
    /// The unit of its level.
    pub unit: String,
    /// The silence after which its value is unknown.
    pub heartbeat: Duration,
}

/// A label known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The label as the header prints it.
    pub label: &'static str,
    /// What sort of number it is.
    pub kind: Kind,
    /// The unit of its level.
    pub unit: &'static str,
}

const fn index(label: &'static str) -> Known {
    Known { label, kind: Kind::Index, unit: "points" }
}

const fn fund(label: &'static str) -> Known {
    Known { label, kind: Kind::Return, unit: "%" }
}

/// The labels seen in the headers of April 2024 to May 2025.
pub const CATALOGUE: [Known; 14] = [
    index("LQ45"),
    Known { label: "EMAS", kind: Kind::Price, unit: "IDR/g" },
    Known { label: "USD/IDR", kind: Kind::Rate, unit: "IDR/USD" },
    index("IDX"),
    index("KOMPAS100"),
    index("ISSI"),
    index("IDX30"),
    index("IDXHIDIV20"),
    index("IDX80"),
    index("IDXV30"),
    index("IDXQ30"),
    fund("RD.SAHAM"),
    fund("RD.CAMPURAN"),
    fund("RD.PENDAPATAN TETAP"),
];

/// The catalogue's entry of a label, whatever its case.
#[must_use]
pub fn known(label: &str) -> Option<Known> {
    CATALOGUE.iter().copied().find(|known| known.label.eq_ignore_ascii_case(label))
}

/// Kind and unit of any label: from the catalogue; a label that begins with `RD.` (reksa dana, a mutual-fund
/// category) is a return; any other is an index in points.
#[must_use]
pub fn known_or_index(label: &str) -> (Kind, &'static str) {
    if let Some(known) = known(label) {
        return (known.kind, known.unit);
    }
    let kind = if label.starts_with("RD.") { Kind::Return } else { Kind::Index };
    (kind, kind.default_unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_what_people_type() {
        for (label, slug) in [
            ("LQ45", "lq45"),
            ("USD/IDR", "usd-idr"),
            ("RD.PENDAPATAN TETAP", "rd-pendapatan-tetap"),
            (" Emas  (Antam) ", "emas-antam"),
            ("///", ""),
        ] {
            assert_eq!(Slug::of(label).as_str(), slug);
        }
    }

    #[test]
    fn an_unknown_label_is_an_index() {
        assert_eq!(known_or_index("JII70"), (Kind::Index, "points"));
        assert_eq!(known_or_index("emas"), (Kind::Price, "IDR/g"));
        assert_eq!(known_or_index("RD.PASAR UANG"), (Kind::Return, "%"));
    }
}
