//! Sources that answer with JSON: the texts at the pointers of the configuration.
//! A number keeps the digits it was printed with; whether it is one for us is decided elsewhere.

use serde_json::Value;

use super::MAX_PART;
use super::layout::{Cells, JsonIndicator, JsonRules};
use super::problem::{Problem, excerpt};

/// The most bytes that are read; a tree of values takes some thirty times as many.
const MAX_BYTES: usize = 2 * 1024 * 1024;

impl JsonRules {
    /// Whether every pointer is one (RFC 6901), for the configuration to ask at the start.
    ///
    /// # Errors
    /// The indicator and the pointer that is none.
    pub fn check(&self) -> Result<(), String> {
        for indicator in &self.indicators {
            for pointer in pointers(indicator).into_iter().flatten() {
                check_pointer(&indicator.label, pointer)?;
            }
        }
        Ok(())
    }
}

/// One row for every indicator of the rules, in their order. What is null or not there is missing.
///
/// # Errors
/// No JSON, a pointer to something that holds no number, or no pointer that leads anywhere.
pub(super) fn json_cells(text: &str, rules: &JsonRules) -> Result<Vec<Cells>, Problem> {
    let document = read(text)?;
    let rows = rules
        .indicators
        .iter()
        .map(|indicator| cells(&document, indicator))
        .collect::<Result<Vec<_>, _>>()?;
    let first_pointer = rules.indicators.iter().flat_map(pointers).flatten().next();
    if let (true, Some(pointer)) = (rows.iter().all(is_empty), first_pointer) {
        return Err(no_data(&document, pointer));
    }
    Ok(rows)
}

fn read(text: &str) -> Result<Value, Problem> {
    if text.len() > MAX_BYTES {
        return Err(Problem::TooMany { of: "bytes of JSON", limit: MAX_BYTES });
    }
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Problem::NotJson { line, column, found: found_at(text, line, column) }
    })
}

/// What stands where the reader stumbled; its columns count bytes.
fn found_at(text: &str, line: usize, column: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    let start = (0..column.min(line.len() + 1)).rev().find(|&start| line.is_char_boundary(start));
    excerpt(&line[start.unwrap_or_default()..])
}

fn cells(document: &Value, indicator: &JsonIndicator) -> Result<Cells, Problem> {
    let cell = |pointer: &Option<String>| match pointer {
        Some(pointer) => cell(document, &indicator.label, pointer),
        None => Ok(None),
    };
    Ok(Cells {
        label: indicator.label.clone(),
        level: cell(&indicator.level)?,
        change: cell(&indicator.change)?,
        percent: cell(&indicator.percent)?,
        previous_close: cell(&indicator.previous_close)?,
    })
}

fn cell(document: &Value, label: &str, pointer: &str) -> Result<Option<String>, Problem> {
    match document.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(Some(part(number.as_str()))),
        Some(Value::String(text)) => Ok(Some(part(text.trim())).filter(|text| !text.is_empty())),
        Some(other) => Err(Problem::NotAValue {
            label: excerpt(label),
            pointer: excerpt(pointer),
            found: excerpt(&other.to_string()),
        }),
    }
}

/// A text of a part's length. One that is longer is no number, and its beginning is none either.
fn part(text: &str) -> String {
    text.chars().take(MAX_PART).collect()
}

fn pointers(indicator: &JsonIndicator) -> [Option<&str>; 4] {
    [&indicator.level, &indicator.change, &indicator.percent, &indicator.previous_close]
        .map(|pointer| pointer.as_deref())
}

fn check_pointer(label: &str, pointer: &str) -> Result<(), String> {
    if pointer.is_empty() || pointer.starts_with('/') {
        Ok(())
    } else {
        Err(format!(
            "expected a JSON pointer, which begins with /, for {label}, found '{}'",
            excerpt(pointer)
        ))
    }
}

fn is_empty(cells: &Cells) -> bool {
    let Cells { label: _, level, change, percent, previous_close } = cells;
    [level, change, percent, previous_close].into_iter().all(Option::is_none)
}

