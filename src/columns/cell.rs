//! One value of a row on its way to a column or from it, and how exact numbers and instants look there.

use std::borrow::Cow;

use chrono::DateTime;

use crate::domain::{MAX_DIGITS, Quantity, Timestamp};

use super::error::Fault;

/// The digits after the decimal mark of every number in a file: the most that a quantity has.
pub(super) const DECIMALS: u32 = MAX_DIGITS;

/// A value, or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing was said.
    Null,
    /// A text.
    Text(Cow<'a, str>),
    /// A number, in units of its fifteenth decimal.
    Decimal(i128),
    /// Microseconds since 1970 in UTC.
    Instant(i64),
    /// A count.
    Whole(i64),
}

impl<'a> Cell<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(super) fn instant(at: Timestamp) -> Self {
        Self::Instant(at.timestamp_micros())
    }

    pub(super) fn decimal(quantity: Quantity) -> Self {
        Self::Decimal(i128::from(quantity.mantissa()) * 10i128.pow(DECIMALS - quantity.scale()))
    }

    pub(super) fn scale(quantity: Quantity) -> Self {
        Self::Whole(quantity.scale().into())
    }

    /// A value that may be absent.
    pub(super) fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Null, cell)
    }
}

/// The cells of one row, taken from first to last.
#[derive(Debug)]
pub struct Cells {
    names: std::slice::Iter<'static, super::row::Column>,
    cells: std::vec::IntoIter<Cell<'static>>,
    row: u64,
    /// The column of the cell that was taken last.
    column: &'static str,
}

/// A number as its column holds it, before it is known how many of its decimals were printed.
pub(super) struct Unscaled(Option<i128>, &'static str);

impl Cells {
    #[cfg(feature = "parquet")]
    pub(super) fn new(columns: &'static [super::row::Column], cells: Vec<Cell<'static>>, row: u64) -> Self {
        Self { names: columns.iter(), cells: cells.into_iter(), row, column: "" }
    }

    fn next(&mut self) -> Cell<'static> {
        self.column = self.names.next().map_or("", |column| column.name);
        self.cells.next().unwrap_or(Cell::Null)
    }

    fn null(&self) -> Fault {
        Fault::Null { column: self.column, row: self.row }
    }

    /// What is wrong with the cell that was taken last.
    pub(super) fn refuse(&self, problem: impl Into<String>) -> Fault {
        Fault::Value { column: self.column, row: self.row, problem: problem.into() }
    }

    pub(super) fn maybe_text(&mut self) -> Option<String> {
        match self.next() {
            Cell::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> Result<String, Fault> {
        self.maybe_text().ok_or_else(|| self.null())
    }

    pub(super) fn maybe_instant(&mut self) -> Result<Option<Timestamp>, Fault> {
        let Cell::Instant(micros) = self.next() else { return Ok(None) };
        let at = DateTime::from_timestamp_micros(micros);
        at.map(Some).ok_or_else(|| self.refuse("no calendar reaches that far"))
    }

    pub(super) fn instant(&mut self) -> Result<Timestamp, Fault> {
        self.maybe_instant()?.ok_or_else(|| self.null())
    }

    fn maybe_whole(&mut self) -> Option<i64> {
        match self.next() {
            Cell::Whole(whole) => Some(whole),
            _ => None,
        }
    }

    pub(super) fn count(&mut self) -> Result<u64, Fault> {
        let whole = self.maybe_whole().ok_or_else(|| self.null())?;
        u64::try_from(whole).map_err(|_| self.refuse(format!("{whole} is below zero")))
    }

    pub(super) fn unscaled(&mut self) -> Unscaled {
        match self.next() {
            Cell::Decimal(units) => Unscaled(Some(units), self.column),
            _ => Unscaled(None, self.column),
        }
    }

    /// A number with as many decimals as the cell taken next says.
    pub(super) fn scaled(&mut self, number: Unscaled) -> Result<Option<Quantity>, Fault> {
        let scale = self.maybe_whole();
        let Unscaled(Some(units), column) = number else { return Ok(None) };
        let scale = scale.ok_or_else(|| self.null())?;
        let is_scale = |scale: &u32| *scale <= DECIMALS;
        let Some(scale) = u32::try_from(scale).ok().filter(is_scale) else {
            return Err(self.refuse(format!("{scale} is no count of decimals from 0 to {DECIMALS}")));
        };
        let refuse = |problem: String| Fault::Value { column, row: self.row, problem };
        let unit = 10i128.pow(DECIMALS - scale);
        if units % unit != 0 {
            return Err(refuse(format!(
                "the number has more than the {scale} decimals of '{}'",
                self.column
            )));
        }
        let quantity =
            i64::try_from(units / unit).ok().and_then(|mantissa| Quantity::new(mantissa, scale).ok());
        quantity.map(Some).ok_or_else(|| refuse(format!("a number of more than {MAX_DIGITS} digits")))
    }
}
