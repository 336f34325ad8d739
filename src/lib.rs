//! x
pub mod calendar;
pub mod chart;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod fetch;
pub mod format;
pub mod ingest;
pub mod parse;
pub mod poll;
pub mod query;
pub mod report;
pub mod series;
pub mod store;
