//! Percent changes between two levels. Does not look for the base: the caller says which level that is.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::Level;

/// Decimals that every computed percentage is rounded to: two more than any page prints of a
/// percentage, with room for compounding, and short enough to read.
pub const PERCENT_DECIMALS: u32 = 6;

/// The change from one level to another in percent of the first; none when the base is zero.
#[must_use]
pub fn percent_change(base: Level, level: Level) -> Option<Decimal> {
    percent_between(base.decimal(), level.decimal())
}

/// [`percent_change`] of computed values; none also when the result has more digits than a decimal holds.
#[must_use]
pub fn percent_between(base: Decimal, value: Decimal) -> Option<Decimal> {
    let moved = value.checked_sub(base)?.checked_mul(Decimal::ONE_HUNDRED)?;
    moved.checked_div(base).map(round_percent)
}

/// A percentage rounded to [`PERCENT_DECIMALS`], halves away from zero, without trailing zeros.
#[must_use]
pub fn round_percent(percent: Decimal) -> Decimal {
    percent.round_dp_with_strategy(PERCENT_DECIMALS, RoundingStrategy::MidpointAwayFromZero).normalize()
}

#[cfg(test)]
mod tests {
    use super::super::samples::level;
    use super::*;

    fn check(base: &str, value: &str, expected: &str) {
        let percent = percent_change(level(base), level(value)).map(|percent| percent.to_string());
        assert_eq!(percent.unwrap_or_default(), expected, "{base} to {value}");
    }

    #[test]
    fn a_change_is_in_percent_of_its_base() {
        check("935.52", "919.20", "-1.744484");
        check("1345000", "1520000", "13.011152");
        check("777", "777.00", "0");
        check("800", "808", "1");
    }

    #[test]
    fn a_base_of_zero_has_no_change() {
        check("0", "1", "");
    }

    #[test]
    fn a_change_too_large_to_write_is_absent() {
        check("0.000000000000001", "99999999999999", "");
    }
}
