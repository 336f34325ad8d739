//! Series that people have: CSV with a header `date,level[,change,percent]`. Strict, since a number that is read wrongly
//! is worse than one that is not read: the separator of the cells decides the decimal mark, and no mark groups digits.
//!
//! A bare date is the close of the market on that day; a date with a time is what it says. Each line is a capture of
//! its own, whose text proves it.

use std::ops::ControlFlow;

use chrono::{Duration, NaiveDate};
use csv::{ByteRecord, ReaderBuilder, Trim};

use crate::calendar::Calendar;
use crate::domain::{CATALOGUE, Slug, Timestamp};
use crate::ingest::Captured;
use crate::parse::{self, Cells};

use super::form::Bytes;
use super::found::{Fault, Found, Place, Sort};
use super::{Input, Setting, Sink, written};

/// The most bytes of the first line.
const MAX_HEADING: usize = 64 * 1024;

/// Where the columns stand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Columns {
    date: usize,
    indicator: Option<usize>,
    level: Option<usize>,
    change: Option<usize>,
    percent: Option<usize>,
    /// Those that are not read.
    others: Vec<String>,
}

pub(super) fn read(
    input: &Input,
    mut bytes: Bytes,
    setting: &Setting<'_>,
    sink: &mut Sink<'_>,
) -> ControlFlow<()> {
    let separator = match bytes.fill_buf() {
        Ok(head) => separator(&head[..head.len().min(MAX_HEADING)]),
        Err(error) => return sink(Found::Fault(unreadable(input, &error.to_string()))),
    };
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .has_headers(false)
        .trim(Trim::All)
        .from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut columns = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return ControlFlow::Continue(()),
            Err(error) => return sink(Found::Fault(unreadable(input, &error.to_string()))),
        }
        let place = Place::line(input, record.position().map_or(0, csv::Position::line));
        let Some(columns) = &columns else {
            match Columns::read(&record, setting) {
                Ok(read) => {
                    tell_others(&read, &place, sink)?;
                    columns = Some(read);
                }
                Err((sort, what)) => return sink(Found::Fault(Fault::new(place, sort, what))),
            }
            continue;
        };
        let found = match line(&record, columns, separator, input, &place, setting) {
            Ok(captured) => {
                Found::Capture { source: setting.source.to_owned(), captured, place: place.clone() }
            }
            Err(what) => Found::Fault(Fault::new(place, Sort::Unsound, what)),
        };
        sink(found)?;
    }
}

fn unreadable(input: &Input, why: &str) -> Fault {
    Fault::new(Place::of(input), Sort::Unreadable, format!("failed to read it: {why}"))
}

/// What stands between the cells of the first line.
fn separator(head: &[u8]) -> u8 {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    [b';', b'\t'].into_iter().find(|separator| line.contains(separator)).unwrap_or(b',')
}

fn tell_others(columns: &Columns, place: &Place, sink: &mut Sink<'_>) -> ControlFlow<()> {
    if columns.others.is_empty() {
        return ControlFlow::Continue(());
    }
    sink(Found::Note(place.clone(), format!("not read: {}", columns.others.join(", "))))
}

impl Columns {
    fn read(record: &ByteRecord, setting: &Setting<'_>) -> Result<Self, (Sort, String)> {
        let mut columns = Self::default();
        let mut has_date = false;
        for (at, cell) in record.iter().enumerate() {
            let cell = String::from_utf8_lossy(cell);
            let name = cell.trim_start_matches('\u{feff}').trim().to_ascii_lowercase();
            match name.as_str() {
                "date" => (columns.date, has_date) = (at, true),
                "indicator" => columns.indicator = Some(at),
                "level" => columns.level = Some(at),
                "change" => columns.change = Some(at),
                "percent" => columns.percent = Some(at),
                _ => columns.others.push(name),
            }
        }
        let has_number = columns.level.or(columns.change).or(columns.percent).is_some();
        if !has_date || !has_number {
            let found = record.iter().map(String::from_utf8_lossy).collect::<Vec<_>>().join(",");
            let found: String = found.chars().take(80).collect();
            let what = format!("expected a header such as date,level,change,percent; there stands '{found}'");
            return Err((Sort::Unsound, what));
        }
        if columns.indicator.is_none() && setting.indicator.is_none() {
            let what = "whose series it is is not known: --indicator says it, or a column indicator";
            return Err((Sort::Unclear, what.to_owned()));
        }
        Ok(columns)
    }
}

