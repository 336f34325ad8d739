//! `pantau status`: how the sources do now, and how much of each past day was seen.

use chrono::{DateTime, TimeDelta, Utc};
use pantau::domain::Outcome;
use serde_json::{Value, json};

use crate::common::{Home, fields, text};
use crate::script::{Script, at};

/// A day with everything in it: Friday, 22 November 2024, from the opening until the daemon stops at half past three.
fn eventful(home: &Home) {
    let mut script = Script::new(home);
    let moving = |script: &mut Script, at: DateTime<Utc>, minute: u32| script.sees(at, 800 + minute % 100);
    script.every_minute("2024-11-22T08:45", "2024-11-22T09:30", moving);
    script.every_minute("2024-11-22T09:30", "2024-11-22T09:40", |script, at, _| {
        script.fails(at, Outcome::Unreachable, None);
    });
    script.every_minute("2024-11-22T09:40", "2024-11-22T09:45", |script, at, _| {
        script.fails(at, Outcome::HttpError, Some(503));
    });
    script.every_minute("2024-11-22T09:45", "2024-11-22T09:50", |script, at, _| {
        script.gets(at, "<h1>perawatan</h1>")
    });
    script.every_minute("2024-11-22T09:50", "2024-11-22T10:00", moving);
    // Nobody looked for an hour.
    script.every_minute("2024-11-22T11:00", "2024-11-22T11:30", moving);
    script.fails(at("2024-11-22T11:30"), Outcome::Blocked, Some(403));
    // An hour later it is let in again, and the page stands still from a quarter past two.
    script.every_minute("2024-11-22T12:30", "2024-11-22T14:15", moving);
    script.every_minute("2024-11-22T14:15", "2024-11-22T15:30", |script, at, _| script.sees(at, 877));
}

fn gaps(day: &Value) -> Vec<String> {
    let clock = |gap: &Value, end: &str| text(gap, end)[11..16].to_owned();
    let gap = |gap: &Value| format!("{} {} {}", text(gap, "cause"), clock(gap, "from"), clock(gap, "to"));
    day["gaps"].as_array().unwrap().iter().map(gap).collect()
}

const EVENTS: [&str; 7] = [
    "not_recorded 00:00 08:45",
    "unreachable 09:30 09:45",
    "not_understood 09:45 09:50",
    "not_running 10:00 11:00",
    "blocked 11:30 12:30",
    "frozen 15:15 15:30",
    "not_running 15:30 00:00",
];

#[test]
fn coverage_says_of_each_day_what_was_seen_and_why_not_the_rest() {
    let home = Home::new();
    eventful(&home);
    let range = ["--from", "2024-11-21", "--to", "2024-11-23", "-f", "json"];
    let days = home.pantau(["status", "--coverage"]).args(range).ok().array();
    let names: Vec<&str> = days.iter().map(|day| text(day, "day")).collect();
    assert_eq!(names, ["2024-11-22", "2024-11-23"], "nothing is known of the day before");
    let friday = &days[0];
    assert_eq!(fields(friday), ["captures", "day", "expected", "gaps", "seen", "share", "source"]);
    assert_eq!(gaps(friday), EVENTS);
    // 450 minutes in open hours, and 31 quarters of an hour from 16:15 on.
    assert_eq!((friday["expected"].as_u64(), friday["seen"].as_u64()), (Some(481), Some(265)));
    assert_eq!(friday["share"], json!(0.5509));
    assert_eq!(days[1]["gaps"].as_array().unwrap().len(), 1);
    assert_eq!((&days[1]["seen"], &days[1]["share"]), (&json!(0), &json!(0.0)));
    assert_eq!(gaps(&days[1]), ["not_running 00:00 00:00"]);
}

