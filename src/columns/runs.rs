//! The rows of `history`: runs.

use crate::domain::{Indicator, Kind, Run, Slug, Verdict};

use super::cell::{Cell, Cells};
use super::error::Fault;
use super::row::{
    Column, FIGURES, Holds, Row, SCALES, figures, scales, take_figures, take_unscaled, take_verdict,
};

/// A run, and what it is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// What people type.
    pub slug: Slug,
    /// What the page prints.
    pub label: String,
    /// What sort of number it is.
    pub kind: Kind,
    /// The unit of its level.
    pub unit: String,
    /// The run.
    pub run: Run,
    /// The source that shows it.
    pub source: String,
}

impl RunRow {
    /// A run of an indicator.
    #[must_use]
    pub fn new(indicator: &Indicator, run: Run) -> Self {
        Self {
            slug: indicator.slug.clone(),
            label: indicator.label.clone(),
            kind: indicator.kind,
            unit: indicator.unit.clone(),
            run,
            source: indicator.source.clone(),
        }
    }
}

impl Row for RunRow {
    const SCHEMA: &'static str = "runs/1";
    const COLUMNS: &'static [Column] = &[
        Column::some("indicator", Holds::Text),
        Column::some("label", Holds::Text),
        Column::some("kind", Holds::Text),
        Column::some("unit", Holds::Text),
        FIGURES[0],
        FIGURES[1],
        FIGURES[2],
        Column::some("verdict", Holds::Text),
        Column::some("first_seen", Holds::Instant),
        Column::some("last_seen", Holds::Instant),
        Column::some("source", Holds::Text),
        SCALES[0],
        SCALES[1],
        SCALES[2],
    ];

    fn cells(&self) -> Vec<Cell<'_>> {
        let Self { slug, label, kind, unit, run, source } = self;
        let [level, change, percent] = figures(&run.figures);
        let [level_scale, change_scale, percent_scale] = scales(&run.figures);
        vec![
            Cell::text(slug.as_str()),
            Cell::text(label),
            Cell::text(kind.word()),
            Cell::text(unit),
            level,
            change,
            percent,
            Cell::text(run.verdict.word()),
            Cell::instant(run.first_seen),
            Cell::instant(run.last_seen),
            Cell::text(source),
            level_scale,
            change_scale,
            percent_scale,
        ]
    }

    fn of(cells: &mut Cells) -> Result<Self, Fault> {
        let slug = Slug::of(&cells.text()?);
        let label = cells.text()?;
        let kind = take_kind(cells)?;
        let unit = cells.text()?;
        let unscaled = take_unscaled(cells);
        take_verdict(cells)?;
        let first_seen = cells.instant()?;
        let last_seen = cells.instant()?;
        if last_seen < first_seen {
            return Err(cells.refuse("a run ends before it begins"));
        }
        let source = cells.text()?;
        let figures = take_figures(cells, unscaled)?;
        let run = Run { first_seen, last_seen, figures, verdict: Verdict::of(&figures) };
        Ok(Self { slug, label, kind, unit, run, source })
    }
}

fn take_kind(cells: &mut Cells) -> Result<Kind, Fault> {
    let word = cells.text()?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
    kind.ok_or_else(|| cells.refuse(format!("'{word}' is no kind of indicator")))
}
