//! `poll --from` and the questions that follow: any order of captures gives the same rows, and the answers are those
//! that can be worked out by hand.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::captures::{FOUR, SLUGS, capture};
use crate::common::{Done, Home, decimal, fields, number, text};
use crate::database::content;

const HISTORY: [&str; 11] = [
    "change",
    "first_seen",
    "indicator",
    "kind",
    "label",
    "last_seen",
    "level",
    "percent",
    "source",
    "unit",
    "verdict",
];

/// Every order of names.
fn orders(names: &[&'static str]) -> Vec<Vec<&'static str>> {
    if names.is_empty() {
        return vec![Vec::new()];
    }
    let starting_with = |first: &&'static str| {
        let rest: Vec<&'static str> = names.iter().filter(|name| *name != first).copied().collect();
        let first = *first;
        orders(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
    };
    names.iter().flat_map(starting_with).collect()
}

/// What the program answers to every question about its rows.
fn answers(home: &Home) -> Vec<String> {
    let history = home.pantau(["history", "--all", "-f", "ndjson"]).args(SLUGS).ok();
    let latest = home.pantau(["latest", "-f", "json"]).ok();
    let sources = home.pantau(["sources", "-f", "json"]).ok();
    let review = home.pantau(["review", "-f", "json"]).ok();
    [history, latest, sources, review].iter().map(Done::stdout).collect()
}

#[test]
fn any_order_and_any_repetition_gives_the_same_rows() {
    let reference = Home::with_captures(&FOUR);
    let (rows, told) = (content(&reference.database()), answers(&reference));
    let orders = orders(&FOUR);
    assert_eq!(orders.len(), 24);
    for order in orders {
        let home = Home::with_captures(&order);
        assert_eq!(content(&home.database()), rows, "{order:?}");
        for name in order.iter().rev() {
            home.record(name);
        }
        assert_eq!(content(&home.database()), rows, "{order:?}, then again from the last");
        assert_eq!(answers(&home), told, "{order:?}");
    }
}

#[test]
fn a_repeat_changes_nothing_and_says_so() {
    let home = Home::new();
    let capture = capture("c28");
    let poll = || {
        let done =
            home.pantau(["poll", "-f", "json", "--at", &capture.seen_at, "--from"]).arg(&capture.path).ok();
        let mut summary = done.array();
        assert_eq!(summary.len(), 1, "{done}");
        summary.remove(0)
    };
    let summary = |captures, rows, stored, unchanged| {
        serde_json::json!({
            "captures": captures, "rows": rows, "stored": stored, "unchanged": unchanged, "held": 0, "issues": 0,
            "failed": 0,
        })
    };
    assert_eq!(poll(), summary(1, 11, 11, 0));
    assert_eq!(poll(), summary(1, 11, 0, 11));
}

/// One run as `first_seen last_seen level change percent verdict`.
fn run(object: &Value) -> String {
    let part = |field| number(object, field).map_or("~".to_owned(), |number| number.normalize().to_string());
    format!(
        "{} {} {} {} {} {}",
        text(object, "first_seen"),
        text(object, "last_seen"),
        part("level"),
        part("change"),
        part("percent"),
        text(object, "verdict"),
    )
}

fn runs(home: &Home, slug: &str) -> Vec<String> {
    let done = home.pantau(["history", slug, "-f", "json"]).ok();
    done.array().iter().map(run).collect()
}

#[test]
fn the_history_of_an_index_is_what_the_captures_say() {
    let home = Home::with_captures(&FOUR);
    // The evening's 866 is said again the next morning, but 15 hours of silence are more than the heartbeat of an
    // index, an hour: nobody knows what the page said at night. So each capture is a run of its own.
    assert_eq!(
        runs(&home, "lq45"),
        [
            "2024-11-21T17:00:00+07:00 2024-11-21T17:00:00+07:00 866 -8.9 -1.02 verified",
            "2024-11-22T08:00:00+07:00 2024-11-22T08:00:00+07:00 866 -8.9 -1.02 verified",
            "2024-11-22T10:30:00+07:00 2024-11-22T10:30:00+07:00 878 11.94 1.38 verified",
            "2024-11-22T17:00:00+07:00 2024-11-22T17:00:00+07:00 877 10.8 1.25 verified",
        ]
    );
}

#[test]
fn the_history_of_gold_bridges_the_night() {
    let home = Home::with_captures(&FOUR);
    // Gold has a heartbeat of 24 hours: 17:00 to 08:00 are 15, 10:30 to 17:00 are 6.5.
    assert_eq!(
        runs(&home, "emas"),
        [
            "2024-11-21T17:00:00+07:00 2024-11-22T08:00:00+07:00 1508000 10000 0.67 verified",
            "2024-11-22T10:30:00+07:00 2024-11-22T17:00:00+07:00 1520000 12000 0.8 verified",
        ]
    );
}

#[test]
fn a_change_that_is_reset_overnight_is_a_run_of_its_own() {
    let home = Home::with_captures(&FOUR);
    assert_eq!(
        runs(&home, "usd-idr"),
        [
            "2024-11-21T17:00:00+07:00 2024-11-21T17:00:00+07:00 15930 -61 -0.38 verified",
            "2024-11-22T08:00:00+07:00 2024-11-22T08:00:00+07:00 15930 0 0 unverifiable",
            "2024-11-22T10:30:00+07:00 2024-11-22T10:30:00+07:00 15917 13 0.08 verified",
            "2024-11-22T17:00:00+07:00 2024-11-22T17:00:00+07:00 15880 50 0.31 contradicted",
        ]
    );
}

#[test]
fn a_range_is_half_open_and_a_bare_end_date_includes_its_day() {
    let home = Home::with_captures(&FOUR);
    for (range, starts) in [
        (&["--from", "2024-11-22"][..], &["08:00", "10:30", "17:00"][..]),
        (&["--from", "2024-11-22", "--to", "2024-11-22"], &["08:00", "10:30", "17:00"]),
        (&["--to", "2024-11-21"], &["17:00"]),
        (&["--from", "2024-11-22T10:30:00+07:00", "--to", "2024-11-22T17:00:00+07:00"], &["10:30"]),
        (&["--from", "2024-11", "--to", "2024-11-22T03:30:00Z"], &["17:00", "08:00"]),
    ] {
        let done = home.pantau(["history", "lq45", "-f", "json"]).args(range).ok();
        let found: Vec<String> =
            done.array().iter().map(|run| text(run, "first_seen")[11..16].to_owned()).collect();
        assert_eq!(found, starts, "{range:?}\n{done}");
    }
    home.pantau(["history", "lq45", "--from", "2024-11-23"]).refuses(3);
    home.pantau(["history", "lq45", "--to", "2024-11-20"]).refuses(3);
}

#[test]
fn the_newest_run_of_each_indicator_is_the_latest() {
    let home = Home::with_captures(&FOUR);
    let done = home.pantau(["latest", "-f", "json"]).ok();
    let latest = done.array();
    let evening = capture("c04");
    assert_eq!(latest.len(), evening.rows.len(), "{done}");
    for row in &evening.rows {
        let object = latest.iter().find(|object| text(object, "label") == row.label).unwrap();
        assert_eq!(fields(object), HISTORY);
        assert_eq!(number(object, "level"), row.level, "{object}");
        assert_eq!(number(object, "change"), row.change, "{object}");
        assert_eq!(number(object, "percent"), row.percent, "{object}");
        assert_eq!(text(object, "verdict"), evening.verdict(row), "{object}");
        assert_eq!(text(object, "last_seen"), "2024-11-22T17:00:00+07:00", "{object}");
        assert_eq!(text(object, "source"), "kontan", "{object}");
    }
    let about = |slug: &str| {
        let object = latest.iter().find(|object| text(object, "indicator") == slug).unwrap();
        [text(object, "label"), text(object, "kind"), text(object, "unit"), text(object, "first_seen")]
    };
    assert_eq!(about("emas"), ["EMAS", "price", "IDR/g", "2024-11-22T10:30:00+07:00"]);
    assert_eq!(about("usd-idr"), ["USD/IDR", "rate", "IDR/USD", "2024-11-22T17:00:00+07:00"]);
    assert_eq!(about("lq45"), ["LQ45", "index", "points", "2024-11-22T17:00:00+07:00"]);
}

#[test]
fn only_the_indicators_that_are_asked_for_are_told() {
    let home = Home::with_captures(&FOUR);
    let slugs = |args: &[&str]| -> Vec<String> {
        let done = home.pantau(["latest", "-f", "ndjson"]).args(args).ok();
        done.ndjson().iter().map(|object| text(object, "indicator").to_owned()).collect()
    };
    assert_eq!(slugs(&["lq45", "emas"]), ["lq45", "emas"]);
    assert_eq!(slugs(&["kontan/lq45"]), ["lq45"]);
}

#[test]
fn a_return_has_no_level() {
    let home = Home::with_captures(&["c01"]);
    let object = home.pantau(["latest", "rd-saham", "-f", "json"]).ok().array().remove(0);
    assert_eq!(number(&object, "level"), None);
    assert_eq!(number(&object, "change"), None);
    assert_eq!(number(&object, "percent"), Some(decimal("0.05")));
    assert_eq!([text(&object, "kind"), text(&object, "unit")], ["return", "%"]);
}

/// One answer of `change`.
fn change(home: &Home, args: &[&str]) -> Value {
    let done = home.pantau(["change", "-f", "json"]).args(args).ok();
    let mut objects = done.array();
    assert_eq!(objects.len(), 1, "{done}");
    let object = objects.remove(0);
    assert_eq!(
        fields(&object),
        ["as_of", "base_at", "base_level", "change", "indicator", "level", "over", "percent"]
    );
    object
}

#[track_caller]
fn expect_change(object: &Value, level: &str, base: &str, change: &str, percent: &str) {
    assert_eq!(number(object, "level"), Some(decimal(level)), "{object}");
    assert_eq!(number(object, "base_level"), Some(decimal(base)), "{object}");
    assert_eq!(number(object, "change"), Some(decimal(change)), "{object}");
    let distance = (number(object, "percent").unwrap() - decimal(percent)).abs();
    assert!(distance <= Decimal::new(5, 7), "{object} is not {percent} %");
}

#[test]
fn a_change_over_a_day_is_against_the_level_known_a_day_before() {
    let home = Home::with_captures(&FOUR);
    // 22 November 17:00 less a day is 21 November 17:00, when the first capture was seen.
    // Gold: 1520000 - 1508000 = 12000; 12000 / 1508000 = 0.00795755968...
    let gold = change(&home, &["emas", "--over", "1d"]);
    expect_change(&gold, "1520000", "1508000", "12000", "0.795756");
    assert_eq!([text(&gold, "indicator"), text(&gold, "over")], ["emas", "1d"]);
    assert_eq!(text(&gold, "as_of"), "2024-11-22T17:00:00+07:00");
    assert_eq!(text(&gold, "base_at"), "2024-11-21T17:00:00+07:00");
    // LQ45: 877 - 866 = 11; 11 / 866 = 0.01270207852...
    expect_change(&change(&home, &["lq45", "--over", "1d"]), "877", "866", "11", "1.270208");
    // USD/IDR: 15880 - 15930 = -50; -50 / 15930 = -0.00313873195...
    expect_change(&change(&home, &["usd-idr", "--over", "1d"]), "15880", "15930", "-50", "-0.313873");
}

#[test]
fn a_change_is_asked_as_of_any_moment() {
    let home = Home::with_captures(&FOUR);
    // At 12:00 the last level of LQ45 known was that of 10:30, 878; a day before none was known,
    // four hours before, at 08:00, it was 866: 12 / 866 = 0.01385681293...
    let as_of = ["--as-of", "2024-11-22T12:00:00+07:00"];
    expect_change(
        &change(&home, &["lq45", "--over", "4h", as_of[0], as_of[1]]),
        "878",
        "866",
        "12",
        "1.385681",
    );
    let nothing = change(&home, &["lq45", "--over", "1d", as_of[0], as_of[1]]);
    assert_eq!(number(&nothing, "level"), Some(decimal("878")));
    for field in ["base_level", "change", "percent"] {
        assert_eq!(number(&nothing, field), None, "{nothing}");
    }
    assert!(nothing["base_at"].is_null(), "{nothing}");
}

#[test]
fn returns_compound_over_the_trading_days_of_a_window() {
    let home = Home::with_captures(&["c02", "c01"]);
    // Monday after Thursday 18 and Friday 19 April 2024: a fall of 0.40 % instead of a rise of 0.05 %.
    let monday = capture("c01").text.replace("RD.SAHAM 0.05%", "RD.SAHAM -0.40%");
    home.pantau(["poll", "--at", "2024-04-22T10:30:00+07:00", "--from", "-"]).stdin(monday).ok();
    for (over, percent) in [
        // Monday alone: the window begins on Sunday, and on Friday, whose return is in its base.
        ("1d", Some("-0.4")),
        ("3d", Some("-0.4")),
        // Friday and Monday: 1.0005 * 0.9960 = 0.996498.
        ("4d", Some("-0.3502")),
        // Tuesday and Wednesday of the week before were never seen.
        ("1w", None),
    ] {
        let object = change(&home, &["rd-saham", "--over", over]);
        assert_eq!(number(&object, "percent"), percent.map(decimal), "{object}");
        for field in ["level", "base_level", "change"] {
            assert_eq!(number(&object, field), None, "{object}");
        }
    }
}

#[test]
fn there_is_one_change_for_each_indicator_and_window() {
    let home = Home::with_captures(&FOUR);
    let done = home.pantau(["change", "emas", "lq45", "--over", "1d,1mo", "-f", "ndjson"]).ok();
    let told: Vec<(String, String, bool)> = done
        .ndjson()
        .iter()
        .map(|object| {
            let name = |field| text(object, field).to_owned();
            (name("indicator"), name("over"), number(object, "change").is_some())
        })
        .collect();
    let expected =
        [("emas", "1d", true), ("emas", "1mo", false), ("lq45", "1d", true), ("lq45", "1mo", false)];
    let expected: Vec<_> =
        expected.map(|(slug, over, known)| (slug.to_owned(), over.to_owned(), known)).to_vec();
    assert_eq!(told, expected);
}

#[test]
fn bars_are_made_of_the_levels_of_a_day() {
    let home = Home::with_captures(&FOUR);
    let done = home.pantau(["history", "lq45", "--every", "1d", "-f", "json"]).ok();
    let bars = done.array();
    assert_eq!(bars.len(), 2, "{done}");
    for bar in &bars {
        assert_eq!(
            fields(bar),
            ["close", "end", "high", "indicator", "low", "open", "percent", "samples", "start"]
        );
    }
    let prices = |bar: &Value| ["open", "high", "low", "close"].map(|field| number(bar, field).unwrap());
    // 22 November: 866 before the open, 878 in session, 877 after the close.
    assert_eq!(prices(&bars[0]), ["866", "866", "866", "866"].map(decimal));
    assert_eq!(prices(&bars[1]), ["866", "878", "866", "877"].map(decimal));
    assert_eq!(
        [text(&bars[1], "start"), text(&bars[1], "end")],
        ["2024-11-22T00:00:00+07:00", "2024-11-23T00:00:00+07:00"]
    );
    // Against the close before: 11 / 866 = 1.270208 %.
    let percent = number(&bars[1], "percent").unwrap();
    assert!((percent - decimal("1.270208")).abs() <= Decimal::new(5, 7), "{percent}");
    assert_eq!(number(&bars[0], "percent"), None);
}

#[test]
fn times_are_shown_in_the_zone_that_is_asked_for() {
    let home = Home::with_captures(&["c20"]);
    let first_seen = |zone: &[&str]| {
        let done = home.pantau(["latest", "lq45", "-f", "json"]).args(zone).ok();
        text(&done.array()[0], "first_seen").to_owned()
    };
    assert_eq!(first_seen(&[]), "2024-11-22T10:30:00+07:00");
    assert_eq!(first_seen(&["--tz", "Europe/Berlin"]), "2024-11-22T04:30:00+01:00");
    home.pantau(["latest", "--tz", "Asia/Jakata"]).refuses(2).says("Asia/Jakarta");
}

#[test]
fn a_dry_run_says_what_it_would_store_and_stores_nothing() {
    let capture = capture("c28");
    let dry = |home: &Home| {
        let args = ["poll", "--dry-run", "-f", "json", "--at", &capture.seen_at, "--from"];
        home.pantau(args).arg(&capture.path).ok().array().remove(0)
    };
    let home = Home::new();
    assert_eq!(number(&dry(&home), "stored"), Some(decimal("11")));
    assert!(!home.database().exists());
    let home = Home::with_captures(&["c28", "c13"]);
    let before = content(&home.database());
    assert_eq!(number(&dry(&home), "unchanged"), Some(decimal("11")));
    assert_eq!(content(&home.database()), before);
}

#[test]
fn a_page_on_the_standard_input_is_recorded_too() {
    let home = Home::new();
    let capture = capture("c20");
    home.pantau(["poll", "--from", "-", "--at", &capture.seen_at]).stdin(capture.text).ok();
    assert_eq!(runs(&home, "lq45").len(), 1);
}

#[test]
fn the_same_rows_are_told_in_every_format() {
    let home = Home::with_captures(&FOUR);
    let told = |format: &str| home.pantau(["history", "lq45", "-f", format]).ok().stdout();
    let csv = told("csv");
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(
        lines[0],
        "indicator,label,kind,unit,level,change,percent,verdict,first_seen,last_seen,source"
    );
    assert_eq!(lines.len(), 5, "{csv}");
    assert_eq!(
        lines[3],
        "lq45,LQ45,index,points,878,11.94,1.38,verified,2024-11-22T10:30:00+07:00,2024-11-22T10:30:00+07:00,kontan"
    );
    assert_eq!(told("ndjson").lines().count(), 4);
    let table = told("table");
    for word in ["866", "878", "877", "11,94"] {
        assert!(table.contains(word) || table.contains(&word.replace(',', ".")), "{word} in\n{table}");
    }
    assert!(!table.contains('\u{1b}'), "no colour off a terminal\n{table}");
}

#[test]
fn a_stored_number_is_explained_down_to_its_text() {
    let home = Home::with_captures(&FOUR);
    let done = home.pantau(["explain", "lq45", "--at", "2024-11-22T12:00:00+07:00"]).ok();
    let told = done.stdout();
    for part in ["878", "11,94", "LQ45 878 11,94 1,38%", "sha256:", "2024-11-22"] {
        assert!(told.contains(part), "'{part}' is missing\n{done}");
    }
}

#[test]
fn an_implausible_level_waits_for_a_decision() {
    let home = Home::with_captures(&["c20"]);
    // Ten times the level half an hour later, and no change that would vouch for it.
    let page = "| : WIB | INDIKATOR |\n• LQ45 8.780 0,00 0,00%\n";
    let poll = || {
        let args = ["poll", "-f", "json", "--at", "2024-11-22T11:00:00+07:00", "--from", "-"];
        home.pantau(args).stdin(page).run()
    };
    let summary = poll().array().remove(0);
    assert_eq!(number(&summary, "held"), Some(decimal("1")), "{summary}");
    assert_eq!(runs(&home, "lq45").len(), 1);
    let waiting = home.pantau(["review", "-f", "json"]).ok().array();
    assert_eq!(waiting.len(), 1, "{waiting:?}");
    let id = waiting[0]["id"].to_string();
    home.pantau(["review", "accept", &id]).ok();
    assert_eq!(home.pantau(["review", "-f", "json"]).ok().array(), Vec::<Value>::new());
    assert_eq!(
        runs(&home, "lq45"),
        [
            "2024-11-22T10:30:00+07:00 2024-11-22T10:30:00+07:00 878 11.94 1.38 verified",
            "2024-11-22T11:00:00+07:00 2024-11-22T11:00:00+07:00 8780 0 0 unverifiable",
        ]
    );
}

#[test]
fn half_a_block_is_recorded_as_far_as_it_goes() {
    let home = Home::new();
    let capture = capture("c20");
    let page = crate::shapes::half(&capture.text);
    let done = home.pantau(["poll", "--from", "-", "--at", &capture.seen_at]).stdin(page).fails(5);
    done.says("USD/IDR");
    assert_eq!(runs(&home, "emas").len(), 1);
    home.pantau(["history", "usd-idr"]).refuses(3);
}