#[test]
fn coverage_comes_in_every_form() {
    let home = Home::new();
    eventful(&home);
    let ask = |form: &str| {
        let range = ["--from", "2024-11-22", "--to", "2024-11-22", "-f", form];
        home.pantau(["status", "--coverage"]).args(range).ok()
    };
    assert_eq!(ask("ndjson").ndjson(), ask("json").array());
    let csv = ask("csv").stdout();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], "source,day,expected,seen,share,gaps,captures");
    assert_eq!(lines.len(), 2);
    let begin =
        "kontan,2024-11-22,481,265,0.5509,not_recorded 2024-11-22T00:00:00+07:00/2024-11-22T08:45:00+07:00; ";
    assert!(lines[1].starts_with(begin), "{csv}");
    let table = ask("table").stdout();
    assert!(table.contains("55.0%"), "{table}");
    assert!(table.contains("not running 15:30-00:00"), "{table}");
    // A part of a day is a part of its gaps.
    let from = ["--from", "2024-11-22T09:35", "--to", "2024-11-22T09:48"];
    let part = home.pantau(["status", "--coverage", "-f", "json"]).args(from).ok().array();
    assert_eq!(gaps(&part[0]), ["unreachable 09:35 09:45", "not_understood 09:45 09:48"]);
    assert_eq!((&part[0]["expected"], &part[0]["seen"]), (&json!(13), &json!(0)));
}

#[test]
fn a_page_seen_at_its_pace_day_and_night_has_no_gap() {
    let home = Home::new();
    let mut script = Script::new(&home);
    let moving = |script: &mut Script, at: DateTime<Utc>, minute: u32| {
        let is_open = (8 * 60 + 45..16 * 60 + 15).contains(&minute);
        if is_open || minute.is_multiple_of(15) {
            script.sees(at, 800 + minute % 100);
        }
    };
    script.every_minute("2024-11-21T00:00", "2024-11-22T00:00", moving);
    script.sees(at("2024-11-22T00:00"), 800);
    let range = ["--from", "2024-11-21", "--to", "2024-11-21", "-f", "json"];
    let day = home.pantau(["status", "--coverage"]).args(range).ok().array().remove(0);
    assert_eq!(gaps(&day), [""; 0]);
    // 35 quarters of an hour until 8:45, 450 minutes, 31 quarters of an hour.
    assert_eq!((&day["expected"], &day["seen"], &day["share"]), (&json!(516), &json!(516), &json!(1.0)));
}

#[test]
fn coverage_of_nothing_is_no_data_and_a_range_needs_it() {
    let home = Home::new();
    home.pantau(["status", "--coverage"]).refuses(3);
    eventful(&home);
    let none = home.pantau(["status", "--coverage", "--from", "2023", "--to", "2023", "-f", "json"]).fails(3);
    assert_eq!(none.array().len(), 0);
    home.pantau(["status", "--from", "2024"]).refuses(2).says("--coverage");
    home.pantau(["status", "--to", "2024"]).refuses(2).says("--coverage");
    home.pantau(["status", "--coverage", "--from", "2024", "--to", "2023"]).refuses(2).says("empty");
    home.write("config/pantau/pantau.toml", other("lain", true));
    home.pantau(["status", "--coverage", "--from", "2024"]).fails(3).says("kontan is not configured");
}

fn other(name: &str, enabled: bool) -> String {
    format!(
        "[[source]]\nname = \"{name}\"\nurl = \"https://example.org/\"\nlayout = \"kontan\"\nenabled = {enabled}\n\
         every = \"1m\"\nevery_closed = \"1m\"\n"
    )
}

/// A database whose newest poll is a minute old, and the only row of its status.
struct Now {
    home: Home,
    script: Script,
    now: DateTime<Utc>,
}

impl Now {
    fn new() -> Self {
        let home = Home::new();
        home.write("config/pantau/pantau.toml", other("kontan", true));
        let script = Script::new(&home);
        Self { home, script, now: pantau::clock::now() }
    }

    fn minutes_ago(&self, minutes: i64) -> DateTime<Utc> {
        self.now - TimeDelta::minutes(minutes)
    }

    fn row(&self, code: i32) -> Value {
        self.home.pantau(["status", "-f", "json"]).fails(code).array().remove(0)
    }
}

