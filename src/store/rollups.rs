//! The tables `rollup` and `rolled`: what runs come to by hour and day, and up to where. What they must be is decided in
//! `ingest`.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params};

use crate::domain::{Grain, Level, Ohlc, Quantity, Rollup, Timestamp};

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

const SELECT: &str = "SELECT first_seen, last_seen, open, open_scale, high, high_scale, high_at, low, low_scale, low_at, \
                      close, close_scale, runs FROM rollup \
                      WHERE indicator_id = ?1 AND grain = ?2 AND first_seen >= ?3 AND first_seen < ?4 ORDER BY first_seen";

fn rollup(row: &Row<'_>) -> rusqlite::Result<Rollup> {
    Ok(Rollup {
        first_seen: instant(row.get(0)?)?,
        last_seen: instant(row.get(1)?)?,
        levels: Ohlc {
            open: level(row, 2)?,
            high: level(row, 4)?,
            low: level(row, 7)?,
            close: level(row, 10)?,
        },
        high_at: instant(row.get(6)?)?,
        low_at: instant(row.get(9)?)?,
        runs: row.get::<_, i64>(12)?.unsigned_abs(),
    })
}

fn level(row: &Row<'_>, at: usize) -> rusqlite::Result<Level> {
    let mantissa = row.get(at)?;
    let quantity = Quantity::new(mantissa, row.get(at + 1)?);
    quantity.map(Level).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(at, mantissa))
}

impl Tables<'_> {
    /// Up to where the runs of an indicator are rolled up: the beginning of an hour, or nothing yet.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rolled_until(self, indicator_id: i64) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT until FROM rolled WHERE indicator_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("read how far is rolled up")?;
        let until = statement.query_row([indicator_id], |row| instant(row.get(0)?));
        until.optional().doing("read how far is rolled up")
    }

    /// Up to where the runs of each indicator of a source are rolled up, by its key; an indicator is missing while
    /// nothing of it is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rolled_of(self, source_id: i64) -> Result<HashMap<i64, Timestamp>, StoreError> {
        let sql = "SELECT indicator_id, until FROM indicator CROSS JOIN rolled ON indicator_id = id WHERE source_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("read how far is rolled up")?;
        let rolled = statement.query_map([source_id], |row| Ok((row.get(0)?, instant(row.get(1)?)?)));
        rolled.and_then(Iterator::collect).doing("read how far is rolled up")
    }

    /// Says up to where the runs of an indicator are rolled up.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_rolled_until(self, indicator_id: i64, until: Timestamp) -> Result<(), StoreError> {
        let mut statement =
            self.connection.prepare_cached(seal::ROLLED.put()).doing("note how far is rolled up")?;
        statement.execute(params![indicator_id, until.timestamp()]).doing("note how far is rolled up")?;
        Ok(())
    }

    /// Hands over the rollups of a grain that begin from one instant on and before another, in order of time.
    ///
    /// # Errors
    /// The database cannot be read, or one is not taken.
    pub fn each_rollup<E: From<StoreError>>(
        self,
        indicator_id: i64,
        grain: Grain,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(Rollup) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut statement = self.connection.prepare_cached(SELECT).doing("read the rollups")?;
        let key = params![indicator_id, grain.seconds(), from.timestamp(), to.timestamp()];
        for one in statement.query_map(key, rollup).doing("read the rollups")? {
            take(one.doing("read the rollups")?)?;
        }
        Ok(())
    }

    /// The rollups of a grain that begin from one instant on and before another, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn rollups(
        self,
        indicator_id: i64,
        grain: Grain,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Rollup>, StoreError> {
        let mut rollups = Vec::new();
        self.each_rollup(indicator_id, grain, from, to, |rollup| {
            rollups.push(rollup);
            Ok::<_, StoreError>(())
        })?;
        Ok(rollups)
    }

    /// Writes a rollup. One of the same hour or day that began at another instant is not replaced.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_rollup(self, indicator_id: i64, grain: Grain, rollup: &Rollup) -> Result<(), StoreError> {
        let Rollup { first_seen, last_seen, levels, high_at, low_at, runs } = rollup;
        let number = |level: Level| (level.0.mantissa(), level.0.scale());
        let [(open, open_scale), (high, high_scale), (low, low_scale), (close, close_scale)] =
            [levels.open, levels.high, levels.low, levels.close].map(number);
        let mut statement = self.connection.prepare_cached(seal::ROLLUP.put()).doing("write a rollup")?;
        statement
            .execute(params![
                indicator_id,
                grain.seconds(),
                first_seen.timestamp(),
                last_seen.timestamp(),
                open,
                open_scale,
                high,
                high_scale,
                high_at.timestamp(),
                low,
                low_scale,
                low_at.timestamp(),
                close,
                close_scale,
                i64::try_from(*runs).unwrap_or(i64::MAX),
            ])
            .doing("write a rollup")?;
        Ok(())
    }

    /// Takes away the rollups of a grain that begin from one instant on and before another.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn take_rollups(
        self,
        indicator_id: i64,
        grain: Grain,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM rollup WHERE indicator_id = ?1 AND grain = ?2 AND first_seen >= ?3 AND first_seen < ?4";
        let mut statement = self.connection.prepare_cached(sql).doing("take away rollups")?;
        let key = params![indicator_id, grain.seconds(), from.timestamp(), to.timestamp()];
        statement.execute(key).doing("take away rollups")?;
        Ok(())
    }
}
