//! The table `observation`: runs, clustered by indicator and time.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use rusqlite::{Connection, OptionalExtension, Params, Row, params, params_from_iter};

use crate::domain::{
    Change, Contradiction, Figures, Level, Observation, Percent, Quantity, Rollup, Run, TimeRange, Timestamp,
    Verdict,
};

use super::error::{Doing, StoreError};
use super::{Tables, instant, seal};

const SELECT: &str = "SELECT first_seen, last_seen, level, level_scale, change, change_scale, percent, \
                      percent_scale, verdict, capture_id FROM observation";

fn observation(row: &Row<'_>) -> rusqlite::Result<Observation> {
    let run = Run {
        first_seen: instant(row.get(0)?)?,
        last_seen: instant(row.get(1)?)?,
        figures: figures(row, 2)?,
        verdict: verdict(row.get(8)?)?,
    };
    Ok(Observation { run, capture: row.get(9)? })
}

fn begun(row: &Row<'_>) -> rusqlite::Result<(Timestamp, Option<Rollup>)> {
    let (first_seen, last_seen) = (instant(row.get(0)?)?, instant(row.get(1)?)?);
    let level = quantity(row, 2)?.map(Level);
    Ok((first_seen, level.map(|level| Rollup::of_one(first_seen, last_seen, level))))
}

/// Six columns from `first` on: level, change and percent, each with its scale.
pub(super) fn figures(row: &Row<'_>, first: usize) -> rusqlite::Result<Figures> {
    Ok(Figures {
        level: quantity(row, first)?.map(Level),
        change: quantity(row, first + 2)?.map(Change),
        percent: quantity(row, first + 4)?.map(Percent),
    })
}

fn quantity(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Quantity>> {
    let Some(mantissa) = row.get::<_, Option<i64>>(at)? else { return Ok(None) };
    let out_of_range = |_| rusqlite::Error::IntegralValueOutOfRange(at, mantissa);
    Quantity::new(mantissa, row.get(at + 1)?).map(Some).map_err(out_of_range)
}

/// The mantissas and scales of figures, in column order.
pub(super) fn columns(figures: &Figures) -> [Option<i64>; 6] {
    let level = figures.level.map(|level| level.0);
    let change = figures.change.map(|change| change.0);
    let percent = figures.percent.map(|percent| percent.0);
    let pair = |quantity: Option<Quantity>| {
        [quantity.map(Quantity::mantissa), quantity.map(|q| i64::from(q.scale()))]
    };
    let ([a, b], [c, d], [e, f]) = (pair(level), pair(change), pair(percent));
    [a, b, c, d, e, f]
}

fn verdict(code: i64) -> rusqlite::Result<Verdict> {
    [
        Verdict::Verified,
        Verdict::Unverifiable,
        Verdict::Contradicted(Contradiction::NoPrevious),
        Verdict::Contradicted(Contradiction::InvertedSign),
    ]
    .into_iter()
    .find(|verdict| verdict_code(*verdict) == code)
    .ok_or(rusqlite::Error::IntegralValueOutOfRange(8, code))
}

fn verdict_code(verdict: Verdict) -> i64 {
    match verdict {
        Verdict::Verified => 0,
        Verdict::Unverifiable => 1,
        Verdict::Contradicted(Contradiction::NoPrevious) => 2,
        Verdict::Contradicted(Contradiction::InvertedSign) => 3,
    }
}

static ADD: LazyLock<String> = LazyLock::new(|| format!("INSERT {}", into()));
static PUT: LazyLock<String> = LazyLock::new(|| format!("INSERT OR REPLACE {}", into()));

/// All columns, as `row` has them, and the seal.
fn into() -> String {
    let names = seal::OBSERVATION.names();
    format!("INTO observation ({names}, seal) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")
}

/// The columns of a run in order, all but the seal.
fn row(indicator_id: i64, observation: &Observation) -> [Option<i64>; 11] {
    let Observation { run, capture } = observation;
    let [level, level_scale, change, change_scale, percent, percent_scale] = columns(&run.figures);
    [
        Some(indicator_id),
        Some(run.first_seen.timestamp()),
        Some(run.last_seen.timestamp()),
        level,
        level_scale,
        change,
        change_scale,
        percent,
        percent_scale,
        Some(verdict_code(run.verdict)),
        Some(*capture),
    ]
}

fn one(connection: &Connection, tail: &str, params: impl Params) -> Result<Option<Observation>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("{SELECT} {tail}")).doing("look up an observation")?;
    statement.query_row(params, observation).optional().doing("look up an observation")
}

