//! Values into other values of the same length: rebased, below their peak, averaged. Knows no time.

use rust_decimal::Decimal;

use super::{percent_between, round_percent};

/// The values scaled so that the first is 100, rounded like a percentage; none when the first is zero.
#[must_use]
pub fn rebase(values: &[Decimal]) -> Option<Vec<Decimal>> {
    let base = values.first().copied().unwrap_or(Decimal::ONE);
    let scaled = |value: &Decimal| value.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(base);
    values.iter().map(|value| scaled(value).map(round_percent)).collect()
}

/// How far each value lies below the greatest so far, in percent: zero at a peak, else negative.
#[must_use]
pub fn drawdown(values: &[Decimal]) -> Vec<Decimal> {
    let mut peak: Option<Decimal> = None;
    let below = |value: &Decimal| {
        let highest = peak.map_or(*value, |peak| peak.max(*value));
        peak = Some(highest);
        if highest == *value { Decimal::ZERO } else { percent_between(highest, *value).unwrap_or_default() }
    };
    values.iter().map(below).collect()
}

/// The mean of each close and the `count - 1` before it; none until there are that many.
#[must_use]
pub fn moving_average(closes: &[Decimal], count: usize) -> Vec<Option<Decimal>> {
    let mut sum = Decimal::ZERO;
    let mean = |index: usize| {
        sum += closes[index];
        if index >= count {
            sum -= closes[index - count];
        }
        (index + 1 >= count).then(|| sum.checked_div(count.into()).map(round_percent)).flatten()
    };
    (0..closes.len()).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers(text: &str) -> Vec<Decimal> {
        text.split_whitespace().map(|number| number.parse().unwrap()).collect()
    }

    #[test]
    fn rebased_values_begin_at_100() {
        assert_eq!(rebase(&numbers("50 75 25")), Some(numbers("100 150 50")));
        assert_eq!(rebase(&numbers("0 1")), None);
        assert_eq!(rebase(&[]), Some(Vec::new()));
    }

    #[test]
    fn a_drawdown_is_measured_from_the_running_peak() {
        assert_eq!(drawdown(&numbers("100 90 120 60 120 130")), numbers("0 -10 0 -50 0 0"));
    }

    #[test]
    fn an_average_waits_for_its_bars() {
        let check = |count, expected: &[&str]| {
            let means = moving_average(&numbers("10 11 13"), count);
            let shown: Vec<_> =
                means.into_iter().map(|mean| mean.map_or("-".to_owned(), |mean| mean.to_string())).collect();
            assert_eq!(shown, expected);
        };
        check(2, &["-", "10.5", "12"]);
        check(1, &["10", "11", "13"]);
        check(4, &["-", "-", "-"]);
        check(0, &["-", "-", "-"]);
    }

    proptest! {
        #[test]
        fn a_drawdown_lies_between_everything_lost_and_nothing(values in prop::collection::vec(1i64..1_000_000, 0..100)) {
            let values: Vec<Decimal> = values.into_iter().map(|value| Decimal::new(value, 2)).collect();
            for below in drawdown(&values) {
                prop_assert!(below <= Decimal::ZERO && below > Decimal::from(-100));
            }
        }
    }
}