/// Shows the innermost thing that the pointer reaches and that is not null: errors of a source
/// usually stand beside the data that are missing.
fn no_data(document: &Value, pointer: &str) -> Problem {
    let ends = pointer.match_indices('/').map(|(end, _)| &pointer[..end]);
    let reached = |&part: &&str| document.pointer(part).is_some_and(|value| !value.is_null());
    let reached = ends.rev().find(reached).unwrap_or_default();
    let found = document.pointer(reached).unwrap_or(document).to_string();
    let reached = if reached.is_empty() { "the document".to_owned() } else { excerpt(reached) };
    Problem::NoData { pointer: excerpt(pointer), reached, found: excerpt(&found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHART: &str = include_str!("../../tests/fixtures/sources/yahoo-v8-chart.json");
    const NOT_FOUND: &str = include_str!("../../tests/fixtures/sources/yahoo-v8-chart-error.json");

    fn rules(level: &str, previous_close: &str) -> JsonRules {
        let level = Some(level.to_owned());
        let previous_close = Some(previous_close.to_owned()).filter(|pointer| !pointer.is_empty());
        let indicator = JsonIndicator { label: "LQ45".into(), level, previous_close, ..Default::default() };
        JsonRules { indicators: vec![indicator] }
    }

    fn yahoo() -> JsonRules {
        rules("/chart/result/0/meta/regularMarketPrice", "/chart/result/0/meta/chartPreviousClose")
    }

    fn level(document: &str) -> Option<String> {
        let rules =
            JsonRules { indicators: [rules("/a", "").indicators, rules("/seen", "").indicators].concat() };
        json_cells(document, &rules).unwrap().remove(0).level
    }

    fn problem(document: &str, rules: &JsonRules) -> String {
        json_cells(document, rules).unwrap_err().to_string()
    }

    #[test]
    fn yahoos_chart_answer_is_read() {
        let expected = Cells {
            label: "LQ45".into(),
            level: Some("877.06".into()),
            previous_close: Some("866.26".into()),
            ..Default::default()
        };
        assert_eq!(json_cells(CHART, &yahoo()).unwrap(), [expected]);
    }

    #[test]
    fn yahoos_error_answer_is_told() {
        assert_eq!(
            problem(NOT_FOUND, &yahoo()),
            "no data: nothing at /chart/result/0/meta/regularMarketPrice; /chart holds \
             {\"error\":{\"code\":\"Not Found\",\"description\":\"No data found..."
        );
    }

    #[test]
    fn numbers_keep_the_digits_they_were_printed_with() {
        for number in ["877.060", "0.10", "-0", "123456789012345678901234567890", "0.1000000000000000055"] {
            assert_eq!(level(&format!("{{\"seen\":1,\"a\":{number}}}")).as_deref(), Some(number));
        }
    }

    #[test]
    fn an_exponent_stays_visible_for_the_reader_of_numbers_to_refuse() {
        for number in ["1e3", "1E+3", "1e309"] {
            assert!(level(&format!("{{\"seen\":1,\"a\":{number}}}")).unwrap().starts_with("1e+3"));
        }
    }

    #[test]
    fn texts_are_taken_and_what_is_not_there_is_missing() {
        assert_eq!(level(r#"{"seen":1,"a":" 919,20 "}"#).as_deref(), Some("919,20"));
        assert_eq!(level("\u{feff}{\"seen\":1,\"a\":\"Rp 1\"}").as_deref(), Some("Rp 1"));
        for nothing in [r#"{"seen":1,"a":null}"#, r#"{"seen":1}"#, r#"{"seen":1,"a":"  "}"#] {
            assert_eq!(level(nothing), None);
        }
    }

    #[test]
    fn what_holds_no_number_is_a_problem() {
        for (found, shown) in [("true", "true"), ("[1,2]", "[1,2]"), (r#"{"raw":1}"#, r#"{"raw":1}"#)] {
            let told = problem(&format!("{{\"a\":{found}}}"), &rules("/a", ""));
            assert_eq!(told, format!("expected a number or a text for LQ45 at /a, found {shown}"));
        }
    }

    #[test]
    fn a_page_that_is_no_json_is_told_with_its_place() {
        let html = problem("\n  <html>Too Many Requests</html>", &rules("/a", ""));
        assert_eq!(html, "expected JSON, found '<html>Too Many Requests</html>' at line 2, column 3");
        assert!(problem("", &rules("/a", "")).starts_with("expected JSON, found '' at line 1"));
        assert!(problem("{\"a\": é}", &rules("/a", "")).contains("found 'é}'"));
        assert!(problem("{\"a\": NaN}", &rules("/a", "")).contains("line 1, column 7"));
        assert!(problem("{\"a\": 1", &rules("/a", "")).starts_with("expected JSON"));
    }

    #[test]
    fn deep_and_large_documents_are_refused() {
        assert!(problem(&"[".repeat(100_000), &rules("/a", "")).starts_with("expected JSON"));
        let large = format!("[{}1]", "1,".repeat(MAX_BYTES));
        assert_eq!(problem(&large, &rules("/a", "")), "expected at most 2097152 bytes of JSON, found more");
    }

    #[test]
    fn pointers_are_checked_when_the_program_starts() {
        assert_eq!(yahoo().check(), Ok(()));
        let told = rules("chart.result", "").check().unwrap_err();
        assert_eq!(told, "expected a JSON pointer, which begins with /, for LQ45, found 'chart.result'");
    }

    #[test]
    fn pointers_reach_keys_with_slashes_and_tildes() {
        let document = r#"{"a/b":{"m~n":5}}"#;
        assert_eq!(json_cells(document, &rules("/a~1b/m~0n", "")).unwrap()[0].level.as_deref(), Some("5"));
    }
}