#[test]
fn a_source_that_is_seen_is_healthy_and_tells_its_streak_and_its_next_poll() {
    let mut now = Now::new();
    now.script.fails(now.minutes_ago(5), Outcome::Unreachable, None);
    for minute in (1..5).rev() {
        now.script.sees(now.minutes_ago(minute), 870);
    }
    let row = now.row(0);
    assert_eq!((text(&row, "state"), text(&row, "source_state")), ("fresh", "healthy"));
    assert_eq!(
        (&row["streak"], text(&row, "streak_of"), &row["failures"]),
        (&json!(4), "success", &json!(0))
    );
    assert_eq!((&row["gap"], &row["gap_since"]), (&Value::Null, &Value::Null));
    let time = |field: &str| DateTime::parse_from_rfc3339(text(&row, field)).unwrap();
    let pause = time("next_poll") - time("last_poll");
    assert!((TimeDelta::seconds(30)..TimeDelta::minutes(3)).contains(&pause), "{pause}");
    assert_eq!(time("last_success") - time("last_poll"), TimeDelta::seconds(1));
    let table = now.home.pantau(["status"]).ok().stdout();
    assert!(table.contains("kontan: healthy; last poll "), "{table}");
    assert!(table.contains("4 successes in a row"), "{table}");
}

#[test]
fn a_source_that_fails_is_stale_once_its_heartbeat_is_over() {
    let mut now = Now::new();
    for minute in (40..50).rev() {
        now.script.sees(now.minutes_ago(minute), 870);
    }
    for minute in (1..40).rev() {
        now.script.fails(now.minutes_ago(minute), Outcome::Unreachable, None);
    }
    let row = now.row(0);
    assert_eq!((text(&row, "source_state"), text(&row, "gap")), ("healthy", "unreachable"));
    assert_eq!(
        (&row["streak"], text(&row, "streak_of"), text(&row, "outcome")),
        (&json!(39), "failure", "unreachable")
    );

    let mut now = Now::new();
    now.script.sees(now.minutes_ago(100), 870);
    for minute in (1..100).rev() {
        now.script.fails(now.minutes_ago(minute), Outcome::Blocked, Some(429));
    }
    let row = now.row(5);
    assert_eq!((text(&row, "state"), text(&row, "source_state")), ("stale", "stale"));
    assert_eq!((text(&row, "gap"), &row["failures"]), ("blocked", &json!(99)));
    let table = now.home.pantau(["status"]).fails(5).stdout();
    assert!(table.contains("kontan: stale; blocked for 1h 3"), "{table}");
}

#[test]
fn a_daemon_that_stopped_makes_its_source_stale() {
    let mut now = Now::new();
    now.script.sees(now.minutes_ago(300), 870);
    let row = now.row(5);
    assert_eq!((text(&row, "source_state"), text(&row, "gap")), ("stale", "not_running"));
    let table = now.home.pantau(["status"]).fails(5).stdout();
    assert!(table.contains("kontan: stale; not running for 4h 5"), "{table}");
    assert!(!table.contains("next in"), "nobody polls it\n{table}");
}

#[test]
fn a_page_that_cannot_be_read_any_more_is_drift() {
    let mut now = Now::new();
    now.script.sees(now.minutes_ago(2), 870);
    now.script.gets(now.minutes_ago(1), "<h1>tata letak baru</h1>");
    let row = now.row(5);
    assert_eq!((text(&row, "state"), text(&row, "source_state")), ("fresh", "drifted"));
    assert_eq!((text(&row, "gap"), text(&row, "outcome")), ("not_understood", "not_understood"));
    // An attempt that brings no page does not tell that it is readable again; a rule says the same.
    now.script.fails(now.minutes_ago(0), Outcome::Unreachable, None);
    assert_eq!(text(&now.row(5), "source_state"), "drifted");
    now.home.pantau(["check", "drift(kontan)"]).fails(4);
}

