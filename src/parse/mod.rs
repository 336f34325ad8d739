//! Pages to quotes and issues. Pure: sees no socket, no store and no clock, and never panics on any bytes.
//!
//! What is understood stands beside what is not: a [`Reading`] holds quotes *and* issues.

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
mod rows;
#[cfg(test)]
mod tests;
mod tokens;

use std::borrow::Cow;

use chrono::NaiveDate;

use crate::domain::Quote;

pub use issue::Issue;
pub use layout::{Cells, CssRules, JsonIndicator, JsonRules, Layout, Locale};
pub use problem::Problem;

use cells::Form;

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
                Cow::Owned(charset::decode(body, encoding, true).text.into_bytes())
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
            let mut reading = cells_reading(rows, Form::Css(rules.locale));
            if decoded.replaced {
                reading.issues.push(Issue::Replaced { charset: encoding.name() });
            }
            reading
        }
        Layout::Json(rules) => {
            let decoded = charset::decode(body, encoding_rs::UTF_8, true);
            cells_reading(json::json_cells(&decoded.text, rules), Form::Json)
        }
    }
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

fn cells_reading(rows: Result<Vec<Cells>, Problem>, form: Form) -> Reading {
    let rows = match rows {
        Ok(rows) => rows,
        Err(problem) => return Reading { issues: vec![Issue::Layout(problem)], ..Reading::default() },
    };
    let (quotes, issues) = cells::quotes(&rows, form);
    let block = (!rows.is_empty()).then(|| cells::block_text(&rows, form));
    Reading { quotes, issues, page_date: None, block }
}
