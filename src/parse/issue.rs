//! What was expected of a page, where, and what stood there instead.

use std::fmt;

use super::problem::{Problem, excerpt};

/// Something about a page that a person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issue {
    /// The bar that the rows follow is not there.
    NoBar {
        /// How often the word of the bar stands elsewhere in the page.
        mentions: usize,
        /// How the page begins.
        found: String,
    },
    /// There is no text at all.
    NoText {
        /// How many bytes there are instead.
        bytes: usize,
    },
    /// The bar is there, and no row follows it.
    NoRows {
        /// What follows it.
        found: String,
    },
    /// A row that has a label and no end.
    BrokenRow {
        /// Its label.
        label: String,
        /// The row as far as it goes.
        found: String,
    },
    /// The page shows the same label twice with different figures; neither is recorded.
    CopiesDisagree {
        /// The label.
        label: String,
        /// The first row in text order.
        first: String,
        /// The other.
        second: String,
    },
    /// A cell of a configured source that is not the number it should be.
    Unreadable {
        /// The label of its row.
        label: String,
        /// Which cell.
        part: &'static str,
        /// What stood there.
        found: String,
    },
    /// A label too long to be one; its row is not recorded.
    LongLabel {
        /// How it begins.
        label: String,
        /// The most characters of a label.
        limit: usize,
    },
    /// New labels of a source that has as many indicators as one may have; they are not recorded.
    TooManyLabels {
        /// The first of them.
        first: String,
        /// How many there are.
        refused: usize,
        /// The most indicators of a source.
        limit: usize,
    },
    /// A configured source found nothing, or the document is not what its layout reads.
    Layout(Problem),
    /// Text between rows that is no row.
    Skipped {
        /// The text.
        found: String,
    },
    /// A label that the catalogue does not hold; recorded like any other.
    UnknownLabel {
        /// The label.
        label: String,
    },
    /// Bytes that mean nothing in the page's character set were replaced.
    Replaced {
        /// The character set.
        charset: &'static str,
    },
    /// An HTML page without its closing tag; what follows the last row may be missing.
    CutShort,
}

impl Issue {
    /// Whether the page is not what it should be. Otherwise it is only worth knowing.
    #[must_use]
    pub fn is_defect(&self) -> bool {
        match self {
            Self::NoBar { .. }
            | Self::NoText { .. }
            | Self::NoRows { .. }
            | Self::BrokenRow { .. }
            | Self::CopiesDisagree { .. }
            | Self::Unreadable { .. }
            | Self::LongLabel { .. }
            | Self::TooManyLabels { .. }
            | Self::Layout(_) => true,
            Self::Skipped { .. } | Self::UnknownLabel { .. } | Self::Replaced { .. } | Self::CutShort => {
                false
            }
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoBar { mentions: 0, found } => {
                write!(
                    f,
                    "expected the bar `| INDIKATOR |`; the word is not in the page, which begins '{found}'"
                )
            }
            Self::NoBar { mentions, found } => write!(
                f,
                "expected the bar `| INDIKATOR |`; the word stands {mentions} times, never between bars in shown text; \
                 the page begins '{found}'"
            ),
            Self::NoText { bytes: 0 } => f.write_str("expected a page; it is empty"),
            Self::NoText { bytes } => write!(f, "expected a page; there are {bytes} bytes that are no text"),
            Self::NoRows { found } if found.is_empty() => {
                f.write_str("expected rows after the bar `| INDIKATOR |`; the page ends there")
            }
            Self::NoRows { found } => {
                write!(f, "expected rows after the bar `| INDIKATOR |`; there stands '{found}'")
            }
            Self::BrokenRow { label, found } => {
                let found = excerpt(found);
                write!(f, "expected up to two numbers and a percentage after {label}; there stands '{found}'")
            }
            Self::CopiesDisagree { label, first, second } => {
                let (first, second) = (excerpt(first), excerpt(second));
                write!(
                    f,
                    "expected one row of {label}; two copies disagree: '{first}' and '{second}'; neither is recorded"
                )
            }
            Self::Unreadable { label, part, found } => {
                let found = excerpt(found);
                write!(f, "expected a number as the {part} of {label}; there stands '{found}'")
            }
            Self::LongLabel { label, limit } => {
                let label = excerpt(label);
                write!(f, "expected a label of at most {limit} characters; there stands '{label}'")
            }
            Self::TooManyLabels { first, refused, limit } => write!(
                f,
                "new labels, {first} the first of {refused}, are not recorded: a source has at most {limit} indicators"
            ),
            Self::Layout(problem) => problem.fmt(f),
            Self::Skipped { found } => write!(f, "skipped text between rows: '{found}'"),
            Self::UnknownLabel { label } => {
                write!(f, "new label {label}: recorded as an indicator of its own")
            }
            Self::Replaced { charset } => write!(f, "bytes that are no {charset} text were replaced"),
            Self::CutShort => f.write_str("the page ends without </html>; it may be cut short"),
        }
    }
}
