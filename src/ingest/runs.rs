//! The canonical reading of sightings: which runs they make, and which figures are held. Pure.
//!
//! Whatever order captures arrive in, the rows are those that [`Reader`] makes of all sightings in order of time.

use std::time::Duration;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::domain::{Figures, Kind, Level, Observation, Run, Timestamp, Verdict};
use crate::store::Sighting;

use super::claim::Claim;

/// That an indicator was seen to show some figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) at: Timestamp,
    pub(super) figures: Figures,
    pub(super) verdict: Verdict,
    pub(super) capture: i64,
}

impl Seen {
    pub(super) fn of(claim: Claim<'_>, sighting: Sighting) -> Self {
        let Sighting { seen_at, capture } = sighting;
        Self { at: seen_at, figures: claim.figures, verdict: claim.verdict, capture }
    }

    /// The sighting that a run begins with.
    pub(super) fn first_of(observation: &Observation) -> Self {
        let Run { first_seen, figures, verdict, .. } = observation.run;
        Self { at: first_seen, figures, verdict, capture: observation.capture }
    }

    /// A run of this sighting alone.
    pub(super) fn run(self) -> Observation {
        let run =
            Run { first_seen: self.at, last_seen: self.at, figures: self.figures, verdict: self.verdict };
        Observation { run, capture: self.capture }
    }
}

/// A stretch of figures that are held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HeldStretch {
    pub(super) first: Seen,
    pub(super) last_seen: Timestamp,
    pub(super) reason: String,
}

/// What a person said of exact figures of an indicator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decisions {
    pub(super) accepted: Vec<Figures>,
    pub(super) rejected: Vec<Figures>,
}

/// What is known of an indicator when its sightings are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) kind: Kind,
    pub(super) heartbeat: Duration,
    pub(super) decisions: Decisions,
}

/// The last level that was believed, and when it was last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) at: Timestamp,
    pub(super) level: Level,
}

impl Reference {
    /// The reference that a run leaves behind at its end, if it has a level.
    pub(super) fn after(run: &Run) -> Option<Self> {
        run.figures.level.map(|level| Self { at: run.last_seen, level })
    }
}

/// What to do with a sighting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    Accept,
    /// Kept out until a person decides, and why.
    Hold(String),
    /// A person said that these figures are not real.
    Reject,
}

impl Rules {
    /// Whether two equal sightings belong to one run.
    pub(super) fn joins(&self, figures: Figures, last_seen: Timestamp, next: &Seen) -> bool {
        let silence = (next.at - last_seen).to_std().unwrap_or_default();
        figures == next.figures && silence <= self.heartbeat
    }

    /// An implausible level that its own row does not verify is held, until a person decides about these figures.
    /// What is plausible needs no decision: figures that were rejected once may be real years later.
    pub(super) fn judge(&self, seen: &Seen, reference: Option<Reference>) -> Judgement {
        let Some((reference, level)) = reference.zip(seen.figures.level) else { return Judgement::Accept };
        if seen.verdict == Verdict::Verified || self.is_plausible(reference, level, seen.at) {
            return Judgement::Accept;
        }
        if self.decisions.accepted.contains(&seen.figures) {
            Judgement::Accept
        } else if self.decisions.rejected.contains(&seen.figures) {
            Judgement::Reject
        } else {
            Judgement::Hold(self.reason(reference, level))
        }
    }

    fn reason(&self, reference: Reference, level: Level) -> String {
        let kind = self.kind.word();
        format!(
            "moved from {} to {level}, more than is plausible for this kind ({kind}), and its own row does not verify it",
            reference.level
        )
    }

