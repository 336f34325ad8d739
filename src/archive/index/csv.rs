//! A table with a heading: what an engine exports from Common Crawl's columnar index, or what somebody made of a list.
//! Columns are known by their names, in any order; commas, semicolons or tabs stand between them. A cell ends with its
//! line: no address has a line end in it, and a quote that is never closed must not swallow the rest of the table.

use csv::{ReaderBuilder, StringRecord};

use super::entry::{self, FILE, Holds, LENGTH, OFFSET, TIME, URL};
use super::{Line, Malformed, Reader};

#[derive(Debug, Default)]
pub(super) struct Table {
    heading: Option<Heading>,
}

#[derive(Debug)]
struct Heading {
    names: Vec<String>,
    delimiter: u8,
    holds: Result<Holds, Malformed>,
}

impl Reader for Table {
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line)) {
        if text.trim().is_empty() {
            return sink(Line::Heading);
        }
        match &self.heading {
            Some(heading) => sink(heading.row(text)),
            None => {
                let heading = Heading::read(text);
                sink(
                    heading.holds.as_ref().map_or_else(|bad| Line::Malformed(bad.clone()), |_| Line::Heading),
                );
                self.heading = Some(heading);
            }
        }
    }
}

impl Heading {
    fn read(text: &str) -> Self {
        let delimiter = [b'\t', b';', b',']
            .into_iter()
            .max_by_key(|mark| memchr::memchr_iter(*mark, text.as_bytes()).count());
        let delimiter = delimiter.unwrap_or(b',');
        let names = cells(text, delimiter).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        Self { holds: holds(&names), names, delimiter }
    }

    fn row(&self, text: &str) -> Line {
        let holds = match &self.holds {
            Ok(holds) => *holds,
            // The heading was named already; without it a row says nothing.
            Err(_) => return Line::Malformed(Malformed::Missing("heading that says what this is")),
        };
        let cells = cells(text, self.delimiter).unwrap_or_default();
        if cells.len() != self.names.len() {
            let expected = self.names.len().to_string();
            return Line::Malformed(Malformed::Fields { found: cells.len(), expected });
        }
        entry::line(holds, &|name| {
            self.names.iter().position(|known| known == name).map(|at| cells[at].trim().to_owned())
        })
    }
}

/// What a table with these columns is good for.
fn holds(names: &[String]) -> Result<Holds, Malformed> {
    let has = |known: &[&str]| names.iter().any(|name| known.contains(&name.as_str()));
    if has(FILE) && has(OFFSET) && has(LENGTH) {
        Ok(Holds::Files)
    } else if has(FILE) {
        Err(Malformed::Missing("columns for the offset and the length beside the one for the file"))
    } else if has(URL) && has(TIME) {
        Ok(Holds::Mementos)
    } else {
        Err(Malformed::Missing("columns for a file, an offset and a length, or for an address and a time"))
    }
}

fn cells(text: &str, delimiter: u8) -> Option<StringRecord> {
    let mut reader =
        ReaderBuilder::new().has_headers(false).delimiter(delimiter).from_reader(text.as_bytes());
    let mut record = StringRecord::new();
    let is_read = reader.read_record(&mut record).ok()?;
    Some(record).filter(|_| is_read)
}

#[cfg(test)]
mod tests {
    use super::super::{Form, shown};

    #[test]
    fn columns_are_known_by_the_names_that_indexes_have_for_them() {
        let columnar = "\"url\",\"fetch_time\",\"fetch_status\",\"content_mime_type\",\"warc_filename\",\
                        \"warc_record_offset\",\"warc_record_length\"\n\
                        \"https://a.id/?x=1,2\",\"2024-04-23 12:34:56.000\",\"200\",\"text/html\",\"x.warc.gz\",\"5\",\"7\"\n\
                        \"https://a.id/\",\"2024-04-23 12:34:56.000\",\"200\"\n\
                        \"https://a.id/,\"2024-04-23 12:34:56.000\",\"200\",\"text/html\",\"x.warc.gz\",\"5\",\"7\"\n\
                        https://a.id/,,,,x.warc.gz,5,7\n";
        let lines = shown(Form::Csv, columnar);
        assert_eq!(
            lines[..3],
            [
                "1 heading",
                "2 https://a.id/?x=1,2 20240423123456 200 text/html x.warc.gz@5+7",
                "3 malformed: 3 fields instead of 7",
            ]
        );
        assert!(lines[3].starts_with("4 malformed: "), "{lines:?}");
        assert_eq!(lines[4], "5 https://a.id/ - - - x.warc.gz@5+7");
        let places = "warc_filename\twarc_record_offset\twarc_record_length\nx.warc.gz\t5\t7\n";
        assert_eq!(shown(Form::Csv, places), ["1 heading", "2 - - - - x.warc.gz@5+7"]);
    }

    #[test]
    fn a_table_of_addresses_and_times_makes_mementos() {
        assert_eq!(
            shown(Form::Csv, "Original;Timestamp\nhttp://a.id/;20240423123456\n\nhttp://a.id/;\n"),
            ["1 heading", "2 http://a.id/ 20240423123456 - - -", "3 heading", "4 malformed: no time"]
        );
    }

    #[test]
    fn a_table_that_says_neither_is_no_index() {
        let lines = shown(Form::Csv, "date,level\n2024-04-23,919.20\n");
        assert!(lines.iter().all(|line| line.contains("malformed: no ")), "{lines:?}");
    }
}
