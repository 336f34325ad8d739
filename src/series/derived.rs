//! The previous closes that runs prove by their change. Kept apart from what was seen, and narrowed where several runs
//! prove the same one. Does not know the calendar: the caller says what each instant is.

use chrono::NaiveDate;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::{Bounds, Level, Quantity, Run, Timestamp, Verdict};

/// What the change in figures that were first seen at some instant is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// The day that the figures are of. Runs of one day are counted from one close, where that is sure.
    pub day: NaiveDate,
    /// The last day whose close it can be.
    pub by: NaiveDate,
    /// Whether it is the close of that very day.
    pub is_dated: bool,
    /// Whether the figures can be of no other day.
    pub is_sure: bool,
    /// Whether a day has but one close to count from. An exchange has; other prices change when they like.
    pub is_shared: bool,
    /// From when to when any level that is seen must be that close; the end is not included.
    pub stands: Option<(Timestamp, Timestamp)>,
}

/// What else is known of a derived close.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// One run proves it.
    Alone,
    /// Several runs prove it; their intervals overlap.
    Chained,
    /// It was seen, too; what the level that was seen leaves out is left out of its interval.
    Observed(Sighted),
    /// Another level was seen where this close must have stood: a session or a capture was missed between.
    NotObserved(Sighted),
    /// Runs of the same day count from another close: the page changed its session between them, or a session was
    /// missed. Their intervals are not narrowed.
    Disjoint(Bounds),
}

/// A level that was seen, and when last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighted {
    /// The level.
    pub level: Level,
    /// The last time it was seen before the next session.
    pub at: Timestamp,
}

impl Agreement {
    /// The word in JSON and CSV.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Chained => "chained",
            Self::Observed(_) => "observed",
            Self::NotObserved(_) | Self::Disjoint(_) => "disjoint",
        }
    }

    /// What was seen of the close itself.
    #[must_use]
    pub fn sighted(self) -> Option<Sighted> {
        match self {
            Self::Observed(sighted) | Self::NotObserved(sighted) => Some(sighted),
            Self::Alone | Self::Chained | Self::Disjoint(_) => None,
        }
    }
}

/// A close that nobody may have seen, proven by the change of runs after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DerivedClose {
    /// The last day whose close it can be.
    pub by: NaiveDate,
    /// The day whose close it is, where that is certain.
    pub session: Option<NaiveDate>,
    /// The values that it can have.
    pub bounds: Bounds,
    /// The most decimals with which a level is printed, by the runs or where it was seen.
    pub scale: u32,
    /// How many runs prove it.
    pub proofs: usize,
    /// When the first of them was first seen.
    pub first_proof: Timestamp,
    /// When the last of them was last seen.
    pub last_proof: Timestamp,
    /// What else is known of it.
    pub agreement: Agreement,
}

impl DerivedClose {
    /// The close as the page would print it, where all values that it can have print alike.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        let middle = (self.bounds.low + self.bounds.high) / Decimal::TWO;
        let mut printed = middle.round_dp_with_strategy(self.scale, RoundingStrategy::MidpointAwayFromZero);
        printed.rescale(self.scale);
        let printed = Quantity::from_decimal(printed).ok()?;
        let Bounds { low, high } = printed.bounds();
        (low <= self.bounds.low && self.bounds.high <= high).then_some(Level(printed))
    }
}

/// The closes that runs prove, in the order of their proofs. Runs are those of one indicator in order of time.
///
/// Only a verified run whose change or percentage is not zero proves one. Figures that stand still are of the day on
/// which they were first seen, however long that was ago.
#[must_use]
pub fn derived_closes(runs: &[Run], base_of: impl Fn(Timestamp) -> Option<Base>) -> Vec<DerivedClose> {
    let proofs = proofs(runs, base_of);
    let mut closes = Vec::new();
    for day in proofs.chunk_by(|a, b| a.base.day == b.base.day) {
        closes.extend(of_day(day).into_iter().map(|close| compared(close, day, runs)));
    }
    closes
}

