//! What is known of the things that rules look at. A value that was last seen longer ago than its heartbeat is not
//! known any more.

use crate::calendar::Calendar;
use crate::domain::{Aspect, Fact, Facts, Run, Term, Timestamp, Window};
use crate::format;
use crate::series::is_stale;
use crate::store::{StoredIndicator, Tables};

use super::{QueryError, changes, find, held};

/// What is found of each term now.
///
/// # Errors
/// The database cannot be read. A name that nobody knows is no error but an unknown fact.
pub fn facts(
    tables: Tables<'_>,
    terms: &[Term],
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Facts, QueryError> {
    let question = Question { tables, now, calendar, indicators: tables.indicators()? };
    let mut facts = Facts { now, zone: calendar.zone(), found: std::collections::HashMap::new() };
    for term in terms {
        facts.found.insert(term.clone(), question.fact(term)?);
    }
    Ok(facts)
}

struct Question<'a> {
    tables: Tables<'a>,
    now: Timestamp,
    calendar: &'a Calendar,
    indicators: Vec<StoredIndicator>,
}

impl Question<'_> {
    fn fact(&self, term: &Term) -> Result<Fact, QueryError> {
        match term.aspect {
            Aspect::Level | Aspect::Change | Aspect::Percent => self.figure(term),
            Aspect::ChangeOver(window) => self.change(term, window),
            Aspect::Age => self.age(term),
            Aspect::Drift => self.drift(term),
            Aspect::Held => self.held(term),
        }
    }

    fn figure(&self, term: &Term) -> Result<Fact, QueryError> {
        let run = match self.fresh_run(&term.name)? {
            Ok((_, run)) => run,
            Err(unknown) => return Ok(unknown),
        };
        let number = match term.aspect {
            Aspect::Level => run.figures.level.map(|level| level.decimal()),
            Aspect::Change => run.figures.change.map(|change| change.decimal()),
            _ => run.figures.percent.map(|percent| percent.decimal()),
        };
        Ok(number.map_or_else(|| unknown("the page does not show it"), Fact::Number))
    }

    /// The percentage that `change --over` gives, for a value that is still known.
    fn change(&self, term: &Term, window: Window) -> Result<Fact, QueryError> {
        let indicator = match self.fresh_run(&term.name)? {
            Ok((indicator, _)) => indicator,
            Err(unknown) => return Ok(unknown),
        };
        let changes = changes(self.tables, std::slice::from_ref(indicator), &[window], None, self.calendar)?;
        let Some(change) = changes.into_iter().next() else { return Ok(unknown("nothing known yet")) };
        let nothing = || change.note.unwrap_or_else(|| "no base to compare with".to_owned());
        Ok(change.percent.map_or_else(|| Fact::Unknown(nothing()), Fact::Number))
    }

    fn age(&self, term: &Term) -> Result<Fact, QueryError> {
        let last_seen = match self.tables.source(&term.name)? {
            Some(source) => self.tables.last_sighting(source.id)?.map(|sighting| sighting.seen_at),
            None => match self.indicator(&term.name) {
                Ok(indicator) => self.newest_run(indicator)?.map(|run| run.last_seen),
                Err(unknown) => return Ok(unknown),
            },
        };
        Ok(last_seen.map_or_else(|| unknown("never seen"), Fact::Seen))
    }

    fn drift(&self, term: &Term) -> Result<Fact, QueryError> {
        let Some(source) = self.tables.source(&term.name)? else {
            return self.no_source(&term.name);
        };
        if self.tables.not_understood(source.id)?.is_some() {
            return Ok(Fact::Flag(true));
        }
        let was_understood = self.tables.last_poll_seen(source.id, Timestamp::MAX_UTC)?.is_some();
        Ok(if was_understood { Fact::Flag(false) } else { unknown("no poll brought a page yet") })
    }

    fn held(&self, term: &Term) -> Result<Fact, QueryError> {
        let held = held(self.tables)?;
        let is_of = |waits: &dyn Fn(&StoredIndicator) -> bool| {
            Fact::Flag(held.iter().any(|(indicator, _)| waits(indicator)))
        };
        if let Some(source) = self.tables.source(&term.name)? {
            return Ok(is_of(&|indicator| indicator.source_id == source.id));
        }
        Ok(match self.indicator(&term.name) {
            Ok(wanted) => is_of(&|indicator| indicator.id == wanted.id),
            Err(unknown) => unknown,
        })
    }

    /// The newest run of an indicator, unless it is older than the heartbeat.
    fn fresh_run(&self, name: &str) -> Result<Result<(&StoredIndicator, Run), Fact>, QueryError> {
        let indicator = match self.indicator(name) {
            Ok(indicator) => indicator,
            Err(unknown) => return Ok(Err(unknown)),
        };
        let Some(run) = self.newest_run(indicator)? else { return Ok(Err(unknown("nothing known yet"))) };
        if is_stale(run.last_seen, indicator.indicator.heartbeat, self.now) {
            let age = format::age(self.now - run.last_seen);
            return Ok(Err(Fact::Unknown(format!("last seen {age} ago, longer than its heartbeat"))));
        }
        Ok(Ok((indicator, run)))
    }

    fn newest_run(&self, indicator: &StoredIndicator) -> Result<Option<Run>, QueryError> {
        Ok(self.tables.newest_run(indicator.id)?.map(|newest| newest.run))
    }

    fn indicator(&self, name: &str) -> Result<&StoredIndicator, Fact> {
        find(&self.indicators, name).map_err(|error| match error {
            QueryError::UnknownIndicator { nearest: Some(near), .. } => {
                Fact::Unknown(format!("unknown indicator '{name}'; did you mean {near}?"))
            }
            QueryError::Ambiguous { choices, .. } => {
                Fact::Unknown(format!("'{name}' is shown by several sources; say {}", choices.join(" or ")))
            }
            other => Fact::Unknown(other.to_string()),
        })
    }

    fn no_source(&self, name: &str) -> Result<Fact, QueryError> {
        let sources = self.tables.sources()?;
        let near = format::nearest(name, sources.iter().map(|source| source.name.as_str()));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        Ok(Fact::Unknown(format!("unknown source '{name}'{hint}")))
    }
}

