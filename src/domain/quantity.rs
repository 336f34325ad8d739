//! Exact decimals that remember their printed precision, and the interval each stands for.
//! Knows nothing of locales: `parse::number` turns text into these.

use std::fmt;
use std::num::NonZeroI64;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

/// The most digits a printed number may have. Fifteen survive a trip through `f64` unharmed,
/// so that JSON and spreadsheets show the same number the page did.
pub const MAX_DIGITS: u32 = 15;

/// Why a mantissa and a scale are not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a number of more than {MAX_DIGITS} digits")]
pub struct QuantityError;

/// A printed number: `919,20` is mantissa 91920 and scale 2, which is not the same claim as `919,2`.
///
/// Equality is of the printed form; compare [`Quantity::decimal`] for the value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quantity {
    /// The mantissa and, in the lowest five bits, one more than the scale: with a bit to spare for "none" the figures of
    /// a row are three words. An archive of a million captures is held in memory by the ten thousand rows.
    packed: NonZeroI64,
}

/// The bits that the scale has.
const SCALE_BITS: u32 = 5;

impl Quantity {
    /// # Errors
    /// More than [`MAX_DIGITS`] digits, before or after the decimal mark.
    pub fn new(mantissa: i64, scale: u32) -> Result<Self, QuantityError> {
        let scale = u8::try_from(scale).map_err(|_| QuantityError)?;
        let too_long = mantissa.unsigned_abs() >= 10u64.pow(MAX_DIGITS);
        if too_long || u32::from(scale) > MAX_DIGITS {
            return Err(QuantityError);
        }
        let packed = (mantissa << SCALE_BITS) | (i64::from(scale) + 1);
        NonZeroI64::new(packed).map(|packed| Self { packed }).ok_or(QuantityError)
    }

    /// A computed decimal as a quantity, at the scale it carries.
    ///
    /// # Errors
    /// More than [`MAX_DIGITS`] digits.
    pub fn from_decimal(value: Decimal) -> Result<Self, QuantityError> {
        let mantissa = i64::try_from(value.mantissa()).map_err(|_| QuantityError)?;
        Self::new(mantissa, value.scale())
    }

    /// All printed digits as one integer.
    #[must_use]
    pub fn mantissa(self) -> i64 {
        self.packed.get() >> SCALE_BITS
    }

    /// How many of the digits stand after the decimal mark.
    #[must_use]
    pub fn scale(self) -> u32 {
        let scale = self.packed.get() & ((1 << SCALE_BITS) - 1);
        u32::try_from(scale - 1).unwrap_or_default()
    }

    /// The value, exactly.
    #[must_use]
    pub fn decimal(self) -> Decimal {
        Decimal::new(self.mantissa(), self.scale())
    }

    /// The nearest float, for drawing.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "at most 15 digits, which f64 holds exactly")]
    pub fn to_f64(self) -> f64 {
        self.mantissa() as f64 / 10f64.powi(self.scale().cast_signed())
    }

    /// All values that print as this: half a unit of the last digit either way.
    #[must_use]
    pub fn bounds(self) -> Bounds {
        let half = Decimal::new(5, self.scale() + 1);
        Bounds { low: self.decimal() - half, high: self.decimal() + half }
    }

    /// The same digits with the other sign.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::new(-self.mantissa(), self.scale()).unwrap_or(self)
    }
}

impl fmt::Debug for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quantity").field("mantissa", &self.mantissa()).field("scale", &self.scale()).finish()
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.decimal().fmt(f)
    }
}

/// A JSON or CSV number: whole ones as integers, others as the shortest decimal of the same value.
impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if self.scale() == 0 { to.serialize_i64(self.mantissa()) } else { serialize_float(self.to_f64(), to) }
    }
}

fn serialize_float<S: Serializer>(value: f64, to: S) -> Result<S::Ok, S::Error> {
    #[expect(clippy::cast_possible_truncation, reason = "guarded: whole and below 2^53")]
    if value.fract() == 0.0 && value.abs() < 9e15 {
        to.serialize_i64(value as i64)
    } else {
        to.serialize_f64(value)
    }
}

/// A closed interval of exact decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The least value.
    pub low: Decimal,
    /// The greatest value.
    pub high: Decimal,
}

impl Bounds {
    /// Whether some value lies in both.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// What lies in both; nothing when no value does.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let both = Self { low: self.low.max(other.low), high: self.high.min(other.high) };
        (both.low <= both.high).then_some(both)
    }

    /// The least interval that holds both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The four pairs of ends of two intervals.
    #[must_use]
    pub fn corners(self, other: Self) -> [(Decimal, Decimal); 4] {
        [(self.low, other.low), (self.low, other.high), (self.high, other.low), (self.high, other.high)]
    }
}

macro_rules! quantity_of {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Quantity);

        impl $name {
            /// The value, exactly.
            #[must_use]
            pub fn decimal(self) -> Decimal {
                self.0.decimal()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

quantity_of!(
    /// The value of an indicator, in the indicator's unit.
    Level
);
quantity_of!(
    /// The difference to the previous close, in the indicator's unit.
    Change
);
quantity_of!(
    /// A relative change, in percent: 0.41 means 0.41 %.
    Percent
);

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(mantissa: i64, scale: u32) -> Quantity {
        Quantity::new(mantissa, scale).unwrap()
    }

    #[test]
    fn the_printed_precision_is_part_of_the_claim() {
        assert_ne!(quantity(91920, 2), quantity(9192, 1));
        assert_eq!(quantity(91920, 2).decimal(), quantity(9192, 1).decimal());
        assert_eq!(quantity(91920, 2).to_string(), "919.20");
    }

    #[test]
    fn a_number_stands_for_half_a_unit_of_its_last_digit_either_way() {
        let bounds = quantity(777, 0).bounds();
        assert_eq!(bounds.low.to_string(), "776.5");
        assert_eq!(bounds.high.to_string(), "777.5");
    }

    #[test]
    fn sixteen_digits_are_refused() {
        assert!(Quantity::new(999_999_999_999_999, 0).is_ok());
        assert!(Quantity::new(1_000_000_000_000_000, 0).is_err());
        assert!(Quantity::new(i64::MIN, 0).is_err());
        assert!(Quantity::new(1, 16).is_err());
    }

    #[test]
    fn json_numbers_are_numbers() {
        let json = |q: Quantity| serde_json::to_string(&q).unwrap();
        assert_eq!(json(quantity(91920, 2)), "919.2");
        assert_eq!(json(quantity(1_345_000, 0)), "1345000");
        assert_eq!(json(quantity(0, 2)), "0");
        assert_eq!(json(quantity(-174, 2)), "-1.74");
    }
}
