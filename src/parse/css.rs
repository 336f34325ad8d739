//! Sources whose rows are HTML elements found by selectors: the only user of scraper.
//! Hands over texts as they stand; knows nothing of numbers.

mod element;
mod tidy;

use scraper::{ElementRef, Html, Selector};

use super::layout::{Cells, CssRules};
use super::problem::{Problem, excerpt};
use super::{MAX_PART, MAX_ROWS};

impl CssRules {
    /// Whether every selector is one, for the configuration to ask at the start.
    ///
    /// # Errors
    /// The key and the selector that is none.
    pub fn check(&self) -> Result<(), String> {
        Selectors::of(self).map(drop).map_err(|problem| problem.to_string())
    }
}

/// The texts of every row with a label. Scripts, styles, comments, drawings and templates are not looked into.
///
/// # Errors
/// A selector that is none, or a page that is too large, too deep or too wide to be an honest one.
pub(super) fn css_cells(html: &str, rules: &CssRules) -> Result<Vec<Cells>, Problem> {
    let selectors = Selectors::of(rules)?;
    let page = Html::parse_document(&tidy::tidy(html)?);
    let rows: Vec<_> = page.select(&selectors.row).take(MAX_ROWS + 1).collect();
    if rows.len() > MAX_ROWS {
        return Err(Problem::TooMany { of: "rows", limit: MAX_ROWS });
    }
    Ok(rows.into_iter().filter_map(|row| selectors.cells(row)).collect())
}

struct Selectors {
    row: Selector,
    label: Selector,
    level: Option<Selector>,
    change: Option<Selector>,
    percent: Option<Selector>,
}

impl Selectors {
    fn of(rules: &CssRules) -> Result<Self, Problem> {
        let optional = |key, selector: &Option<String>| {
            selector.as_deref().map(|selector| parse(key, selector)).transpose()
        };
        Ok(Self {
            row: parse("row", &rules.row)?,
            label: parse("label", &rules.label)?,
            level: optional("level", &rules.level)?,
            change: optional("change", &rules.change)?,
            percent: optional("percent", &rules.percent)?,
        })
    }

    /// A row without a label is a headline or a divider.
    fn cells(&self, row: ElementRef<'_>) -> Option<Cells> {
        let part = |selector: &Option<Selector>| text_of(row.select(selector.as_ref()?).next()?);
        Some(Cells {
            label: text_of(row.select(&self.label).next()?)?,
            level: part(&self.level),
            change: part(&self.change),
            percent: part(&self.percent),
            previous_close: None,
        })
    }
}

fn parse(key: &'static str, selector: &str) -> Result<Selector, Problem> {
    Selector::parse(selector).map_err(|_| Problem::Selector { key, selector: excerpt(selector) })
}