fn unknown(why: &str) -> Fact {
    Fact::Unknown(why.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, see, store};
    use super::*;
    use crate::domain::{Attempt, Outcome};
    use crate::store::{Sighting, Store};

    const PAGES: [(&str, &str); 2] = [
        ("2024-11-21T10:30", "LQ45 866 -8,90 -1,02%\nRD.SAHAM 0.05%"),
        ("2024-11-22T10:30", "LQ45 878 11,94 1,38%\nRD.SAHAM 0.05%"),
    ];

    fn term(name: &str, aspect: Aspect) -> Term {
        Term { name: name.to_owned(), aspect }
    }

    fn fact_at(store: &Store, now: &str, name: &str, aspect: Aspect) -> Fact {
        let term = term(name, aspect);
        let facts = facts(store.tables(), std::slice::from_ref(&term), at(now), &Calendar::idx()).unwrap();
        facts.found[&term].clone()
    }

    fn number(text: &str) -> Fact {
        Fact::Number(text.parse().unwrap())
    }

    fn log(store: &mut Store, time: &str, outcome: Outcome) {
        let attempt = Attempt {
            started_at: at(time),
            outcome,
            http_status: None,
            duration_ms: 1,
            body_bytes: None,
            rows: 0,
            detail: None,
        };
        store
            .write(|tables| {
                let source = tables.put_source("kontan", "https://example.org/")?;
                let last = tables.last_sighting(source.id)?.filter(|_| outcome.is_success());
                let seen = last.map(|last| Sighting { seen_at: at(time), ..last });
                tables.log_poll(source.id, &attempt, seen)
            })
            .unwrap();
    }

    #[test]
    fn a_value_within_its_heartbeat_is_known() {
        let store = store(&PAGES);
        let known = |name, aspect| fact_at(&store, "2024-11-22T10:45", name, aspect);
        assert_eq!(known("lq45", Aspect::Level), number("878"));
        assert_eq!(known("LQ45", Aspect::Change), number("11.94"));
        assert_eq!(known("kontan/lq45", Aspect::Percent), number("1.38"));
        // What `change --over 1d` gives: 100 * (878 / 866 - 1).
        assert_eq!(known("lq45", Aspect::ChangeOver("1d".parse().unwrap())), number("1.385681"));
        assert_eq!(known("rd-saham", Aspect::Percent), number("0.05"));
        assert_eq!(known("lq45", Aspect::Age), Fact::Seen(at("2024-11-22T10:30")));
        assert_eq!(known("kontan", Aspect::Age), Fact::Seen(at("2024-11-22T10:30")));
        assert_eq!(known("lq45", Aspect::Held), Fact::Flag(false));
    }

    #[test]
    fn what_is_not_known_says_why() {
        let store = store(&PAGES);
        let why = |name, aspect| match fact_at(&store, "2024-11-22T12:00", name, aspect) {
            Fact::Unknown(why) => why,
            known => panic!("{known:?}"),
        };
        assert_eq!(why("lq45", Aspect::Level), "last seen 1h 30m ago, longer than its heartbeat");
        assert_eq!(
            why("lq45", Aspect::ChangeOver("1d".parse().unwrap())),
            "last seen 1h 30m ago, longer than its heartbeat"
        );
        assert_eq!(why("lq54", Aspect::Level), "unknown indicator 'lq54'; did you mean lq45?");
        assert_eq!(why("nothing-like-it", Aspect::Age), "unknown indicator 'nothing-like-it'");
        assert_eq!(why("rd-saham", Aspect::Level), "the page does not show it");
        assert_eq!(
            why("rd-saham", Aspect::ChangeOver("3d".parse().unwrap())),
            "the return of 2024-11-20 was never seen"
        );
        assert_eq!(why("kontann", Aspect::Drift), "unknown source 'kontann'; did you mean kontan?");
        assert_eq!(why("kontan", Aspect::Drift), "no poll brought a page yet");
    }

    #[test]
    fn a_name_of_two_sources_asks_which() {
        let mut store = store(&PAGES);
        see(&mut store, "yahoo", "2024-11-22T10:30", "LQ45 877 10,94 1,26%");
        let unknown = fact_at(&store, "2024-11-22T10:31", "lq45", Aspect::Level);
        let why = "'lq45' is shown by several sources; say kontan/lq45 or yahoo/lq45".to_owned();
        assert_eq!(unknown, Fact::Unknown(why));
        assert_eq!(fact_at(&store, "2024-11-22T10:31", "yahoo/lq45", Aspect::Level), number("877"));
    }

    #[test]
    fn a_source_drifts_while_its_newest_page_is_not_understood() {
        let mut store = store(&PAGES);
        let drift = |store: &Store| fact_at(store, "2024-11-22T12:00", "kontan", Aspect::Drift);
        log(&mut store, "2024-11-22T10:31", Outcome::Unchanged);
        assert_eq!(drift(&store), Fact::Flag(false));
        log(&mut store, "2024-11-22T10:32", Outcome::NotUnderstood);
        assert_eq!(drift(&store), Fact::Flag(true));
        // A server that is down shows no page to understand.
        log(&mut store, "2024-11-22T10:33", Outcome::Unreachable);
        assert_eq!(drift(&store), Fact::Flag(true));
        log(&mut store, "2024-11-22T10:34", Outcome::NotModified);
        assert_eq!(drift(&store), Fact::Flag(false));
        // However long it is down.
        for _ in 0..150 {
            log(&mut store, "2024-11-22T10:35", Outcome::Unreachable);
        }
        assert_eq!(drift(&store), Fact::Flag(false));
    }

    #[test]
    fn a_value_that_waits_for_a_decision_is_seen_by_source_and_by_indicator() {
        let mut store = store(&PAGES);
        see(&mut store, "kontan", "2024-11-22T10:31", "LQ45 87 11,94 1,38%");
        let held = |name| fact_at(&store, "2024-11-22T10:31", name, Aspect::Held);
        assert_eq!((held("kontan"), held("lq45")), (Fact::Flag(true), Fact::Flag(true)));
        assert_eq!(held("rd-saham"), Fact::Flag(false));
    }
}
