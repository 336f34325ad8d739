//! What about a reading is news to a source, and how many new labels it may bring. Pure.

use std::collections::HashSet;

use crate::domain::{Quote, Slug};
use crate::parse::{Issue, Reading};
use crate::store::StoredIndicator;

/// The most indicators of one source. A page that shows new labels for ever cannot fill the database with them.
pub(super) const MAX_INDICATORS: usize = 1000;

/// The issues of a reading; a label that is recorded already is no news. New labels beyond the most that a source
/// may have are taken out of the reading.
pub(super) fn news(indicators: &[StoredIndicator], reading: &mut Reading) -> Vec<Issue> {
    let known: HashSet<&Slug> = indicators.iter().map(|known| &known.indicator.slug).collect();
    let mut room = MAX_INDICATORS.saturating_sub(known.len());
    let mut refused: Vec<Quote> = Vec::new();
    for quote in std::mem::take(&mut reading.quotes) {
        let is_new = !known.contains(&quote.slug);
        if is_new && room == 0 {
            refused.push(quote);
        } else {
            room -= usize::from(is_new);
            reading.quotes.push(quote);
        }
    }
    let mut issues = std::mem::take(&mut reading.issues);
    let is_told = |label: &str| {
        let slug = Slug::of(label);
        known.contains(&slug) || refused.iter().any(|quote| quote.slug == slug)
    };
    issues.retain(|issue| !matches!(issue, Issue::UnknownLabel { label } if is_told(label)));
    issues.extend(refused.first().map(|first| Issue::TooManyLabels {
        first: first.label.clone(),
        refused: refused.len(),
        limit: MAX_INDICATORS,
    }));
    issues
}
