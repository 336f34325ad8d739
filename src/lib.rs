//! x
pub mod chart;
pub mod clock;
pub mod domain;
pub mod parse;
pub mod series;