/// A run and the close that it proves.
#[derive(Debug, Clone, Copy)]
struct Proof<'a> {
    run: &'a Run,
    bounds: Bounds,
    base: Base,
}

fn proofs(runs: &[Run], base_of: impl Fn(Timestamp) -> Option<Base>) -> Vec<Proof<'_>> {
    let mut proofs: Vec<Proof<'_>> = Vec::new();
    for run in runs.iter().filter(|run| run.verdict == Verdict::Verified) {
        let Some(bounds) = run.figures.previous_close() else { continue };
        let still = proofs.last().filter(|last| last.run.figures == run.figures).map(|last| last.base);
        let Some(base) = still.or_else(|| base_of(run.first_seen)) else { continue };
        proofs.push(Proof { run, bounds, base });
    }
    proofs
}

/// The closes that the runs of one day prove: one, unless they do not overlap.
fn of_day(day: &[Proof<'_>]) -> Vec<DerivedClose> {
    // What may still be of the day before proves nothing beside what cannot.
    let is_any_sure = day.iter().any(|proof| proof.base.is_sure);
    let counted: Vec<Proof<'_>> =
        day.iter().filter(|proof| proof.base.is_sure || !is_any_sure).copied().collect();
    let chains = chains(&counted);
    let is_torn = chains.len() > 1 && counted.iter().all(|proof| proof.base.is_shared);
    let hulls: Vec<Bounds> = chains.iter().map(|chain| hull(chain)).collect();
    let close = |(at, chain): (usize, &&[Proof<'_>])| {
        let close = joined(chain)?;
        let other = hulls.get(if at == 0 { 1 } else { at - 1 }).filter(|_| is_torn);
        Some(other.map_or(close, |other| DerivedClose {
            // Which of them is of another day nobody can tell; so none is dated, and none narrows another.
            session: None,
            bounds: hulls[at],
            agreement: Agreement::Disjoint(*other),
            ..close
        }))
    };
    chains.iter().enumerate().filter_map(close).collect()
}

/// Proofs in order, cut where one does not overlap what those ahead of it have in common.
fn chains<'a, 'b>(proofs: &'a [Proof<'b>]) -> Vec<&'a [Proof<'b>]> {
    let mut chains = Vec::new();
    let (mut begin, mut common) = (0, None::<Bounds>);
    for (at, proof) in proofs.iter().enumerate() {
        let both = common.map_or(Some(proof.bounds), |common| common.intersection(proof.bounds));
        if both.is_none() {
            chains.push(&proofs[begin..at]);
            begin = at;
        }
        common = both.or(Some(proof.bounds));
    }
    chains.extend((begin < proofs.len()).then(|| &proofs[begin..]));
    chains
}