/// The text of an element as a reader sees it: white space collapsed, invisible characters gone.
fn text_of(element: ElementRef<'_>) -> Option<String> {
    let mut text = String::new();
    let mut length = 0;
    let mut gap = false;
    for character in element.text().flat_map(str::chars).filter(|&character| !is_invisible(character)) {
        if character.is_whitespace() {
            gap = !text.is_empty();
        } else if length + 2 > MAX_PART {
            break;
        } else {
            if std::mem::take(&mut gap) {
                text.push(' ');
                length += 1;
            }
            text.push(character);
            length += 1;
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Zero-width characters, soft hyphens and marks of writing direction.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::super::layout::Locale;
    use super::*;

    fn rules() -> CssRules {
        CssRules {
            row: "ul.ticker li".into(),
            label: "b".into(),
            level: Some(".v".into()),
            change: Some(".c".into()),
            percent: Some(".p".into()),
            locale: Locale::Indonesian,
        }
    }

    fn cells(label: &str, level: &str, change: &str, percent: &str) -> Cells {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let (level, change, percent) = (part(level), part(change), part(percent));
        Cells { label: label.into(), level, change, percent, previous_close: None }
    }

    fn reads(html: &str, expected: &[Cells]) {
        assert_eq!(css_cells(html, &rules()).unwrap(), expected, "{html}");
    }

    #[test]
    fn rows_and_their_parts_are_found() {
        reads(
            "<p>LQ45</p><ul class='ticker top'><li><b>LQ45</b><i class=v>919,20</i><i class=c>-16,32</i>\
             <i class=p>-1.74%</i></li><li><b>EMAS</b> <span><i class=v>1.345.000</i></span></li></ul>",
            &[cells("LQ45", "919,20", "-16,32", "-1.74%"), cells("EMAS", "1.345.000", "", "")],
        );
        reads("<p>nothing here</p>", &[]);
        reads("", &[]);
    }

    #[test]
    fn items_need_no_end_tag() {
        reads(
            "<ul class=ticker><li><b>IDX</b><i class=v>6.926</i><li><b>ISSI</b><i class=v>212</i></ul>",
            &[cells("IDX", "6.926", "", ""), cells("ISSI", "212", "", "")],
        );
    }

    #[test]
    fn a_table_without_end_tags_is_read() {
        let rules = CssRules { row: "tr".into(), label: "th".into(), level: Some("td".into()), ..rules() };
        let html = "<table><tr><th>IDX<td>6.926<td>28,03<tr><th>ISSI<td>212</table>";
        let found = css_cells(html, &rules).unwrap();
        assert_eq!(found, [cells("IDX", "6.926", "", ""), cells("ISSI", "212", "", "")]);
    }

    #[test]
    fn a_row_within_a_row_is_a_row_of_its_own() {
        reads(
            "<ul class=ticker><li><b>IDX</b><ul><li><b>IDX30</b><i class=v>5</i></li></ul></li></ul>",
            &[cells("IDX", "5", "", ""), cells("IDX30", "5", "", "")],
        );
    }

    #[test]
    fn rows_without_a_label_are_skipped_and_empty_parts_are_missing() {
        reads(
            "<ul class=ticker><li><i class=v>1</i><li><b> &nbsp;&#8203; </b><i class=v>2</i>\
             <li><b>IDX</b><i class=v> </i><i class=c></i></ul>",
            &[cells("IDX", "", "", "")],
        );
    }

    #[test]
    fn texts_are_as_a_reader_sees_them() {
        reads(
            "<ul class=ticker><li><b>\n RD.PENDAPATAN&nbsp;\t<u>TETAP</u>\u{200b} </b><i class=v>9<em>19</em>,20\u{feff}</i>\
             <i class=c>&minus;16&comma;32</i><i class=p><script>1</script>0<!-- 2 -->,5%<br>x</i></ul>",
            &[cells("RD.PENDAPATAN TETAP", "919,20", "\u{2212}16,32", "0,5% x")],
        );
    }

    #[test]
    fn neighbouring_blocks_do_not_run_together() {
        let html = "<ul class=ticker><li><b>A&amp;B</b><div class=v><p>16</p><p>32</p></div></ul>";
        reads(html, &[cells("A&B", "16 32", "", "")]);
    }

    #[test]
    fn a_part_is_never_longer_than_a_part_can_be() {
        let html = format!("<ul class=ticker><li><b>{}</b></ul>", "1 ".repeat(100_000));
        assert_eq!(css_cells(&html, &rules()).unwrap()[0].label.len(), MAX_PART - 1);
    }

    #[test]
    fn a_selector_that_is_none_is_named() {
        let wrong = CssRules { change: Some("td:nth(".into()), ..rules() };
        assert_eq!(wrong.check(), Err("expected a CSS selector for change, found 'td:nth('".into()));
        assert!(css_cells("", &wrong).is_err());
        assert!(CssRules { row: String::new(), ..rules() }.check().unwrap_err().contains("for row"));
        assert_eq!(rules().check(), Ok(()));
    }

    #[test]
    fn hostile_pages_are_a_problem_and_not_a_wait() {
        for html in ["<div>".repeat(50_000), "<ul class=ticker><li><b>x</b></li></ul>".repeat(MAX_ROWS + 1)] {
            assert!(matches!(css_cells(&html, &rules()), Err(Problem::TooMany { .. })));
        }
    }
}
