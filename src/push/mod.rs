//! Copies what is recorded to a team's PostgreSQL. The only user of tokio-postgres; knows no terminal and no schedule of
//! polls.
//!
//! # What is copied
//!
//! A row there is that a page was *seen* to show an indicator's figures: (series, captured_at, digest of the ticker text).
//! Not the runs of `observation`: a run is a reading of all sightings, and is split, joined or extended when an archived
//! page arrives later, so that a row which is right today would be wrong tomorrow, and two databases that know different
//! sightings would overwrite each other. A sighting stays true whatever is learnt later, so the rows there are the union
//! of what all databases saw, the same in any order and however often they are told. The view `quotes` there reads
//! them as runs, by the rule that `ingest::runs` goes by. The price is a row for each unchanged poll, 244 bytes with
//! its key (measured on half a million rows).
//!
//! Only one thing about a sighting may change: whether it is believed (`query::Standing`). It is a column, and the last
//! word counts. What remains of a stretch whose poll log was pruned are the begins of its runs, told with the time until
//! which they stood unbroken (`until`, which only grows).
//!
//! # What was copied already
//!
//! Each quarter of an hour of a source has a fingerprint: a digest of its sightings and of what is believed of them. The
//! server keeps the fingerprints that a database told it, written in the transaction of the rows. So what is remembered
//! is lost only together with the rows themselves; a late import or a decision is noticed wherever in time it falls; and
//! the database here is only read.

mod batch;
mod copy;
mod error;
mod follow;
mod row;
mod schema;
mod series;
mod session;
mod target;

pub use copy::{Copied, Copier, Extent};
pub use error::PushError;
pub use follow::{Follower, OnCopy, pause_after};
pub use target::Target;
