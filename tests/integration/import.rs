//! `pantau import`: whatever holds captures, into the database, once and exactly.

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;

use crate::captures::{ALL, FOUR, capture};
use crate::common::{Done, Home, decimal, number, text, wait_for};

/// The summary of an import.
#[derive(Debug, PartialEq, Eq)]
struct Summary {
    captures: u64,
    rows: u64,
    stored: u64,
    unchanged: u64,
    held: u64,
    issues: u64,
    failed: u64,
}

impl Summary {
    #[track_caller]
    fn of(done: &Done) -> Self {
        let object = done.array().remove(0);
        let count = |field: &str| object[field].as_u64().unwrap();
        let summary = Self {
            captures: count("captures"),
            rows: count("rows"),
            stored: count("stored"),
            unchanged: count("unchanged"),
            held: count("held"),
            issues: count("issues"),
            failed: count("failed"),
        };
        assert_eq!(summary.rows, summary.stored + summary.unchanged + summary.held, "{done}");
        summary
    }
}

/// Imports, expects an exit code, and gives the summary.
#[track_caller]
fn import(home: &Home, code: i32, args: &[&str]) -> (Summary, Done) {
    let done = home.pantau(["import", "-f", "json"]).args(args).fails(code);
    (Summary::of(&done), done)
}

/// Everything that is recorded, in a form that does not tell in which order it came.
pub(crate) fn recorded(home: &Home) -> Vec<String> {
    let database = rusqlite::Connection::open(home.database()).unwrap();
    let sql = "SELECT 'capture ' || hex(digest) || ' ' || captured_at || ' ' || origin || ' ' || url FROM capture \
               UNION ALL SELECT 'sighting ' || seen_at || ' ' || hex(digest) FROM sighting JOIN capture ON capture.id = capture_id \
               UNION ALL SELECT 'indicator ' || slug || ' ' || label || ' ' || kind || ' ' || unit FROM indicator \
               UNION ALL SELECT 'run ' || slug || ' ' || first_seen || ' ' || last_seen || ' ' || coalesce(level, '-') || ' ' \
                 || coalesce(level_scale, '-') || ' ' || coalesce(change, '-') || ' ' || coalesce(percent, '-') || ' ' || verdict \
                 || ' ' || hex(digest) \
                 FROM observation JOIN indicator ON indicator.id = indicator_id JOIN capture ON capture.id = capture_id \
               UNION ALL SELECT 'held ' || slug || ' ' || seen_at || ' ' || last_seen || ' ' || coalesce(level, '-') \
                 FROM held JOIN indicator ON indicator.id = indicator_id \
               UNION ALL SELECT 'rolled ' || slug || ' ' || until FROM rolled JOIN indicator ON id = indicator_id \
               UNION ALL SELECT 'rollup ' || slug || ' ' || grain || ' ' || first_seen || ' ' || last_seen || ' ' || open \
                 || ' ' || high || ' ' || high_at || ' ' || low || ' ' || low_at || ' ' || close || ' ' || runs \
                 FROM rollup JOIN indicator ON id = indicator_id";
    let mut statement = database.prepare(sql).unwrap();
    let mut rows: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    rows.sort();
    rows
}

/// `2024-04-18T17:00:00+07:00` as an archive stamps it.
fn stamp(seen_at: &str) -> String {
    let at = chrono::DateTime::parse_from_rfc3339(seen_at).unwrap();
    at.to_utc().format("%Y%m%d%H%M%S").to_string()
}

/// A record of an archive with the answer of a server.
fn record(url: &str, date: &str, body: &str) -> String {
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let length = answer.len();
    format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\n\
         WARC-Target-URI: {url}\r\nWARC-Date: {date}\r\nContent-Type: application/http; msgtype=response\r\n\
         Content-Length: {length}\r\n\r\n{answer}\r\n\r\n"
    )
}

const FRONT: &str = "https://www.kontan.co.id/";

/// An archive of captures, each at its own time.
fn archive(names: &[&str]) -> String {
    let record_of = |name: &&str| {
        let capture = capture(name);
        let at = chrono::DateTime::parse_from_rfc3339(&capture.seen_at).unwrap().to_utc();
        record(FRONT, &at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), &capture.text)
    };
    names.iter().map(record_of).collect()
}

