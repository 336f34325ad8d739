//! x
pub mod clock;
pub mod domain;
pub mod fetch;
pub mod parse;
pub mod series;