    /// Whether a level may follow another: by its kind's plausible move for each day, growing with the square
    /// root of the time between, as the spread of a random walk does; at least a day's worth.
    pub(super) fn is_plausible(&self, reference: Reference, level: Level, at: Timestamp) -> bool {
        if reference.level == level {
            return true;
        }
        let a_day = 1.0 + self.kind.plausible_move().to_f64().unwrap_or_default();
        // Nearly every level is far within a day's move of the last one: that needs no exact division to be seen.
        let (before, now) = (reference.level.0.to_f64(), level.0.to_f64());
        if before > 0.0 && now > 0.0 && before.max(now) / before.min(now) < a_day * 0.999 {
            return true;
        }
        let (before, now) = (reference.level.decimal(), level.decimal());
        if before == now {
            return true;
        }
        if before <= Decimal::ZERO || now <= Decimal::ZERO {
            return false;
        }
        let ratio = if now > before { now.checked_div(before) } else { before.checked_div(now) };
        let days = i32::try_from((at - reference.at).num_days()).unwrap_or(i32::MAX).max(1);
        let most = a_day.powf(f64::from(days).sqrt());
        ratio.and_then(|ratio| ratio.to_f64()).is_some_and(|ratio| ratio <= most)
    }
}

/// Reads sightings in order of time, one an instant, into runs and held stretches.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    rules: &'a Rules,
    reference: Option<Reference>,
    last_at: Option<Timestamp>,
    holding: bool,
    pub(super) runs: Vec<Observation>,
    pub(super) held: Vec<HeldStretch>,
}

impl<'a> Reader<'a> {
    /// Begins after a run that is known to stand, or at the very beginning.
    pub(super) fn after(rules: &'a Rules, before: Option<Observation>, reference: Option<Reference>) -> Self {
        let runs = before.into_iter().collect();
        Self { rules, reference, last_at: None, holding: false, runs, held: Vec::new() }
    }

    /// Reads one sighting. Of several captures of one instant the first one given stands.
    pub(super) fn read(&mut self, seen: Seen) {
        if self.last_at.replace(seen.at) == Some(seen.at) {
            return;
        }
        match self.rules.judge(&seen, self.reference) {
            Judgement::Accept => self.accept(seen),
            Judgement::Hold(reason) => self.hold(seen, reason),
            Judgement::Reject => {}
        }
    }

    fn accept(&mut self, seen: Seen) {
        self.holding = false;
        if let Some(level) = seen.figures.level {
            self.reference = Some(Reference { at: seen.at, level });
        }
        match self.runs.last_mut() {
            Some(open) if self.rules.joins(open.run.figures, open.run.last_seen, &seen) => {
                open.run.last_seen = seen.at;
            }
            _ => self.runs.push(seen.run()),
        }
    }

    fn hold(&mut self, seen: Seen, reason: String) {
        let was_holding = std::mem::replace(&mut self.holding, true);
        match self.held.last_mut() {
            Some(open) if was_holding && self.rules.joins(open.first.figures, open.last_seen, &seen) => {
                open.last_seen = seen.at;
            }
            _ => self.held.push(HeldStretch { first: seen, last_seen: seen.at, reason }),
        }
    }
}

/// What a new sighting does to the runs around it, when every sighting is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Splice {
    /// Runs that no longer begin where they did.
    pub(super) take: Vec<Timestamp>,
    /// Runs as they are now.
    pub(super) put: Vec<Observation>,
    /// Whether the sighting begins a run of its own.
    pub(super) is_new: bool,
}

/// The runs that a new sighting falls between; `previous` ends before it and `next` begins after it.
pub(super) fn between(
    rules: &Rules,
    previous: Option<Observation>,
    seen: Seen,
    next: Option<Observation>,
) -> Splice {
    let joined = previous.filter(|previous| rules.joins(previous.run.figures, previous.run.last_seen, &seen));
    let joins_next = next.filter(|next| {
        let first = Seen { at: next.run.first_seen, figures: next.run.figures, ..seen };
        rules.joins(seen.figures, seen.at, &first)
    });
    let mut run = joined.unwrap_or_else(|| seen.run());
    run.run.last_seen = joins_next.map_or(seen.at, |next| next.run.last_seen);
    let take = joins_next.map(|next| next.run.first_seen).into_iter().collect();
    Splice { take, put: vec![run], is_new: joined.is_none() && joins_next.is_none() }
}

