//! The JSON of Common Crawl's index: an object on a line.

use serde_json::{Map, Value};

use super::entry::{self, Holds};
use super::{Line, Malformed, Reader};

#[derive(Debug)]
pub(super) struct CcNdjson;

impl Reader for CcNdjson {
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line)) {
        sink(if text.trim().is_empty() { Line::Heading } else { line(text) });
    }
}

fn line(text: &str) -> Line {
    let Some(object) = object(text) else { return Line::Malformed(Malformed::NoJson("object")) };
    // Where nothing was found, or a page is asked for that there is not, the server says so in the same form.
    let message = ["message", "error"].iter().find_map(|name| field(&object, name));
    if let Some(message) = message.filter(|_| !object.contains_key("url")) {
        return Line::Malformed(Malformed::Message(message.chars().take(200).collect()));
    }
    entry::line(Holds::Files, &|name| field(&object, name))
}

/// Reads one object and nothing after it.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(text).ok()
}

/// A field as text: lists write numbers with and without quotes.
pub(super) fn field(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, shown};

    #[test]
    fn an_object_names_a_place() {
        let text = r#"{"urlkey": "com,example)/", "timestamp": "20250802232428", "url": "http://www.example.com/", "mime": "text/html", "mime-detected": "text/html", "status": "200", "length": "1219", "offset": "34323482", "filename": "crawl-data/CC-MAIN-2025-33/segments/1/warc/x.warc.gz"}
{"timestamp": "20250802232428", "url": "http://www.example.com/", "length": 0, "offset": 5, "filename": "x"}
{"timestamp": "20250802232428", "url": "http://www.example.com/", "length": 5, "offset": -5, "filename": "x"}
{"timestamp": "20250802232428", "url": "http://www.example.com/", "length": 5, "offset": 1, "filename": "x\ty"}
{"message": "No Captures found for: a.example"}
{"url": "http://a.id/"} {"url": "http://b.id/"}
"#;
        assert_eq!(
            shown(Form::CcNdjson, text),
            [
                "1 http://www.example.com/ 20250802232428 200 text/html \
                 crawl-data/CC-MAIN-2025-33/segments/1/warc/x.warc.gz@34323482+1219",
                "2 malformed: an impossible length '0'",
                "3 malformed: not an offset: '-5'",
                "4 malformed: not a file name: 'x\ty'",
                "5 malformed: a message, not an entry: No Captures found for: a.example",
                "6 malformed: no JSON object",
            ]
        );
    }
}