/// The runs of an indicator that begin from one second on and before another, one after the other.
fn each_begun_within<E: From<StoreError>>(
    connection: &Connection,
    key: impl Params,
    mut take: impl FnMut(Observation) -> Result<(), E>,
) -> Result<(), E> {
    let sql = format!(
        "{SELECT} WHERE indicator_id = ?1 AND first_seen >= ?2 AND first_seen < ?3 ORDER BY first_seen"
    );
    let mut statement = connection.prepare_cached(&sql).doing("read the observations")?;
    for run in statement.query_map(key, observation).doing("read the observations")? {
        take(run.doing("read the observations")?)?;
    }
    Ok(())
}

impl Tables<'_> {
    /// The last run that begins at or before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn run_at(self, indicator_id: i64, at: Timestamp) -> Result<Option<Observation>, StoreError> {
        let tail = "WHERE indicator_id = ?1 AND first_seen <= ?2 ORDER BY first_seen DESC LIMIT 1";
        one(self.connection, tail, params![indicator_id, at.timestamp()])
    }

    /// The first run that begins after an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn run_after(self, indicator_id: i64, at: Timestamp) -> Result<Option<Observation>, StoreError> {
        let tail = "WHERE indicator_id = ?1 AND first_seen > ?2 ORDER BY first_seen LIMIT 1";
        one(self.connection, tail, params![indicator_id, at.timestamp()])
    }

    /// The first verified run that begins after an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn verified_run_after(
        self,
        indicator_id: i64,
        at: Timestamp,
    ) -> Result<Option<Observation>, StoreError> {
        let tail = "WHERE indicator_id = ?1 AND first_seen > ?2 AND verdict = 0 ORDER BY first_seen LIMIT 1";
        one(self.connection, tail, params![indicator_id, at.timestamp()])
    }

    /// The last run that begins at or before an instant, if there is one, and those that begin after it, at most so
    /// many in all, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn runs_around(
        self,
        indicator_id: i64,
        at: Timestamp,
        limit: u32,
    ) -> Result<Vec<Observation>, StoreError> {
        let sql = format!(
            "{SELECT} WHERE indicator_id = ?1 AND first_seen >= coalesce((SELECT first_seen FROM observation \
             WHERE indicator_id = ?1 AND first_seen <= ?2 ORDER BY first_seen DESC LIMIT 1), ?2) \
             ORDER BY first_seen LIMIT ?3"
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("read the observations")?;
        statement
            .query_map(params![indicator_id, at.timestamp(), limit], observation)
            .and_then(Iterator::collect)
            .doing("read the observations")
    }

    /// The last run that begins before an instant and has a level.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn run_with_level_before(
        self,
        indicator_id: i64,
        at: Timestamp,
    ) -> Result<Option<Observation>, StoreError> {
        let tail = "WHERE indicator_id = ?1 AND first_seen < ?2 AND level IS NOT NULL ORDER BY first_seen DESC LIMIT 1";
        one(self.connection, tail, params![indicator_id, at.timestamp()])
    }

    /// The newest run.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_run(self, indicator_id: i64) -> Result<Option<Observation>, StoreError> {
        let tail = "WHERE indicator_id = ?1 ORDER BY first_seen DESC LIMIT 1";
        one(self.connection, tail, [indicator_id])
    }

    /// How many runs there are, and when the first begins.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count_runs(self, indicator_id: i64) -> Result<(u64, Option<Timestamp>), StoreError> {
        let sql = "SELECT count(*), min(first_seen) FROM observation WHERE indicator_id = ?1";
        let mut statement = self.connection.prepare_cached(sql).doing("count the observations")?;
        let counted = statement.query_row([indicator_id], |row| {
            Ok((
                row.get::<_, i64>(0)?.unsigned_abs(),
                row.get::<_, Option<i64>>(1)?.map(instant).transpose()?,
            ))
        });
        counted.doing("count the observations")
    }

    /// The runs that touch a range, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn runs(self, indicator_id: i64, range: TimeRange) -> Result<Vec<Observation>, StoreError> {
        let mut runs = Vec::new();
        self.each_run(indicator_id, range, |observation| {
            runs.push(observation);
            Ok::<_, StoreError>(())
        })?;
        Ok(runs)
    }

    /// Hands over the runs that begin from one instant on and before another, in order of time.
    ///
    /// # Errors
    /// The database cannot be read, or a run is not taken.
    pub fn each_run_begun<E: From<StoreError>>(
        self,
        indicator_id: i64,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(Run) -> Result<(), E>,
    ) -> Result<(), E> {
        let key = params![indicator_id, from.timestamp(), to.timestamp()];
        each_begun_within(self.connection, key, |observation| take(observation.run))
    }

    /// Hands over the runs that touch a range one after the other, in order of time.
    ///
    /// # Errors
    /// The database cannot be read, or a run is not taken.
    pub fn each_run<E: From<StoreError>>(
        self,
        indicator_id: i64,
        range: TimeRange,
        take: impl FnMut(Observation) -> Result<(), E>,
    ) -> Result<(), E> {
        let from = range.from.map_or(i64::MIN, |from| from.timestamp());
        let to = range.to.map_or(i64::MAX, |to| to.timestamp());
        // Only the run that is open when the range begins can reach into it from before.
        let first = range.from.map(|from| self.run_at(indicator_id, from)).transpose()?.flatten();
        let begin = first.filter(|first| first.run.last_seen.timestamp() >= from);
        let begin = begin.map_or(from, |first| first.run.first_seen.timestamp());
        each_begun_within(self.connection, params![indicator_id, begin, to], take)
    }

    /// Hands over when each run begins that does so from one instant on and before another, and what it comes to: nothing
    /// without a level. In order of time, until enough are taken.
    ///
    /// # Errors
    /// The database cannot be read, or a run is not taken.
    pub fn each_begun<E: From<StoreError>>(
        self,
        indicator_id: i64,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(Timestamp, Option<Rollup>) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let sql = "SELECT first_seen, last_seen, level, level_scale FROM observation \
                   WHERE indicator_id = ?1 AND first_seen >= ?2 AND first_seen < ?3 ORDER BY first_seen";
        let mut statement = self.connection.prepare_cached(sql).doing("read the levels")?;
        let mut rows = statement
            .query(params![indicator_id, from.timestamp(), to.timestamp()])
            .doing("read the levels")?;
        while let Some(row) = rows.next().doing("read the levels")? {
            let (begun, rollup) = begun(row).doing("read the levels")?;
            if take(begun, rollup)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    /// The newest runs that touch a range, in order of time.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn newest_runs(
        self,
        indicator_id: i64,
        range: TimeRange,
        limit: usize,
    ) -> Result<Vec<Observation>, StoreError> {
        let from = range.from.map_or(i64::MIN, |from| from.timestamp());
        let to = range.to.map_or(i64::MAX, |to| to.timestamp());
        let sql = format!(
            "{SELECT} WHERE indicator_id = ?1 AND last_seen >= ?2 AND first_seen < ?3 ORDER BY first_seen DESC LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql).doing("read the observations")?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut runs: Vec<Observation> = statement
            .query_map(params![indicator_id, from, to, limit], observation)
            .and_then(Iterator::collect)
            .doing("read the observations")?;
        runs.reverse();
        Ok(runs)
    }

    /// Writes a run, replacing the one that begins at the same time.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn put_run(self, indicator_id: i64, observation: &Observation) -> Result<(), StoreError> {
        self.write_run(&PUT, indicator_id, observation)
    }

    /// Writes a run; none begins at the same time.
    ///
    /// # Errors
    /// The database cannot be written, or one does.
    pub fn add_run(self, indicator_id: i64, observation: &Observation) -> Result<(), StoreError> {
        self.write_run(&ADD, indicator_id, observation)
    }

    /// Notes that a run that is there, and is the same in all else, was last seen at another time.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn extend_run(self, indicator_id: i64, observation: &Observation) -> Result<(), StoreError> {
        let sql =
            "UPDATE observation SET last_seen = ?3, seal = ?4 WHERE indicator_id = ?1 AND first_seen = ?2";
        let mut statement = self.connection.prepare_cached(sql).doing("extend an observation")?;
        let Run { first_seen, last_seen, .. } = observation.run;
        let seal = seal::of_numbers("observation", &row(indicator_id, observation));
        let row = params![indicator_id, first_seen.timestamp(), last_seen.timestamp(), seal];
        statement.execute(row).doing("extend an observation")?;
        Ok(())
    }

    fn write_run(self, sql: &str, indicator_id: i64, observation: &Observation) -> Result<(), StoreError> {
        let row = row(indicator_id, observation);
        let seal = Some(i64::from(seal::of_numbers("observation", &row)));
        let mut statement = self.connection.prepare_cached(sql).doing("record an observation")?;
        let row = row.into_iter().chain(std::iter::once(seal));
        statement.execute(params_from_iter(row)).doing("record an observation")?;
        Ok(())
    }

    /// Takes away a run that is about to be written in another shape: split, joined, or moved to begin earlier.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn take_run(self, indicator_id: i64, first_seen: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM observation WHERE indicator_id = ?1 AND first_seen = ?2";
        let mut statement = self.connection.prepare_cached(sql).doing("reshape an observation")?;
        statement.execute(params![indicator_id, first_seen.timestamp()]).doing("reshape an observation")?;
        Ok(())
    }
}