fn hull(chain: &[Proof<'_>]) -> Bounds {
    let all = chain.iter().map(|proof| proof.bounds);
    all.reduce(Bounds::hull).unwrap_or(Bounds { low: Decimal::ZERO, high: Decimal::ZERO })
}

/// What a chain proves together; nothing when it is empty.
fn joined(chain: &[Proof<'_>]) -> Option<DerivedClose> {
    let (first, last) = (chain.first()?, chain.last()?);
    let bounds = chain.iter().map(|proof| proof.bounds).try_fold(first.bounds, Bounds::intersection)?;
    let scales = chain.iter().filter_map(|proof| proof.run.figures.level).map(|level| level.0.scale());
    let Base { by, is_dated, is_sure, .. } = first.base;
    Some(DerivedClose {
        by,
        session: (is_dated && is_sure).then_some(by),
        bounds,
        scale: scales.max().unwrap_or(0),
        proofs: chain.len(),
        first_proof: first.run.first_seen,
        last_proof: last.run.last_seen,
        agreement: if chain.len() > 1 { Agreement::Chained } else { Agreement::Alone },
    })
}

/// A close beside what was seen of it, which narrows it or says that something was missed.
fn compared(close: DerivedClose, day: &[Proof<'_>], runs: &[Run]) -> DerivedClose {
    let stands = day.first().and_then(|proof| proof.base.stands).filter(|_| close.session.is_some());
    let Some(sighted) = stands.and_then(|stretch| last_level(runs, stretch)) else { return close };
    match close.bounds.intersection(sighted.level.0.bounds()) {
        Some(bounds) => DerivedClose {
            bounds,
            scale: close.scale.max(sighted.level.0.scale()),
            agreement: Agreement::Observed(sighted),
            ..close
        },
        None => DerivedClose { session: None, agreement: Agreement::NotObserved(sighted), ..close },
    }
}

/// The last level seen in a stretch of time.
fn last_level(runs: &[Run], (from, to): (Timestamp, Timestamp)) -> Option<Sighted> {
    let end = runs.partition_point(|run| run.first_seen < to);
    let inside = runs[..end].iter().rev().take_while(|run| from <= run.last_seen);
    let last_moment = to - chrono::TimeDelta::seconds(1);
    inside
        .filter_map(|run| Some(Sighted { level: run.figures.level?, at: run.last_seen.min(last_moment) }))
        .next()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{april, at, quantity};
    use super::*;
    use crate::domain::{Change, Figures, Percent};

    /// A run of an index: when it was first and last seen, level, change and percentage.
    fn run(from: &str, to: &str, figures: &str) -> Run {
        let parts: Vec<_> = figures.split(' ').map(quantity).collect();
        let figures = Figures {
            level: Some(Level(parts[0])),
            change: parts.get(1).copied().map(Change),
            percent: parts.get(2).copied().map(Percent),
        };
        Run { first_seen: at(from), last_seen: at(to), figures, verdict: Verdict::of(&figures) }
    }

    /// A market that is open from 9 to 16 every day, and sure of it from a quarter past 9 on.
    fn every_day(instant: Timestamp) -> Option<Base> {
        let day = (0..30).rev().map(|day| april(1) + chrono::Days::new(day));
        let open = |day: NaiveDate| at(&day.format("%dT09:00").to_string());
        let day = day.into_iter().find(|day| open(*day) <= instant)?;
        let by = day.pred_opt()?;
        let is_sure = open(day) + chrono::TimeDelta::minutes(15) <= instant;
        let stands = Some((open(by) + chrono::TimeDelta::hours(7), open(day)));
        Some(Base { day, by, is_dated: true, is_sure, is_shared: true, stands })
    }

    /// `session low..high xproofs agreement`, with the proven level where there is one.
    fn show(close: &DerivedClose) -> String {
        let session =
            close.session.map_or(format!("by {}", close.by.format("%d")), |day| day.format("%d").to_string());
        let (low, high) = (close.bounds.low.normalize(), close.bounds.high.normalize());
        let level = close.level().map_or(String::new(), |level| format!(" = {level}"));
        format!("{session} {low}..{high}{level} x{} {}", close.proofs, close.agreement.word())
    }

    fn check(runs: &[(&str, &str, &str)], expected: &[&str]) {
        let runs: Vec<Run> = runs.iter().map(|(from, to, figures)| run(from, to, figures)).collect();
        let shown: Vec<String> = derived_closes(&runs, every_day).iter().map(show).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn one_run_proves_the_close_of_the_day_before() {
        check(&[("19T10:30", "19T10:30", "919.20 -16.32 -1.74")], &["18 935.51..935.53 x1 alone"]);
    }

    #[test]
    fn runs_of_one_day_narrow_the_close_that_they_share() {
        check(
            &[
                ("19T10:00", "19T10:00", "878 11.94 1.38"),
                ("19T11:00", "19T11:00", "877 10.80 1.25"),
                ("19T14:00", "19T14:00", "877 11.40 1.32"),
            ],
            &["18 865.695..866.105 = 866 x3 chained"],
        );
    }

    #[test]
    fn figures_that_stand_still_are_of_the_day_on_which_they_were_first_seen() {
        check(
            &[("18T16:00", "18T20:00", "866 -8.90 -1.02"), ("19T08:00", "19T11:00", "866 -8.90 -1.02")],
            &["17 874.395..875.405 x2 chained"],
        );
        // A page that does not move is a day behind.
        check(
            &[("18T16:00", "18T16:00", "866 -8.90 -1.02"), ("19T11:00", "19T11:00", "866 -8.90 -1.02")],
            &["17 874.395..875.405 x2 chained"],
        );
    }

    #[test]
    fn a_close_that_was_seen_rounded_is_narrowed_beside() {
        check(
            &[("18T17:00", "18T17:00", "775 2.30 0.30"), ("19T10:00", "19T10:00", "777 2.30 0.30")],
            &["17 772.195..773.205 x1 alone", "18 774.5..775.205 = 775 x1 observed"],
        );
    }

    #[test]
    fn a_close_that_was_seen_with_more_decimals_has_as_many() {
        check(
            &[("18T17:00", "18T17:00", "774.83"), ("19T10:00", "19T10:00", "777 2.30 0.30")],
            &["18 774.825..774.835 = 774.83 x1 observed"],
        );
    }

    #[test]
    fn a_close_that_is_not_the_level_seen_there_tells_that_something_was_missed() {
        check(
            &[("18T17:00", "18T17:00", "780 2.30 0.30"), ("19T10:00", "19T10:00", "777 2.30 0.30")],
            &["17 777.195..778.2043 x1 alone", "by 18 774.195..775.205 x1 disjoint"],
        );
        // What was seen before the close was no close yet.
        check(
            &[("18T15:00", "18T15:00", "780 2.30 0.30"), ("19T10:00", "19T10:00", "777 2.30 0.30")],
            &["17 777.195..778.2043 x1 alone", "18 774.195..775.205 x1 alone"],
        );
    }

    #[test]
    fn runs_of_one_day_that_count_from_two_closes_are_kept_apart_and_have_no_date() {
        check(
            &[
                ("19T10:00", "19T10:00", "878 11.94 1.38"),
                ("19T11:00", "19T11:00", "877 10.80 1.25"),
                ("19T12:00", "19T12:00", "877 5.00 0.57"),
            ],
            &["by 18 865.555..866.705 x2 disjoint", "by 18 871.495..872.505 x1 disjoint"],
        );
    }

    #[test]
    fn what_may_still_be_of_the_day_before_has_no_date_and_proves_nothing_beside_what_cannot() {
        check(&[("19T09:05", "19T09:05", "777 2.30 0.30")], &["by 18 774.195..775.205 x1 alone"]);
        check(
            &[("19T09:05", "19T09:05", "800 2.30 0.29"), ("19T10:00", "19T10:00", "777 2.30 0.30")],
            &["18 774.195..775.205 x1 alone"],
        );
    }

    #[test]
    fn what_is_not_verified_or_did_not_move_proves_nothing() {
        check(
            &[
                ("19T10:00", "19T10:00", "16555 -90.00 -0.55"),
                ("19T11:00", "19T11:00", "16555 0.00 0.00"),
                ("19T12:00", "19T12:00", "16555"),
            ],
            &[],
        );
    }

    #[test]
    fn a_price_that_moves_when_it_likes_contradicts_nothing() {
        let runs = [("19T08:00", "19T08:00", "1508 10 0.67"), ("19T10:00", "19T10:00", "1520 12 0.80")];
        let runs = runs.map(|(from, to, figures)| run(from, to, figures));
        let (day, by) = (april(19), april(18));
        let base = Base { day, by, is_dated: false, is_sure: true, is_shared: false, stands: None };
        let shown: Vec<String> = derived_closes(&runs, |_| Some(base)).iter().map(show).collect();
        assert_eq!(shown, ["by 18 1497.392..1498.535 x1 alone", "by 18 1507.365..1508.508 x1 alone"]);
    }
}
