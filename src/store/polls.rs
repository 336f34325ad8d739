//! The tables `poll` (every attempt) and `sighting` (every archived capture): together, when each text was seen.

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Attempt, Digest, Drift, Outcome, TimeRange, Timestamp};

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal, spelled};

/// That a text was seen at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// When.
    pub seen_at: Timestamp,
    /// Which capture.
    pub capture: i64,
}

/// An attempt as the log holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedPoll {
    /// Its key.
    pub id: i64,
    /// How it went.
    pub attempt: Attempt,
    /// What it saw.
    pub sighting: Option<Sighting>,
}

impl LoggedPoll {
    /// Whether its page was not understood at the time, and was read later.
    #[must_use]
    pub fn was_reread(&self) -> bool {
        self.sighting.is_some() && !self.attempt.outcome.is_success()
    }
}

fn logged(row: &Row<'_>) -> rusqlite::Result<LoggedPoll> {
    let attempt = Attempt {
        started_at: instant(row.get(2)?)?,
        outcome: spelled(row, 3, Outcome::ALL, Outcome::word)?,
        http_status: row.get(4)?,
        duration_ms: row.get::<_, i64>(5)?.unsigned_abs(),
        body_bytes: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
        rows: row.get(7)?,
        detail: row.get(8)?,
    };
    let seen_at = row.get::<_, Option<i64>>(9)?.map(instant).transpose()?;
    let capture: Option<i64> = row.get(10)?;
    let sighting = seen_at.zip(capture).map(|(seen_at, capture)| Sighting { seen_at, capture });
    Ok(LoggedPoll { id: row.get(0)?, attempt, sighting })
}

fn sighting(row: &Row<'_>) -> rusqlite::Result<Sighting> {
    Ok(Sighting { seen_at: instant(row.get(0)?)?, capture: row.get(1)? })
}

/// The attempts of a source that belong wholly to the time before an instant: one that began before it and saw the
/// page after it is still needed to tell what was seen since.
const OLDER: &str = "source_id = ?1 AND started_at < ?2 AND (seen_at IS NULL OR seen_at < ?2)";

/// The two tables that say when a text was seen.
const SEEN_IN: [&str; 2] = ["poll", "sighting"];

