//! CDX: fields with a space between them. A Wayback server gives seven; the CDX files of archives say by letters in
//! their first line which they have.

use super::entry::{self, Holds};
use super::{Line, Malformed, Reader};

/// What a Wayback server gives when it is not asked for other fields.
const WAYBACK: &str = "N b a m s k S";
/// The two forms of CDX files, which may come without their first line.
const FILES: [&str; 2] = ["N b a m s k r M S V g", "N b a m s k r V g"];

#[derive(Debug, Default)]
pub(super) struct CdxText {
    /// The letters of the first line, where there is one that says them.
    letters: Option<Vec<&'static str>>,
    after_empty: bool,
}

impl Reader for CdxText {
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line)) {
        let after_empty = std::mem::replace(&mut self.after_empty, text.trim().is_empty());
        let text = text.trim_end();
        if let Some(letters) = text.strip_prefix(" CDX ") {
            self.letters = Some(letters.split(' ').map(name).collect());
            return sink(Line::Heading);
        }
        // A server that has more says where it would go on: one word after an empty line.
        let is_key = after_empty && !text.contains(' ');
        sink(if text.is_empty() || is_key { Line::Heading } else { self.entry(text) });
    }
}

impl CdxText {
    fn entry(&self, text: &str) -> Line {
        let fields: Vec<&str> = text.split(' ').collect();
        let known = |letters: &str| letters.split(' ').map(name).collect::<Vec<_>>();
        let names = match &self.letters {
            Some(names) => Some(names.clone()).filter(|names| names.len() == fields.len()),
            None => {
                FILES.iter().chain([&WAYBACK]).map(|letters| known(letters)).find(|n| n.len() == fields.len())
            }
        };
        let Some(names) = names else {
            let expected =
                self.letters.as_ref().map_or("7, 9 or 11".to_owned(), |names| names.len().to_string());
            return Line::Malformed(Malformed::Fields { found: fields.len(), expected });
        };
        let holds = if names.contains(&"filename") { Holds::Files } else { Holds::Mementos };
        entry::line(holds, &|name| {
            names.iter().position(|known| *known == name).map(|at| fields[at].to_owned())
        })
    }
}

/// The name of a field that has a letter.
fn name(letter: &str) -> &'static str {
    match letter {
        "a" => "url",
        "b" => "timestamp",
        "m" => "mime",
        "s" => "status",
        "S" => "length",
        "V" => "offset",
        "g" => "filename",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Form, shown};

    #[test]
    fn a_wayback_answer_ends_with_the_key_to_go_on_from() {
        assert_eq!(
            shown(
                Form::CdxText,
                "id,co,kontan)/ 20240423123456 https://www.kontan.co.id/ text/html 200 AAAA 12345\n\
                 id,co,kontan)/ 20240423123457 https://www.kontan.co.id/ warc/revisit - AAAA -\n\
                 \n\
                 id%2Cco%2Ckontan%29%2F+20240423123458\n\
                 id,co,kontan)/ 20000800241623 https://www.kontan.co.id/ text/html 200 AAAA 1\n\
                 id,co,kontan)/ 20240423123459 kontan text/html 200 AAAA 1\n\
                 org.archive.util.io.RuntimeIOException: Blocked Site Error\n\
                 word\n"
            ),
            [
                "1 https://www.kontan.co.id/ 20240423123456 200 text/html -",
                "2 https://www.kontan.co.id/ 20240423123457 - warc/revisit -",
                "3 heading",
                "4 heading",
                "5 malformed: an impossible time '20000800241623'",
                "6 malformed: not an address: 'kontan'",
                "7 malformed: 4 fields instead of 7, 9 or 11",
                "8 malformed: 1 fields instead of 7, 9 or 11",
            ]
        );
    }

    #[test]
    fn a_cdx_file_names_places() {
        let eleven = "a,id)/ 20240423123456 http://a.id/ text/html 200 AAAA - - 700 1234 x.warc.gz";
        let place = "http://a.id/ 20240423123456 200 text/html x.warc.gz@1234+700";
        assert_eq!(shown(Form::CdxText, eleven), [format!("1 {place}")]);
        let own = " CDX b a S V g s m\n20240423123456 http://a.id/ 700 1234 x.warc.gz 200 text/html\n1 2 3\n";
        assert_eq!(
            shown(Form::CdxText, own),
            ["1 heading".to_owned(), format!("2 {place}"), "3 malformed: 3 fields instead of 7".to_owned()]
        );
        let nine = "a,id)/ 20240423123456 http://a.id/ text/html 200 AAAA - 1234 x.warc.gz";
        assert_eq!(shown(Form::CdxText, nine), ["1 malformed: no length"]);
    }
}
