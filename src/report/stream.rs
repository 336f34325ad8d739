//! Rows of which there may be more than fit into memory: given out some at a time, so that together they are one answer.

use serde::Serialize;

use super::{Format, ReportError, Table, line, render};

/// How many rows are held back. The columns of a table are as wide as these need.
const BATCH: usize = 1000;

/// Rows on their way out.
#[derive(Debug)]
pub struct Stream<T> {
    format: Format,
    table: fn(&[T]) -> Table,
    rows: Vec<T>,
    is_begun: bool,
}

impl<T: Serialize> Stream<T> {
    /// Rows in a form; `table` shows some of them to people.
    pub fn new(format: Format, table: fn(&[T]) -> Table) -> Self {
        Self { format, table, rows: Vec::new(), is_begun: false }
    }

    /// Adds a row. Gives text whenever there is enough of it.
    ///
    /// # Errors
    /// A row cannot be written in the form.
    pub fn add(&mut self, row: T) -> Result<Option<String>, ReportError> {
        self.rows.push(row);
        if self.rows.len() < BATCH { Ok(None) } else { self.take().map(Some) }
    }

    /// What is left, and what ends the answer.
    ///
    /// # Errors
    /// A row cannot be written in the form.
    pub fn finish(mut self) -> Result<String, ReportError> {
        let text = self.take()?;
        Ok(if self.format == Format::Json { text + "\n]\n" } else { text })
    }

    fn take(&mut self) -> Result<String, ReportError> {
        let rows = std::mem::take(&mut self.rows);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match self.format {
            Format::Json => elements(&rows, is_first),
            Format::Csv => {
                let text = render(self.format, &rows, || (self.table)(&rows))?;
                let header = if is_first { 0 } else { text.find('\n').map_or(text.len(), |end| end + 1) };
                Ok(text[header..].to_owned())
            }
            _ => render(self.format, &rows, || (self.table)(&rows)),
        }
    }
}

/// Elements of one array.
fn elements<T: Serialize>(rows: &[T], is_first: bool) -> Result<String, ReportError> {
    let mut text = if is_first { "[".to_owned() } else { String::new() };
    for (at, row) in rows.iter().enumerate() {
        text.push_str(if is_first && at == 0 { "\n  " } else { ",\n  " });
        text.push_str(line(row)?.trim_end());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct Row {
        number: usize,
    }

    fn text(format: Format, count: usize) -> String {
        let table = |rows: &[Row]| {
            let mut table = Table::lines();
            table.note(format!("{} rows", rows.len()));
            table
        };
        let mut stream = Stream::new(format, table);
        let mut text = String::new();
        for number in 0..count {
            text += &stream.add(Row { number }).unwrap().unwrap_or_default();
        }
        text + &stream.finish().unwrap()
    }

    #[test]
    fn many_rows_are_one_answer() {
        for count in [0, 1, BATCH, 2 * BATCH + 1] {
            let json: Vec<serde_json::Value> = serde_json::from_str(&text(Format::Json, count)).unwrap();
            assert_eq!(json.len(), count);
            assert_eq!(text(Format::Ndjson, count).lines().count(), count);
            let csv = text(Format::Csv, count);
            assert_eq!(csv.lines().filter(|line| *line != "number").count(), count);
            assert_eq!(csv.lines().next(), (count > 0).then_some("number"));
        }
        assert_eq!(text(Format::Table, 2 * BATCH + 1), "1000 rows\n1000 rows\n1 rows\n");
    }
}
