//! What rules mean, how they are refused, and that no text can hurt the reader.

use std::collections::HashMap;

use chrono::TimeDelta;
use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::domain::{Aspect, Timestamp};

fn now() -> Timestamp {
    chrono::DateTime::parse_from_rfc3339("2024-03-31T12:00:00+07:00").unwrap().to_utc()
}

fn rule(text: &str) -> Rule {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    text.parse::<Rule>().expect_err(text).to_string()
}

/// Facts by the text of their terms.
fn facts(known: &[(&str, Fact)]) -> Facts {
    let found: HashMap<Term, Fact> = known
        .iter()
        .map(|(term, fact)| {
            let probe = if term.starts_with("age") { format!("{term} > 1m") } else { format!("{term} > 1") };
            let terms = probe.parse::<Rule>().or_else(|_| term.parse()).unwrap().terms();
            (terms[0].clone(), fact.clone())
        })
        .collect();
    Facts { now: now(), zone: Tz::Asia__Jakarta, found }
}

fn number(text: &str) -> Fact {
    Fact::Number(text.parse().unwrap())
}

fn seen(minutes_ago: i64) -> Fact {
    Fact::Seen(now() - TimeDelta::minutes(minutes_ago))
}

fn some_facts() -> Facts {
    facts(&[
        ("lq45.level", number("919.20")),
        ("lq45.percent", number("-1.74")),
        ("lq45.change", number("-16.32")),
        ("emas.change(1d)", number("3.000001")),
        ("kontan/usd-idr.level", number("16555")),
        ("age(kontan)", seen(30)),
        ("drift(kontan)", Fact::Flag(true)),
        ("held(kontan)", Fact::Flag(false)),
        ("idx.level", Fact::Unknown("older than its heartbeat".to_owned())),
    ])
}

fn says(text: &str) -> &'static str {
    rule(text).judge(&some_facts(), None).word()
}

#[test]
fn rules_say_what_they_read_like() {
    for (text, truth) in [
        ("lq45.percent <= -1.74", "true"),
        ("lq45.percent<=-1.740", "true"),
        ("lq45.percent < -1.74", "false"),
        ("lq45.percent <= \u{2212}1,74".replace(',', ".").as_str(), "true"),
        ("lq45.level == 919.2", "true"),
        ("lq45.level != 919.20", "false"),
        ("919 < lq45.level", "true"),
        ("lq45.change < lq45.percent", "true"),
        ("emas.change(1d) > 3", "true"),
        ("kontan/usd-idr.level >= +16555", "true"),
        ("age(kontan) > 30m", "false"),
        ("age(kontan) >= 30m", "true"),
        ("age(kontan) < 1h", "true"),
        ("drift(kontan)", "true"),
        ("not drift(kontan)", "false"),
        ("held(kontan) or drift(kontan)", "true"),
        ("lq45.level > 900 and lq45.percent > 0", "false"),
        // `and` binds closer than `or`, `not` closer than both.
        ("drift(kontan) or drift(kontan) and held(kontan)", "true"),
        ("(drift(kontan) or drift(kontan)) and held(kontan)", "false"),
        ("not held(kontan) and drift(kontan)", "true"),
        ("not lq45.level > 900", "false"),
        ("not not drift(kontan)", "true"),
    ] {
        assert_eq!(says(text), truth, "{text}");
    }
}

#[test]
fn what_is_not_known_decides_nothing() {
    for (text, truth) in [
        ("idx.level > 1", "unknown"),
        ("not idx.level > 1", "unknown"),
        ("never-seen.level > 1", "unknown"),
        ("drift(other)", "unknown"),
        ("idx.level > 1 and drift(kontan)", "unknown"),
        ("idx.level > 1 and held(kontan)", "false"),
        ("idx.level > 1 or drift(kontan)", "true"),
        ("idx.level > 1 or held(kontan)", "unknown"),
        ("idx.level == idx.level", "unknown"),
    ] {
        assert_eq!(says(text), truth, "{text}");
    }
}

#[test]
fn a_month_of_age_is_a_month_of_the_calendar() {
    // From 29 February to 31 March are 31 days.
    let age = |days: i64| facts(&[("age(kontan)", Fact::Seen(now() - TimeDelta::days(days)))]);
    let rule = rule("age(kontan) > 1mo");
    assert_eq!(rule.judge(&age(31), None), Truth::False);
    assert_eq!(rule.judge(&age(32), None), Truth::True);
}

