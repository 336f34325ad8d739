//! Aligned columns for people. Colour is always written; where it is not wanted the stream takes it out.

use std::fmt;

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, ContentArrangement, presets};
use rust_decimal::Decimal;

use crate::format;

/// Rows and columns of text.
#[derive(Debug)]
pub struct Table {
    inner: comfy_table::Table,
    notes: Vec<String>,
}

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Table {
    /// A table with these columns; a name that begins with `>` stands at the right.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let header = Style::new().bold();
        inner.set_header(columns.iter().map(|name| {
            let name = name.trim_start_matches('>');
            Cell::new(if name.is_empty() { String::new() } else { format!("{header}{name}{header:#}") })
        }));
        for (at, name) in columns.iter().enumerate() {
            let side = if name.starts_with('>') { Side::Right } else { Side::Left };
            if let Some(column) = inner.column_mut(at) {
                column.set_cell_alignment(match side {
                    Side::Left => CellAlignment::Left,
                    Side::Right => CellAlignment::Right,
                });
            }
        }
        Self { inner, notes: Vec::new() }
    }

    /// Lines of a name and a text, without a header.
    #[must_use]
    pub fn lines() -> Self {
        let mut inner = comfy_table::Table::new();
        inner.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        Self { inner, notes: Vec::new() }
    }

    /// Adds a row. Text from pages is escaped, so that it cannot command a terminal.
    pub fn row(&mut self, cells: Vec<Text>) {
        self.inner.add_row(cells.into_iter().map(|cell| Cell::new(cell.0)));
        for column in self.inner.column_iter_mut() {
            column.set_padding((0, 2));
        }
    }

    /// Adds a line below the table, escaped like a cell.
    pub fn note(&mut self, note: impl AsRef<str>) {
        self.notes.push(format::escape(note.as_ref()).into_owned());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.inner.row_count() > 0 {
            for line in self.inner.lines() {
                writeln!(f, "{}", line.trim_end())?;
            }
        }
        self.notes.iter().try_for_each(|note| writeln!(f, "{note}"))
    }
}

/// The text of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(String);

impl Text {
    /// Text from anywhere.
    #[must_use]
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self(format::escape(text.as_ref()).into_owned())
    }

    /// Text, or nothing.
    #[must_use]
    pub fn maybe(text: Option<String>) -> Self {
        Self::plain(text.unwrap_or_default())
    }

    /// Text that tells which way a number went: rising blue, falling orange, as in the charts.
    #[must_use]
    pub fn signed(text: Option<String>, value: Option<Decimal>) -> Self {
        let Some(text) = text else { return Self(String::new()) };
        let colour = match value {
            Some(value) if value > Decimal::ZERO => AnsiColor::Blue,
            Some(value) if value < Decimal::ZERO => AnsiColor::Yellow,
            _ => return Self(text),
        };
        let style = Style::new().fg_color(Some(colour.into()));
        Self(format!("{style}{text}{style:#}"))
    }

    /// Text that asks for attention.
    #[must_use]
    pub fn warning(text: impl AsRef<str>) -> Self {
        if text.as_ref().is_empty() {
            return Self(String::new());
        }
        let style = Style::new().fg_color(Some(AnsiColor::Magenta.into()));
        Self(format!("{style}{}{style:#}", format::escape(text.as_ref())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_colour_takes_no_room() {
        let mut table = Table::new(&["INDICATOR", ">LEVEL"]);
        table.row(vec![Text::plain("lq45"), Text::plain("877")]);
        table.row(vec![Text::plain("emas"), Text::signed(Some("1,520,000".to_owned()), Some(Decimal::ONE))]);
        let text = anstream::adapter::strip_str(&table.to_string()).to_string();
        assert_eq!(text, "INDICATOR      LEVEL\nlq45             877\nemas       1,520,000\n");
    }

    #[test]
    fn nothing_from_a_page_reaches_a_terminal_raw() {
        let mut table = Table::new(&["LABEL"]);
        table.row(vec![Text::plain("\u{1b}[2Jx")]);
        assert!(!table.to_string().contains("\u{1b}[2J"));
    }
}
