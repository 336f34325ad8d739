//! The previous closes that the printed figures of a row allow: interval arithmetic, nothing else.

use rust_decimal::{Decimal, RoundingStrategy};

use super::{Bounds, Figures};

/// The ends of an interval that come from a division are rounded outwards, to so many decimals more than the page
/// printed: a digit that is not proven is never written.
const EXTRA_DECIMALS: u32 = 3;

const HUNDRED: Decimal = Decimal::ONE_HUNDRED;

impl Figures {
    /// Every previous close B for which some level L, change C and percentage P that print like these satisfy
    /// C = L − B and P = 100·C/B. Nothing when a part is missing, nothing moved, or there is no such close.
    ///
    /// For a given B each pair of the three leaves an interval of percentages, and intervals of which each two have a
    /// value in common all have one: what the pairs allow of B is exactly what the three allow together.
    #[must_use]
    pub fn previous_close(&self) -> Option<Bounds> {
        let (level, change, percent) = (self.level?, self.change?, self.percent?);
        if change.decimal().is_zero() && percent.decimal().is_zero() {
            return None;
        }
        let decimals = level.0.scale().max(change.0.scale()) + EXTRA_DECIMALS;
        let (level, change, percent) = (level.0.bounds(), change.0.bounds(), percent.0.bounds());
        let by_difference = Bounds { low: level.low - change.high, high: level.high - change.low };
        let mut found = Ends { bounds: by_difference, decimals };
        // From 100·C = P·B, which falls short of no B: 100·C.low ≤ P.high·B and P.low·B ≤ 100·C.high.
        found.keep(percent.high, HUNDRED * change.low)?;
        found.keep(-percent.low, -HUNDRED * change.high)?;
        // From 100·L = (100 + P)·B in the same way.
        found.keep(HUNDRED + percent.high, HUNDRED * level.low)?;
        found.keep(-HUNDRED - percent.low, -HUNDRED * level.high)?;
        let Bounds { low, high } = found.bounds;
        (Decimal::ZERO < high && low <= high).then_some(found.bounds)
    }
}

/// An interval that conditions make narrower.
struct Ends {
    bounds: Bounds,
    decimals: u32,
}

impl Ends {
    /// Keeps what satisfies factor·B ≥ least; nothing when no value can.
    fn keep(&mut self, factor: Decimal, least: Decimal) -> Option<()> {
        if factor.is_zero() {
            return (least <= Decimal::ZERO).then_some(());
        }
        // A quotient beyond all digits bounds nothing.
        let Some(end) = least.checked_div(factor) else { return Some(()) };
        if factor > Decimal::ZERO {
            let end = end.round_dp_with_strategy(self.decimals, RoundingStrategy::ToNegativeInfinity);
            self.bounds.low = self.bounds.low.max(end);
        } else {
            let end = end.round_dp_with_strategy(self.decimals, RoundingStrategy::ToPositiveInfinity);
            self.bounds.high = self.bounds.high.min(end);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Change, Level, Percent, Quantity, Verdict};
    use super::*;

    fn figures(level: &str, change: &str, percent: &str) -> Figures {
        let read =
            |text: &str| (!text.is_empty()).then(|| Quantity::from_decimal(text.parse().unwrap()).unwrap());
        Figures {
            level: read(level).map(Level),
            change: read(change).map(Change),
            percent: read(percent).map(Percent),
        }
    }

    fn previous(level: &str, change: &str, percent: &str) -> Option<(String, String)> {
        let bounds = figures(level, change, percent).previous_close()?;
        Some((bounds.low.normalize().to_string(), bounds.high.normalize().to_string()))
    }

    fn is(low: &str, high: &str) -> Option<(String, String)> {
        Some((low.to_owned(), high.to_owned()))
    }

    #[test]
    fn a_level_and_its_change_bound_the_previous_close() {
        // 935.51 was the close of 18 April 2024; the difference of the printed numbers is 935.52.
        assert_eq!(previous("919.20", "-16.32", "-1.74"), is("935.51", "935.53"));
        assert_eq!(previous("7197", "56.12", "0.79"), is("7140.375", "7141.385"));
    }

    #[test]
    fn a_percentage_narrows_it() {
        // By the difference alone it could be 5 to 15.
        assert_eq!(previous("20", "10", "100.00"), is("9.749", "10.251"));
        // A small percentage of a large change bounds it from the change alone.
        assert_eq!(previous("1000", "500.00", "100.0"), is("499.74512", "500.25513"));
    }

    #[test]
    fn what_does_not_fit_together_has_no_previous_close() {
        for (level, change, percent) in [
            ("16555", "-90.00", "-0.55"),
            ("5", "10", "3"),
            ("6926", "28.03", "0.00"),
            ("1345000", "", "0.75"),
            ("", "", "0.05"),
            ("16565", "0.00", "0.00"),
        ] {
            assert_eq!(previous(level, change, percent), None, "{level} {change} {percent}");
        }
    }

    /// A value printed with so many decimals.
    fn printed(value: Decimal, decimals: u32) -> Quantity {
        let mut value = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        value.rescale(decimals);
        Quantity::from_decimal(value).unwrap()
    }

    proptest! {
        #[test]
        fn the_true_close_is_always_inside(
            previous in 1_000..10_000_000i64, moved in -3_000..3_000i64, decimals in (0..4u32, 0..4u32, 1..4u32),
        ) {
            let previous = Decimal::new(previous, 3);
            let level = previous + (previous * Decimal::new(moved, 4)).round_dp(3);
            let change = level - previous;
            let figures = Figures {
                level: Some(Level(printed(level, decimals.0))),
                change: Some(Change(printed(change, decimals.1))),
                percent: Some(Percent(printed(HUNDRED * change / previous, decimals.2))),
            };
            match figures.previous_close() {
                Some(bounds) => prop_assert!(bounds.low <= previous && previous <= bounds.high, "{bounds:?}"),
                None => prop_assert_eq!(Verdict::of(&figures), Verdict::Unverifiable),
            }
            prop_assert_eq!(figures.previous_close().is_some(), Verdict::of(&figures) == Verdict::Verified);
        }
    }
}
