//! From a list of what an archive holds to places worth fetching. Streams: holds one line of the list, and what it
//! needs to know a repetition by. What is left out is counted by reason.

mod seen;
mod wanted;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

use super::index::{self, Entry, Form, Line, Malformed};
use super::memento::Memento;
use super::place::Place;
use seen::Seen;

pub use wanted::{LeftOut, Wanted};

/// Why no plan could be made.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The list cannot be read.
    #[error("failed to read the index")]
    Read(#[from] io::Error),
    /// The plan cannot be written.
    #[error("failed to write the plan")]
    Write(#[source] io::Error),
}

/// What became of the lines of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// All lines; those of a JSON list are its rows.
    pub lines: u64,
    /// Headings, empty lines, keys to go on from.
    pub headings: u64,
    /// Those whose places were written.
    pub planned: u64,
    /// Those that were not, by reason.
    pub left_out: BTreeMap<LeftOut, u64>,
    /// Those that could not be read.
    pub malformed: u64,
}

impl Tally {
    /// How many entries were left out, whatever the reason.
    #[must_use]
    pub fn all_left_out(&self) -> u64 {
        self.left_out.values().sum()
    }
}

/// Writes the place of each wanted entry of a list, in its order, each place once. `mementos` is where mementos are
/// asked for, with its slash. `told` hears of each line that cannot be read.
///
/// # Errors
/// The list cannot be read, or the plan not written.
pub fn plan(
    (form, list): (Form, impl BufRead),
    wanted: &Wanted,
    mementos: &str,
    output: &mut dyn Write,
    told: &mut dyn FnMut(u64, &Malformed),
) -> Result<Tally, PlanError> {
    let (mut tally, mut seen) = (Tally::default(), Seen::default());
    index::read(form, list, &mut |number, line| {
        tally.lines += 1;
        match line {
            Line::Heading => tally.headings += 1,
            Line::Malformed(malformed) => {
                tally.malformed += 1;
                told(number, &malformed);
            }
            Line::Entry(entry) => match choose(entry, wanted, mementos, &mut seen) {
                Ok(place) => {
                    writeln!(output, "{place}").map_err(PlanError::Write)?;
                    tally.planned += 1;
                }
                Err(left_out) => *tally.left_out.entry(left_out).or_default() += 1,
            },
        }
        Ok::<_, PlanError>(())
    })?;
    output.flush().map_err(PlanError::Write)?;
    Ok(tally)
}

fn choose(entry: Entry, wanted: &Wanted, mementos: &str, seen: &mut Seen) -> Result<Place, LeftOut> {
    wanted.judge(&entry)?;
    let place = place(entry, mementos).ok_or(LeftOut::NotOfTheWeb)?;
    if seen.is_new(&place.to_string()) { Ok(place) } else { Err(LeftOut::Repeated) }
}

/// An entry without a range has an address and a time.
fn place(entry: Entry, mementos: &str) -> Option<Place> {
    if let Some(range) = entry.range {
        return Some(Place::Range(range));
    }
    Some(Place::Memento(Memento { base: mementos.to_owned(), stamp: entry.time?, original: entry.url? }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn planned(form: Form, list: &str, wanted: &Wanted) -> (Vec<String>, Tally) {
        let mut output = Vec::new();
        let tally = plan((form, list.as_bytes()), wanted, "https://w.example/", &mut output, &mut |_, _| {});
        let text = String::from_utf8(output).unwrap();
        (text.lines().map(str::to_owned).collect(), tally.unwrap())
    }

    #[test]
    fn every_line_is_planned_left_out_or_malformed() {
        let list = "a,id)/ 20240423123456 http://a.id/ text/html 200 AAAA 1\n\
                    a,id)/ 20240423123456 http://a.id/ text/html 200 BBBB -\n\
                    a,id)/ 20240423123457 http://a.id/ warc/revisit - AAAA 1\n\
                    a,id)/ 20240423123458 http://a.id/ text/html 301 AAAA 1\n\
                    a,id)/ 20240423123459 dns:a.id text/dns 200 AAAA 1\n\
                    broken\n\n\
                    a%2Cid%29%2F+20240423123460\n";
        let (lines, tally) = planned(Form::CdxText, list, &Wanted::default());
        let line = |time: &str| format!("https://w.example/{time}id_/http://a.id/");
        assert_eq!(lines, ["20240423123456", "20240423123457", "20240423123458"].map(line));
        assert_eq!((tally.lines, tally.headings, tally.planned, tally.malformed), (8, 2, 3, 1));
        assert_eq!(tally.left_out, BTreeMap::from([(LeftOut::Repeated, 1), (LeftOut::NotOfTheWeb, 1)]));
        assert_eq!(tally.headings + tally.planned + tally.all_left_out() + tally.malformed, tally.lines);
    }

    /// Pieces that lists are made of, in any order, and anything else.
    fn any_list() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            "[ \n\r,;\t\\[\\]{}\"-]{0,3}".prop_map(String::into_bytes),
            "20240[0-9]{9}".prop_map(String::into_bytes),
            Just(b"http://a.id/ text/html 200 AAAA 5\n".to_vec()),
            Just(b"[\"timestamp\",\"original\"],\n".to_vec()),
            Just(b"{\"filename\":\"x\",\"offset\":1,\"length\":\"2\"}\n".to_vec()),
            Just(b"filename,offset,length\n".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_accounted_for_and_every_line_that_goes_out_is_a_place(list in any_list()) {
            for (_, form) in Form::ALL {
                let mut output = Vec::new();
                let tally = plan((form, &list[..]), &Wanted::default(), "https://w.example/", &mut output, &mut |_, _| {});
                let tally = tally.unwrap();
                let text = String::from_utf8(output).unwrap();
                prop_assert_eq!(text.matches('\n').count() as u64, tally.planned);
                for line in text.lines() {
                    let place: Place = line.parse().unwrap();
                    prop_assert_eq!(place.to_string(), line);
                }
                prop_assert_eq!(
                    tally.headings + tally.planned + tally.all_left_out() + tally.malformed,
                    tally.lines
                );
            }
        }
    }
}
