//! An archive of pages, one in twenty of which has the header in one of the shapes of the tests.

use std::path::Path;

use anyhow::Result;
use chrono::{DateTime, TimeDelta};

use crate::corpus::filler::Filler;
use crate::corpus::page::{Kind, Pages};
use crate::corpus::random::Random;
use crate::corpus::warc::{Archive, Record};

/// As many bytes as pages have on average.
const PAGE_BYTES: usize = 150_000;
const ONE_IN: u32 = 20;

/// Writes so many pages, a gzip member each.
pub(super) fn make(count: u32, path: &Path) -> Result<()> {
    let mut random = Random::new(1);
    let mut filler = Filler::new(&mut random);
    let pages = Pages::new();
    let mut archive = Archive::compressed(path);
    archive.write(&Record::info());
    for number in 0..count {
        let kind = if number % ONE_IN == 0 { Kind::Header } else { Kind::Article };
        let size = PAGE_BYTES / 2 + random.below(PAGE_BYTES);
        let answer = pages.answer(kind, size, &mut filler, &mut random);
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + i64::from(number) * 60);
        archive.write(&Record::page(number.into(), at, kind, &answer));
    }
    archive.finish();
    Ok(())
}
