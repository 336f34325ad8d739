//! The cells of a configured source to quotes, and the text that a capture of one keeps:
//! a first line that names the form, then a line a row with its cells between tabs.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::{Change, Figures, Level, Percent, Quantity, Quote, Slug, Verdict};

use super::copies::one_a_label;
use super::number::{Direction, Role, json_number, numeral};
use super::{Cells, Issue, Locale};

/// How the numbers of cells are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A page for people.
    Css(Locale),
    /// A document for programs.
    Json,
}

impl Form {
    pub(super) const ALL: [Self; 3] = [Self::Css(Locale::Indonesian), Self::Css(Locale::English), Self::Json];

    fn header(self) -> &'static str {
        match self {
            Self::Css(Locale::Indonesian) => {
                "cells: label, level, change, percent, previous close; written as in Indonesian"
            }
            Self::Css(Locale::English) => {
                "cells: label, level, change, percent, previous close; written as in English"
            }
            Self::Json => "cells: label, level, change, percent, previous close; written as in JSON",
        }
    }

    /// The text that a capture keeps of lines of cells.
    pub(super) fn text(self, lines: &[String]) -> String {
        let mut text = format!("{}\n", self.header());
        for line in lines {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    fn read(self, text: &str, role: fn(Locale) -> Role) -> Option<Quantity> {
        match self {
            Self::Json => json_number(text),
            Self::Css(locale) => {
                let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
                numeral(&compact)?.readings(role(locale), Direction::AsPrinted).first().copied()
            }
        }
    }
}

/// Reads every row; a row none of whose cells is a number gives issues and no quote.
pub(super) fn quotes(rows: &[Cells], form: Form) -> (Vec<Quote>, Vec<Issue>) {
    let mut issues = Vec::new();
    let read: Vec<Quote> = rows.iter().filter_map(|row| quote(row, form, &mut issues)).collect();
    let (quotes, of_copies) = one_a_label(&read);
    issues.extend(of_copies);
    (quotes, issues)
}

fn quote(row: &Cells, form: Form, issues: &mut Vec<Issue>) -> Option<Quote> {
    let mut number = |text: &Option<String>, part: &'static str, role: fn(Locale) -> Role| {
        let text = text.as_deref().filter(|text| !is_placeholder(text))?;
        let read = form.read(text, role);
        if read.is_none() {
            issues.push(Issue::Unreadable { label: row.label.clone(), part, found: text.to_owned() });
        }
        read
    };
    let printed = Figures {
        level: number(&row.level, "level", Role::Amount).map(Level),
        change: number(&row.change, "change", Role::Amount).map(Change),
        percent: number(&row.percent, "percentage", |_| Role::Percentage).map(Percent),
    };
    let previous = number(&row.previous_close, "previous close", Role::Amount);
    let figures = complete(printed, previous);
    if figures == Figures::default() {
        return None;
    }
    let (label, slug) = (row.label.clone(), Slug::of(&row.label));
    // Only what was printed can testify: a percentage computed here would always agree with itself.
    Some(Quote { label, slug, figures, verdict: Verdict::of(&printed), text: line(row) })
}

fn is_placeholder(text: &str) -> bool {
    matches!(text.trim(), "" | "-" | "\u{2013}" | "\u{2014}" | "N/A" | "n/a")
}

/// A source that prints the previous close instead of a change says the change all the same.
fn complete(printed: Figures, previous: Option<Quantity>) -> Figures {
    let Some((level, previous)) = printed.level.zip(previous) else { return printed };
    let difference = level.decimal() - previous.decimal();
    let change = printed.change.or_else(|| Quantity::from_decimal(difference).ok().map(Change));
    let percent = printed.percent.or_else(|| percent_of(difference, previous.decimal()));
    Figures { change, percent, ..printed }
}

fn percent_of(difference: Decimal, previous: Decimal) -> Option<Percent> {
    let percent = (Decimal::ONE_HUNDRED * difference).checked_div(previous)?;
    let rounded = percent.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    Quantity::from_decimal(rounded).ok().map(Percent)
}

fn line(row: &Cells) -> String {
    let cells = [
        Some(&row.label),
        row.level.as_ref(),
        row.change.as_ref(),
        row.percent.as_ref(),
        row.previous_close.as_ref(),
    ];
    let clean = cells.map(|cell| cell.map_or(String::new(), |cell| cell.replace(['\t', '\n', '\r'], " ")));
    clean.join("\t")
}

/// The text that a capture keeps of these rows.
pub(super) fn block_text(rows: &[Cells], form: Form) -> String {
    form.text(&rows.iter().map(line).collect::<Vec<_>>())
}

/// The rows of such a text, if it is one.
pub(super) fn rows_of(block: &str) -> Option<(Vec<Cells>, Form)> {
    let (header, body) = block.split_once('\n')?;
    let form = Form::ALL.into_iter().find(|form| form.header() == header)?;
    let rows = body.lines().map(|line| {
        let mut cells = line.split('\t').map(|cell| (!cell.is_empty()).then(|| cell.to_owned()));
        let mut next = || cells.next().flatten();
        Cells {
            label: next().unwrap_or_default(),
            level: next(),
            change: next(),
            percent: next(),
            previous_close: next(),
        }
    });
    Some((rows.collect(), form))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(label: &str, level: &str, change: &str, percent: &str, previous: &str) -> Cells {
        let cell = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Cells {
            label: label.to_owned(),
            level: cell(level),
            change: cell(change),
            percent: cell(percent),
            previous_close: cell(previous),
        }
    }

    fn figures(row: &Cells, form: Form) -> (String, Verdict) {
        let (quotes, _) = quotes(std::slice::from_ref(row), form);
        let show = |number: Option<Quantity>| number.map_or("-".to_owned(), |number| number.to_string());
        let Figures { level, change, percent } = quotes[0].figures;
        let text =
            [show(level.map(|l| l.0)), show(change.map(|c| c.0)), show(percent.map(|p| p.0))].join(" ");
        (text, quotes[0].verdict)
    }

    #[test]
    fn a_previous_close_says_the_change_and_proves_nothing() {
        let row = cells("LQ45", "877.06", "", "", "866.26");
        assert_eq!(figures(&row, Form::Json), ("877.06 10.80 1.25".to_owned(), Verdict::Unverifiable));
    }

    #[test]
    fn the_locale_decides_how_a_cell_is_read() {
        let row = cells("GOLD", "1,345.50", "12,00", "0.9 %", "");
        assert_eq!(figures(&row, Form::Css(Locale::English)).0, "1345.50 12.00 0.9");
        let row = cells("LQ45", "919,20", "-16,32", "-1.74%", "");
        let read = figures(&row, Form::Css(Locale::Indonesian));
        assert_eq!(read, ("919.20 -16.32 -1.74".to_owned(), Verdict::Verified));
    }

    #[test]
    fn what_is_no_number_is_named() {
        let row = cells("LQ45", "about 900", "", "", "");
        let (quotes, issues) = quotes(&[row], Form::Json);
        assert!(quotes.is_empty());
        assert_eq!(issues[0].to_string(), "expected a number as the level of LQ45; there stands 'about 900'");
    }

    #[test]
    fn the_kept_text_gives_the_same_rows() {
        for form in Form::ALL {
            let rows = vec![cells("LQ45", "877.06", "", "", "866.26"), cells("A B", "", "1", "", "")];
            assert_eq!(rows_of(&block_text(&rows, form)), Some((rows, form)));
        }
        assert_eq!(rows_of("| INDIKATOR |\n"), None);
    }
}
