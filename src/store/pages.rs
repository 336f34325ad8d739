//! The tables `kept_page` and `kept_sighting`: whole pages that were not understood, each once, and the attempts
//! that brought them. Knows no layout; which pages are worth keeping is decided in `ingest`.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Digest, Timestamp};

use super::deflate::{deflate, inflate};
use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

/// The most bytes of a page that are kept, before compression. A real one has 400 KB.
pub const MAX_KEPT: usize = 2 * 1024 * 1024;

/// A page to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewPage<'a> {
    /// Where it stood.
    pub url: &'a str,
    /// The header that came with it.
    pub content_type: Option<&'a str>,
    /// The whole body; what goes beyond [`MAX_KEPT`] is not kept.
    pub body: &'a [u8],
}

/// What is known of a kept page, its body aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPage {
    /// Its key.
    pub id: i64,
    /// The key of its source.
    pub source_id: i64,
    /// Where it stood.
    pub url: String,
    /// The header that came with it.
    pub content_type: Option<String>,
    /// The name of what is kept.
    pub digest: Digest,
    /// The bytes of the whole body.
    pub bytes: u64,
    /// Whether only its beginning is kept.
    pub was_cut: bool,
    /// The first time it was seen.
    pub first_seen: Timestamp,
    /// The last time.
    pub last_seen: Timestamp,
    /// How many attempts brought it.
    pub times: u64,
}

/// An attempt that brought a kept page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeptSighting {
    /// Its key in the poll log, unless that was pruned.
    pub poll: i64,
    /// When the page was there.
    pub seen_at: Timestamp,
}

const SELECT: &str = "SELECT kept_page.id, source_id, url, content_type, digest, bytes, was_cut, min(seen_at), \
                      max(seen_at), count(*) FROM kept_page JOIN kept_sighting ON page_id = kept_page.id";

fn page(row: &Row<'_>) -> rusqlite::Result<KeptPage> {
    Ok(KeptPage {
        id: row.get(0)?,
        source_id: row.get(1)?,
        url: row.get(2)?,
        content_type: row.get(3)?,
        digest: Digest(row.get(4)?),
        bytes: row.get::<_, i64>(5)?.unsigned_abs(),
        was_cut: row.get(6)?,
        first_seen: instant(row.get(7)?)?,
        last_seen: instant(row.get(8)?)?,
        times: row.get::<_, i64>(9)?.unsigned_abs(),
    })
}

impl Tables<'_> {
    /// Keeps a page that an attempt brought, once per distinct body, address and header.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn keep_page(self, source_id: i64, new: &NewPage<'_>, seen: KeptSighting) -> Result<(), StoreError> {
        let kept = &new.body[..new.body.len().min(MAX_KEPT)];
        let digest = Digest::of(kept);
        let page_id = match self.same_page(source_id, new, digest)? {
            Some(known) => known,
            None => self.add_page(source_id, new, kept, digest)?,
        };
        let mut statement = self.connection.prepare_cached(seal::KEPT_SIGHTING.put()).doing("keep a page")?;
        statement.execute(params![page_id, seen.poll, seen.seen_at.timestamp()]).doing("keep a page")?;
        Ok(())
    }

    fn same_page(self, source_id: i64, new: &NewPage<'_>, digest: Digest) -> Result<Option<i64>, StoreError> {
        let sql = "SELECT id FROM kept_page \
                   WHERE source_id = ?1 AND digest = ?2 AND bytes = ?3 AND url = ?4 AND content_type IS ?5";
        let mut statement = self.connection.prepare_cached(sql).doing("look up a page")?;
        let row = params![source_id, digest.0, length(new.body), new.url, new.content_type];
        statement.query_row(row, |row| row.get(0)).optional().doing("look up a page")
    }

    fn add_page(
        self,
        source_id: i64,
        new: &NewPage<'_>,
        kept: &[u8],
        digest: Digest,
    ) -> Result<i64, StoreError> {
        let id =
            self.next_id("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence WHERE name = 'kept_page'")?;
        let mut statement = self.connection.prepare_cached(seal::KEPT_PAGE.put()).doing("keep a page")?;
        let NewPage { url, content_type, body } = new;
        let was_cut = kept.len() < body.len();
        let row = params![id, source_id, url, content_type, digest.0, length(body), was_cut, deflate(kept)];
        statement.execute(row).doing("keep a page")?;
        Ok(id)
    }

    /// The kept pages of a source, in the order they were first seen.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn pages_of(self, source_id: i64) -> Result<Vec<KeptPage>, StoreError> {
        let sql = format!("{SELECT} WHERE source_id = ?1 GROUP BY kept_page.id ORDER BY 8, 1");
        let mut statement = self.connection.prepare_cached(&sql).doing("list the kept pages")?;
        statement.query_map([source_id], page).and_then(Iterator::collect).doing("list the kept pages")
    }

    /// What is kept of a page, unless its bytes cannot be unfolded any more.
    ///
    /// # Errors
    /// The database cannot be read, or keeps no such page.
    pub fn page_body(self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT body FROM kept_page WHERE id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("read a kept page")?;
        let body = |row: &Row<'_>| Ok(inflate(row.get_ref(0)?.as_blob()?, MAX_KEPT as u64));
        statement.query_row([id], body).doing("read a kept page")
    }

    /// The attempts that brought a page, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn page_sightings(self, id: i64) -> Result<Vec<KeptSighting>, StoreError> {
        let sql = "SELECT poll_id, seen_at FROM kept_sighting WHERE page_id = ?1 ORDER BY seen_at, poll_id";
        let mut statement = self.connection.prepare_cached(sql).doing("read when a page was seen")?;
        let sighting = |row: &Row<'_>| Ok(KeptSighting { poll: row.get(0)?, seen_at: instant(row.get(1)?)? });
        statement.query_map([id], sighting).and_then(Iterator::collect).doing("read when a page was seen")
    }

    /// Lets go of a page and of when it was seen.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn drop_page(self, id: i64) -> Result<(), StoreError> {
        for sql in ["DELETE FROM kept_sighting WHERE page_id = ?1", "DELETE FROM kept_page WHERE id = ?1"] {
            let mut statement = self.connection.prepare_cached(sql).doing("let go of a page")?;
            statement.execute([id]).doing("let go of a page")?;
        }
        Ok(())
    }

    /// The pages of a source that were last seen before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn pages_before(self, source_id: i64, before: Timestamp) -> Result<Vec<KeptPage>, StoreError> {
        let mut old = self.pages_of(source_id)?;
        old.retain(|page| page.last_seen < before);
        Ok(old)
    }

    /// Lets go of the pages of a source that were last seen before an instant; says how many.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn drop_pages_before(self, source_id: i64, before: Timestamp) -> Result<usize, StoreError> {
        let old = self.pages_before(source_id, before)?;
        old.iter().try_for_each(|page| self.drop_page(page.id))?;
        Ok(old.len())
    }
}

fn length(body: &[u8]) -> i64 {
    i64::try_from(body.len()).unwrap_or(i64::MAX)
}
