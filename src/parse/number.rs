//! The text of one number to the quantities it can stand for, the likeliest first.
//! Knows the grammar of printed numbers; which reading is right is decided by the row's arithmetic.

use crate::domain::{MAX_DIGITS, Quantity};

use super::Locale;

/// Minus signs seen or plausible in headers: hyphen, U+2212, en dash, small and full-width hyphens.
const MINUS: [char; 5] = ['-', '\u{2212}', '\u{2013}', '\u{fe63}', '\u{ff0d}'];

/// What a number is, where the form of one decides how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// A level or a change: a single mark before three digits may group thousands.
    Amount(Locale),
    /// A percentage: either mark is a decimal mark.
    Percentage,
}

/// Which way an arrow beside a number points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Direction {
    /// No arrow, or one that points up: an unsigned number is as printed.
    #[default]
    AsPrinted,
    /// An unsigned number is likely meant negative.
    Down,
}

/// A token taken apart: its sign, its digits and marks, and whether a `%` follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeral<'a> {
    sign: Sign,
    digits: &'a str,
    /// Whether it ends in `%`.
    pub(super) is_percentage: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    None,
    Plus,
    Minus,
    /// `(1,2)`: negative in a ledger, a mere aside around a percentage.
    Parentheses,
}

pub(super) fn is_minus(character: char) -> bool {
    MINUS.contains(&character)
}

/// Takes a token apart, if it has the shape of a number.
pub(super) fn numeral(text: &str) -> Option<Numeral<'_>> {
    let inside = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')').or(rest.strip_suffix(")%")));
    let mut is_percentage = inside.is_some() && text.ends_with('%');
    let mut rest = inside.unwrap_or(text);
    if let Some(number) = rest.strip_suffix('%') {
        (rest, is_percentage) = (number, true);
    }
    let (sign, unsigned) = split_sign(rest);
    let sign = if inside.is_some() && sign == Sign::None { Sign::Parentheses } else { sign };
    let digits = unsigned.strip_prefix("Rp.").or(unsigned.strip_prefix("Rp")).unwrap_or(unsigned);
    let shaped = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.ends_with(|last: char| last.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
    shaped.then_some(Numeral { sign, digits, is_percentage })
}

fn split_sign(text: &str) -> (Sign, &str) {
    match text.chars().next() {
        Some('+') => (Sign::Plus, &text[1..]),
        Some(first) if is_minus(first) => (Sign::Minus, &text[first.len_utf8()..]),
        _ => (Sign::None, text),
    }
}

impl Numeral<'_> {
    /// Whether it carries no sign of its own.
    pub(super) fn is_unsigned(&self) -> bool {
        self.sign == Sign::None
    }

    /// Everything it can stand for, the likeliest first; nothing when its marks make no sense.
    pub(super) fn readings(&self, role: Role, direction: Direction) -> Vec<Quantity> {
        let magnitudes = magnitudes(self.digits, role);
        let negative = magnitudes.clone().map(Quantity::negated);
        let positive = magnitudes;
        match (self.sign, role, direction) {
            (Sign::Minus, ..) => negative.collect(),
            (Sign::Plus, ..) | (Sign::None, _, Direction::AsPrinted) => positive.collect(),
            (Sign::Parentheses, Role::Percentage, Direction::AsPrinted) => positive.chain(negative).collect(),
            (Sign::Parentheses, ..) | (Sign::None, _, Direction::Down) => negative.chain(positive).collect(),
        }
    }
}

/// The unsigned values of digits and marks, the likeliest first.
fn magnitudes(text: &str, role: Role) -> impl Iterator<Item = Quantity> + Clone {
    let mut marks = text.chars().filter(|character| !character.is_ascii_digit());
    let readings = match (marks.next(), marks.next_back()) {
        (None, _) => [whole(text), None],
        (Some(mark), None) => single_mark(text, mark, role),
        (Some(first), Some(last)) if first != last => [mixed_marks(text, first, last), None],
        (Some(mark), Some(_)) => [grouped(text, mark), None],
    };
    readings.into_iter().flatten()
}

/// `1.005` and `0,75`: one mark either groups thousands or begins the decimals.
fn single_mark(text: &str, mark: char, role: Role) -> [Option<Quantity>; 2] {
    let decimal = decimals(text, mark);
    match role {
        Role::Percentage => [decimal, None],
        Role::Amount(locale) if mark == thousands_mark(locale) => [grouped(text, mark), decimal],
        Role::Amount(_) => [decimal, grouped(text, mark)],
    }
}

fn thousands_mark(locale: Locale) -> char {
    match locale {
        Locale::Indonesian => '.',
        Locale::English => ',',
    }
}

/// `1.345.000,50`: the last mark begins the decimals, the others group thousands.
fn mixed_marks(text: &str, thousands: char, decimal: char) -> Option<Quantity> {
    let (integer, fraction) = text.split_once(decimal)?;
    let integer = ungroup(integer, thousands)?;
    quantity(&integer, fraction)
}

