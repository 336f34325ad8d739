//! x
mod layout;
pub use layout::{Cells, CssRules, JsonIndicator, JsonRules, Layout, Locale};
