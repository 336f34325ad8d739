//! `history --derived`: the closes that captures prove beside the levels that they show.

use serde_json::{Value, json};

use crate::captures::ALL;
use crate::common::{Home, fields, text};

fn derived(home: &Home, arguments: &[&str]) -> Vec<Value> {
    home.pantau(["history", "--derived", "-f", "json"]).args(arguments).ok().array()
}

/// `session low high level agreement` of each row.
fn shown(rows: &[Value]) -> Vec<String> {
    let row = |row: &Value| {
        let (session, agreement) = (row["session"].as_str().unwrap_or("-"), text(row, "agreement"));
        format!("{session} {} {} {} {agreement}", row["low"], row["high"], row["level"])
    };
    rows.iter().map(row).collect()
}

/// Records a row as seen at a time of the market.
fn sees(home: &Home, at: &str, row: &str) {
    let file = home.write("page.txt", format!("| INDIKATOR |\n{row}\n"));
    let at = format!("{at}:00+07:00");
    home.pantau(["poll", "--from", file.to_str().unwrap(), "--at", &at]).ok();
}

#[test]
fn every_capture_proves_a_second_close() {
    let home = Home::with_captures(&ALL);
    let rows = derived(&home, &["lq45"]);
    assert_eq!(
        shown(&rows),
        [
            // 928.35 was the close of 17 April 2024, and 935.51 the one of the 18th.
            "2024-04-17 928.34 928.36 null alone",
            "2024-04-18 935.51 935.515 935.51 observed",
            "2024-11-14 875.505 876.515 null alone",
            "2024-11-20 874.395 875.405 null chained",
            "2024-11-21 865.695 866.5 866 observed",
            // Seen on a Saturday in the holidays of Lebaran: the last session was on Thursday, the 27th.
            "2025-03-26 731.115 732.125 null alone",
            "2025-05-06 774.195 775.205 null alone",
        ]
    );
    let expected = [
        "agreement",
        "first_proof",
        "high",
        "indicator",
        "last_proof",
        "level",
        "low",
        "observed",
        "observed_at",
        "proofs",
        "session",
        "session_by",
        "source",
    ];
    assert_eq!(fields(&rows[0]), expected);
    assert_eq!((&rows[4]["observed"], &rows[4]["proofs"]), (&json!(866), &json!(2)));
    assert_eq!(text(&rows[4], "observed_at"), "2024-11-22T08:00:00+07:00");
    let other_order: Vec<&str> = ALL.into_iter().rev().collect();
    assert_eq!(derived(&Home::with_captures(&other_order), &["lq45"]), rows);
}

#[test]
fn derived_closes_come_in_every_form_range_and_zone() {
    let home = Home::with_captures(&ALL);
    let part = ["lq45", "--from", "2024-11-15", "--to", "2024-11-21"];
    assert_eq!(shown(&derived(&home, &part)).len(), 2);
    assert_eq!(derived(&home, &["lq45", "idx", "--limit", "1"]).len(), 2);
    let ask = |form: &str| home.pantau(["history", "lq45", "--derived", "-f", form]).ok();
    assert_eq!(ask("ndjson").ndjson(), derived(&home, &["lq45"]));
    let csv = ask("csv").stdout();
    let header = "indicator,session,session_by,low,high,level,proofs,first_proof,last_proof,agreement,observed,observed_at,source";
    assert_eq!(csv.lines().next(), Some(header));
    assert_eq!(csv.lines().count(), 8);
    let utc = derived(&home, &["lq45", "--tz", "UTC"]);
    assert_eq!(text(&utc[0], "first_proof"), "2024-04-18T10:00:00+00:00");
    // A session is a day of the market, whatever zone times are shown in.
    assert_eq!(text(&derived(&home, &["lq45", "--tz", "Pacific/Auckland"])[0], "session"), "2024-04-17");
    let table = ask("table").stdout();
    assert!(table.contains("935.51 was seen at 2024-04-18 17:00 WIB"), "{table}");
}

#[test]
fn what_has_no_close_is_no_data_and_bars_are_another_question() {
    let home = Home::with_captures(&ALL);
    for arguments in [&["rd-saham"][..], &["lq45", "--from", "2023", "--to", "2023"]] {
        let done = home.pantau(["history", "--derived", "-f", "json"]).args(arguments).fails(3);
        assert!(done.array().is_empty());
        done.says("no close of the range can be derived");
    }
    home.pantau(["history", "lq45", "--derived", "--every", "1d"]).refuses(2).says("--every");
}

#[test]
fn gold_has_a_price_before_but_no_day_for_it() {
    let home = Home::with_captures(&["c20"]);
    let [row] = &derived(&home, &["emas"])[..] else { panic!() };
    assert_eq!((&row["low"], &row["high"]), (&json!(1_507_999), &json!(1_508_001)));
    assert_eq!((&row["session"], text(row, "session_by")), (&Value::Null, "2024-11-21"));
}

#[test]
fn a_missed_session_is_told_with_both_numbers_and_what_was_seen_stays() {
    let home = Home::new();
    sees(&home, "2024-11-20T17:00", "LQ45 880,00 5,00 0,57%");
    sees(&home, "2024-11-21T17:00", "LQ45 866,00 -8,90 -1,02%");
    let rows = derived(&home, &["lq45"]);
    assert_eq!(shown(&rows), ["2024-11-19 874.99 875.01 null alone", "- 874.89 874.91 null disjoint"]);
    assert_eq!((&rows[1]["observed"], text(&rows[1], "session_by")), (&json!(880), "2024-11-20"));
    let table = home.pantau(["history", "lq45", "--derived"]).ok().stdout();
    let told = "880.00 was seen at 2024-11-20 17:00 WIB: a session or a capture was missed between";
    assert!(table.contains(told), "{table}");
    let seen = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    assert_eq!(seen.iter().map(|row| &row["level"]).collect::<Vec<_>>(), [&json!(880), &json!(866)]);
}

#[test]
fn a_chart_marks_derived_closes_where_it_is_asked_to() {
    let home = Home::with_captures(&ALL);
    let draw = |arguments: &[&str]| {
        let done = home.pantau(["chart", "lq45", "-o", "a.svg"]).args(arguments).ok();
        (std::fs::read_to_string(home.path("a.svg")).unwrap(), done.stderr())
    };
    assert!(!draw(&[]).0.contains("derived"));
    for arguments in [&["--derived"][..], &["--derived", "--kind", "candle"]] {
        let (svg, said) = draw(arguments);
        assert!(svg.contains("derived closes"), "{said}");
    }
    // A picture of one capture is of two points.
    home.pantau(["chart", "lq45", "--from", "2025-05", "-o", "b.svg"]).refuses(3);
    home.pantau(["chart", "lq45", "--from", "2025-05", "--derived", "-o", "b.svg"]).ok();
    home.pantau(["chart", "lq45", "--derived", "--kind", "drawdown", "-o", "c.svg"])
        .refuses(2)
        .says("--derived belongs to line and candle");
    home.pantau(["chart", "emas", "--derived", "-o", "d.svg"])
        .ok()
        .says("derived closes without a certain day are not drawn: 5");
    home.pantau(["chart", "rd-saham", "--derived", "-o", "e.svg"])
        .ok()
        .says("no close of the range can be derived");
    // The question in a picture is the one that gives it again.
    let png = home.pantau(["chart", "lq45", "--derived", "-o", "-"]).ok().stdout;
    assert!(String::from_utf8_lossy(&png).contains("--derived"));
}
