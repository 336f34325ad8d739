//! Runs as lines of CSV or JSON, of which there may be ten million: the same text as that of `RunRow`, with what the
//! rows of an indicator share written once. Tables are not here: their columns are as wide as all rows need.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Figures, Indicator, Quantity, Run, Timestamp};
use crate::format::{Stamp, escape_json};

use super::{Format, ReportError, spreadsheet};

/// The fields of a run, behind those of its indicator and ahead of that of its source.
const FIELDS: [&str; 6] = ["level", "change", "percent", "verdict", "first_seen", "last_seen"];

/// All of them, ahead of the first row of CSV.
const HEADER: &str = "indicator,label,kind,unit,level,change,percent,verdict,first_seen,last_seen,source\n";

/// How many bytes are held back, about: as many as a pipe takes at once.
const ENOUGH: usize = 64 * 1024;

/// With more decimals than these, numbers may be so small that they are written with an exponent.
const MOST_DECIMALS: u32 = 5;

/// Runs on their way out.
#[derive(Debug)]
pub struct RunStream {
    form: Form,
    stamp: Stamp,
    /// What stands around the values of a row.
    frame: Frame,
    text: Vec<u8>,
    is_begun: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Ndjson,
    Csv,
}

/// The text ahead of each value, the first with the indicator, and what follows the last one.
#[derive(Debug, Default)]
struct Frame {
    ahead: [String; 6],
    end: String,
}

#[derive(Serialize)]
struct Begin<'a> {
    indicator: &'a str,
    label: &'a str,
    kind: &'a str,
    unit: &'a str,
}

#[derive(Serialize)]
struct End<'a> {
    source: &'a str,
}

impl RunStream {
    /// Runs with their times in a zone; nothing for a table.
    #[must_use]
    pub fn new(format: Format, zone: Tz) -> Option<Self> {
        let form = match format {
            Format::Table => return None,
            Format::Json => Form::Json,
            Format::Ndjson => Form::Ndjson,
            Format::Csv => Form::Csv,
        };
        let (stamp, frame) = (Stamp::new(zone), Frame::default());
        Some(Self { form, stamp, frame, text: Vec::new(), is_begun: false })
    }

    /// Names the indicator of the runs to come.
    ///
    /// # Errors
    /// It cannot be written in the form.
    pub fn begin(&mut self, indicator: &Indicator) -> Result<(), ReportError> {
        self.frame = Frame::new(self.form, indicator)?;
        Ok(())
    }

    /// Adds a run. Gives text whenever there is enough of it; whoever takes it leaves the room empty.
    pub fn add(&mut self, run: &Run) -> Option<&mut Vec<u8>> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        self.text.extend_from_slice(self.form.between(is_first).as_bytes());
        let Figures { level, change, percent } = run.figures;
        self.number(0, level.map(|level| level.0));
        self.number(1, change.map(|change| change.0));
        self.number(2, percent.map(|percent| percent.0));
        self.ahead(3);
        self.text.extend_from_slice(run.verdict.word().as_bytes());
        self.time(4, run.first_seen);
        self.time(5, run.last_seen);
        self.text.extend_from_slice(self.frame.end.as_bytes());
        (self.text.len() > ENOUGH).then_some(&mut self.text)
    }

    /// What is left, and what ends the answer.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.text.extend_from_slice(match (self.form, self.is_begun) {
            (Form::Json, true) => b"\n]\n",
            (Form::Json, false) => b"[]\n",
            _ => b"",
        });
        self.text
    }

    fn ahead(&mut self, field: usize) {
        self.text.extend_from_slice(self.frame.ahead[field].as_bytes());
    }

    fn number(&mut self, field: usize, number: Option<Quantity>) {
        self.ahead(field);
        match number {
            Some(number) => write_number(number, &mut self.text),
            None if self.form == Form::Csv => {}
            None => self.text.extend_from_slice(b"null"),
        }
    }

    fn time(&mut self, field: usize, at: Timestamp) {
        self.ahead(field);
        let begin = self.text.len();
        self.stamp.write(at, &mut self.text);
        // A year of more than four digits has a sign, and would be run by a spreadsheet.
        if self.form == Form::Csv && self.text.get(begin).is_some_and(|first| !first.is_ascii_digit()) {
            self.text.insert(begin, b'\'');
        }
    }
}

impl Form {
    /// What stands ahead of a row.
    fn between(self, is_first: bool) -> &'static str {
        match self {
            Self::Json if is_first => "[\n",
            Self::Json => ",\n",
            Self::Csv if is_first => HEADER,
            Self::Csv | Self::Ndjson => "",
        }
    }
}

impl Frame {
    fn new(form: Form, indicator: &Indicator) -> Result<Self, ReportError> {
        let Indicator { source, slug, label, kind, unit, .. } = indicator;
        let begin = Begin { indicator: slug.as_str(), label, kind: kind.word(), unit };
        let end = End { source };
        match form {
            Form::Csv => Self::csv(&begin, &end),
            Form::Ndjson => {
                let (begin, end) = (serde_json::to_string(&begin)?, serde_json::to_string(&end)?);
                let end = format!("\",{}\n", end.trim_start_matches('{'));
                Ok(Self::json(begin.strip_suffix('}').unwrap_or(&begin), ",", ":", &end))
            }
            Form::Json => {
                let (begin, end) =
                    (serde_json::to_string_pretty(&[begin])?, serde_json::to_string_pretty(&[end])?);
                let begin = begin.trim_start_matches("[\n").trim_end_matches("\n  }\n]");
                let end = end.trim_start_matches("[\n  {").trim_end_matches("\n]");
                Ok(Self::json(begin, ",\n    ", ": ", &format!("\",{end}")))
            }
        }
    }