#[test]
fn a_hysteresis_makes_a_comparison_true_a_little_longer() {
    let half = Some(Hysteresis::By("0.5".parse().unwrap()));
    for (text, value, plain, fired) in [
        ("x.level >= 3", "2.9", Truth::False, Truth::True),
        ("x.level >= 3", "2.5", Truth::False, Truth::True),
        ("x.level >= 3", "2.49", Truth::False, Truth::False),
        ("x.level > 3", "2.5", Truth::False, Truth::False),
        ("x.level > 3", "2.51", Truth::False, Truth::True),
        ("x.level <= -2", "-1.5", Truth::False, Truth::True),
        ("x.level <= -2", "-1.49", Truth::False, Truth::False),
        ("x.level < -2", "-1.5", Truth::False, Truth::False),
        ("3 <= x.level", "2.5", Truth::False, Truth::True),
        ("3 <= x.level", "2.4", Truth::False, Truth::False),
        ("x.level >= 3", "3", Truth::True, Truth::True),
    ] {
        let facts = facts(&[("x.level", number(value))]);
        let rule = rule(text);
        assert_eq!((rule.judge(&facts, None), rule.judge(&facts, half)), (plain, fired), "{text} at {value}");
    }
    let five = Some(Hysteresis::For("5m".parse().unwrap()));
    let judge = |ago| rule("age(x) > 30m").judge(&facts(&[("age(x)", seen(ago))]), five);
    assert_eq!((judge(26), judge(25)), (Truth::True, Truth::False));
}

#[test]
fn a_hysteresis_must_fit_its_rule() {
    let by = Hysteresis::By(Decimal::ONE);
    let lasting = Hysteresis::For("5m".parse().unwrap());
    for (text, hysteresis, refusal) in [
        ("lq45.level > 1", by, None),
        ("age(kontan) > 1h", lasting, None),
        ("lq45.level == 1", by, Some("works with < <= > and >= only")),
        ("drift(kontan)", by, Some("works for a single comparison only; make an alert of each")),
        (
            "lq45.level > 1 or emas.level > 1",
            by,
            Some("works for a single comparison only; make an alert of each"),
        ),
        ("age(kontan) > 1h", by, Some("an age is compared; write a duration such as \"5m\"")),
        ("lq45.level > 1", lasting, Some("a number is compared; write a number such as 0.5")),
    ] {
        assert_eq!(rule(text).accepts(hysteresis).err(), refusal, "{text}");
    }
}

#[test]
fn a_rule_knows_what_it_looks_at() {
    let terms = rule("lq45.level > 1 and (emas.change(1d) > lq45.level or not drift(kontan))").terms();
    let shown: Vec<String> = terms.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["lq45.level", "emas.change(1d)", "drift(kontan)"]);
    let names: Vec<String> =
        rule("RD.SAHAM.percent < 0 and age(2y) > 1d").terms().into_iter().map(|t| t.name).collect();
    assert_eq!(names, ["RD.SAHAM", "2y"]);
}

