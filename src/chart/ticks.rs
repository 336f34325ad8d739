//! The value axis: where its ticks stand, and how numbers look on a chart. Pure.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::format;

/// The minus sign of print; a hyphen is too short beside digits.
const MINUS: &str = "\u{2212}";

/// A value that the axis names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ValueTick {
    pub(super) value: f64,
    pub(super) exact: Decimal,
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten that lie within two values; as many as there can
/// be without being more than `most`, and all with the same decimals.
pub(super) fn value_ticks(low: f64, high: f64, most: u8) -> Vec<ValueTick> {
    let steps = (-12..=18).flat_map(|power| [(1, power), (2, power), (5, power)]);
    for (digit, power) in steps {
        let step = f64::from(digit) * 10f64.powi(power);
        let (first, last) = ((low / step).ceil(), (high / step).floor());
        if last - first + 1.0 <= f64::from(most.max(1)) {
            return multiples(first, last, digit, power);
        }
    }
    Vec::new()
}

fn multiples(first: f64, last: f64, digit: i32, power: i32) -> Vec<ValueTick> {
    let (Some(first), Some(last)) = (first.to_i64(), last.to_i64()) else { return Vec::new() };
    let exact = |multiple: i64| {
        let mantissa = multiple.checked_mul(digit.into())?;
        let scale = power.min(0).unsigned_abs();
        let whole = 10i64.checked_pow(power.max(0).unsigned_abs())?;
        Some(Decimal::new(mantissa.checked_mul(whole)?, scale))
    };
    (first..=last)
        .filter_map(exact)
        .filter_map(|exact| Some(ValueTick { value: exact.to_f64()?, exact }))
        .collect()
}

/// A number with its decimals as they are: `1,520,000`, `919.20`, with a real minus sign.
pub(super) fn number(value: Decimal) -> String {
    printed(&format::decimal(value))
}

/// [`number`] with a sign, but for zero: `+12,000`.
pub(super) fn signed(value: Decimal) -> String {
    printed(&format::signed(value))
}

/// A percentage with its sign and decimals as they are: `+0.80%`.
pub(super) fn percent(value: Decimal) -> String {
    format!("{}%", signed(value))
}

/// A computed percentage, at the two decimals that the page prints.
pub(super) fn computed_percent(value: Decimal) -> String {
    printed(&format::computed_percent(value))
}

fn printed(text: &str) -> String {
    text.replace('-', MINUS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(low: f64, high: f64, most: u8) -> String {
        value_ticks(low, high, most).iter().map(|tick| number(tick.exact)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn steps_are_one_two_or_five() {
        assert_eq!(labels(860.0, 905.0, 5), "860 870 880 890 900");
        assert_eq!(labels(-0.5, 1.3, 4), "\u{2212}0.5 0.0 0.5 1.0");
        assert_eq!(labels(1_340_000.0, 1_525_000.0, 4), "1,350,000 1,400,000 1,450,000 1,500,000");
        assert_eq!(labels(0.001, 0.0042, 4), "0.001 0.002 0.003 0.004");
    }

    #[test]
    fn numbers_are_grouped_and_keep_their_decimals() {
        for (value, expected) in [
            ("1520000", "1,520,000"),
            ("919.20", "919.20"),
            ("-16.32", "\u{2212}16.32"),
            ("100", "100"),
            ("-1234.5", "\u{2212}1,234.5"),
            ("0.00", "0.00"),
            ("-0.00", "0.00"),
        ] {
            assert_eq!(number(value.parse().unwrap()), expected);
        }
    }

    #[test]
    fn signs_stand_before_what_moved() {
        for (value, expected) in
            [("0.80", "+0.80%"), ("-1.74", "\u{2212}1.74%"), ("0.00", "0.00%"), ("12", "+12%")]
        {
            assert_eq!(percent(value.parse().unwrap()), expected);
        }
        assert_eq!(computed_percent("1.267".parse().unwrap()), "+1.27%");
        assert_eq!(computed_percent("-0.001".parse().unwrap()), "0.00%");
    }

    proptest! {
        #[test]
        fn ticks_are_few_in_order_and_inside(low in -1e9..1e9f64, span in 1e-6..1e9f64, most in 2..12u8) {
            let ticks = value_ticks(low, low + span, most);
            prop_assert!(ticks.len() <= usize::from(most));
            prop_assert!(most < 4 || !ticks.is_empty());
            prop_assert!(ticks.windows(2).all(|pair| pair[0].value < pair[1].value));
            let slack = span * 1e-6 + 1e-6;
            for tick in &ticks {
                prop_assert!(tick.value >= low - slack && tick.value <= low + span + slack);
            }
        }
    }
}