#[test]
fn a_folder_of_saved_pages_is_what_the_same_pages_are_one_by_one() {
    let one_by_one = Home::with_captures(&ALL);
    let home = Home::new();
    for (at, name) in ALL.iter().enumerate() {
        let capture = capture(name);
        home.write(&format!("pages/{}/{}.html", at % 2, stamp(&capture.seen_at)), &capture.text);
    }
    home.write("pages/logo.png", "no page");
    let (first, _) = import(&home, 0, &["pages"]);
    assert_eq!((first.captures, first.failed), (9, 0));
    let rows = |home: &Home| -> Vec<String> {
        recorded(home).into_iter().filter(|row| row.starts_with("run ") || row.starts_with("held ")).collect()
    };
    assert_eq!(rows(&home), rows(&one_by_one));
    home.pantau(["db", "verify"]).ok();
    let before = recorded(&home);
    let (again, _) = import(&home, 0, &["pages"]);
    assert_eq!((again.captures, again.stored, again.failed), (9, 0, 0));
    assert_eq!(again.rows, first.rows);
    assert_eq!(recorded(&home), before);
}

#[test]
fn a_page_says_when_it_was_captured_or_is_not_imported() {
    let home = Home::new();
    let page = |level: u32| format!("| INDIKATOR | LQ45 {level},00 0,00 0,00%");
    home.write("given.html", page(701));
    home.write("beside.html", page(702));
    home.write("beside.html.json", r#"{"timestamp": "20240423091500", "url": "https://www.kontan.co.id/a"}"#);
    home.write("head.html", page(703));
    home.write("head.html.headers", "HTTP/1.1 200 OK\r\nDate: Wed, 24 Apr 2024 09:15:00 GMT\r\n");
    home.write("page 2024-04-25 16.15.00.html", page(704));
    home.write("20240426091500.html", page(705));
    home.write("odd.html", page(706));
    home.write("odd.html.json", "{");
    home.write("later.html", page(707));
    home.write("later.html.json", r#"{"captured_at": "2124-04-23T09:15:00Z"}"#);
    import(&home, 0, &["given.html", "--at", "2024-04-22T16:15:00"]);
    let (summary, done) = import(&home, 5, &["."]);
    assert_eq!((summary.captures, summary.failed), (4, 3));
    done.says("./given.html: when it was captured is not known: --at says it")
        .says("odd.html.json, which lies beside it, is no JSON")
        .says("later.html: it would have been captured at 2124-04-23 16:15 WIB, which is yet to come");
    let rows = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    let shown: Vec<_> =
        rows.iter().map(|row| (text(row, "first_seen").to_owned(), number(row, "level"))).collect();
    let day = |day: u32| (format!("2024-04-{day}T16:15:00+07:00"), Some((679 + day).into()));
    assert_eq!(shown, (22..27).map(day).collect::<Vec<_>>());
    let explained = home.pantau(["explain", "lq45", "--at", "2024-04-23T16:15:00", "-f", "json"]).ok();
    let explained = explained.array().remove(0);
    assert_eq!(
        (text(&explained, "origin"), text(&explained, "url")),
        ("archive", "https://www.kontan.co.id/a")
    );
}

#[test]
fn a_zone_says_how_the_times_of_names_are_meant() {
    let home = Home::new();
    home.write("2024-04-25_16-15.html", "| INDIKATOR | LQ45 704,00 0,00 0,00%");
    import(&home, 0, &["2024-04-25_16-15.html", "--tz", "Asia/Tokyo"]);
    let rows = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    assert_eq!(text(&rows[0], "first_seen"), "2024-04-25T14:15:00+07:00");
}

const SERIES: &str =
    "date,level,change,percent\n2024-04-18,935.51,7.16,0.77%\n2024-04-19,919.20,-16.32,-1.74\n";

#[test]
fn a_series_is_recorded_as_printed_at_the_close_of_each_day() {
    let home = Home::new();
    home.write("lq45.csv", SERIES);
    let (first, _) = import(&home, 0, &["lq45.csv", "--indicator", "lq45"]);
    assert_eq!((first.captures, first.stored), (2, 2));
    let rows = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    assert_eq!(text(&rows[1], "first_seen"), "2024-04-19T16:15:00+07:00");
    assert_eq!(number(&rows[1], "change"), Some(decimal("-16.32")));
    assert_eq!(text(&rows[1], "verdict"), "verified");
    let explained = home.pantau(["explain", "lq45", "-f", "json"]).ok().array().remove(0);
    assert_eq!(text(&explained, "text"), "LQ45\t919.20\t-16.32\t-1.74\t");
    assert_eq!((text(&explained, "origin"), text(&explained, "url")), ("archive", "lq45.csv:3"));
    home.pantau(["db", "verify"]).ok();
    let before = recorded(&home);
    let (again, _) = import(&home, 0, &["lq45.csv", "--indicator", "kontan/LQ45"]);
    assert_eq!((again.stored, again.unchanged), (0, 2));
    assert_eq!(recorded(&home), before);
}

#[test]
fn a_series_names_its_indicators_or_the_flag_does() {
    let home = Home::new();
    home.write("many.csv", "date;indicator;level\n2024-04-19;lq45;919,20\n2024-04-19 10:30;Emas;1345000\n");
    home.write("none.csv", SERIES);
    import(&home, 0, &["many.csv"]);
    let latest = home.pantau(["latest", "-f", "json"]).ok().array();
    let seen: Vec<(&str, &str)> =
        latest.iter().map(|row| (text(row, "label"), text(row, "first_seen"))).collect();
    assert_eq!(seen, [("EMAS", "2024-04-19T10:30:00+07:00"), ("LQ45", "2024-04-19T16:15:00+07:00")]);
    let (_, done) = import(&home, 2, &["none.csv"]);
    done.says("whose series it is is not known: --indicator says it, or a column indicator");
}

#[test]
fn a_bad_line_is_named_and_the_others_are_read() {
    let home = Home::new();
    let lines =
        "2024-04-18,935.51\nyesterday,1\n2024-04-19,\"1.345,00\"\n2024-04-22,,\n2024-04-23,7\n2124-01-01,7\n";
    home.write("lq45.csv", format!("date,level,change\n{lines}"));
    let (summary, done) = import(&home, 5, &["lq45.csv", "--indicator", "lq45"]);
    assert_eq!((summary.captures, summary.failed), (2, 4));
    done.says(
        "lq45.csv, line 3: expected a date such as 2024-04-19, or one with a time; there stands 'yesterday'",
    )
    .says("lq45.csv, line 4: expected a number without marks between its digits")
    .says("lq45.csv, line 5: there is no number")
    .says("lq45.csv, line 7: it would have been captured at 2124-01-01");
    home.write("wide.csv", "when,close\n2024-04-18,1\n");
    let (_, done) = import(&home, 5, &["wide.csv", "--indicator", "lq45"]);
    done.says(
        "wide.csv, line 1: expected a header such as date,level,change,percent; there stands 'when,close'",
    );
}

#[test]
fn a_series_that_contradicts_what_was_seen_overwrites_nothing() {
    let home = Home::new();
    home.write("seen.html", "| INDIKATOR | LQ45 919,20 -16,32 -1.74%");
    import(&home, 0, &["seen.html", "--at", "2024-04-19T16:00:00"]);
    home.write("lq45.csv", "date,level\n2024-04-19 16:00,7\n2024-04-19 15:00,918\n");
    import(&home, 0, &["lq45.csv", "--indicator", "lq45"]);
    let rows = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    let levels: Vec<_> = rows.iter().map(|row| number(row, "level").unwrap()).collect();
    assert_eq!(levels, [decimal("918"), decimal("919.20")]);
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn an_archive_and_the_rows_that_extract_made_of_it_leave_the_same_database() {
    let (from_archive, from_rows) = (Home::new(), Home::new());
    let names: Vec<&str> = ALL.iter().rev().copied().collect();
    from_archive.write("captures.warc", archive(&names));
    let (summary, _) = import(&from_archive, 0, &["captures.warc"]);
    assert_eq!(summary.captures, 9);
    let rows = from_archive.pantau(["extract", "captures.warc"]).ok();
    from_rows.write("rows.ndjson", &rows.stdout);
    let (again, done) = import(&from_rows, 0, &["rows.ndjson"]);
    assert_eq!(again, summary, "{done}");
    assert_eq!(recorded(&from_rows), recorded(&from_archive));
    let in_bulk = Home::new();
    let parquet = from_archive.pantau(["extract", "captures.warc", "-f", "parquet"]).ok().stdout;
    in_bulk.write("rows.parquet", &parquet);
    assert_eq!(import(&in_bulk, 0, &["rows.parquet"]).0, summary);
    assert_eq!(recorded(&in_bulk), recorded(&from_archive));
    in_bulk.write("cut.parquet", &parquet[..parquet.len() / 2]);
    import(&in_bulk, 5, &["cut.parquet"]).1.says("cut.parquet: the end of the Parquet file is missing");
    let (twice, _) = import(&from_archive, 0, &["captures.warc"]);
    assert_eq!(twice.stored, 0);
    let done = from_rows.pantau(["import", "-", "--format", "ndjson"]).stdin(rows.stdout).ok();
    assert!(done.stdout().starts_with("9 captures, 87 rows in = 0 new + 87 same + 0 held"), "{done}");
}

#[test]
fn a_row_that_does_not_follow_from_its_own_text_is_damage() {
    let home = Home::new();
    home.write("captures.warc", archive(&["c20"]));
    let rows = home.pantau(["extract", "captures.warc"]).ok().stdout();
    let lines: Vec<&str> = rows.lines().collect();
    let count = lines.len() as u64;
    let mut forged: Vec<Value> = home.pantau(["extract", "captures.warc"]).ok().ndjson();
    forged[1]["level"] = Value::from(1);
    let forged: Vec<String> = forged.iter().map(Value::to_string).collect();
    home.write("rows.ndjson", format!("{}\nnot a row\n", forged.join("\n")));
    let (summary, done) = import(&home, 5, &["rows.ndjson"]);
    assert_eq!((summary.captures, summary.rows, summary.failed, summary.issues), (1, count - 1, 2, 1));
    done.says("rows.ndjson, line 2: the row of USD/IDR does not follow from its own text")
        .says("expected a row as `extract -f ndjson` writes it")
        .says("the rows do not make the text that they were read from");
    home.pantau(["db", "verify"]).ok();
    home.write("history.ndjson", home.pantau(["history", "lq45", "-f", "ndjson"]).ok().stdout);
    import(&home, 5, &["history.ndjson"]).1.says("a row of `history` does not hold what was printed");
}

#[test]
fn only_what_is_asked_for_is_imported() {
    let home = Home::new();
    let page = "| INDIKATOR | LQ45 704,00 0,00 0,00%";
    let records = [
        record(FRONT, "2024-04-01T00:00:00Z", page),
        record(FRONT, "2024-05-01T00:00:00Z", page),
        record("https://example.org/", "2024-05-02T00:00:00Z", page),
        record(FRONT, "2024-05-03T00:00:00Z", "<p>no header</p>"),
    ];
    home.write("all.warc", records.concat());
    let args = ["all.warc", "--url", "https://www.kontan.co.id/*", "--from", "2024-04-15", "--to", "2024-05"];
    let (summary, done) = import(&home, 0, &args);
    assert_eq!((summary.captures, summary.failed), (1, 0));
    done.says("1 captures were not asked for");
    let rows = home.pantau(["history", "lq45", "-f", "json"]).ok().array();
    assert_eq!(text(&rows[0], "first_seen"), "2024-05-01T07:00:00+07:00");
    import(&home, 3, &["all.warc", "--url", "https://nowhere/*"]).1.says("no capture was found");
}

#[test]
fn a_damaged_archive_is_read_around_its_damage() {
    let home = Home::new();
    let (first, last) = (archive(&FOUR[..1]), archive(&FOUR[1..]));
    let damage = "WARC/1.0\r\nWARC-Type: response\r\nContent-Length: many\r\n\r\n?\r\n\r\n";
    home.write("damaged.warc", format!("{first}{damage}{last}"));
    let (summary, done) = import(&home, 5, &["damaged.warc"]);
    assert_eq!(summary.captures, 4, "{done}");
    assert!(summary.failed > 0);
    done.says(&format!("damaged.warc, offset {}: ", first.len()));
}

#[test]
fn what_is_not_there_is_told_and_the_rest_is_imported() {
    let home = Home::new();
    home.write("20240426091500.html", "| INDIKATOR | LQ45 704,00 0,00 0,00%");
    let (summary, done) = import(&home, 1, &["nowhere.html", "20240426091500.html"]);
    assert_eq!((summary.captures, summary.failed), (1, 1));
    done.says("nowhere.html: failed to read it: No such file or directory");
    import(&home, 2, &["tmp"]).1.says("tmp: holds no file whose name says that it may hold captures");
    home.pantau(["import"]).refuses(2);
    home.pantau(["import", "x.html", "--at", "2124"]).refuses(2);
    home.pantau(["import", "x.html", "--source", "nobody"]).refuses(2);
    home.pantau(["import", "x.html", "--url", "a["]).refuses(2);
}

/// An archive of many small pages, one a minute from April 2024 on, in an order; the values change now and then.
pub(crate) fn many_pages(minutes: impl IntoIterator<Item = u32>) -> String {
    let mut archive = String::new();
    for minute in minutes {
        let at = chrono::DateTime::from_timestamp(1_711_929_600 + i64::from(minute) * 60, 0).unwrap();
        let step = minute / 7;
        let mut page = "| INDIKATOR |".to_owned();
        for (label, speed) in [("LQ45", 3), ("ISSI", 1), ("IDX30", 2)] {
            write!(page, " {label} {},{:02} 0,00 0,00%", 700 + step * speed % 97, step % 100).unwrap();
        }
        archive.push_str(&record(FRONT, &at.format("%Y-%m-%dT%H:%M:%SZ").to_string(), &page));
    }
    archive
}

/// Numbers below a bound in an order that has nothing to do with theirs.
pub(crate) fn shuffled(count: u32) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by_key(|minute| minute.wrapping_mul(2_654_435_761).rotate_left(11));
    order
}

#[test]
fn twenty_thousand_captures_in_any_order_leave_the_same_rows() {
    let (in_order, any_order) = (Home::new(), Home::new());
    in_order.write("a.warc", many_pages(0..20_000));
    any_order.write("a.warc", many_pages(shuffled(20_000)));
    let (ordered, _) = import(&in_order, 0, &["a.warc"]);
    let (any, _) = import(&any_order, 0, &["a.warc"]);
    assert_eq!((ordered.captures, ordered.rows, &any), (20_000, 60_000, &ordered));
    assert!(recorded(&any_order) == recorded(&in_order), "the rows differ");
    any_order.pantau(["db", "verify"]).ok();
}

#[test]
fn an_import_that_is_interrupted_keeps_what_it_has_and_goes_on_later() {
    let (home, whole) = (Home::new(), Home::new());
    let pages = many_pages(shuffled(20_000));
    for home in [&home, &whole] {
        home.write("a.warc", &pages);
    }
    let running = home.pantau(["import", "a.warc"]).start();
    wait_for("the database", Duration::from_secs(20), || home.database().exists().then_some(()));
    running.signal("INT");
    let done = running.wait(Duration::from_secs(60));
    assert_eq!(done.code, Some(130), "{done}");
    done.says("interrupted; what was read is recorded, and the same command goes on");
    home.pantau(["import", "a.warc"]).ok();
    whole.pantau(["import", "a.warc"]).ok();
    assert!(recorded(&home) == recorded(&whole), "the rows differ");
}

#[test]
fn two_imports_at_once_and_polls_beside_them_wait_for_each_other() {
    let (home, alone) = (Home::new(), Home::new());
    let order = shuffled(6_000);
    let halves = [many_pages(order[..4_000].iter().copied()), many_pages(order[2_000..].iter().copied())];
    for home in [&home, &alone] {
        home.write("a.warc", &halves[0]);
        home.write("b.warc", &halves[1]);
        home.write("poll.html", "| INDIKATOR | LQ45 704,00 0,00 0,00%");
    }
    let poll = |home: &Home, minute: u32| {
        let at = format!("2024-08-01T10:{minute:02}:00");
        home.pantau(["poll", "--from", "poll.html", "--at", &at]).ok();
    };
    let running = ["a.warc", "b.warc"].map(|file| home.pantau(["import", file]).start());
    (0..10).for_each(|minute| poll(&home, minute));
    for import in running {
        let done = import.wait(Duration::from_secs(60));
        assert_eq!(done.code, Some(0), "{done}");
    }
    (0..10).for_each(|minute| poll(&alone, minute));
    alone.pantau(["import", "b.warc", "a.warc"]).ok();
    assert!(recorded(&home) == recorded(&alone), "the rows differ");
    home.pantau(["db", "verify"]).ok();
}
