//! How much of each day a source was seen: the polls that were due, those that saw the page, and the typed gaps.

use chrono::NaiveDate;

use super::gaps::Watch;
use super::{Due, QueryError};
use crate::calendar::Calendar;
use crate::domain::{Cause, Gap, Interval, TimeRange, Timestamp};
use crate::store::{StoredSource, Tables};

/// One day of the market, as far as it lies in what was asked for and is past.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// The source.
    pub source: String,
    /// The day.
    pub day: NaiveDate,
    /// How many polls were due since the log of the source begins.
    pub expected: usize,
    /// How many of them saw the page.
    pub seen: usize,
    /// The stretches without data, in order.
    pub gaps: Vec<Gap>,
}

impl Coverage {
    /// The share of expected polls that saw the page; none where none was expected.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let count = |count: usize| u32::try_from(count).map(f64::from).ok();
        count(self.seen)
            .zip(count(self.expected))
            .filter(|(_, expected)| *expected > 0.0)
            .map(|(seen, of)| seen / of)
    }
}

/// The days of a source in a range, up to `now`, from the first on which anything is known of it.
///
/// # Errors
/// The database cannot be read.
pub fn coverage(
    tables: Tables<'_>,
    source: &StoredSource,
    range: TimeRange,
    now: Timestamp,
    due: &Due<'_>,
    calendar: &Calendar,
) -> Result<Vec<Coverage>, QueryError> {
    let Some(first) = known_since(tables, source)? else { return Ok(Vec::new()) };
    let to = range.to.map_or(now, |to| to.min(now));
    let first_day = Interval::DAY.start_of(first, calendar.zone());
    let from = range.from.map_or(first_day, |from| from.max(first_day));
    if from >= to {
        return Ok(Vec::new());
    }
    let watch = Watch::with_every_slot(tables, source, (from, to), due, calendar)?;
    let all = Days { source, watch: &watch, gaps: &watch.gaps(from, to) };
    let starts = std::iter::successors(Some(from), |at| Some(day_end(*at, calendar)));
    let days = starts.take_while(|start| *start < to);
    Ok(days.map(|start| all.day(start, day_end(start, calendar).min(to))).collect())
}

fn day_end(at: Timestamp, calendar: &Calendar) -> Timestamp {
    Interval::DAY.end_of(Interval::DAY.start_of(at, calendar.zone()), calendar.zone())
}

/// The first poll or archived capture of a source that is left in the log.
fn known_since(tables: Tables<'_>, source: &StoredSource) -> Result<Option<Timestamp>, QueryError> {
    let archived = tables.sighting_after(source.id, Timestamp::MIN_UTC)?.map(|seen| seen.seen_at);
    let polled = tables.first_poll_at(source.id)?;
    Ok([archived, polled].into_iter().flatten().min())
}

/// What is known of all the days.
struct Days<'a> {
    source: &'a StoredSource,
    watch: &'a Watch<'a>,
    gaps: &'a [Gap],
}

impl Days<'_> {
    fn day(&self, from: Timestamp, to: Timestamp) -> Coverage {
        let first = self.gaps.partition_point(|gap| gap.to <= from);
        let inside = self.gaps[first..].iter().map_while(|gap| gap.within(from, to));
        let gaps: Vec<Gap> = inside.collect();
        let (expected, seen) = self.count(from, to, &gaps);
        let day = self.watch.calendar.date_of(from);
        Coverage { source: self.source.name.clone(), day, expected, seen, gaps }
    }

    /// The slots of a part of a day, and those of them that no gap swallowed.
    fn count(&self, from: Timestamp, to: Timestamp, gaps: &[Gap]) -> (usize, usize) {
        let Some(recorded) = self.watch.log_begins else { return (0, 0) };
        let slots = self.watch.rhythm.slots();
        let at = |at: Timestamp| slots.partition_point(|slot| *slot < at);
        let day = &slots[at(from.max(recorded))..at(to).max(at(from.max(recorded)))];
        let gap_at = |slot: &Timestamp| {
            let ahead = gaps.partition_point(|gap| gap.to <= *slot);
            gaps.get(ahead).filter(|gap| gap.from <= *slot).map(|gap| gap.cause)
        };
        let causes: Vec<Option<Cause>> = day.iter().map(gap_at).collect();
        let expected = causes.iter().filter(|cause| **cause != Some(Cause::NotRecorded)).count();
        let missed = causes.iter().filter(|cause| cause.is_some_and(Cause::is_missed)).count();
        (expected, expected - missed)
    }
}