impl Tables<'_> {
    /// Logs an attempt. Gives its key.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn log_poll(
        self,
        source_id: i64,
        attempt: &Attempt,
        seen: Option<Sighting>,
    ) -> Result<i64, StoreError> {
        let id = self.next_id("SELECT coalesce(max(id), 0) + 1 FROM poll")?;
        let mut statement = self.connection.prepare_cached(seal::POLL.add()).doing("log a poll")?;
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        statement
            .execute(params![
                id,
                source_id,
                attempt.started_at.timestamp(),
                attempt.outcome.word(),
                attempt.http_status,
                signed(attempt.duration_ms),
                attempt.body_bytes.map(signed),
                attempt.rows,
                attempt.detail,
                seen.map(|seen| seen.seen_at.timestamp()),
                seen.map(|seen| seen.capture)
            ])
            .doing("log a poll")?;
        Ok(id)
    }

    /// Notes what an attempt saw whose page was not understood at the time. Says whether it is in the log and
    /// nothing was noted before. Its outcome stays: that is how it ended.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn see_again(self, source_id: i64, poll: i64, seen: Sighting, rows: u32) -> Result<bool, StoreError> {
        let sql = "UPDATE poll SET seen_at = ?4, capture_id = ?5, rows = ?6, seal = seal('poll', id, source_id, \
                   started_at, outcome, http_status, duration_ms, body_bytes, ?6, detail, ?4, ?5) \
                   WHERE id = ?2 AND source_id = ?1 AND outcome = ?3 AND seen_at IS NULL";
        let mut statement = self.connection.prepare_cached(sql).doing("note what a poll saw")?;
        let outcome = Outcome::NotUnderstood.word();
        let row = params![source_id, poll, outcome, seen.seen_at.timestamp(), seen.capture, rows];
        statement.execute(row).map(|changed| changed > 0).doing("note what a poll saw")
    }

    /// The attempts since the last one that saw what the header says whose pages were not understood, of a source that
    /// was understood once: what is new about it.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn drift(self, source_id: i64) -> Result<Option<Drift>, StoreError> {
        match self.last_sighting(source_id)? {
            Some(_) => self.not_understood(source_id),
            None => Ok(None),
        }
    }

    /// The attempts since the last one that saw what the header says, or of all time where none did, whose pages were
    /// not understood. Attempts that brought no page say nothing about it; a page that was kept and read later was seen,
    /// however its poll ended.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn not_understood(self, source_id: i64) -> Result<Option<Drift>, StoreError> {
        // The outcome stands in the text, not in a parameter: only then is its own index used.
        let sql = "WITH last AS (SELECT started_at, id FROM poll WHERE source_id = ?1 AND seen_at IS NOT NULL \
                                 ORDER BY seen_at DESC, id DESC LIMIT 1) \
                   SELECT count(*), min(started_at) FROM poll \
                   WHERE source_id = ?1 AND outcome = 'not_understood' AND (started_at, id) > \
                   (coalesce((SELECT started_at FROM last), ?2), coalesce((SELECT id FROM last), 0))";
        let mut statement = self.connection.prepare_cached(sql).doing("read the poll log")?;
        let counted = statement
            .query_row(params![source_id, i64::MIN], |row| {
                let since = row.get::<_, Option<i64>>(1)?.map(instant).transpose()?;
                Ok((row.get::<_, i64>(0)?.unsigned_abs(), since))
            })
            .doing("read the poll log")?;
        Ok(counted.1.map(|since| Drift { since, polls: counted.0 }))
    }

    /// Notes that an archived text was seen; says whether that is news.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn add_sighting(self, source_id: i64, seen: Sighting) -> Result<bool, StoreError> {
        let known = self.seen_at(source_id, seen.seen_at)?.contains(&seen.capture);
        if !known {
            self.put_sighting(source_id, seen)?;
        }
        Ok(!known)
    }

    /// Notes that an archived text was seen, which is news.
    ///
    /// # Errors
    /// The database cannot be written, or the sighting is there.
    pub fn put_sighting(self, source_id: i64, seen: Sighting) -> Result<(), StoreError> {
        let row = [source_id, seen.seen_at.timestamp(), seen.capture];
        let seal = seal::of_numbers("sighting", &row.map(Some));
        let sql = "INSERT INTO sighting (source_id, seen_at, capture_id, seal) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = self.connection.prepare_cached(sql).doing("note a sighting")?;
        statement.execute(params![row[0], row[1], row[2], seal]).doing("note a sighting")?;
        Ok(())
    }

    /// The sightings at an instant and after, at most so many, in order of time and those of one instant by their
    /// digests; and whether these are all.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sightings_since(
        self,
        source_id: i64,
        since: Timestamp,
        limit: u32,
    ) -> Result<(Vec<(Sighting, Digest)>, bool), StoreError> {
        let [poll, archived] = SEEN_IN.map(|table| {
            format!(
                "SELECT * FROM (SELECT seen_at, capture_id FROM {table} WHERE source_id = ?1 AND seen_at >= ?2 \
                 ORDER BY seen_at LIMIT ?3)"
            )
        });
        let sql = format!(
            "SELECT seen_at, capture_id, digest FROM ({poll} UNION {archived}) \
             JOIN capture ON capture.id = capture_id ORDER BY seen_at, digest LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("read the sightings")?;
        let named = |row: &Row<'_>| Ok((sighting(row)?, Digest(row.get(2)?)));
        let found: Vec<_> = statement
            .query_map(params![source_id, since.timestamp(), limit], named)
            .and_then(Iterator::collect)
            .doing("read the sightings")?;
        let is_all = found.len() < limit as usize;
        Ok((found, is_all))
    }

    /// The captures seen at one instant, in the order of their digests.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn seen_at(self, source_id: i64, at: Timestamp) -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT capture_id FROM ( \
                     SELECT capture_id FROM poll WHERE source_id = ?1 AND seen_at = ?2 \
                     UNION SELECT capture_id FROM sighting WHERE source_id = ?1 AND seen_at = ?2) \
                   JOIN capture ON capture.id = capture_id ORDER BY digest";
        let mut statement = self.connection.prepare_cached(sql).doing("look up a sighting")?;
        statement
            .query_map(params![source_id, at.timestamp()], |row| row.get(0))
            .and_then(Iterator::collect)
            .doing("look up a sighting")
    }

    /// The last sighting before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sighting_before(self, source_id: i64, at: Timestamp) -> Result<Option<Sighting>, StoreError> {
        let nearest = self.nearest(source_id, at, "seen_at < ?2", "DESC")?;
        Ok(nearest.into_iter().max_by_key(|seen| seen.seen_at))
    }

    /// The last sighting at an instant or before.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sighting_at(self, source_id: i64, at: Timestamp) -> Result<Option<Sighting>, StoreError> {
        let nearest = self.nearest(source_id, at, "seen_at <= ?2", "DESC")?;
        Ok(nearest.into_iter().max_by_key(|seen| seen.seen_at))
    }

    /// The first sighting after an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn sighting_after(self, source_id: i64, at: Timestamp) -> Result<Option<Sighting>, StoreError> {
        let nearest = self.nearest(source_id, at, "seen_at > ?2", "ASC")?;
        Ok(nearest.into_iter().min_by_key(|seen| seen.seen_at))
    }

    fn nearest(
        self,
        source_id: i64,
        at: Timestamp,
        side: &str,
        order: &str,
    ) -> Result<Vec<Sighting>, StoreError> {
        let mut nearest = Vec::new();
        for table in SEEN_IN {
            let sql = format!(
                "SELECT seen_at, capture_id FROM {table} WHERE source_id = ?1 AND {side} ORDER BY seen_at {order} LIMIT 1"
            );
            let mut statement = self.connection.prepare_cached(&sql).doing("look up a sighting")?;
            let found = statement.query_row(params![source_id, at.timestamp()], sighting);
            nearest.extend(found.optional().doing("look up a sighting")?);
        }
        Ok(nearest)
    }

    /// Goes through the sightings of a source in order of time, captures of one instant by the order of their
    /// digests. `to` is part of the range.
    ///
    /// # Errors
    /// The database cannot be read, or the visitor fails.
    pub fn each_sighting<E: From<StoreError>>(
        self,
        source_id: i64,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        mut visit: impl FnMut(Sighting) -> Result<(), E>,
    ) -> Result<(), E> {
        let [poll, archived] = SEEN_IN.map(|table| {
            format!(
                "SELECT seen_at, capture_id FROM {table} WHERE source_id = ?1 AND seen_at BETWEEN ?2 AND ?3"
            )
        });
        let sql = format!(
            "SELECT seen_at, capture_id FROM ({poll} UNION {archived}) JOIN capture ON capture.id = capture_id \
             ORDER BY seen_at, digest"
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("read the sightings")?;
        let from = from.map_or(i64::MIN, |from| from.timestamp());
        let to = to.map_or(i64::MAX, |to| to.timestamp());
        let mut rows = statement.query(params![source_id, from, to]).doing("read the sightings")?;
        while let Some(row) = rows.next().doing("read the sightings")? {
            visit(sighting(row).doing("read the sightings")?)?;
        }
        Ok(())
    }

    /// The times in a range at which a source was seen, those of polls first; nothing is held but the one at hand.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn each_capture_time(
        self,
        source_id: i64,
        range: TimeRange,
        mut visit: impl FnMut(Timestamp),
    ) -> Result<(), StoreError> {
        let from = range.from.map_or(i64::MIN, |from| from.timestamp());
        let to = range.to.map_or(i64::MAX, |to| to.timestamp());
        for table in SEEN_IN {
            let sql = format!(
                "SELECT seen_at FROM {table} WHERE source_id = ?1 AND seen_at >= ?2 AND seen_at < ?3"
            );
            let mut statement = self.connection.prepare_cached(&sql).doing("read the sightings")?;
            let mut rows = statement.query(params![source_id, from, to]).doing("read the sightings")?;
            while let Some(row) = rows.next().doing("read the sightings")? {
                visit(row.get(0).and_then(instant).doing("read the sightings")?);
            }
        }
        Ok(())
    }

    /// The newest attempts of a source, newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_polls(self, source_id: i64, limit: u32) -> Result<Vec<LoggedPoll>, StoreError> {
        self.polls("source_id = ?1 ORDER BY started_at DESC, id DESC LIMIT ?2", params![source_id, limit])
    }

    /// The attempts of a source that started in a range, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn polls_in(self, source_id: i64, range: TimeRange) -> Result<Vec<LoggedPoll>, StoreError> {
        let from = range.from.map_or(i64::MIN, |from| from.timestamp());
        let to = range.to.map_or(i64::MAX, |to| to.timestamp());
        self.polls(
            "source_id = ?1 AND started_at >= ?2 AND started_at < ?3 ORDER BY started_at, id",
            params![source_id, from, to],
        )
    }

    /// The attempt that saw a capture at an instant, if it was a live one.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn poll_that_saw(self, source_id: i64, at: Timestamp) -> Result<Option<LoggedPoll>, StoreError> {
        let found = self
            .polls("source_id = ?1 AND seen_at = ?2 ORDER BY id LIMIT 1", params![source_id, at.timestamp()]);
        Ok(found?.into_iter().next())
    }

    /// When a source was last seen by a poll, up to and at an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_poll_seen(self, source_id: i64, until: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT max(seen_at) FROM poll WHERE source_id = ?1 AND seen_at <= ?2";
        let mut statement = self.connection.prepare_cached(sql).doing("read the poll log")?;
        statement
            .query_row(params![source_id, until.timestamp()], |row| {
                row.get::<_, Option<i64>>(0)?.map(instant).transpose()
            })
            .doing("read the poll log")
    }

    /// How many attempts of a source began, and saw what they saw, before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_polls_before(self, source_id: i64, before: Timestamp) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM poll WHERE {OLDER}");
        let mut statement = self.connection.prepare_cached(&sql).doing("count the polls")?;
        let count: i64 = statement
            .query_row(params![source_id, before.timestamp()], |row| row.get(0))
            .doing("count the polls")?;
        Ok(count.unsigned_abs())
    }

    /// Removes the oldest of those attempts, at most so many; says how many went.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_polls_before(
        self,
        source_id: i64,
        before: Timestamp,
        limit: u32,
    ) -> Result<usize, StoreError> {
        let sql = format!(
            "DELETE FROM poll WHERE id IN (SELECT id FROM poll WHERE {OLDER} ORDER BY started_at LIMIT ?3)"
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("prune the poll log")?;
        statement.execute(params![source_id, before.timestamp(), limit]).doing("prune the poll log")
    }

    fn polls(self, condition: &str, params: impl rusqlite::Params) -> Result<Vec<LoggedPoll>, StoreError> {
        let sql = format!("SELECT {} FROM poll WHERE {condition}", seal::POLL.names());
        let mut statement = self.connection.prepare_cached(&sql).doing("read the poll log")?;
        statement.query_map(params, logged).and_then(Iterator::collect).doing("read the poll log")
    }

    /// When a source last showed what its header says.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn last_sighting(self, source_id: i64) -> Result<Option<Sighting>, StoreError> {
        self.sighting_before(source_id, Timestamp::MAX_UTC)
    }
}
