//! A page that changes its layout: kept, told once, shown, and read again after a fix.

use std::fs;
use std::time::Duration;

use pantau::domain::TimeRange;
use pantau::store::{LoggedPoll, Store};

use crate::captures::capture;
use crate::common::{Home, decimal, number, text, wait_for};
use crate::server::{Answer, Server};

fn css(url: &str, row: &str) -> String {
    format!(
        "[[source]]\nname = \"lain\"\nurl = \"{url}\"\nlayout = \"css\"\nrow = \"{row}\"\nlabel = \"b\"\nlevel = \".v\"\n\
         locale = \"en\"\nevery = \"1s\"\n"
    )
}

fn kontan(url: &str) -> String {
    format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\n")
}

fn configure(home: &Home, sources: &str) {
    home.write("config/pantau/pantau.toml", sources);
}

/// A page whose rows are the elements of a name.
fn list(element: &str, lq45: &str) -> String {
    format!(
        "<html><body><p>Berita<{element}><b>LQ45</b> <i class=v>{lq45}</i></{element}>\
         <{element}><b>Perak</b> <i class=v>15,250.5</i></{element}><p>Kaki</body></html>"
    )
}

/// The header of a capture, its bar renamed.
fn renamed(name: &str) -> String {
    capture(name).text.replace("INDIKATOR", "INDEKS")
}

fn polls(home: &Home, source: &str) -> Vec<LoggedPoll> {
    let store = Store::open_reader(&home.database()).unwrap();
    let tables = store.tables();
    let source = tables.source(source).unwrap().unwrap();
    tables.polls_in(source.id, TimeRange::default()).unwrap()
}

/// A css source that was understood once, and then three times not: twice the same page, once another.
fn drifted() -> (Home, String) {
    let home = Home::new();
    let pages = [list("li", "870.5"), list("dd", "871.5"), list("dd", "871.5"), list("dd", "872.5")];
    let server = Server::start(pages.map(Answer::page).to_vec());
    let url = server.url();
    configure(&home, &css(&url, "li"));
    home.pantau(["poll"]).ok();
    for _ in 0..3 {
        // Of two texts of one second only one could stand.
        std::thread::sleep(Duration::from_millis(1100));
        home.pantau(["poll"]).refuses(5).says("expected rows at `li`, found none").says("pantau drift lain");
    }
    (home, url)
}

#[test]
fn a_page_that_is_not_understood_any_more_is_shown_beside_what_it_said_before() {
    let (home, _) = drifted();
    let done = home.pantau(["drift"]).fails(5);
    for shown in
        ["lain", "3 polls", "expected rows at `li`", "page 1", "page 2", "2 times", "<dd><b>LQ45</b>"]
    {
        assert!(done.stdout().contains(shown), "{shown} is not in\n{done}");
    }
    let row = home.pantau(["drift", "lain", "-f", "json"]).fails(5).array().remove(0);
    assert_eq!([text(&row, "source"), text(&row, "state")], ["lain", "drifted"]);
    assert_eq!([number(&row, "polls"), number(&row, "pages")], [Some(decimal("3")), Some(decimal("2"))]);
    assert!(!text(&row, "diff").contains("\n-") && text(&row, "markup").contains("<dd>"), "{row}");
    assert!(text(&row, "since") >= text(&row, "last_understood"), "{row}");
    let lines = home.pantau(["drift", "-f", "csv"]).fails(5).stdout();
    assert!(lines.starts_with("source,state,since,polls,"), "{lines}");
    home.pantau(["drift", "tiada"]).refuses(2).says("tiada");
}

#[test]
fn a_page_that_was_never_understood_is_drift_to_every_command() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(list("dd", "871.5"))]);
    configure(&home, &css(&server.url(), "li"));
    home.pantau(["poll"]).refuses(5);
    let row = home.pantau(["drift", "-f", "json"]).fails(5).array().remove(0);
    assert_eq!((text(&row, "state"), number(&row, "polls")), ("drifted", Some(decimal("1"))));
    assert!(text(&row, "detail").contains("expected rows at `li`"), "{row}");
    assert!(row["last_understood"].is_null() && row["page"].is_null(), "{row}");
    let shown = home.pantau(["drift"]).fails(5).stdout();
    assert!(shown.contains("not understood") && shown.contains("1 poll"), "{shown}");
    let status = home.pantau(["status", "-f", "json"]).fails(5).array().remove(0);
    assert_eq!(text(&status, "source_state"), "drifted");
    home.pantau(["check", "drift(lain)"]).fails(4);
}

#[test]
fn a_kept_page_is_written_as_it_came_and_never_over_another_file() {
    let (home, _) = drifted();
    let digest = home.pantau(["drift", "-f", "json"]).fails(5).array()[0]["page_digest"].clone();
    let digest = digest.as_str().unwrap();
    home.pantau(["drift", "--page", digest, "-o", "halaman.html"]).ok();
    assert_eq!(fs::read_to_string(home.path("halaman.html")).unwrap(), list("dd", "872.5"));
    home.pantau(["drift", "--page", digest, "-o", "halaman.html"]).refuses(1).says("halaman.html");
    let piped = home.pantau(["drift", "--page", "1", "-o", "-"]).ok();
    assert_eq!(piped.stdout(), list("dd", "871.5"));
    home.pantau(["drift", "--page", "99", "-o", "-"]).refuses(3).says("99");
    home.pantau(["drift", "--page", "1"]).refuses(2).says("--output");
}

