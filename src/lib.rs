//! x
pub mod calendar;
pub mod chart;
pub mod clock;
pub mod config;
pub mod domain;
pub mod fetch;
pub mod format;
pub mod ingest;
pub mod parse;
pub mod series;
pub mod store;
