//! Comma-separated rows that a spreadsheet shows and does not run. Numbers stay numbers.

use std::borrow::Cow;

use serde::Serialize;

use super::ReportError;
use crate::format::escape;

/// What a cell may begin with to be run as a formula; in some languages the wide forms are run as well.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// Rows as CSV, below a line with the names of their fields.
///
/// # Errors
/// A row is no CSV.
pub(super) fn text<T: Serialize>(rows: &[T]) -> Result<String, ReportError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    rows.iter().try_for_each(|row| writer.serialize(row))?;
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    harmless(&bytes)
}

/// Looks at each cell once more as a spreadsheet will see it.
fn harmless(bytes: &[u8]) -> Result<String, ReportError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(bytes.len()));
    for record in reader.records() {
        writer.write_record(record?.iter().map(|cell| harmless_cell(cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn harmless_cell(cell: &str) -> Cow<'_, str> {
    let escaped = escape(cell);
    if cell.starts_with(FORMULA) && !is_number(cell) { Cow::Owned(format!("'{escaped}")) } else { escaped }
}

/// A number as programs write it: `-16.32`, `1e-7`.
fn is_number(cell: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
    cell.chars().all(is_plain) && cell.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Serialize)]
    struct Row {
        label: &'static str,
        change: Option<f64>,
    }

    fn cell(label: &'static str, change: Option<f64>) -> String {
        let text = text(&[Row { label, change }]).unwrap();
        text.strip_prefix("label,change\n").unwrap().to_owned()
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text() {
        for (label, written) in [
            ("=1+1", "'=1+1,\n"),
            ("+cmd", "'+cmd,\n"),
            ("-2+3|x!A0", "'-2+3|x!A0,\n"),
            ("@SUM(1)", "'@SUM(1),\n"),
            ("\t=1", "'\\u{9}=1,\n"),
            ("\r=1", "'\\u{d}=1,\n"),
            ("＝1", "'＝1,\n"),
            ("-inf", "'-inf,\n"),
            ("=HYPERLINK(\"http://a\",\"b\")", "\"'=HYPERLINK(\"\"http://a\"\",\"\"b\"\")\",\n"),
            ("LQ45", "LQ45,\n"),
            ("a\nb\u{202e}", "a\\u{a}b\\u{202e},\n"),
        ] {
            assert_eq!(cell(label, None), written);
        }
    }

    #[test]
    fn numbers_stay_numbers() {
        assert_eq!(cell("LQ45", Some(-16.32)), "LQ45,-16.32\n");
        assert_eq!(cell("LQ45", Some(-1e-7)), "LQ45,-1e-7\n");
        assert_eq!(cell("-5", Some(5.0)), "-5,5.0\n");
    }

    proptest! {
        #[test]
        fn no_cell_is_run_or_holds_anything_raw(cell in "[=+@\t\r0-9.eE-]{0,3}\\PC{0,4}|.*") {
            let written = harmless_cell(&cell);
            prop_assert!(is_number(&written) || !written.starts_with(FORMULA), "{written}");
            prop_assert!(!written.contains(crate::format::is_unsafe), "{written}");
        }
    }
}
