//! One row of `observation` on the server. Pure.

use crate::domain::{Figures, Quantity};
use crate::query::Sighted;

/// What was seen, under the key that its indicator has on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) series: i32,
    pub(super) sighted: Sighted,
}

impl Row {
    /// Level, change and percentage with the decimals that were printed.
    pub(super) fn numbers(&self) -> [Option<String>; 3] {
        let Figures { level, change, percent } = self.sighted.figures;
        let text = |quantity: Option<Quantity>| quantity.map(|quantity| quantity.to_string());
        [text(level.map(|level| level.0)), text(change.map(|c| c.0)), text(percent.map(|p| p.0))]
    }
}
