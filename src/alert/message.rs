//! What people are told of an alert, in words and as JSON. Pure.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::Rule;
use crate::domain::{Aspect, Fact, Facts, Notice, Term, Timestamp};
use crate::format;
use crate::store::Delivery;

/// The longest text of a message, in characters; Telegram takes 4096, ntfy 4096 bytes.
const LONGEST: usize = 1000;

/// What a rule looked at and what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// As the rule writes it: `lq45.percent`.
    pub term: String,
    /// The number, an age in seconds, or true or false; null where it is not known.
    pub value: Value,
    /// The same for people; why it is not known.
    pub text: String,
}

/// The readings of a rule.
#[must_use]
pub fn readings(rule: &Rule, facts: &Facts) -> Vec<Reading> {
    let unknown = Fact::Unknown("not asked".to_owned());
    let reading = |term: Term| {
        let (value, text) = shown(&term, facts.found.get(&term).unwrap_or(&unknown), facts.now);
        Reading { term: term.to_string(), value, text }
    };
    rule.terms().into_iter().map(reading).collect()
}

fn shown(term: &Term, fact: &Fact, now: Timestamp) -> (Value, String) {
    match fact {
        // Numbers keep all their digits: JSON is written with arbitrary precision.
        Fact::Number(number) => {
            let value = number.normalize().to_string().parse::<Number>().map_or(Value::Null, Value::Number);
            (value, number_text(term.aspect, *number))
        }
        Fact::Seen(at) => ((now - *at).num_seconds().into(), format::age(now - *at)),
        Fact::Flag(flag) => ((*flag).into(), if *flag { "yes" } else { "no" }.to_owned()),
        Fact::Unknown(why) => (Value::Null, format!("not known: {why}")),
    }
}

fn number_text(aspect: Aspect, number: rust_decimal::Decimal) -> String {
    match aspect {
        Aspect::Level => format::decimal(number),
        Aspect::Percent => format::signed(number) + "%",
        Aspect::ChangeOver(_) => format::computed_percent(number),
        _ => format::signed(number),
    }
}

/// A message about an alert, as all channels send it.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The same whenever the same message is sent again.
    pub id: String,
    /// The alert.
    pub alert: String,
    /// What is told of it.
    pub notice: Notice,
    /// Its rule.
    pub rule: String,
    /// What was found when it happened.
    pub readings: Vec<Reading>,
    /// When it happened.
    pub at: Timestamp,
    /// Since when the rule is, or was, true.
    pub since: Timestamp,
    /// The zone that times are told in.
    pub zone: Tz,
}

impl Message {
    /// The message of a kept delivery.
    #[must_use]
    pub fn of(delivery: &Delivery, zone: Tz) -> Self {
        let what = &delivery.what;
        Self {
            id: format!("{}-{}-{}", what.alert, what.made_at.timestamp(), delivery.id),
            alert: what.alert.clone(),
            notice: what.notice,
            rule: what.rule.clone(),
            // Kept by this program and guarded by its seal; a message without them is better than none.
            readings: serde_json::from_str(&what.readings).unwrap_or_default(),
            at: what.made_at,
            since: what.since,
            zone,
        }
    }

    /// One line.
    #[must_use]
    pub fn title(&self) -> String {
        match self.notice {
            Notice::Fired => format!("{} fired", self.alert),
            Notice::Recovered => format!("{} recovered", self.alert),
            Notice::Test => format!("{}: a test", self.alert),
        }
    }

    /// A few lines, below a title: the rule, what was found, when. Nothing in it that a terminal would obey.
    #[must_use]
    pub fn text(&self) -> String {
        let mut lines = vec![match self.notice {
            Notice::Fired => format!("{} is true", self.rule),
            Notice::Recovered => format!("{} is not true any more", self.rule),
            Notice::Test => format!("nothing happened; this is how a message about {} arrives", self.rule),
        }];
        lines.extend(self.readings.iter().map(|reading| format!("{}: {}", reading.term, reading.text)));
        let time = |at| format::time(at, self.zone);
        lines.push(match self.notice {
            Notice::Fired if self.since == self.at => format!("at {}", time(self.at)),
            Notice::Fired => format!("at {}, true since {}", time(self.at), time(self.since)),
            Notice::Recovered => format!("at {}, was true since {}", time(self.at), time(self.since)),
            Notice::Test => format!("at {}", time(self.at)),
        });
        let lines: Vec<_> = lines.iter().map(|line| format::escape(line).into_owned()).collect();
        shortened(&lines.join("\n"))
    }

