//! CDXJ: a key, a time and a JSON object on a line. pywb, WACZ and Common Crawl's index files have it.

use super::entry::{self, Holds};
use super::{Line, Malformed, Reader, cc_ndjson};

#[derive(Debug)]
pub(super) struct Cdxj;

impl Reader for Cdxj {
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line)) {
        // Some files begin with lines about themselves: `!meta`, ` CDXJ`.
        let is_heading = text.trim().is_empty() || text.starts_with(['!', ' ', '@']);
        sink(if is_heading { Line::Heading } else { line(text) });
    }
}

fn line(text: &str) -> Line {
    let Some((head, object)) = text.find('{').map(|at| text.split_at(at)) else {
        return Line::Malformed(Malformed::NoJson("object"));
    };
    let Some(object) = cc_ndjson::object(object) else {
        return Line::Malformed(Malformed::NoJson("object"));
    };
    let mut words = head.split_ascii_whitespace().rev();
    let time = words.next().filter(|_| words.next().is_some()).unwrap_or_default();
    entry::line(Holds::Files, &|name| match name {
        "timestamp" => Some(time.to_owned()),
        name => cc_ndjson::field(&object, name),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Form, shown};

    #[test]
    fn a_line_is_a_key_a_time_and_an_object() {
        let object =
            r#"{"url": "https://a.id/{x}", "mime": "text/html", "status": "200", "digest": "sha1:AAAA",
            "length": "700", "offset": 1234, "filename": "x.warc.gz"}"#
                .replace('\n', "");
        let text = format!(
            "!meta 0 {{\"format\": \"cdxj-gzip-1.0\"}}\nid,a)/ 20240423123456 {object}\n\
             id,a)/ 20240423123456789 {object}\nid,a)/ 20240423123456\nid,a)/ 20240423123456 {{\"url\"\n\
             id,a)/ 20240499123456 {object}\n20240423123456 {{\"url\":\"https://a.id/\"}}\n"
        );
        assert_eq!(
            shown(Form::Cdxj, &text),
            [
                "1 heading",
                "2 https://a.id/{x} 20240423123456 200 text/html x.warc.gz@1234+700",
                "3 https://a.id/{x} 20240423123456 200 text/html x.warc.gz@1234+700",
                "4 malformed: no JSON object",
                "5 malformed: no JSON object",
                "6 malformed: an impossible time '20240499123456'",
                "7 malformed: no file",
            ]
        );
    }
}
