//! Pantau remembers the market indicators that a web page's header shows for a minute and forgets.
//!
//! # How data flows
//!
//! ```text
//! page bytes -fetch|archive-> Page -parse-> Quote -ingest-> Observation -store-> rows
//! rows, rollups -query-> Series -resample|transform-> Series or Bars -report|chart-> table, PNG, JSON, Parquet
//!               gaps, health, drift                         -report|web---> status, coverage, drift, metrics
//!               derived closes                              -report|chart-> what every capture proves of the day before
//!               Facts                                       -alert--------> messages, by way of fetch or mail
//!               sightings                                   -push---------> a team's PostgreSQL
//! ```
//!
//! Two spines: [`ingest`] is the only way in (a live poll and a page saved years ago differ only in where they came
//! from), [`query`] the only way out (tables, charts, pages and alerts all ask it). The daemon turns the wheel: [`poll`]
//! asks each source when it is due and has [`ingest`] record the answer; after each recorded poll the rules of [`alert`]
//! are looked at, the counters of [`web`] move, and `push` is woken. [`archive`] reads the same pages out of what others
//! kept: `extract` without a database, so that it can be spread over machines, `import` with one.
//!
//! # Layers
//!
//! A module imports only from the lines below its own, never from its siblings:
//!
//! ```text
//! 5  cli + config                                           knows every name; wires the rest together
//! 4  poll   archive   push   report   web                   the daemon; archives; a team's store; text forms; health
//! 3  ingest | query   chart   alert                         one way in, one way out, its pictures; who is told of what
//! 2  fetch   store   parse   series   format   calendar     two IO edges, four pure cores; clock
//!    columns                                                rows in bulk as Parquet
//! 1  domain   files                                         words of the trade; who may read what is written
//! ```
//!
//! Each outside crate has one door: reqwest in [`fetch`], rusqlite in [`store`], plotters in [`chart`], lettre
//! in [`alert`], parquet in [`columns`], axum in [`web`], tokio-postgres in `push`, clap in [`cli`]. A test knows all the
//! doors, and guards them and the layers.
//!
//! # Reading order
//!
//! [`domain`] (start with `quote`, `verdict` and `observation`), [`parse`], [`ingest`] (`runs` says what the rows are
//! by definition), [`store`], [`query`] (`parts` says what is read, `gaps` why nothing is known), [`poll`] (`schedule` and `backoff` decide,
//! `cycle` obeys), [`archive`] (`record`, then `extract`), [`alert`] (`rule`, then `state`), then whatever edge is of
//! interest. How it is all put together stands
//! in [`cli`] (`daemon` and `running`).
//!
//! # What is promised
//!
//! - A number is kept exactly as printed, with its exact text; `explain` goes the whole way back.
//! - Nothing is invented: no as-of time from a fetch time, no filled gap, no repaired sign, no level for a return.
//! - Captures may arrive in any order and more than once: the rows are the same, on one machine or by many.
//! - What is damaged in a file is named with its place, and everything behind it is read.
//! - A stretch without data says why: nobody looked, nobody answered, or the page stood still.
//! - A poll is recorded whole or not at all, and a commit survives a power cut; polls that end together may share one.
//! - A database that cannot be written is waited for with the answers in hand; one that is removed or replaced under
//!   the daemon is rescued, and never silently begun anew.
//! - A site is asked no more than it likes: one request at a time, spaced, within its robots.txt, and never before the
//!   time that it asked for. When a source is due is a pure function of its schedule, its poll log and the time.
//! - An alert is told once when its rule becomes true and once when it no longer is; a crash loses no message.
//! - Nothing that a page or a server says commands a terminal, a log or a spreadsheet, or leads into a private network;
//!   `SECURITY.md` has the tests.

pub mod alert;
pub mod archive;
pub mod calendar;
pub mod chart;
pub mod cli;
pub mod clock;
pub mod columns;
pub mod config;
pub mod domain;
pub mod fetch;
pub mod files;
pub mod format;
pub mod ingest;
pub mod parse;
pub mod poll;
#[cfg(feature = "postgres")]
pub mod push;
pub mod query;
pub mod report;
pub mod series;
pub mod store;
pub mod web;