#[test]
fn what_is_not_to_be_polled_makes_nothing_unhealthy() {
    let mut now = Now::new();
    now.script.sees(now.minutes_ago(3000), 870);
    for sources in [other("kontan", false), other("lain", false)] {
        now.home.write("config/pantau/pantau.toml", sources);
        let row = now.row(0);
        assert_eq!((text(&row, "source_state"), text(&row, "state")), ("not polled", "not polled"));
        assert_eq!(row["next_poll"], Value::Null);
    }
    // One that is to be polled and never was is not seen either.
    now.home.write("config/pantau/pantau.toml", other("kontan", false) + &other("lain", true));
    let rows = now.home.pantau(["status", "-f", "json"]).fails(5).array();
    let states: Vec<_> = rows.iter().map(|row| (text(row, "source"), text(row, "source_state"))).collect();
    assert_eq!(states, [("kontan", "not polled"), ("lain", "never polled")]);
}

#[test]
fn the_coverage_of_an_archive_is_trading_days_with_a_capture() {
    let home = Home::with_captures(&crate::captures::ALL);
    // What an archive holds is known without a schedule.
    home.write("config/pantau/pantau.toml", other("lain", true));
    let ask = |arguments: &[&str]| home.pantau(["status", "--coverage", "--every"]).args(arguments).ok();
    let months = ask(&["1mo", "-f", "json"]).array();
    let expected = ["captures", "end", "seen_days", "share", "source", "start", "trading_days"];
    assert_eq!(fields(&months[0]), expected);
    // From the first day on which there is a capture to the last one.
    assert_eq!(months.len(), 14);
    assert_eq!(text(&months[0], "start"), "2024-04-18T00:00:00+07:00");
    assert_eq!(text(&months[13], "end"), "2025-05-08T00:00:00+07:00");
    let shown = |month: &Value| {
        let number = |field: &str| month[field].as_u64().unwrap();
        (number("trading_days"), number("seen_days"), number("captures"))
    };
    assert_eq!(shown(&months[0]), (9, 2, 2));
    assert_eq!(shown(&months[1]), (18, 0, 0));
    // The 15th, 21st and 22nd; the 27th was a closure.
    assert_eq!((shown(&months[7]), &months[7]["share"]), ((20, 3, 5), &json!(0.15)));
    // A capture of a Saturday is one, of no trading day.
    assert_eq!(shown(&months[11]), (19, 0, 1));

    let years = ask(&["1y", "--from", "2023", "--to", "2024", "-f", "ndjson"]).ndjson();
    assert_eq!(years.iter().map(shown).collect::<Vec<_>>(), [(239, 0, 0), (237, 5, 7)]);
    let csv = ask(&["1y", "-f", "csv"]).stdout();
    assert!(csv.starts_with("source,start,end,trading_days,seen_days,share,captures\n"), "{csv}");
    let table = ask(&["1mo"]).stdout();
    assert!(
        table.contains("kontan  2024-11-01  2024-11-30            20     3  15.0%         5    0.2"),
        "{table}"
    );
    ask(&["1y", "--from", "2015"]).says("the list of closures covers 2018-01-01");

    home.pantau(["status", "--coverage", "--every", "1h"]).refuses(2).says("cannot be cut into 1h");
    home.pantau(["status", "--every", "1mo"]).refuses(2).says("--coverage");
    home.pantau(["status", "--coverage", "--every", "1mo", "--to", "2020"]).refuses(3);
}

#[test]
fn coverage_counts_the_captures_of_a_day_whether_polled_or_imported() {
    let home = Home::with_captures(&crate::captures::FOUR);
    let ask = || {
        let range = ["--from", "2024-11-21", "--to", "2024-11-22", "-f", "json"];
        home.pantau(["status", "--coverage"]).args(range).ok().array()
    };
    let captures =
        |days: &[Value]| days.iter().map(|day| day["captures"].as_u64().unwrap()).collect::<Vec<_>>();
    let imported = ask();
    assert_eq!(captures(&imported), [1, 3]);
    // No poll was due before the log of polls begins.
    assert_eq!((&imported[1]["expected"], &imported[1]["share"]), (&json!(0), &Value::Null));
    let mut script = Script::new(&home);
    script.sees(at("2024-11-22T09:00"), 870);
    script.fails(at("2024-11-22T09:01"), Outcome::Unreachable, None);
    assert_eq!(captures(&ask()), [1, 4]);
}
