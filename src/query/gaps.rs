//! Why a source was not seen: every stretch of time without data, typed. Pure: policy over looks, slots and hours.
//!
//! A look (a poll, or an archived capture) speaks for the time until the next look, as long as no poll was missed
//! between them; otherwise until the next poll was due. From that follows:
//!
//! - What a look that saw the page speaks for is seen. It is *closed* instead where the market was closed from one slot
//!   of the schedule to the next, so that nobody was meant to look.
//! - What a failed look speaks for has the cause of its failure; one cause ends where the next begins. A source that
//!   fails is asked more slowly, so a failure speaks for the silence after it for as long as it may be left alone, and
//!   a refusal for up to a day more.
//! - The rest is *not running*: polls were due, and none was made. Where nothing was recorded yet, or the log was
//!   removed, it is *not recorded*.
//! - *Frozen* is the part of what was seen in which the text had not changed for longer than the heartbeat, counted
//!   in the time in which prices are made; of it, what lies in open hours.

use chrono::TimeDelta;

use crate::calendar::Calendar;
use crate::domain::{Cause, Gap, Look, Timestamp};
use crate::series::Rhythm;

/// How long a refusal may keep a source from being asked, beyond the pause after any failure.
const REFUSED: TimeDelta = TimeDelta::days(1);

/// Silences shorter than this hold no closure: the shortest one is a night.
const SHORTEST_CLOSURE: TimeDelta = TimeDelta::hours(1);

/// What is needed to type the gaps of a source.
#[derive(Debug, Clone)]
pub(super) struct Watch<'a> {
    /// Its looks in order of time; the first may lie before the stretch that is asked about.
    pub(super) looks: Vec<Look>,
    /// From when on every attempt is in the log; absent when none was ever made.
    pub(super) log_begins: Option<Timestamp>,
    /// When polls were due.
    pub(super) rhythm: Rhythm,
    /// The longest that failures keep the next poll away.
    pub(super) patience: TimeDelta,
    /// The market's hours.
    pub(super) calendar: &'a Calendar,
    /// How long the text may stand still while prices are made; absent when there is nothing to judge by.
    pub(super) heartbeat: Option<TimeDelta>,
}

/// A stretch of time, and what was found in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    from: Timestamp,
    to: Timestamp,
    found: Result<i64, Cause>,
}