    /// Behind the third field values are texts.
    fn json(begin: &str, comma: &str, colon: &str, end: &str) -> Self {
        let ahead = std::array::from_fn(|at| {
            let (before, open) = match at {
                0 => (escape_json(begin), ""),
                1 | 2 => ("".into(), ""),
                3 => ("".into(), "\""),
                _ => ("\"".into(), "\""),
            };
            format!("{before}{comma}\"{}\"{colon}{open}", FIELDS[at])
        });
        Self { ahead, end: escape_json(end).into_owned() }
    }

    fn csv(begin: &Begin<'_>, end: &End<'_>) -> Result<Self, ReportError> {
        let (begin, end) = (spreadsheet::text(&[begin])?, spreadsheet::text(&[end])?);
        // Below the names of the fields.
        let row = |text: &str| text.split_once('\n').map(|(_, row)| row.to_owned()).unwrap_or_default();
        let begin = row(&begin);
        let ahead = |at| if at == 0 { format!("{},", begin.trim_end_matches('\n')) } else { ",".to_owned() };
        Ok(Self { ahead: std::array::from_fn(ahead), end: format!(",{}", row(&end)) })
    }
}

/// A number like one of serde's: the shortest decimal of the same value. Up to fifteen digits that is the printed one
/// without the zeros at its end; below a hundred-thousandth serde writes an exponent.
fn write_number(number: Quantity, text: &mut Vec<u8>) {
    let (mut digits, mut scale) = (number.mantissa(), number.scale());
    while scale > 0 && digits % 10 == 0 {
        (digits, scale) = (digits / 10, scale - 1);
    }
    if scale > MOST_DECIMALS {
        // A number is always JSON.
        text.extend(serde_json::to_vec(&number).unwrap_or_default());
    } else {
        write_decimal(digits, scale, text);
    }
}

fn write_decimal(number: i64, scale: u32, text: &mut Vec<u8>) {
    let mut room = [b'0'; 24];
    let mut at = room.len();
    let mut put = |byte: u8| {
        at -= 1;
        room[at] = byte;
    };
    let (mut left, mut place) = (number.unsigned_abs(), 0);
    while left > 0 || place <= scale {
        if place == scale && scale > 0 {
            put(b'.');
        }
        put(b'0' + u8::try_from(left % 10).unwrap_or_default());
        (left, place) = (left / 10, place + 1);
    }
    if number < 0 {
        put(b'-');
    }
    text.extend_from_slice(&room[at..]);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::{RunRow, Table, render};
    use super::*;
    use crate::domain::{Change, Contradiction, Kind, Level, Percent, Slug, Verdict};
    use crate::query::Record;

    fn quantity() -> impl Strategy<Value = Option<Quantity>> {
        let digits = prop_oneof![-100_000i64..100_000, -999_999_999_999_999i64..=999_999_999_999_999];
        prop::option::of(
            (digits, 0..=15u32).prop_map(|(digits, scale)| Quantity::new(digits, scale).unwrap()),
        )
    }

    fn run() -> impl Strategy<Value = Run> {
        let at = prop_oneof![1_700_000_000i64..1_700_100_000, -100_000_000_000i64..300_000_000_000];
        let verdict = prop_oneof![
            Just(Verdict::Verified),
            Just(Verdict::Unverifiable),
            Just(Verdict::Contradicted(Contradiction::InvertedSign)),
        ];
        (at, 0..100_000i64, quantity(), quantity(), quantity(), verdict).prop_map(
            |(at, lasts, level, change, percent, verdict)| Run {
                first_seen: Timestamp::from_timestamp(at, 0).unwrap(),
                last_seen: Timestamp::from_timestamp(at + lasts, 0).unwrap(),
                figures: Figures {
                    level: level.map(Level),
                    change: change.map(Change),
                    percent: percent.map(Percent),
                },
                verdict,
            },
        )
    }

    fn indicator() -> impl Strategy<Value = Indicator> {
        let text = "[=+@\t\"',{}a-z\u{202e}é]{1,6}|LQ45";
        ("[a-z]{1,5}", text, text).prop_map(|(source, label, unit)| Indicator {
            source,
            slug: Slug::of(&label),
            label,
            kind: Kind::Index,
            unit,
            heartbeat: Duration::from_secs(3600),
        })
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_rows(
            parts in prop::collection::vec((indicator(), prop::collection::vec(run(), 0..4)), 0..3),
        ) {
            for format in [Format::Json, Format::Ndjson, Format::Csv] {
                let mut stream = RunStream::new(format, Tz::Asia__Jakarta).unwrap();
                let mut rows = Vec::new();
                for (indicator, runs) in &parts {
                    stream.begin(indicator).unwrap();
                    for run in runs {
                        stream.add(run);
                        let record = Record { indicator: indicator.clone(), run: *run };
                        rows.push(RunRow::new(&record, Tz::Asia__Jakarta));
                    }
                }
                let text = String::from_utf8(stream.finish()).unwrap();
                prop_assert_eq!(text, render(format, &rows, Table::lines).unwrap());
            }
        }
    }

    #[test]
    fn a_table_is_no_stream() {
        assert!(RunStream::new(Format::Table, Tz::UTC).is_none());
    }
}
