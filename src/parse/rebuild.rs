//! The text of a capture, made again of the texts of its rows: what left the program as rows can come back as what
//! the rows were read from, and a digest tells whether it is the same to the byte.

use chrono::NaiveDate;

use super::block::block_text;
use super::cells::Form;

/// The texts that rows may have been read from, the likeliest first: those of a header without and with a date, or
/// those of cells in every way to write them.
pub fn rebuilt(rows: &[String], dates: impl IntoIterator<Item = NaiveDate>) -> impl Iterator<Item = String> {
    let is_cells = rows.iter().any(|row| row.contains('\t'));
    let dates = std::iter::once(None).chain(dates.into_iter().map(Some));
    let headers = dates.filter(move |_| !is_cells).map(|date| block_text(date, rows));
    let forms = Form::ALL.into_iter().filter(move |_| is_cells);
    headers.chain(forms.map(|form| form.text(rows)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Cells, Layout, of_cells, parse, reread};

    fn lines(reading: &crate::parse::Reading) -> Vec<String> {
        reading.quotes.iter().map(|quote| quote.text.clone()).collect()
    }

    #[test]
    fn the_text_of_a_header_comes_back_with_its_date_or_without() {
        let date = NaiveDate::from_ymd_opt(2025, 3, 29).unwrap();
        for head in ["", "Sabtu, 29 Maret 2025 | : WIB "] {
            let page = format!("{head}| INDIKATOR | LQ45919,20 -16,32 -1.74% EMAS 1.345.000 0,75%");
            let reading = parse(page.as_bytes(), None, &Layout::Kontan);
            let texts: Vec<String> = rebuilt(&lines(&reading), [date]).collect();
            assert!(texts.contains(reading.block.as_ref().unwrap()), "{texts:?}");
        }
    }

    #[test]
    fn the_text_of_cells_comes_back() {
        let row = Cells { label: "LQ45".into(), level: Some("919.20".into()), ..Cells::default() };
        let reading = of_cells(vec![row]);
        let texts: Vec<String> = rebuilt(&lines(&reading), []).collect();
        assert!(texts.contains(reading.block.as_ref().unwrap()), "{texts:?}");
        assert_eq!(reread(reading.block.as_deref().unwrap()).quotes, reading.quotes);
    }
}
