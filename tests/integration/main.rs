//! The program as people meet it: every test runs the binary in a folder of its own, offline, and looks at its
//! output, its messages and its exit code together.
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]

mod ages;
mod alerts;
mod archive_fetch;
mod archive_guide;
mod archive_list;
mod archive_plan;
mod archive_rows;
mod archive_samples;
mod archive_server;
mod archives;
mod bad_input;
mod captures;
mod channels;
mod chart;
mod common;
mod config;
mod conformance;
#[path = "../corpus/mod.rs"]
mod corpus;
mod daemon;
mod database;
mod derived;
mod drift;
mod extract;
mod fuzz;
mod gallery;
mod import;
mod injection;
mod limits;
mod mail;
mod manners;
mod modes;
mod packaging;
#[cfg(feature = "parquet")]
mod parquet;
mod pixels;
#[cfg(feature = "postgres")]
mod postgres;
mod prometheus;
#[cfg(feature = "postgres")]
mod push;
mod readme;
mod receiver;
mod record;
mod retention;
mod samples;
mod script;
mod server;
mod service;
mod shapes;
mod sources;
mod status;
mod targets;
mod web;
mod words;