#[test]
fn pages_are_read_again_after_a_fix_as_if_they_had_always_been_understood() {
    let (home, url) = drifted();
    home.pantau(["check", "drift(lain)"]).fails(4);
    home.pantau(["reextract"]).fails(5).says("expected rows at `li`");
    configure(&home, &css(&url, "dd"));
    let tried = home.pantau(["reextract", "--dry-run", "-f", "json"]).ok();
    home.pantau(["drift"]).fails(5);
    let summary = home.pantau(["reextract", "-f", "json"]).ok();
    assert_eq!(tried.stdout(), summary.stdout());
    let summary = summary.array().remove(0);
    for (field, value) in
        [("captures", "3"), ("rows", "6"), ("stored", "2"), ("unchanged", "4"), ("failed", "0")]
    {
        assert_eq!(number(&summary, field), Some(decimal(value)), "{field} of {summary}");
    }
    // Every poll saw something now, and how it ended is still in the log.
    let polls = polls(&home, "lain");
    let outcomes: Vec<&str> = polls.iter().map(|poll| poll.attempt.outcome.word()).collect();
    assert_eq!(outcomes, ["stored", "not_understood", "not_understood", "not_understood"]);
    let seen: Vec<i64> = polls.iter().map(|poll| poll.sighting.unwrap().seen_at.timestamp()).collect();
    let history = home.pantau(["history", "lq45", "-f", "json", "--tz", "UTC"]).ok().array();
    let levels: Vec<String> = history.iter().map(|run| run["level"].to_string()).collect();
    assert_eq!(levels, ["870.5", "871.5", "872.5"]);
    let instant = |at: i64| chrono::DateTime::from_timestamp(at, 0).unwrap().to_rfc3339();
    let expected = [(0, 0), (1, 2), (3, 3)];
    for (run, (first, last)) in history.iter().zip(expected) {
        assert_eq!(text(run, "first_seen"), instant(seen[first]));
        assert_eq!(text(run, "last_seen"), instant(seen[last]));
    }
    let explained = home.pantau(["explain", "lq45"]).ok();
    for shown in ["872.5", "live of", "not_understood", "read again later", "digest"] {
        assert!(explained.stdout().contains(shown), "{shown} is not in\n{explained}");
    }
    home.pantau(["status"]).ok();
    home.pantau(["check", "drift(lain)"]).ok();
    home.pantau(["drift"]).ok().says("every page is understood");
    home.pantau(["reextract"]).refuses(3).says("no page is kept");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_header_whose_bar_has_another_word_is_kept_and_its_change_is_shown() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(capture("c20").text), Answer::page(renamed("c04"))]);
    configure(&home, &kontan(&server.url()));
    home.pantau(["poll"]).ok();
    home.pantau(["poll"]).refuses(5).says("| INDIKATOR |");
    let done = home.pantau(["drift"]).fails(5);
    let stdout = done.stdout();
    let changed: Vec<&str> = stdout.lines().filter(|line| line.starts_with(['-', '+'])).collect();
    assert!(changed.contains(&"-| INDIKATOR |"), "{done}");
    assert!(changed.iter().any(|line| line.starts_with('+') && line.contains("INDEKS")), "{done}");
    assert!(!changed.iter().any(|line| line.contains("LQ45")), "only what changed is marked\n{done}");
    home.pantau(["reextract"]).fails(5).says("| INDIKATOR |");
    assert_eq!(home.pantau(["drift"]).fails(5).stdout().lines().count(), stdout.lines().count());
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn nothing_of_a_page_commands_a_terminal_through_the_diff() {
    let home = Home::new();
    let hostile = "<h1>\u{1b}[2J\u{1b}]0;x\u{7} \u{202e}INDEKS\u{9b}31m</h1>";
    let server = Server::start(vec![Answer::page(capture("c20").text), Answer::page(hostile)]);
    configure(&home, &kontan(&server.url()));
    home.pantau(["poll"]).ok();
    home.pantau(["poll"]).refuses(5);
    let done = home.pantau(["drift"]).fails(5);
    let raw = |text: &str| text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}');
    assert!(!raw(&done.stdout()), "{done}");
    for form in ["json", "ndjson", "csv"] {
        let done = home.pantau(["drift", "-f", form]).fails(5);
        assert!(!raw(&done.stdout()) && !raw(&done.stderr()), "{done}");
    }
    let cells = home.pantau(["drift", "-f", "csv"]).fails(5).stdout();
    assert!(cells.contains("'-| INDIKATOR |") && !cells.contains("\"-| INDIKATOR |"), "{cells}");
}

#[test]
fn the_log_tells_the_beginning_and_the_end_of_an_outage_once() {
    let home = Home::new();
    let pages = [
        list("li", "870.5"),
        list("dd", "871.5"),
        list("dd", "872.5"),
        list("dd", "873.5"),
        list("li", "874.5"),
    ];
    let server = Server::start(pages.map(Answer::page).to_vec());
    configure(&home, &css(&server.url(), "li"));
    let daemon = home.pantau(["run"]).start();
    wait_for("the sixth request", Duration::from_secs(60), || (server.requests().len() >= 6).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(Duration::from_secs(5));
    assert_eq!(done.code, Some(0), "{done}");
    let log = done.stderr();
    let errors: Vec<&str> = log.lines().filter(|line| line.contains("ERROR")).collect();
    assert_eq!(errors.len(), 1, "{done}");
    assert!(errors[0].contains("`pantau drift lain`") && errors[0].contains("found none"), "{done}");
    assert_eq!(log.lines().filter(|line| line.contains("WARN")).count(), 0, "{done}");
    let recovered: Vec<&str> = log.lines().filter(|line| line.contains("understood again")).collect();
    assert_eq!(recovered.len(), 1, "{done}");
    assert!(recovered[0].contains("polls=3"), "{done}");
    assert_eq!(log.lines().filter(|line| line.contains("not_understood")).count(), 3, "{done}");
    home.pantau(["drift"]).ok().says("pantau reextract");
}