#[test]
fn a_text_that_is_no_rule_is_refused_where_it_stands() {
    let value = "a value such as `lq45.percent` or `age(kontan)`, a number or a duration";
    for (text, expected) in [
        ("", format!("column 1: expected {value}, found the end")),
        ("lq45", format!("column 1: expected {value}, found `lq45`; did you mean `lq45.level`?")),
        ("lq45.level", "column 11: expected a comparison: < <= > >= == or !=, found the end".to_owned()),
        ("lq45.level >", format!("column 13: expected {value}, found the end")),
        ("lq45.level > 1 2", "column 16: expected `and`, `or` or the end, found `2`".to_owned()),
        ("lq45.levl > 1", "column 1: `lq45` has no `levl`; did you mean `lq45.level`?".to_owned()),
        ("lq45.open > 1", "column 1: `lq45` has no `open`; known here: level, change, percent".to_owned()),
        ("lq45.level = 1", "column 12: `=` is not part of a rule; write `==`".to_owned()),
        ("lq45.level > 1 && x.level > 1", "column 16: `&&` is not part of a rule; write `and`".to_owned()),
        ("lq45.percent < -1,5", "column 18: `,` is not part of a rule; decimals are written with a point".to_owned()),
        (
            "lq45.percent < -2%",
            "column 18: `%` is not part of a rule; percentages are written as plain numbers".to_owned(),
        ),
        (
            "emas.level > 1.345.000",
            "column 14: `1.345.000` is not a number; write it like -2 or 1345000.50, with at most 15 digits".to_owned(),
        ),
        (
            "age(kontan) > 30",
            "column 15: an age is compared with a duration such as 30m, 2h or 1d (m is minutes, mo months)".to_owned(),
        ),
        ("lq45.level > 30m", "column 14: a number is compared with a number, not with a time".to_owned()),
        ("agee(kontan) > 30m", format!("column 1: expected {value}, found `agee`; did you mean `age`?")),
        ("since(x) > 30m", format!("column 1: expected {value}, found `since`; known here: age, drift, held")),
        ("age kontan", "column 5: expected `(` and the name of a source or an indicator, found `kontan`".to_owned()),
        ("drift()", "column 7: expected the name of a source or an indicator, found `)`".to_owned()),
        ("drift(kontan", "column 13: expected `)`, found the end".to_owned()),
        (
            "emas.change(1x) > 3",
            "column 13: expected a window such as 1h, 1d, 1w, 1mo, 1y, mtd or ytd (m is minutes, mo months), found `1x`"
                .to_owned(),
        ),
        (
            "3 > 2",
            "column 1: nothing of an indicator or a source is compared; write for example `lq45.percent <= -2`".to_owned(),
        ),
        ("lq45.level > 1 or", format!("column 18: expected {value}, found the end")),
        ("金.level > 1 %", "column 13: `%` is not part of a rule; percentages are written as plain numbers".to_owned()),
    ] {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn deep_and_long_rules_are_refused_before_they_cost_anything() {
    let deep = |depth: usize| format!("{}drift(a){}", "(".repeat(depth), ")".repeat(depth));
    assert!(deep(32).parse::<Rule>().is_ok());
    assert_eq!(refusal(&deep(33)), "column 34: parentheses and `not` nest at most 32 deep");
    assert_eq!(refusal(&"not ".repeat(40)), "column 133: parentheses and `not` nest at most 32 deep");
    assert_eq!(refusal(&"(".repeat(100_000)), "column 1001: a rule has at most 1000 characters");
    // As it stands it is neither too long nor too deep; with the parentheses it is written with it is.
    let compared = format!("{}a.level > 1", "not ".repeat(32));
    assert_eq!(refusal(&compared), "column 130: parentheses and `not` nest at most 32 deep");
    let parts = vec!["drift(a) and held(b)"; 41].join(" or ");
    assert!(parts.len() < 1000);
    assert_eq!(refusal(&parts), "column 1001: a rule has at most 1000 characters");
}

fn term() -> impl Strategy<Value = Term> {
    let window = prop::sample::select(vec!["30m", "1h", "1d", "2w", "1mo", "1y", "mtd", "ytd"]);
    let aspect = prop_oneof![
        Just(Aspect::Level),
        Just(Aspect::Change),
        Just(Aspect::Percent),
        window.prop_map(|text| Aspect::ChangeOver(text.parse().unwrap())),
        Just(Aspect::Age),
    ];
    (name(), aspect).prop_map(|(name, aspect)| Term { name, aspect })
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["lq45", "usd-idr", "kontan/lq45", "rd.saham", "金", "2y", "not", "age"])
        .prop_map(str::to_owned)
}

fn comparison() -> impl Strategy<Value = Node> {
    use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, Unequal};
    let operator = prop::sample::select(vec![Less, LessOrEqual, Greater, GreaterOrEqual, Equal, Unequal]);
    (term(), operator, -999_999_i64..999_999, 0_u32..6, any::<bool>()).prop_map(
        |(term, operator, mantissa, scale, turned)| {
            let bound = match term.aspect {
                Aspect::Age => Operand::Duration("30m".parse().unwrap()),
                _ => Operand::Number(Decimal::new(mantissa, scale)),
            };
            let (left, right) =
                if turned { (bound, Operand::Term(term)) } else { (Operand::Term(term), bound) };
            Node::Compare(Comparison { left, operator, right })
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    let flag = (name(), prop::sample::select(vec![Aspect::Drift, Aspect::Held]))
        .prop_map(|(name, aspect)| Node::Flag(Term { name, aspect }));
    prop_oneof![comparison(), flag].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::All),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::Any),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

proptest! {
    #[test]
    fn a_rule_reads_back_from_its_own_text(node in node()) {
        let rule = Rule(node);
        let text = rule.to_string();
        prop_assume!(text.chars().count() <= 1000);
        let again: Rule = text.parse().map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
        prop_assert_eq!(&again, &rule);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn no_text_hurts_the_reader(text in "\\PC{0,200}") {
        let _ = text.parse::<Rule>();
    }

    #[test]
    fn no_row_of_words_hurts_the_reader(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "lq45.level", "age", "(", ")", "and", "or", "not", "<", ">=", "==", "-2", "30m", "drift", "1.2.3", ".", "-", "/", "金",
            ]),
            0..60,
        ),
    ) {
        let spaced = words.join(" ");
        if let Ok(rule) = spaced.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>(), Ok(rule));
        }
        let _ = words.concat().parse::<Rule>();
    }

    #[test]
    fn what_is_known_later_never_contradicts_what_was_said(node in node(), known in prop::collection::vec(any::<Option<i8>>(), 12)) {
        // With fewer facts a rule may say "unknown", but never the opposite.
        let rule = Rule(node);
        let fact = |term: &Term, value: i8| match term.aspect {
            Aspect::Drift | Aspect::Held => Fact::Flag(value > 0),
            Aspect::Age => Fact::Seen(now() - TimeDelta::minutes(i64::from(value))),
            _ => Fact::Number(value.into()),
        };
        let terms = rule.terms();
        let pairs = || terms.iter().zip(known.iter().cycle());
        let all = pairs().map(|(term, value)| (term.clone(), fact(term, value.unwrap_or(0)))).collect();
        let some = pairs().filter_map(|(term, value)| Some((term.clone(), fact(term, (*value)?)))).collect();
        let judge = |found| rule.judge(&Facts { now: now(), zone: Tz::UTC, found }, None);
        let (whole, part) = (judge(all), judge(some));
        prop_assert!(whole != Truth::Unknown);
        prop_assert!(part == Truth::Unknown || part == whole);
    }
}