impl Watch<'_> {
    /// The gaps of a stretch, in order; none overlaps another, and none is empty.
    pub(super) fn gaps(&self, from: Timestamp, to: Timestamp) -> Vec<Gap> {
        let gap = |piece: &Piece| Some(Gap { from: piece.from, to: piece.to, cause: piece.found.err()? });
        let pieces = self.pieces(from, to);
        pieces.iter().filter_map(gap).filter_map(|gap| gap.within(from, to)).collect()
    }

    /// The whole stretch, cut into what was seen and what was not; it may begin earlier, with a look ahead of it.
    fn pieces(&self, from: Timestamp, to: Timestamp) -> Vec<Piece> {
        let mut pieces = Pieces::default();
        let first = self.looks.first().map_or(to, |look| look.at.min(to));
        self.unwatched(from, first, &mut pieces);
        for (at, look) in self.looks.iter().enumerate() {
            let next = self.looks.get(at + 1).map_or(to, |next| next.at.min(to));
            let until = self.speaks_until(look, next);
            match look.found {
                Ok(text) => self.seen(look.at, until, text, &mut pieces),
                Err(cause) => pieces.push(look.at, until, Err(cause)),
            }
            self.unwatched(until, next, &mut pieces);
        }
        self.frozen(pieces.0)
    }

    /// How far a look speaks for the time up to the next one.
    fn speaks_until(&self, look: &Look, next: Timestamp) -> Timestamp {
        let is_patient = look.found.err().is_some_and(|cause| next - look.at <= self.patience(cause));
        if is_patient || self.rhythm.is_prompt(look.at, next) {
            next
        } else {
            self.rhythm.due_after(look.at).min(next)
        }
    }

    /// How long a failure keeps the next poll away.
    fn patience(&self, cause: Cause) -> TimeDelta {
        match cause {
            Cause::Blocked => self.patience + REFUSED,
            // A little more than the pause itself: the next slot after it may be some way off.
            Cause::Unreachable | Cause::NotUnderstood => self.patience * 3 / 2,
            Cause::Closed | Cause::NotRunning | Cause::Frozen | Cause::NotRecorded => TimeDelta::zero(),
        }
    }

    /// Nobody looked.
    fn unwatched(&self, from: Timestamp, to: Timestamp, pieces: &mut Pieces) {
        let recorded = self.log_begins.unwrap_or(to).clamp(from, to.max(from));
        pieces.push(from, recorded, Err(Cause::NotRecorded));
        pieces.push(recorded, to, Err(Cause::NotRunning));
    }

    /// The page was seen, and spoke for the time since, but for closures in which no slot lies.
    fn seen(&self, from: Timestamp, to: Timestamp, text: i64, pieces: &mut Pieces) {
        let mut seen_from = from;
        if to - from > SHORTEST_CLOSURE {
            let mut close = self.calendar.next_close(from);
            while close < to {
                let open = self.calendar.next_open(close);
                if open <= to && !self.rhythm.has_slot_between(close, open) {
                    pieces.push(seen_from, close, Ok(text));
                    pieces.push(close, open, Err(Cause::Closed));
                    seen_from = open;
                }
                close = self.calendar.next_close(open);
            }
        }
        pieces.push(seen_from, to, Ok(text));
    }

    /// Marks what was seen of a text after it stood still for too long. A stretch in which nothing was seen between
    /// two sightings of it neither counts nor makes it new.
    fn frozen(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        let Some(heartbeat) = self.heartbeat else { return pieces };
        let mut marked = Pieces::default();
        let mut still = Still::default();
        for piece in pieces {
            let Ok(text) = piece.found else {
                marked.push(piece.from, piece.to, piece.found);
                continue;
            };
            if still.text != Some(text) {
                still = Still::new(text, heartbeat);
            }
            let expires = still.expires(piece, self.calendar);
            marked.push(piece.from, expires, piece.found);
            for (open, close) in self.calendar.open_within(expires, piece.to) {
                let ahead = marked.end().unwrap_or(expires);
                marked.push(ahead, open, piece.found);
                marked.push(open, close, Err(Cause::Frozen));
            }
            let ahead = marked.end().unwrap_or(expires);
            marked.push(ahead, piece.to, piece.found);
        }
        marked.0
    }
}

/// A text that stands still.
#[derive(Debug, Default)]
struct Still {
    text: Option<i64>,
    /// How much longer it may, in the time in which prices are made.
    left: TimeDelta,
    /// What has gone by and is not taken off yet: most texts stand for a minute, and need no look at the hours.
    gone: Vec<(Timestamp, Timestamp)>,
}

impl Still {
    fn new(text: i64, heartbeat: TimeDelta) -> Self {
        Self { text: Some(text), left: heartbeat, gone: Vec::new() }
    }

    /// Lets a piece of its time go by; says when in it the heartbeat was over, at its end when it was not.
    fn expires(&mut self, piece: Piece, calendar: &Calendar) -> Timestamp {
        self.gone.push((piece.from, piece.to));
        let gone: TimeDelta = self.gone.iter().map(|(from, to)| *to - *from).sum();
        if gone <= self.left {
            return piece.to;
        }
        let gone = std::mem::take(&mut self.gone);
        for (start, end) in gone.into_iter().flat_map(|(from, to)| calendar.sessions_within(from, to)) {
            if end - start > self.left {
                let expires = start + self.left;
                self.left = TimeDelta::zero();
                return expires;
            }
            self.left -= end - start;
        }
        piece.to
    }
}

