//! What a row's own arithmetic says of it: interval arithmetic, nothing else.

use rust_decimal::Decimal;

use super::{Bounds, Figures};

/// The judgement of a row by its own three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Some level L, change C and percentage P that print like this satisfy P = 100·C/(L−C).
    Verified,
    /// A part is missing, or nothing moved.
    Unverifiable,
    /// No such values exist. The row is kept and marked, never repaired.
    Contradicted(Contradiction),
}

/// How a contradicted row fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Contradiction {
    /// The sign of the change is inverted: the numbers fit previous = level + change.
    /// Seen on USD/IDR in May 2025 (`16.555 -90,00 -0,55%`).
    InvertedSign,
    /// No previous close explains them.
    NoPrevious,
}

const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

impl Verdict {
    /// Judges printed figures.
    #[must_use]
    pub fn of(figures: &Figures) -> Self {
        let (Some(level), Some(change), Some(percent)) = (figures.level, figures.change, figures.percent)
        else {
            return Self::Unverifiable;
        };
        if change.decimal().is_zero() && percent.decimal().is_zero() {
            return Self::Unverifiable;
        }
        let (level, change, percent) = (level.0.bounds(), change.0.bounds(), percent.0.bounds());
        let fits = |previous: fn(Decimal, Decimal) -> Decimal| {
            percents(level, change, previous).is_some_and(|possible| possible.overlaps(percent))
        };
        if fits(|level, change| level - change) {
            Self::Verified
        } else if fits(|level, change| level + change) {
            Self::Contradicted(Contradiction::InvertedSign)
        } else {
            Self::Contradicted(Contradiction::NoPrevious)
        }
    }

    /// The word in JSON, CSV and SQL: `verified`, `unverifiable` or `contradicted`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Unverifiable => "unverifiable",
            Self::Contradicted(_) => "contradicted",
        }
    }

    /// What to tell a person when the verdict is not plain.
    #[must_use]
    pub fn remark(self) -> Option<&'static str> {
        match self {
            Self::Verified | Self::Unverifiable => None,
            Self::Contradicted(Contradiction::InvertedSign) => {
                Some("contradicted: inverted sign, fits only previous = level + change")
            }
            Self::Contradicted(Contradiction::NoPrevious) => {
                Some("contradicted: no previous close gives this change and percentage")
            }
        }
    }
}

/// The percentages that a level, a change and the previous close they imply can give; none when
/// a previous close would not be positive. 100·C/previous rises with C and is monotone in L as long
/// as the previous close is positive, so its extremes lie in the corners.
fn percents(level: Bounds, change: Bounds, previous: fn(Decimal, Decimal) -> Decimal) -> Option<Bounds> {
    let mut range: Option<Bounds> = None;
    for (level, change) in level.corners(change) {
        let previous = previous(level, change);
        if previous <= Decimal::ZERO {
            return None;
        }
        let percent = (HUNDRED * change).checked_div(previous)?;
        range = Some(match range {
            None => Bounds { low: percent, high: percent },
            Some(seen) => Bounds { low: seen.low.min(percent), high: seen.high.max(percent) },
        });
    }
    range
}

#[cfg(test)]
mod tests {
    use super::super::{Change, Level, Percent, Quantity};
    use super::*;

    fn judge(level: &str, change: &str, percent: &str) -> Verdict {
        let read =
            |text: &str| (!text.is_empty()).then(|| Quantity::from_decimal(text.parse().unwrap()).unwrap());
        Verdict::of(&Figures {
            level: read(level).map(Level),
            change: read(change).map(Change),
            percent: read(percent).map(Percent),
        })
    }

    #[test]
    fn rows_that_agree_with_themselves_are_verified() {
        assert_eq!(judge("919.20", "-16.32", "-1.74"), Verdict::Verified);
        assert_eq!(judge("777", "2.30", "0.30"), Verdict::Verified);
        assert_eq!(judge("1005", "3.86", "0.39"), Verdict::Verified);
        assert_eq!(judge("1520000", "12000", "0.80"), Verdict::Verified);
    }

    #[test]
    fn an_inverted_sign_is_named() {
        let inverted = Verdict::Contradicted(Contradiction::InvertedSign);
        assert_eq!(judge("16555", "-90.00", "-0.55"), inverted);
        assert_eq!(judge("919.20", "16.32", "1.74"), inverted);
    }

    #[test]
    fn a_row_that_fits_no_previous_close_is_contradicted() {
        let plain = Verdict::Contradicted(Contradiction::NoPrevious);
        assert_eq!(judge("6926", "28.03", "4.10"), plain);
        assert_eq!(judge("6926", "28.03", "0.00"), plain);
        assert_eq!(judge("5", "10", "3"), plain);
    }

    #[test]
    fn missing_parts_and_stillness_prove_nothing() {
        assert_eq!(judge("1345000", "", "0.75"), Verdict::Unverifiable);
        assert_eq!(judge("", "", "0.05"), Verdict::Unverifiable);
        assert_eq!(judge("16565", "0.00", "0.00"), Verdict::Unverifiable);
    }
}
