//! Reading captures out of files that hold them: saved pages, WARC, ARC and WACZ archives, and lists of what archives
//! hold. A page that a crawler kept twelve years ago is a page like the one of this minute, of another time.
//!
//! Four steps kept apart, so that each can run where it is cheap: *plan* turns an archive's index into places, *fetch*
//! (the only one that uses the network) brings what stands there, *extract* turns bytes into quotes and knows no
//! database, *import* hands what was read to `ingest`.

pub mod addresses;
pub mod extract;
pub mod fetch;
pub mod import;
pub mod index;
pub mod memento;
pub mod place;
pub mod plan;
pub mod record;
pub mod stamp;
