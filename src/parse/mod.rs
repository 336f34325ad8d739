//! x
#[cfg_attr(not(test), expect(dead_code, reason = "called once pages are parsed by their layout"))]
mod css;
#[cfg_attr(not(test), expect(dead_code, reason = "called once pages are parsed by their layout"))]
mod json;
mod layout;
mod problem;
pub use layout::{Cells, CssRules, JsonIndicator, JsonRules, Layout, Locale};
