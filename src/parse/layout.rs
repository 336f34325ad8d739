//! How the rows of a source are found in its pages. Sources other than the built-in header are
//! described in the configuration, without code.

use crate::domain::Kind;

/// Where the rows stand in a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// The header of kontan.co.id: a bar holding `INDIKATOR`, then rows.
    Kontan,
    /// HTML elements found by selectors.
    Css(CssRules),
    /// Values of a JSON document found by pointers.
    Json(JsonRules),
}

impl Layout {
    /// A text that is different for every other way to read a page.
    #[must_use]
    pub fn signature(&self) -> String {
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        match self {
            Self::Kontan => "kontan".to_owned(),
            Self::Css(rules) => {
                let locale = match rules.locale {
                    Locale::Indonesian => "id",
                    Locale::English => "en",
                };
                let CssRules { row, label, level, change, percent, .. } = rules;
                ["css", locale, row, label, &part(level), &part(change), &part(percent)].join("\n")
            }
            Self::Json(rules) => {
                let lines = rules.indicators.iter().flat_map(|rule| {
                    let JsonIndicator { label, level, change, percent, previous_close, .. } = rule;
                    [label.clone(), part(level), part(change), part(percent), part(previous_close)]
                });
                std::iter::once("json".to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

/// Which decimal mark the numbers of a css source use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Locale {
    /// `1.345.000,50`
    #[default]
    Indonesian,
    /// `1,345,000.50`
    English,
}

/// CSS selectors; those of the parts are looked up inside each row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CssRules {
    /// One element a row.
    pub row: String,
    /// The label inside a row.
    pub label: String,
    /// The level, if the page shows one.
    pub level: Option<String>,
    /// The change, if the page shows one.
    pub change: Option<String>,
    /// The percentage, if the page shows one.
    pub percent: Option<String>,
    /// How its numbers are written.
    pub locale: Locale,
}

/// JSON pointers (RFC 6901), one set an indicator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonRules {
    /// What to read.
    pub indicators: Vec<JsonIndicator>,
}

/// Where one indicator stands in a JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JsonIndicator {
    /// What the indicator is called; a JSON document has no labels of its own.
    pub label: String,
    /// The level.
    pub level: Option<String>,
    /// The change against the previous close.
    pub change: Option<String>,
    /// The change in percent.
    pub percent: Option<String>,
    /// The previous close, for sources that print it instead of a change.
    pub previous_close: Option<String>,
    /// What sort of number it is, where the catalogue does not know.
    pub kind: Option<Kind>,
    /// Its unit, where the catalogue does not know.
    pub unit: Option<String>,
}

/// The texts of one row, as they stood in the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// The label.
    pub label: String,
    /// The text of the level.
    pub level: Option<String>,
    /// The text of the change.
    pub change: Option<String>,
    /// The text of the percentage.
    pub percent: Option<String>,
    /// The text of the previous close.
    pub previous_close: Option<String>,
}
