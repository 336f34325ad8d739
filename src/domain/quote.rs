//! What a page claimed for one indicator, with its exact text.

use super::{Change, Level, Percent, Slug, Verdict};

/// The up to three numbers of a row. A part that was not printed is absent, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Figures {
    /// The value itself.
    pub level: Option<Level>,
    /// Against the previous close, in the indicator's unit.
    pub change: Option<Change>,
    /// Against the previous close, in percent; for a fund category its return.
    pub percent: Option<Percent>,
}

/// One row of a header as the page printed it, judged by its own arithmetic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The publisher's name of the indicator, as printed: `RD.PENDAPATAN TETAP`.
    pub label: String,
    /// The label as people type it: `rd-pendapatan-tetap`.
    pub slug: Slug,
    /// The numbers.
    pub figures: Figures,
    /// What the row's arithmetic says.
    pub verdict: Verdict,
    /// The row as it stood in the page, white space collapsed.
    pub text: String,
}
