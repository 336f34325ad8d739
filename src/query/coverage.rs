//! How much of each day a source was seen: the polls that were due, those that saw the page, and the typed gaps.

use std::iter::Peekable;

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
    /// How many captures of the page there are: polls that saw it, and those that were imported.
    pub captures: usize,
}

impl Coverage {
    /// The share of expected polls that saw the page; none where none was expected.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        ratio(self.seen, self.expected)
    }
}

/// One count as a share of another; none of nothing.
pub(super) fn ratio(part: usize, whole: usize) -> Option<f64> {
    let count = |count: usize| u32::try_from(count).map(f64::from).ok();
    count(part).zip(count(whole)).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| part / whole)
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
    let watch = Watch::of(tables, source, (from, to), due, calendar)?;
    let gaps = watch.gaps(from, to);
    let first_slot = watch.log_begins.map_or(to, |begins| begins.max(from));
    let slots = due.slots_from(first_slot).peekable();
    let mut all = Days { source, watch: &watch, gaps: &gaps, slots };
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
    /// The slots that are not counted yet, since the log begins.
    slots: Peekable<Box<dyn Iterator<Item = Timestamp> + 'a>>,
}

impl Days<'_> {
    fn day(&mut self, from: Timestamp, to: Timestamp) -> Coverage {
        let first = self.gaps.partition_point(|gap| gap.to <= from);
        let inside = self.gaps[first..].iter().map_while(|gap| gap.within(from, to));
        let gaps: Vec<Gap> = inside.collect();
        let (expected, seen) = self.count(to, &gaps);
        let (day, captures) = (self.watch.calendar.date_of(from), self.captures(from, to));
        Coverage { source: self.source.name.clone(), day, expected, seen, gaps, captures }
    }

    fn captures(&self, from: Timestamp, to: Timestamp) -> usize {
        let looks = &self.watch.looks;
        let at = |at: Timestamp| looks.partition_point(|look| look.at < at);
        looks[at(from)..at(to)].iter().filter(|look| look.found.is_ok()).count()
    }

    /// The slots up to an instant, and those of them that no gap swallowed. A year of seconds is never held at once.
    fn count(&mut self, to: Timestamp, gaps: &[Gap]) -> (usize, usize) {
        let (mut expected, mut seen, mut ahead) = (0, 0, gaps.iter().peekable());
        while let Some(slot) = self.slots.next_if(|slot| *slot < to) {
            while ahead.next_if(|gap| gap.to <= slot).is_some() {}
            let cause = ahead.peek().filter(|gap| gap.from <= slot).map(|gap| gap.cause);
            expected += usize::from(cause != Some(Cause::NotRecorded));
            seen += usize::from(cause != Some(Cause::NotRecorded) && !cause.is_some_and(Cause::is_missed));
        }
        (expected, seen)
    }
}
