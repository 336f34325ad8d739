//! x
pub mod calendar;
pub mod clock;
pub mod domain;
pub mod parse;
pub mod series;
