//! How a level, a change and a time look to a reader: English marks, printed decimals kept, nothing that could
//! move a terminal's cursor. Knows nothing of tables, colours and locales of the pages.

mod escape;
mod stamp;
mod suggest;

use chrono::{Duration, SecondsFormat, Timelike};
use chrono_tz::Tz;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::{Change, Level, Percent, Timestamp};

pub use escape::{escape, escape_json, is_unsafe};
pub use stamp::Stamp;
pub use suggest::nearest;

/// The decimals of a computed percentage.
const PERCENT_DECIMALS: u32 = 2;

/// A level with the decimals it was printed with: `1,520,000`, `919.20`.
#[must_use]
pub fn level(level: Level) -> String {
    decimal(level.decimal())
}

/// A change with its sign and the decimals it was printed with: `+10.80`, `-16.32`, `0.00`.
#[must_use]
pub fn change(change: Change) -> String {
    signed(change.decimal())
}

/// A percentage with its sign and the decimals it was printed with: `+1.25%`.
#[must_use]
pub fn percent(percent: Percent) -> String {
    signed(percent.decimal()) + "%"
}

/// A computed percentage, rounded to two decimals: `+1.25%`. Halves are rounded away from zero.
#[must_use]
pub fn computed_percent(percent: Decimal) -> String {
    let mut rounded =
        percent.round_dp_with_strategy(PERCENT_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(PERCENT_DECIMALS);
    signed(rounded) + "%"
}

/// Any decimal with the decimals it carries, its thousands apart: `-1,234.50`.
#[must_use]
pub fn decimal(value: Decimal) -> String {
    let sign = if value < Decimal::ZERO { "-" } else { "" };
    format!("{sign}{}", grouped(value))
}

/// Any decimal as a difference: like [`decimal`], with a plus where it is positive.
#[must_use]
pub fn signed(value: Decimal) -> String {
    let plus = if value > Decimal::ZERO { "+" } else { "" };
    format!("{plus}{}", decimal(value))
}

/// An error and its causes, each said once: some libraries repeat a cause inside the message ahead of it.
#[must_use]
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |chain, cause| {
        let cause = cause.to_string();
        if chain.contains(&cause) || cause.contains("Error code ") {
            chain
        } else {
            format!("{chain}: {cause}")
        }
    })
}

/// How long ago, in its two largest units: `45s`, `12m`, `3h 05m`, `2d 4h`, `1y 20d`. A year is 365 days;
/// an age below zero (a clock was set back) has a minus.
#[must_use]
pub fn age(age: Duration) -> String {
    let sign = if age < Duration::zero() { "-" } else { "" };
    let age = age.abs();
    let (days, hours, minutes) = (age.num_days(), age.num_hours(), age.num_minutes());
    let text = if days >= 365 {
        format!("{}y {}d", days / 365, days % 365)
    } else if days > 0 {
        format!("{days}d {}h", hours % 24)
    } else if hours > 0 {
        format!("{hours}h {:02}m", minutes % 60)
    } else if minutes > 0 {
        format!("{minutes}m")
    } else {
        format!("{}s", age.num_seconds())
    };
    format!("{sign}{text}")
}

/// An instant in a zone: `2024-11-22 17:00 WIB`, with seconds where they are not zero.
#[must_use]
pub fn time(at: Timestamp, zone: Tz) -> String {
    let local = at.with_timezone(&zone);
    let form = if local.second() == 0 { "%Y-%m-%d %H:%M %Z" } else { "%Y-%m-%d %H:%M:%S %Z" };
    local.format(form).to_string()
}