/// Pieces in order, each beginning where the one ahead ends.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    /// Adds a piece, unless it is empty; one that goes on with what was found ahead of it makes that longer.
    fn push(&mut self, from: Timestamp, to: Timestamp, found: Result<i64, Cause>) {
        if from >= to {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.found == found && last.to == from => last.to = to,
            _ => self.0.push(Piece { from, to, found }),
        }
    }

    fn end(&self) -> Option<Timestamp> {
        self.0.last().map(|last| last.to)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A time of the week of Friday, 22 November 2024, in Jakarta: `22T09:00`.
    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(&format!("2024-11-{text}:00+07:00")).unwrap().to_utc()
    }

    /// Every ten minutes while the market is open, every hour while it is closed.
    fn every_ten_minutes(from: Timestamp, to: Timestamp) -> Rhythm {
        let idx = Calendar::idx();
        let next = |at: &Timestamp| {
            let pause = if idx.is_open(*at) { 10 } else { 60 };
            Some((*at + TimeDelta::minutes(pause)).min(idx.next_open(*at)))
        };
        Rhythm::new(std::iter::successors(Some(from), next).take_while(|slot| *slot <= to))
    }

    /// Looks at these times: a number is the text that was seen, a word why none was.
    fn looks(looks: &[(&str, &str)]) -> Vec<Look> {
        let found = |word: &str| match word {
            "unreachable" => Err(Cause::Unreachable),
            "blocked" => Err(Cause::Blocked),
            "not_understood" => Err(Cause::NotUnderstood),
            "not_running" => Err(Cause::NotRunning),
            text => Ok(text.parse().unwrap()),
        };
        looks.iter().map(|(time, word)| Look { at: at(time), found: found(word) }).collect()
    }

    /// Looks that saw a text every ten minutes, from one time to another inclusive.
    fn looking(from: &str, to: &str, text: impl Fn(i64) -> i64) -> Vec<Look> {
        let count = (at(to) - at(from)).num_minutes() / 10;
        let look = |number| Look { at: at(from) + TimeDelta::minutes(10 * number), found: Ok(text(number)) };
        (0..=count).map(look).collect()
    }

    fn shown(gaps: &[Gap]) -> Vec<String> {
        let show = |at: Timestamp| at.with_timezone(&chrono_tz::Asia::Jakarta).format("%dT%H:%M").to_string();
        gaps.iter().map(|gap| format!("{} {} {}", gap.cause.word(), show(gap.from), show(gap.to))).collect()
    }

    fn gaps(looks: &[Look], log_begins: Option<&str>, from: &str, to: &str) -> Vec<String> {
        let rhythm = every_ten_minutes(at(from) - TimeDelta::days(1), at(to));
        let heartbeat = Some(TimeDelta::hours(1));
        let log_begins = log_begins.map(at);
        let calendar = &Calendar::idx();
        shown(
            &Watch {
                looks: looks.to_vec(),
                log_begins,
                rhythm,
                patience: TimeDelta::hours(1),
                calendar,
                heartbeat,
            }
            .gaps(at(from), at(to)),
        )
    }

    #[test]
    fn each_stretch_without_data_has_its_cause() {
        let log = Some("22T09:00");
        for (what, events, expected) in [
            (
                "polls in time",
                &[("22T09:00", "1"), ("22T09:10", "2"), ("22T09:21", "3"), ("22T09:30", "4")][..],
                &[][..],
            ),
            (
                "one that was missed",
                &[("22T09:00", "1"), ("22T09:20", "2"), ("22T09:30", "3")],
                &["not_running 22T09:10 22T09:20"],
            ),
            (
                "one failure",
                &[("22T09:00", "1"), ("22T09:10", "unreachable"), ("22T09:20", "2"), ("22T09:30", "3")],
                &["unreachable 22T09:10 22T09:20"],
            ),
            (
                "failures of two kinds, the second at a slower pace",
                &[
                    ("22T09:00", "1"),
                    ("22T09:05", "unreachable"),
                    ("22T09:10", "not_understood"),
                    ("22T09:30", "1"),
                ],
                &["unreachable 22T09:05 22T09:10", "not_understood 22T09:10 22T09:30"],
            ),
            (
                "a poll that was cut off, and then nothing",
                &[("22T09:00", "1"), ("22T09:10", "not_running")],
                &["not_running 22T09:10 22T09:40"],
            ),
            (
                "a refusal, and a long pause",
                &[("22T09:00", "1"), ("22T09:10", "blocked")],
                &["blocked 22T09:10 22T09:40"],
            ),
            (
                "nothing at the end",
                &[("22T09:00", "1"), ("22T09:10", "1")],
                &["not_running 22T09:20 22T09:40"],
            ),
        ] {
            assert_eq!(gaps(&looks(events), log, "22T09:00", "22T09:40"), expected, "{what}");
        }
    }

    #[test]
    fn a_failure_speaks_no_longer_than_it_keeps_polls_away() {
        let events = looks(&[("22T09:00", "1"), ("22T09:10", "unreachable"), ("22T12:00", "1")]);
        let expected = ["unreachable 22T09:10 22T09:20", "not_running 22T09:20 22T12:00"];
        assert_eq!(gaps(&events, Some("22T09:00"), "22T09:00", "22T12:10"), expected);
        let refused = looks(&[("22T09:00", "1"), ("22T09:10", "blocked"), ("22T15:00", "1")]);
        let expected = ["blocked 22T09:10 22T15:00"];
        assert_eq!(gaps(&refused, Some("22T09:00"), "22T09:00", "22T15:10"), expected);
    }

    #[test]
    fn nothing_is_claimed_of_what_was_not_recorded() {
        let events = looks(&[("22T09:00", "1"), ("22T11:00", "1"), ("22T11:10", "2")]);
        let expected = ["not_recorded 22T08:00 22T09:00", "not_recorded 22T09:10 22T11:00"];
        assert_eq!(gaps(&events, Some("22T11:00"), "22T08:00", "22T11:20"), expected);
        let expected = [
            "not_recorded 22T08:00 22T09:00",
            "not_recorded 22T09:10 22T10:00",
            "not_running 22T10:00 22T11:00",
        ];
        assert_eq!(gaps(&events, Some("22T10:00"), "22T08:00", "22T11:20"), expected);
        assert_eq!(gaps(&[], None, "22T08:00", "22T09:00"), ["not_recorded 22T08:00 22T09:00"]);
        assert_eq!(gaps(&[], Some("21T08:00"), "22T08:00", "22T09:00"), ["not_running 22T08:00 22T09:00"]);
    }

    #[test]
    fn a_market_that_is_closed_is_a_gap_only_where_no_poll_is_due() {
        // Polls every ten minutes in open hours alone.
        let idx = Calendar::idx();
        let all = every_ten_minutes(at("22T09:00"), at("25T10:00"));
        let in_hours = Rhythm::new(all.slots().iter().copied().filter(|slot| idx.is_open(*slot)));
        let gaps = |rhythm: &Rhythm, looks: &[Look]| {
            let watch = Watch {
                looks: looks.to_vec(),
                log_begins: Some(at("22T09:00")),
                rhythm: rhythm.clone(),
                patience: TimeDelta::hours(1),
                calendar: &idx,
                heartbeat: None,
            };
            shown(&watch.gaps(at("22T16:00"), at("25T09:00")))
        };
        let looks: Vec<Look> = in_hours.slots().iter().map(|at| Look { at: *at, found: Ok(1) }).collect();
        assert_eq!(gaps(&in_hours, &looks), ["closed 22T16:15 25T08:45"]);
        // A daemon that stopped on Friday afternoon missed polls: nothing tells that it would have rested.
        let stopped: Vec<Look> = looks.into_iter().filter(|look| look.at < at("22T15:00")).collect();
        assert_eq!(gaps(&in_hours, &stopped), ["not_running 22T16:00 25T09:00"]);
        let slowly: Vec<Look> = all.slots().iter().map(|at| Look { at: *at, found: Ok(1) }).collect();
        assert_eq!(gaps(&all, &slowly), [""; 0]);
    }

    #[test]
    fn a_text_is_frozen_when_it_stands_still_while_prices_are_made() {
        let log = Some("20T09:00");
        let moving = looking("21T09:00", "21T16:00", |number| number);
        assert_eq!(gaps(&moving, log, "21T09:00", "21T16:00"), [""; 0]);
        // The break of an hour and a half does not count.
        let still = looking("21T09:00", "21T16:00", |number| number.min(16));
        assert_eq!(gaps(&still, log, "21T09:00", "21T16:00"), ["frozen 21T14:10 21T16:00"]);
        // Nor do the night and the weekend, but what was seen ahead of them does.
        let mut over_night = looking("22T15:00", "22T23:00", |number| number.min(4));
        over_night.extend(looking("22T23:10", "25T10:00", |_| 4));
        assert_eq!(gaps(&over_night, log, "22T15:00", "25T10:00"), ["frozen 25T09:40 25T10:00"]);
        // A failure in between is no news.
        let mut interrupted = looking("21T09:00", "21T11:00", |_| 1);
        interrupted[3].found = Err(Cause::Unreachable);
        assert_eq!(
            gaps(&interrupted, log, "21T09:00", "21T11:00"),
            ["unreachable 21T09:30 21T09:40", "frozen 21T10:10 21T11:00"]
        );
    }

    fn any_looks() -> impl Strategy<Value = Vec<Look>> {
        let found = prop_oneof![
            4 => (0..3i64).prop_map(Ok),
            1 => prop::sample::select(vec![
                Cause::Unreachable, Cause::Blocked, Cause::NotUnderstood, Cause::NotRunning,
            ]).prop_map(Err),
        ];
        let minute = prop_oneof![0..600i64, 0..8000i64];
        prop::collection::vec((minute, found), 0..60).prop_map(|mut looks| {
            looks.sort_by_key(|(minute, _)| *minute);
            let look = |(minute, found)| Look { at: at("20T00:00") + TimeDelta::minutes(minute), found };
            looks.into_iter().map(look).collect()
        })
    }

    proptest! {
        #[test]
        fn what_was_seen_and_the_gaps_cover_the_stretch(
            looks in any_looks(), from in 0..8000i64, length in 1..4000i64, log in prop::option::of(0..8000i64),
        ) {
            let minute = |minute: i64| at("20T00:00") + TimeDelta::minutes(minute);
            let (from, to) = (minute(from), minute(from + length));
            let rhythm = every_ten_minutes(minute(0), minute(12_000));
            let (calendar, heartbeat) = (Calendar::idx(), Some(TimeDelta::hours(1)));
            let log_begins = log.map(minute);
            let watch = Watch { looks: looks.clone(), log_begins, rhythm, patience: TimeDelta::hours(1), calendar: &calendar, heartbeat };
            let pieces = watch.pieces(from, to);
            prop_assert!(pieces.windows(2).all(|pair| pair[0].to == pair[1].from && pair[0].found != pair[1].found));
            prop_assert!(pieces.iter().all(|piece| piece.from < piece.to));
            prop_assert!(pieces[0].from <= from && pieces[pieces.len() - 1].to == to);

            let gaps = watch.gaps(from, to);
            prop_assert!(gaps.windows(2).all(|pair| pair[0].to <= pair[1].from));
            prop_assert!(gaps.iter().all(|gap| from <= gap.from && gap.from < gap.to && gap.to <= to));
            // No look that saw the page lies in a gap, unless what it saw was frozen.
            let seen = looks.iter().filter(|look| look.found.is_ok());
            for look in seen {
                let is_missed = |gap: &Gap| gap.cause != Cause::Frozen && gap.from <= look.at && look.at < gap.to;
                let is_last = looks.iter().rfind(|other| other.at == look.at) == Some(look);
                prop_assert!(!is_last || !gaps.iter().any(is_missed));
            }
        }
    }
}