/// The run that a sighting of other figures falls into, split between its neighbouring sightings.
/// `after` is the first sighting of the run past the new one.
pub(super) fn split(around: Observation, before: Timestamp, seen: Seen, after: Seen) -> Splice {
    let first = Run { last_seen: before, ..around.run };
    let second = Run { first_seen: after.at, ..around.run };
    let put = vec![
        Observation { run: first, ..around },
        seen.run(),
        Observation { run: second, capture: after.capture },
    ];
    Splice { take: Vec::new(), put, is_new: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Quantity;

    fn at(minute: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    fn seen(minute: i64, level: i64, verdict: Verdict) -> Seen {
        let level = Some(Level(Quantity::new(level, 0).unwrap()));
        Seen { at: at(minute), figures: Figures { level, ..Figures::default() }, verdict, capture: minute }
    }

    fn rules() -> Rules {
        Rules { kind: Kind::Index, heartbeat: Duration::from_secs(3600), decisions: Decisions::default() }
    }

    fn read(rules: &Rules, sightings: &[(i64, i64, Verdict)]) -> (Vec<(i64, i64)>, Vec<i64>) {
        let mut reader = Reader::after(rules, None, None);
        sightings.iter().for_each(|&(minute, level, verdict)| reader.read(seen(minute, level, verdict)));
        let minute = |at: Timestamp| at.timestamp() / 60;
        let runs = reader.runs.iter().map(|o| (minute(o.run.first_seen), minute(o.run.last_seen))).collect();
        (runs, reader.held.iter().map(|held| minute(held.first.at)).collect())
    }

    const PLAIN: Verdict = Verdict::Unverifiable;

    #[test]
    fn a_value_that_returns_is_a_run_of_its_own() {
        let (runs, _) = read(&rules(), &[(0, 100, PLAIN), (1, 100, PLAIN), (2, 101, PLAIN), (3, 100, PLAIN)]);
        assert_eq!(runs, [(0, 1), (2, 2), (3, 3)]);
    }

    #[test]
    fn a_silence_longer_than_the_heartbeat_ends_a_run() {
        let (runs, _) = read(&rules(), &[(0, 100, PLAIN), (60, 100, PLAIN), (121, 100, PLAIN)]);
        assert_eq!(runs, [(0, 60), (121, 121)]);
    }

    #[test]
    fn an_implausible_level_is_held_unless_its_row_verifies_it() {
        let (runs, held) =
            read(&rules(), &[(0, 100, PLAIN), (1, 1000, PLAIN), (2, 1000, PLAIN), (3, 101, PLAIN)]);
        assert_eq!((runs, held), (vec![(0, 0), (3, 3)], vec![1]));
        let (runs, held) = read(&rules(), &[(0, 100, PLAIN), (1, 1000, Verdict::Verified)]);
        assert_eq!((runs.len(), held.len()), (2, 0));
    }

    #[test]
    fn a_person_s_word_counts() {
        let figures = seen(0, 1000, PLAIN).figures;
        let decisions = Decisions { accepted: vec![figures], rejected: Vec::new() };
        let (runs, held) = read(&Rules { decisions, ..rules() }, &[(0, 100, PLAIN), (1, 1000, PLAIN)]);
        assert_eq!((runs.len(), held.len()), (2, 0));
        let decisions = Decisions { accepted: Vec::new(), rejected: vec![figures] };
        let (runs, held) = read(&Rules { decisions, ..rules() }, &[(0, 100, PLAIN), (1, 1000, PLAIN)]);
        assert_eq!((runs.len(), held.len()), (1, 0));
    }

    #[test]
    fn what_is_plausible_grows_with_the_time_between() {
        let reference = Reference { at: at(0), level: Level(Quantity::new(100, 0).unwrap()) };
        let level = |level| Level(Quantity::new(level, 0).unwrap());
        let days = |days: i64| at(days * 24 * 60);
        assert!(rules().is_plausible(reference, level(124), days(0)));
        assert!(!rules().is_plausible(reference, level(130), days(1)));
        assert!(rules().is_plausible(reference, level(130), days(4)));
        assert!(!rules().is_plausible(reference, level(1000), days(30)));
        assert!(!rules().is_plausible(reference, level(0), days(3000)));
    }
}