/// An instant in a zone for programs: `2024-11-22T17:00:00+07:00`.
#[must_use]
pub fn rfc3339(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// A size in decimal units: `640 B`, `812 KB`, `3.4 MB`.
#[must_use]
pub fn bytes(count: u64) -> String {
    if count < 1000 {
        return format!("{count} B");
    }
    let kilobytes = rounded_div(count, 1000);
    if kilobytes < 1000 {
        return format!("{kilobytes} KB");
    }
    let mut tenths = rounded_div(count, 100_000);
    for unit in ["MB", "GB"] {
        if tenths < 10_000 {
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
        tenths = rounded_div(tenths, 1000);
    }
    format!("{}.{} TB", tenths / 10, tenths % 10)
}

/// The digits of a number without its sign, a comma between thousands.
fn grouped(value: Decimal) -> String {
    let digits = value.abs().to_string();
    let whole = digits.find('.').unwrap_or(digits.len());
    let mut text = String::with_capacity(digits.len() + whole / 3);
    for (place, character) in digits.char_indices() {
        if place > 0 && place < whole && (whole - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(character);
    }
    text
}

fn rounded_div(count: u64, unit: u64) -> u64 {
    count / unit + u64::from(count % unit >= unit / 2)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::domain::Quantity;

    fn quantity(text: &str) -> Quantity {
        Quantity::from_decimal(text.parse().unwrap()).unwrap()
    }

    fn instant(text: &str) -> Timestamp {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn levels_keep_their_printed_decimals() {
        for (printed, shown) in [
            ("1520000", "1,520,000"),
            ("919.20", "919.20"),
            ("6926", "6,926"),
            ("777", "777"),
            ("100000", "100,000"),
            ("1234567.125", "1,234,567.125"),
            ("0", "0"),
            ("-1234.50", "-1,234.50"),
        ] {
            assert_eq!(level(Level(quantity(printed))), shown);
        }
    }

    #[test]
    fn changes_have_a_sign_unless_nothing_moved() {
        for (printed, shown) in [
            ("10.80", "+10.80"),
            ("-16.32", "-16.32"),
            ("0.00", "0.00"),
            ("0", "0"),
            ("12000", "+12,000"),
            ("-12000", "-12,000"),
            ("-123", "-123"),
        ] {
            assert_eq!(change(Change(quantity(printed))), shown);
        }
    }

    #[test]
    fn printed_percentages_are_not_rounded() {
        for (printed, shown) in [("1.25", "+1.25%"), ("-1.7", "-1.7%"), ("0.00", "0.00%")] {
            assert_eq!(percent(Percent(quantity(printed))), shown);
        }
    }

    #[test]
    fn computed_percentages_have_two_decimals() {
        for (computed, shown) in [
            ("1.2549", "+1.25%"),
            ("1.255", "+1.26%"),
            ("-1.255", "-1.26%"),
            ("1.245", "+1.25%"),
            ("0.004", "0.00%"),
            ("-0.004", "0.00%"),
            ("-0.005", "-0.01%"),
            ("3", "+3.00%"),
            ("1234.5", "+1,234.50%"),
        ] {
            assert_eq!(computed_percent(computed.parse().unwrap()), shown, "{computed}");
        }
    }

    #[test]
    fn ages_show_their_two_largest_units() {
        for (seconds, shown) in [
            (0, "0s"),
            (45, "45s"),
            (59, "59s"),
            (60, "1m"),
            (12 * 60 + 59, "12m"),
            (3599, "59m"),
            (3600, "1h 00m"),
            (3 * 3600 + 5 * 60, "3h 05m"),
            (86_399, "23h 59m"),
            (2 * 86_400 + 4 * 3600, "2d 4h"),
            (364 * 86_400, "364d 0h"),
            (385 * 86_400, "1y 20d"),
            (-720, "-12m"),
        ] {
            assert_eq!(age(Duration::seconds(seconds)), shown);
        }
    }

    #[test]
    fn times_are_shown_in_the_zone_of_the_reader() {
        for (at, zone, shown) in [
            ("2024-11-22T10:00:00Z", Tz::Asia__Jakarta, "2024-11-22 17:00 WIB"),
            ("2024-11-22T10:00:07Z", Tz::Asia__Jakarta, "2024-11-22 17:00:07 WIB"),
            ("2024-11-22T23:00:00Z", Tz::Asia__Jakarta, "2024-11-23 06:00 WIB"),
            ("2024-11-22T10:00:00Z", Tz::UTC, "2024-11-22 10:00 UTC"),
            ("2024-07-22T10:00:00Z", Tz::Europe__Berlin, "2024-07-22 12:00 CEST"),
        ] {
            assert_eq!(time(instant(at), zone), shown);
        }
    }

    #[test]
    fn sizes_are_short() {
        for (count, shown) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1 KB"),
            (811_600, "812 KB"),
            (999_499, "999 KB"),
            (999_500, "1.0 MB"),
            (3_400_000, "3.4 MB"),
            (999_949_999, "999.9 MB"),
            (999_950_000, "1.0 GB"),
            (1_250_000_000_000, "1.3 TB"),
            (u64::MAX, "18446744.1 TB"),
        ] {
            assert_eq!(bytes(count), shown);
        }
    }
}