fn line(
    record: &ByteRecord,
    columns: &Columns,
    separator: u8,
    input: &Input,
    place: &Place,
    setting: &Setting<'_>,
) -> Result<Captured, String> {
    let cell = |at: usize| match record.get(at).map(std::str::from_utf8) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err("there are bytes that are no UTF-8 text".to_owned()),
    };
    let number = |at: Option<usize>| match at.map(cell).transpose()?.flatten() {
        None => Ok(None),
        Some(text) => number(text, separator).map(Some),
    };
    let date = cell(columns.date)?.ok_or("there is no date")?;
    let captured_at = time(date, setting)?;
    let percent = columns.percent.map(cell).transpose()?.flatten();
    let percent =
        percent.map(|text| self::number(text.trim_end_matches('%').trim_end(), separator)).transpose()?;
    let cells = Cells {
        label: label(columns.indicator.map(cell).transpose()?.flatten(), setting)?,
        level: number(columns.level)?,
        change: number(columns.change)?,
        percent,
        previous_close: None,
    };
    let reading = parse::of_cells(vec![cells]);
    if let Some(issue) = reading.issues.iter().find(|issue| issue.is_defect()) {
        return Err(issue.to_string());
    }
    if reading.quotes.is_empty() {
        return Err("there is no number".to_owned());
    }
    let line = match place.spot {
        Some(super::found::Spot::Line(line)) => format!(":{line}"),
        _ => String::new(),
    };
    Ok(Captured { url: format!("{}{line}", input.path.display()), captured_at, reading })
}

/// The label of the indicator of a line: as it is recorded, else as the catalogue has it, else made of the slug.
fn label(cell: Option<&str>, setting: &Setting<'_>) -> Result<String, String> {
    let slug = match cell {
        Some(cell) => Slug::of(cell),
        None => setting.indicator.clone().ok_or("there is no indicator")?,
    };
    if slug.as_str().is_empty() {
        return Err("the indicator has neither letters nor digits".to_owned());
    }
    let recorded = setting.labels.get(&slug).cloned();
    let in_catalogue = || CATALOGUE.iter().find(|known| Slug::of(known.label) == slug);
    let known = recorded.or_else(|| in_catalogue().map(|known| known.label.to_owned()));
    Ok(known.unwrap_or_else(|| match cell {
        Some(cell) => cell.to_owned(),
        None => slug.as_str().to_uppercase(),
    }))
}

/// A number as JSON writes it.
fn number(text: &str, separator: u8) -> Result<String, String> {
    let (mark, other) = if separator == b',' { ('.', ',') } else { (',', '.') };
    let mark = if separator == b'\t' { '.' } else { mark };
    let other = if separator == b'\t' { ',' } else { other };
    let plain = text.replace('\u{2212}', "-");
    let plain = plain.strip_prefix('+').unwrap_or(&plain);
    let digits = plain.strip_prefix('-').unwrap_or(plain);
    if digits.contains(other) || digits.matches(mark).count() > 1 {
        let between = if separator == b';' { "semicolons" } else { "commas or tabs" };
        return Err(format!(
            "expected a number without marks between its digits and with '{mark}' as its decimal mark, since \
             {between} part the cells; there stands '{text}'"
        ));
    }
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.chars().all(|c| c.is_ascii_digit() || c == mark);
    if is_number {
        Ok(plain.replace(mark, "."))
    } else {
        Err(format!("expected a number; there stands '{text}'"))
    }
}

/// A bare date is the close of the market, as it would be on a day without a session too.
fn time(text: &str, setting: &Setting<'_>) -> Result<Timestamp, String> {
    let date = (text.len() == 10).then(|| text.parse::<NaiveDate>().ok()).flatten();
    let time = date.map(|date| close(date, setting.calendar)).or_else(|| written::read(text, setting.zone));
    time.ok_or_else(|| {
        format!("expected a date such as 2024-04-19, or one with a time; there stands '{text}'")
    })
}

/// Where the hours of the market are not known, the last second of the day.
fn close(date: NaiveDate, calendar: &Calendar) -> Timestamp {
    let close = calendar.close_of(date);
    if calendar.date_of(close) == date { close } else { close - Duration::seconds(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_decides_the_decimal_mark() {
        for (text, separator, number_is) in [
            ("919.20", b',', Some("919.20")),
            ("919,20", b';', Some("919,20")),
            ("-16.32", b'\t', Some("-16.32")),
            ("+0.5", b',', Some("0.5")),
            ("\u{2212}0,5", b';', Some("-0.5")),
            ("7000", b';', Some("7000")),
            ("7.000", b';', None),
            ("1.345.000", b',', None),
            ("1,345.00", b',', None),
            ("1 345", b',', None),
            ("1e5", b',', None),
            (".5", b',', None),
            ("n/a", b',', None),
        ] {
            let expected = number_is.map(|text| text.replace(',', "."));
            assert_eq!(number(text, separator).ok(), expected, "{text}");
        }
    }

    #[test]
    fn every_date_has_a_close_of_its_own() {
        let at = |calendar: &Calendar, date: &str| {
            close(date.parse().unwrap(), calendar).with_timezone(&calendar.zone()).to_rfc3339()
        };
        assert_eq!(at(&Calendar::idx(), "2024-11-26"), "2024-11-26T16:15:00+07:00");
        assert_eq!(at(&Calendar::idx(), "2024-11-30"), "2024-11-30T16:15:00+07:00");
        let weekdays = Calendar::weekdays(chrono_tz::Asia::Jakarta);
        assert_eq!(at(&weekdays, "2024-11-26"), "2024-11-26T23:59:59+07:00");
    }

    #[test]
    fn the_first_line_tells_the_separator() {
        assert_eq!(separator(b"date,level\n1;2"), b',');
        assert_eq!(separator(b"date;level\n"), b';');
        assert_eq!(separator(b"date\tlevel\n"), b'\t');
    }
}
