//! What the inner work costs, each piece alone: reading a page and a row, recording a poll, bars, changes and pictures of
//! a year, and a member of an archive. All of it is made up from seeds and is the same in every run.
//!
//! `cargo bench --bench inner` measures; `-- --help` tells how to choose. Without `--bench`, as `cargo test` runs it, each
//! piece runs once, and what it gives is checked. Nothing is asserted of the times.

#![allow(clippy::unwrap_used, dead_code, reason = "a bench has nobody to tell; shares parts with the tests")]

#[path = "../../tests/corpus/filler.rs"]
mod filler;
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;
#[path = "../common/market.rs"]
mod market;
mod member;
mod page;
mod picture;
mod poll;
#[path = "../../tests/corpus/random.rs"]
mod random;
mod year;

fn main() {
    divan::main();
}