    /// The message for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let time = |at: Timestamp| at.with_timezone(&self.zone).to_rfc3339();
        serde_json::json!({
            "id": self.id,
            "alert": self.alert,
            "kind": self.notice.word(),
            "rule": self.rule,
            "readings": self.readings,
            "at": time(self.at),
            "since": time(self.since),
            "title": self.title(),
            "text": self.text(),
        })
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn at() -> Timestamp {
        chrono::DateTime::parse_from_rfc3339("2024-11-22T10:30:00+07:00").unwrap().to_utc()
    }

    fn found(text: &str, facts: Vec<Fact>) -> Vec<Reading> {
        let rule: Rule = text.parse().unwrap();
        let found = rule.terms().into_iter().zip(facts).collect();
        readings(&rule, &Facts { now: at(), zone: Tz::Asia__Jakarta, found })
    }

    fn message(notice: Notice, readings: Vec<Reading>) -> Message {
        Message {
            id: "lq45-falls-1732246200-7".to_owned(),
            alert: "lq45-falls".to_owned(),
            notice,
            rule: "lq45.percent <= -2".to_owned(),
            readings,
            at: at(),
            since: at() - TimeDelta::minutes(20),
            zone: Tz::Asia__Jakarta,
        }
    }

    #[test]
    fn readings_are_numbers_for_programs_and_words_for_people() {
        let readings = found(
            "a.level > 1 or a.percent > 1 or a.change > 1 or a.change(1d) > 1 or age(a) > 1h or drift(a) or b.level > 1",
            vec![
                Fact::Number("1345000.50".parse().unwrap()),
                Fact::Number("-2.31".parse().unwrap()),
                Fact::Number("10.80".parse().unwrap()),
                Fact::Number("3.000001".parse().unwrap()),
                Fact::Seen(at() - TimeDelta::minutes(95)),
                Fact::Flag(true),
                Fact::Unknown("nothing known yet".to_owned()),
            ],
        );
        let shown: Vec<String> = readings
            .iter()
            .map(|reading| format!("{} {} {}", reading.term, reading.value, reading.text))
            .collect();
        assert_eq!(
            shown,
            [
                "a.level 1345000.5 1,345,000.50",
                "a.percent -2.31 -2.31%",
                "a.change 10.8 +10.80",
                "a.change(1d) 3.000001 +3.00%",
                "age(a) 5700 1h 35m",
                "drift(a) true yes",
                "b.level null not known: nothing known yet",
            ]
        );
    }

    #[test]
    fn a_message_says_what_when_and_since_when() {
        let readings = found("lq45.percent <= -2", vec![Fact::Number("-2.31".parse().unwrap())]);
        let fired = message(Notice::Fired, readings.clone());
        assert_eq!(fired.title(), "lq45-falls fired");
        assert_eq!(
            fired.text(),
            "lq45.percent <= -2 is true\nlq45.percent: -2.31%\nat 2024-11-22 10:30 WIB, true since 2024-11-22 10:10 WIB"
        );
        let recovered = message(Notice::Recovered, readings);
        assert!(recovered.text().ends_with("was true since 2024-11-22 10:10 WIB"), "{}", recovered.text());
        let json = recovered.json();
        assert_eq!(json["kind"], "recovered");
        assert_eq!(json["readings"][0]["value"].to_string(), "-2.31");
        assert_eq!(json["at"], "2024-11-22T10:30:00+07:00");
    }

    #[test]
    fn no_text_is_endless_or_obeyed_by_a_terminal() {
        let readings =
            found("a.level > 1", vec![Fact::Unknown(format!("\u{1b}[2J\u{202e}{}", "x".repeat(5000)))]);
        let text = message(Notice::Fired, readings).text();
        assert_eq!(text.chars().count(), LONGEST + 1);
        assert!(text.contains(r"not known: \u{1b}[2J\u{202e}xxx"), "{text}");
    }
}
