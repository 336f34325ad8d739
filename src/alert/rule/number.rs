//! The numbers and durations of rules: exact decimals, and lengths of time up to now.

use rust_decimal::Decimal;

use crate::domain::{MAX_DIGITS, Window};

/// Only signs, digits and a point: `-2`, `2.50`, and slips such as `1.345.000`.
pub(super) fn looks_like_number(text: &str) -> bool {
    text.contains(|character: char| character.is_ascii_digit())
        && text.chars().all(|character| character.is_ascii_digit() || ".-+\u{2212}".contains(character))
}

pub(super) fn number(text: &str) -> Option<Decimal> {
    let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    if !is_plain(whole) || !is_plain(fraction) || count > usize::try_from(MAX_DIGITS).ok()? {
        return None;
    }
    let number: Decimal = digits.parse().ok()?;
    Some(if negative { -number } else { number })
}

pub(super) fn not_a_number(text: &str) -> String {
    let shown: String = text.chars().take(60).collect();
    format!("`{shown}` is not a number; write it like -2 or 1345000.50, with at most {MAX_DIGITS} digits")
}

pub(super) fn duration(text: &str) -> Option<Window> {
    text.starts_with(|character: char| character.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
