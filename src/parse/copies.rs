//! One quote a label, where a page shows a label more than once. Knows rows, not where they stood.

use std::collections::HashSet;

use crate::domain::{Quote, Verdict, known};

use super::Issue;

/// The quotes that stand, in text order, and what to say of the others: agreeing copies are one; of a contradicted
/// and a verified copy the verified one stands; of copies that otherwise disagree none does.
pub(super) fn one_a_label(rows: &[Quote]) -> (Vec<Quote>, Vec<Issue>) {
    let (mut quotes, mut issues) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for first in rows.iter().filter(|row| seen.insert(&row.slug)) {
        let copies: Vec<&Quote> = rows.iter().filter(|row| row.slug == first.slug).collect();
        match standing(first, &copies) {
            Ok(quote) => quotes.push(quote.clone()),
            Err(second) => issues.push(Issue::CopiesDisagree {
                label: first.label.clone(),
                first: first.text.clone(),
                second: second.text.clone(),
            }),
        }
    }
    let unknown = quotes.iter().filter(|quote| known(&quote.label).is_none());
    issues.extend(unknown.map(|quote| Issue::UnknownLabel { label: quote.label.clone() }));
    (quotes, issues)
}

/// The copy that stands, or one that disagrees with the first.
fn standing<'a>(first: &'a Quote, copies: &[&'a Quote]) -> Result<&'a Quote, &'a Quote> {
    let verified = copies.iter().copied().find(|copy| copy.verdict == Verdict::Verified);
    let is_refuted = |copy: &Quote| verified.is_some() && matches!(copy.verdict, Verdict::Contradicted(_));
    let stands = verified.unwrap_or(first);
    match copies.iter().copied().find(|copy| copy.figures != stands.figures && !is_refuted(copy)) {
        None => Ok(stands),
        Some(other) if other == first => Err(stands),
        Some(other) => Err(other),
    }
}
