//! x
pub mod clock;
pub mod domain;
pub mod parse;
pub mod series;
pub mod store;
