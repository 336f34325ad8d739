//! The JSON of a Wayback CDX server: an array of arrays of texts, the first of which names the fields. A list that has
//! more ends with an empty row and one with the key to go on from. Rows may stand on lines of their own, as servers
//! write them, or all on one.

use serde_json::Value;

use super::entry::{self, Holds};
use super::{Line, Malformed, Reader};

/// The names of a list that does not say them.
const USUAL: [&str; 7] = ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"];

#[derive(Debug, Default)]
pub(super) struct CdxJson {
    names: Option<Vec<String>>,
    after_empty: bool,
}

impl Reader for CdxJson {
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line)) {
        let mut rest = text.trim();
        if matches!(rest, "" | "]" | "[") {
            return sink(Line::Heading);
        }
        while let Some(row) = next_row(&mut rest) {
            sink(match row {
                Ok(fields) => self.row(&fields),
                Err(malformed) => Line::Malformed(malformed),
            });
        }
    }
}

impl CdxJson {
    fn row(&mut self, fields: &[String]) -> Line {
        let after_empty = std::mem::replace(&mut self.after_empty, fields.is_empty());
        let is_names = fields.iter().any(|field| field == "timestamp");
        if fields.is_empty() || is_names || after_empty && fields.len() == 1 {
            if is_names {
                self.names = Some(fields.to_vec());
            }
            return Line::Heading;
        }
        let usual = || USUAL.map(str::to_owned).to_vec();
        let names = self.names.get_or_insert_with(usual);
        if names.len() != fields.len() {
            let expected = names.len().to_string();
            return Line::Malformed(Malformed::Fields { found: fields.len(), expected });
        }
        entry::line(Holds::Mementos, &|name| {
            names.iter().position(|known| known == name).map(|at| fields[at].clone())
        })
    }
}

/// The next row of what is left of a line. After a row that cannot be read nothing is left.
fn next_row(rest: &mut &str) -> Option<Result<Vec<String>, Malformed>> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ']');
    *rest = rest.trim_start_matches(is_between);
    let inside = rest.strip_prefix('[').map(str::trim_start);
    if let Some(list) = inside.filter(|inside| inside.starts_with('[')) {
        *rest = list;
    }
    if rest.is_empty() {
        return None;
    }
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Vec<Value>>();
    let row = values.next();
    *rest = rest.get(values.byte_offset()..).filter(|_| matches!(row, Some(Ok(_)))).unwrap_or_default();
    let texts = |row: Vec<Value>| row.into_iter().map(text).collect();
    Some(row.and_then(Result::ok).and_then(texts).ok_or(Malformed::NoJson("array of texts")))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, shown};

    const LIST: &str = r#"[["urlkey","timestamp","original","mimetype","statuscode","digest","length"],
["id,co,kontan)/","20240423123456","https://www.kontan.co.id/","text/html","200","AAAA","12345"],
["id,co,kontan)/","20240423123457","https://www.kontan.co.id/","warc/revisit","-","AAAA","432"],
[],
["id%2Cco%2Ckontan%29%2F+20240423123458"]]
"#;

    #[test]
    fn rows_are_read_wherever_lines_end() {
        let rows = [
            "heading",
            "https://www.kontan.co.id/ 20240423123456 200 text/html -",
            "https://www.kontan.co.id/ 20240423123457 - warc/revisit -",
            "heading",
            "heading",
        ];
        let numbered = |number: fn(usize) -> usize| {
            let row = |(at, row): (usize, &&str)| format!("{} {row}", number(at));
            rows.iter().enumerate().map(row).collect::<Vec<_>>()
        };
        assert_eq!(shown(Form::CdxJson, LIST), numbered(|at| at + 1));
        assert_eq!(shown(Form::CdxJson, &LIST.replace('\n', "")), numbered(|_| 1));
    }

    #[test]
    fn a_damaged_row_costs_only_itself() {
        let torn = LIST.replace(r#","AAAA","12345"]"#, r#","AA"#).replace(r#""432""#, r#""432","more""#);
        let lines = shown(Form::CdxJson, &torn);
        assert_eq!(lines[1], "2 malformed: no JSON array of texts");
        assert_eq!(lines[2], "3 malformed: 8 fields instead of 7");
        assert_eq!(lines.len(), 5);
        assert_eq!(
            shown(Form::CdxJson, "<html>\n[]\n[[]]\n"),
            ["1 malformed: no JSON array of texts", "2 heading", "3 heading",]
        );
    }

    #[test]
    fn fields_may_be_fewer_and_in_another_order() {
        let text = "[[\"original\",\"timestamp\"],\n[\"http://a.id/\",\"20240423123456\"]]\n";
        assert_eq!(shown(Form::CdxJson, text), ["1 heading", "2 http://a.id/ 20240423123456 - - -"]);
    }
}
