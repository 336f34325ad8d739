//! How far the nearest capture is from what is asked: tables say it beside each row, other forms as a note.

use serde_json::json;

use crate::captures::{ALL, FOUR};
use crate::common::{Home, fields};

#[test]
fn a_change_over_a_silence_says_how_old_its_levels_are() {
    let home = Home::with_captures(&ALL);
    let ask = |arguments: &[&str]| {
        home.pantau(["change", "lq45", "--over", "1w", "--as-of", "2025-05-06T12:00:00+07:00"])
            .args(arguments)
            .ok()
    };
    let told =
        "the base was last seen 31d 2h before the window, the level was last seen 38d 2h before its end";
    assert!(ask(&[]).stdout().contains(told), "{}", ask(&[]));
    let csv = ask(&["-f", "csv"]);
    csv.says("note: 1 of 1 changes rest on a level seen up to 38d 2h before an end of the window");
    assert_eq!(
        csv.stdout().lines().next(),
        Some("indicator,as_of,level,over,base_level,base_at,change,percent")
    );
    ask(&["-f", "csv", "-q"]).is_silent();
    // What was seen within the heartbeat needs no word.
    let near = ["--as-of", "2024-11-22T17:30:00+07:00", "--over", "7h", "-f", "json"];
    Home::with_captures(&FOUR).pantau(["change", "lq45"]).args(near).ok().is_silent();
}

#[test]
fn an_explanation_of_a_moment_without_a_capture_says_where_the_next_ones_are() {
    let home = Home::with_captures(&FOUR);
    let ask = |at: &str, form: &str| home.pantau(["explain", "lq45", "--at", at, "-f", form]).ok();
    let told = "this was last seen 3h 30m before, and the next value 3h 00m after";
    let table = ask("2024-11-22T14:00:00+07:00", "table").stdout();
    assert!(table.contains(told), "{table}");
    let row = ask("2024-11-22T14:00:00+07:00", "json").says(told).array().remove(0);
    assert_eq!((&row["before_s"], &row["after_s"]), (&json!(12_600), &json!(10_800)));
    assert!(fields(&row).contains(&"last_seen"));
    let after_all = ask("2024-12-22T17:00:00+07:00", "ndjson");
    after_all.says("this was last seen 30d 0h before");
    assert!(!after_all.stderr().contains("the next value"), "{after_all}");
    // A moment within the heartbeat of a capture, and one of a capture, need no word.
    ask("2024-11-22T16:30:00+07:00", "json").is_silent();
    let row = ask("2024-11-22T17:00:00+07:00", "json").array().remove(0);
    assert_eq!((&row["before_s"], &row["after_s"]), (&json!(null), &json!(null)));
}

#[test]
fn bars_after_a_silence_say_how_old_the_close_is_that_they_are_against() {
    let home = Home::with_captures(&ALL);
    let ask = |arguments: &[&str]| home.pantau(["history", "idx", "--every"]).args(arguments).ok();
    let table = ask(&["1d"]).stdout();
    assert!(table.contains("-9.52%        1  against a close seen 126d 7h before"), "{table}");
    ask(&["1d", "-f", "json"]).says("note: 4 of 5 bars are against a close seen up to 126d 7h before them");
    // The first bar of a range is against what was seen ahead of it.
    let part = ask(&["1d", "--from", "2025-05", "--to", "2025-05"]).stdout();
    assert!(part.contains("against a close seen 38d 14h before"), "{part}");
    // The first bar of all is against nothing.
    ask(&["1w", "--to", "2024-11-17", "-f", "csv"]).is_silent();
}

#[test]
fn values_that_are_old_are_told_beside_every_form() {
    let home = Home::with_captures(&ALL);
    home.pantau(["latest", "lq45", "emas", "-f", "json"])
        .ok()
        .says("note: 2 of 2 values were last seen up to ");
}
