//! What the two kinds of rows have in common: named columns, and a way to cells and back.

use crate::domain::{Change, Figures, Level, Percent};

use super::cell::{Cell, Cells, Unscaled};
use super::error::Fault;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Texts.
    Text,
    /// Exact numbers.
    Decimal,
    /// Instants.
    Instant,
    /// How many decimals of a number were printed.
    Scale,
    /// Counts of bytes.
    Count,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub holds: Holds,
    /// Whether it may be NULL.
    pub may_be_null: bool,
}

impl Column {
    /// A column without NULLs.
    pub(super) const fn some(name: &'static str, holds: Holds) -> Self {
        Self { name, holds, may_be_null: false }
    }

    /// A column with NULLs.
    pub(super) const fn maybe(name: &'static str, holds: Holds) -> Self {
        Self { name, holds, may_be_null: true }
    }
}

/// A row of one of the kinds.
pub trait Row: Sized {
    /// What the file says it holds: the kind, and the version of its columns.
    const SCHEMA: &'static str;
    /// The columns, in their order.
    const COLUMNS: &'static [Column];

    /// Its cells, one a column.
    fn cells(&self) -> Vec<Cell<'_>>;

    /// The row of cells.
    ///
    /// # Errors
    /// A cell is absent that may not be, or means nothing.
    fn of(cells: &mut Cells) -> Result<Self, Fault>;
}

/// Level, change and percent.
pub(super) const FIGURES: [Column; 3] = [
    Column::maybe("level", Holds::Decimal),
    Column::maybe("change", Holds::Decimal),
    Column::maybe("percent", Holds::Decimal),
];

/// Their printed decimals.
pub(super) const SCALES: [Column; 3] = [
    Column::maybe("level_scale", Holds::Scale),
    Column::maybe("change_scale", Holds::Scale),
    Column::maybe("percent_scale", Holds::Scale),
];

pub(super) fn figures(figures: &Figures) -> [Cell<'static>; 3] {
    let Figures { level, change, percent } = figures;
    [
        Cell::maybe(*level, |level| Cell::decimal(level.0)),
        Cell::maybe(*change, |change| Cell::decimal(change.0)),
        Cell::maybe(*percent, |percent| Cell::decimal(percent.0)),
    ]
}

pub(super) fn scales(figures: &Figures) -> [Cell<'static>; 3] {
    let Figures { level, change, percent } = figures;
    [
        Cell::maybe(*level, |level| Cell::scale(level.0)),
        Cell::maybe(*change, |change| Cell::scale(change.0)),
        Cell::maybe(*percent, |percent| Cell::scale(percent.0)),
    ]
}

pub(super) fn take_unscaled(cells: &mut Cells) -> [Unscaled; 3] {
    [cells.unscaled(), cells.unscaled(), cells.unscaled()]
}

pub(super) fn take_figures(cells: &mut Cells, unscaled: [Unscaled; 3]) -> Result<Figures, Fault> {
    let [level, change, percent] = unscaled;
    Ok(Figures {
        level: cells.scaled(level)?.map(Level),
        change: cells.scaled(change)?.map(Change),
        percent: cells.scaled(percent)?.map(Percent),
    })
}

/// The verdict is what the arithmetic of the numbers says, whatever the file does; its word must still be one.
pub(super) fn take_verdict(cells: &mut Cells) -> Result<(), Fault> {
    let word = cells.text()?;
    match word.as_str() {
        "verified" | "unverifiable" | "contradicted" => Ok(()),
        _ => Err(cells.refuse(format!("'{word}' is no verdict"))),
    }
}