fn grouped(text: &str, mark: char) -> Option<Quantity> {
    quantity(&ungroup(text, mark)?, "")
}

fn decimals(text: &str, mark: char) -> Option<Quantity> {
    let (integer, fraction) = text.split_once(mark)?;
    quantity(integer, fraction)
}

fn whole(text: &str) -> Option<Quantity> {
    quantity(text, "")
}

/// Drops the thousands marks of `1.345.000`; nothing for `13.45` or `0.123`.
fn ungroup(text: &str, mark: char) -> Option<String> {
    let mut groups = text.split(mark);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()) && !first.starts_with('0'))?;
    let mut digits = first.to_owned();
    for group in groups {
        if group.len() != 3 || !group.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        digits.push_str(group);
    }
    Some(digits)
}

/// Digits to a quantity. `05` is no number that a header prints, so it is none here.
fn quantity(integer: &str, fraction: &str) -> Option<Quantity> {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let led_by_zero = integer.len() > 1 && integer.starts_with('0');
    if integer.is_empty() || led_by_zero || !all_digits(integer) || !all_digits(fraction) {
        return None;
    }
    let digits = integer.len() + fraction.len();
    if digits > MAX_DIGITS as usize {
        return None;
    }
    let digits = integer.bytes().chain(fraction.bytes()).map(|byte| i64::from(byte - b'0'));
    let mantissa = digits.fold(0, |mantissa, digit| mantissa * 10 + digit);
    Quantity::new(mantissa, u32::try_from(fraction.len()).ok()?).ok()
}

/// A number of a JSON document: digits, at most one `.`, no exponent.
pub(super) fn json_number(text: &str) -> Option<Quantity> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (integer, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let magnitude = quantity(integer, fraction)?;
    Some(if text.starts_with('-') { magnitude.negated() } else { magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Vec<String> {
        read(text, Role::Amount(Locale::Indonesian), Direction::AsPrinted)
    }

    fn read(text: &str, role: Role, direction: Direction) -> Vec<String> {
        let Some(numeral) = numeral(text) else { return vec!["no number".to_owned()] };
        numeral.readings(role, direction).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn levels_are_indonesian() {
        for (text, first) in [
            ("1.345.000", "1345000"),
            ("919,20", "919.20"),
            ("-16,32", "-16.32"),
            ("\u{2212}16,32", "-16.32"),
            ("+7,16", "7.16"),
            ("1.005", "1005"),
            ("6.926", "6926"),
            ("777", "777"),
            ("0", "0"),
            ("0,00", "0.00"),
            ("-0,13", "-0.13"),
            ("7.196,02", "7196.02"),
            ("Rp1.345.000", "1345000"),
            ("Rp.1.345.000", "1345000"),
            ("919.20", "919.20"),
            ("1,345,000.50", "1345000.50"),
        ] {
            assert_eq!(amount(text)[0], first, "{text}");
        }
    }

    #[test]
    fn a_number_that_can_be_read_in_two_gives_both() {
        assert_eq!(amount("1.005"), ["1005", "1.005"]);
        assert_eq!(amount("1,005"), ["1.005", "1005"]);
        assert_eq!(read("1,005", Role::Amount(Locale::English), Direction::AsPrinted), ["1005", "1.005"]);
        assert_eq!(amount("(1,2)"), ["-1.2", "1.2"]);
        assert_eq!(read("16,32", Role::Amount(Locale::Indonesian), Direction::Down), ["-16.32", "16.32"]);
    }

    #[test]
    fn percentages_take_either_decimal_mark() {
        let percentage = |text| read(text, Role::Percentage, Direction::AsPrinted);
        assert_eq!(percentage("-1.74%"), ["-1.74"]);
        assert_eq!(percentage("0,75%"), ["0.75"]);
        assert_eq!(percentage("0.05%"), ["0.05"]);
        assert_eq!(percentage("1.234%"), ["1.234"]);
        assert_eq!(percentage("(0,77%)"), ["0.77", "-0.77"]);
        assert_eq!(percentage("(0,77)%"), ["0.77", "-0.77"]);
        assert!(numeral("0,75%").unwrap().is_percentage && !numeral("0,75").unwrap().is_percentage);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", "N/A", "1e309", "NaN", "inf", "1.2.3x", "%", "--1", ".5", "5.", "1..2", "٣"] {
            let readings = amount(text);
            assert!(readings.is_empty() || readings == ["no number"], "{text}: {readings:?}");
        }
        for text in ["1.34.000", "0.123.456", "05", "1234567890123456", "1,2,3", "1.2,3.4"] {
            assert!(amount(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn json_numbers_have_no_locale() {
        let read = |text| json_number(text).map(|quantity| quantity.to_string());
        assert_eq!(read("877.06").as_deref(), Some("877.06"));
        assert_eq!(read("1.005").as_deref(), Some("1.005"));
        assert_eq!(read("-0.5").as_deref(), Some("-0.5"));
        assert_eq!(read("1e3"), None);
        assert_eq!(read("877.0599975585938"), None);
    }
}
