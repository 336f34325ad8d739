//! Pages to quotes and issues. Pure: sees no socket, no store and no clock, and never panics on any bytes.
//!
//! What is understood stands beside what is not: a [`Reading`] holds quotes *and* issues.

mod around;
mod block;
mod cells;
mod charset;
mod copies;
mod css;
mod issue;
mod json;
mod layout;
mod number;
mod problem;
mod rebuild;
mod rows;
mod shown;
#[cfg(test)]
mod tests;
mod tokens;

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::domain::Quote;

pub use around::{Line, Surroundings, around};
pub use issue::Issue;
pub use layout::{Cells, CssRules, JsonIndicator, JsonRules, Layout, Locale};
pub use problem::Problem;
pub use rebuild::rebuilt;

use cells::Form;

/// The most different rows that a page may have; one with more is no header, and nothing of it is read: which rows
/// would stand could only be guessed. A header has eleven.
pub const MAX_ROWS: usize = 500;
/// The most characters of a label. `RD.PENDAPATAN TETAP` has 19.
pub const MAX_LABEL: usize = 64;
/// The most characters of a part of a row. More than this is neither a label nor a number.
const MAX_PART: usize = 200;

/// What a page says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// One a label, in text order.
    pub quotes: Vec<Quote>,
    /// What was not as expected.
    pub issues: Vec<Issue>,
    /// A date printed ahead of the bar. Never a time, and never when the values held.
    pub page_date: Option<NaiveDate>,
    /// The exact ticker text, normalized: what a capture keeps, and what [`reread`] reads again.
    pub block: Option<String>,
}

impl Reading {
    /// Whether the page is not what it should be.
    #[must_use]
    pub fn has_defects(&self) -> bool {
        self.issues.iter().any(Issue::is_defect)
    }
}

/// Reads a page.
#[must_use]
pub fn parse(body: &[u8], content_type: Option<&str>, layout: &Layout) -> Reading {
    let encoding = charset::detect(content_type, body);
    match layout {
        Layout::Kontan => {
            let body = if charset::is_wide(encoding) {
                Cow::Owned(charset::decode(body, encoding, true).text.into_owned().into_bytes())
            } else {
                Cow::Borrowed(body)
            };
            let encoding = if charset::is_wide(encoding) { encoding_rs::UTF_8 } else { encoding };
            header_reading(&body, encoding)
        }
        Layout::Css(rules) => {
            let decoded = charset::decode(body, encoding, true);
            let rows = css::css_cells(&decoded.text, rules).and_then(|rows| {
                let none = || Problem::NoRows { selector: rules.row.clone() };
                if rows.is_empty() { Err(none()) } else { Ok(rows) }
            });
            let mut reading = page_reading(rows, Form::Css(rules.locale));
            if decoded.replaced {
                reading.issues.push(Issue::Replaced { charset: encoding.name() });
            }
            reading
        }
        Layout::Json(rules) => {
            let decoded = charset::decode(body, encoding_rs::UTF_8, true);
            page_reading(json::json_cells(&decoded.text, rules), Form::Json)
        }
    }
}

/// Whether a page can hold what a layout reads: far cheaper than reading it. Only a layout whose block has an anchor can
/// be denied so, and only in pages whose characters are as wide as it.
#[must_use]
pub fn may_hold_block(body: &[u8], content_type: Option<&str>, layout: &Layout) -> bool {
    match layout {
        Layout::Kontan => {
            block::mentions_anchor(body) || charset::is_wide(charset::detect(content_type, body))
        }
        Layout::Css(_) | Layout::Json(_) => true,
    }
}

/// Reads rows that were never a page: cells with numbers as JSON writes them.
#[must_use]
pub fn of_cells(rows: Vec<Cells>) -> Reading {
    page_reading(Ok(rows), Form::Json)
}

/// Reads the text that a capture kept. It gives the quotes that the page gave.
#[must_use]
pub fn reread(block: &str) -> Reading {
    match cells::rows_of(block) {
        Some((rows, form)) => cells_reading(Ok(rows), form),
        None => header_reading(block.as_bytes(), encoding_rs::UTF_8),
    }
}

fn header_reading(body: &[u8], encoding: &'static encoding_rs::Encoding) -> Reading {
    let block::Block { quotes, issues, page_date, text } = block::read(body, encoding);
    Reading { quotes, issues, page_date, block: text }
}

/// Reads the rows of a page, within the bounds of one.
fn page_reading(rows: Result<Vec<Cells>, Problem>, form: Form) -> Reading {
    let bounded = rows.and_then(|rows| {
        let too_many = Problem::TooMany { of: "rows", limit: MAX_ROWS };
        if rows.len() > MAX_ROWS { Err(too_many) } else { Ok(rows) }
    });
    let (rows, long) = match bounded {
        Ok(rows) => rows.into_iter().partition(|row| row.label.chars().count() <= MAX_LABEL),
        Err(problem) => return cells_reading(Err(problem), form),
    };
    let mut reading = cells_reading(Ok(rows), form);
    let issue = |row: Cells| Issue::LongLabel { label: row.label, limit: MAX_LABEL };
    reading.issues.extend(Vec::into_iter(long).map(issue));
    reading
}

fn cells_reading(rows: Result<Vec<Cells>, Problem>, form: Form) -> Reading {
    let rows = match rows {
        Ok(rows) => rows,
        Err(problem) => return Reading { issues: vec![Issue::Layout(problem)], ..Reading::default() },
    };
    let (quotes, issues) = cells::quotes(&rows, form);
    let block = (!rows.is_empty()).then(|| cells::block_text(&rows, form));
    Reading { quotes, issues, page_date: None, block }
}
