//! Sources that only a configuration describes, and what servers answer to a single `poll`.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use crate::captures::{capture, fixtures};
use crate::common::{Home, decimal, number, text, wait_for};
use crate::server::{Answer, Server, deserted_url};
use crate::shapes;

fn configure(home: &Home, sources: &str) {
    home.write("config/pantau/pantau.toml", sources);
}

fn kontan(url: &str) -> String {
    format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\n")
}

fn css(url: &str) -> String {
    format!(
        "[[source]]\nname = \"lain\"\nurl = \"{url}\"\nlayout = \"css\"\nrow = \"ul.ticker li\"\nlabel = \"b\"\n\
         level = \".v\"\nchange = \".c\"\npercent = \".p\"\nlocale = \"en\"\n"
    )
}

fn yahoo(url: &str) -> String {
    format!(
        "[[source]]\nname = \"yahoo\"\nurl = \"{url}\"\nlayout = \"json\"\n[[source.indicator]]\nslug = \"lq45\"\n\
         level = \"/chart/result/0/meta/regularMarketPrice\"\n\
         previous_close = \"/chart/result/0/meta/chartPreviousClose\"\n"
    )
}

const CSS_PAGE: &str = "<!DOCTYPE html><html><body><ul class='menu'><li><b>Berita</b></li></ul><ul class='ticker'>\n\
    <li><b>LQ45</b> <i class='v'>877.06</i> <i class='c'>10.80</i> <i class='p'>1.25%</i></li>\n\
    <li><b>Perak</b> <i class='v'>15,250.5</i> <i class='c'>-100.0</i> <i class='p'>-0.65%</i></li>\n\
    </ul></body></html>";

fn latest(home: &Home, indicator: &str) -> Value {
    home.pantau(["latest", indicator, "-f", "json"]).ok().array().remove(0)
}

#[test]
fn a_source_is_described_by_selectors_alone() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(CSS_PAGE)]);
    configure(&home, &css(&server.url()));
    home.pantau(["poll"]).ok();
    let lq45 = latest(&home, "lq45");
    assert_eq!(number(&lq45, "level"), Some(decimal("877.06")));
    assert_eq!(number(&lq45, "percent"), Some(decimal("1.25")));
    assert_eq!([text(&lq45, "source"), text(&lq45, "verdict")], ["lain", "verified"]);
    let silver = latest(&home, "perak");
    assert_eq!(number(&silver, "level"), Some(decimal("15250.5")));
    assert_eq!(number(&silver, "change"), Some(decimal("-100")));
    // -100 / 15350.5 = -0.6514 %.
    assert_eq!(text(&silver, "verdict"), "verified");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_source_is_described_by_pointers_alone() {
    let home = Home::new();
    let document = fs::read(fixtures().join("sources/yahoo-v8-chart.json")).unwrap();
    let server =
        Server::start(vec![Answer::new("200 OK", document).header("Content-Type", "application/json")]);
    configure(&home, &yahoo(&server.url()));
    home.pantau(["poll"]).ok();
    let lq45 = latest(&home, "lq45");
    assert_eq!(
        [text(&lq45, "source"), text(&lq45, "label"), text(&lq45, "kind")],
        ["yahoo", "LQ45", "index"]
    );
    assert_eq!(number(&lq45, "level"), Some(decimal("877.06")));
    // 877.06 - 866.26 = 10.80; 10.80 / 866.26 = 1.2467 %.
    assert_eq!(number(&lq45, "change"), Some(decimal("10.80")));
    assert!((number(&lq45, "percent").unwrap() - decimal("1.2467")).abs() <= decimal("0.005"), "{lq45}");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_document_of_another_shape_is_named_and_stores_nothing() {
    let home = Home::new();
    let document = fs::read(fixtures().join("sources/yahoo-v8-chart-error.json")).unwrap();
    let server = Server::start(vec![Answer::new("200 OK", document)]);
    configure(&home, &yahoo(&server.url()));
    home.pantau(["poll"]).refuses(5).says("/chart/result");
    home.pantau(["latest"]).refuses(3);
}

#[test]
fn an_indicator_of_two_sources_is_asked_for_by_both_names() {
    let home = Home::new();
    let one = Server::start(vec![Answer::page(capture("c04").text)]);
    let other = Server::start(vec![Answer::page(CSS_PAGE)]);
    configure(&home, &format!("{}{}", kontan(&one.url()), css(&other.url())));
    home.pantau(["poll"]).ok();
    home.pantau(["latest", "lq45"]).refuses(2).says("kontan/lq45").says("lain/lq45");
    assert_eq!(number(&latest(&home, "kontan/lq45"), "level"), Some(decimal("877")));
    assert_eq!(number(&latest(&home, "lain/lq45"), "level"), Some(decimal("877.06")));
    assert_eq!(number(&latest(&home, "perak"), "level"), Some(decimal("15250.5")));
}

#[test]
fn only_the_named_source_is_polled() {
    let home = Home::new();
    let one = Server::start(vec![Answer::page(capture("c04").text)]);
    let other = Server::start(vec![Answer::page(CSS_PAGE)]);
    configure(&home, &format!("{}{}", kontan(&one.url()), css(&other.url())));
    home.pantau(["poll", "lain"]).ok();
    assert_eq!((one.requests().len(), other.requests().len()), (0, 1));
}

#[test]
fn a_source_that_fails_keeps_no_other_from_being_polled() {
    let home = Home::new();
    let good = Server::start(vec![Answer::page(capture("c04").text)]);
    let bad = deserted_url();
    configure(&home, &format!("{}{}", css(&bad), kontan(&good.url())));
    let done = home.pantau(["poll", "-f", "json"]).fails(75);
    done.says(&bad);
    let summary = done.array().remove(0);
    for (field, value) in [("captures", "1"), ("rows", "11"), ("stored", "11"), ("failed", "1")] {
        assert_eq!(number(&summary, field), Some(decimal(value)), "{field} of {summary}");
    }
    assert_eq!(number(&latest(&home, "lq45"), "level"), Some(decimal("877")));
}

#[test]
fn a_poll_that_is_interrupted_says_so_and_leaves_a_sound_database() {
    let home = Home::with_captures(&["c20"]);
    let server = Server::start(vec![Answer::page("").delay(Duration::from_secs(60))]);
    configure(&home, &kontan(&server.url()));
    let poll = home.pantau(["poll"]).start();
    wait_for("the request", Duration::from_secs(30), || (!server.requests().is_empty()).then_some(()));
    poll.signal("INT");
    let done = poll.wait(Duration::from_secs(2));
    assert_eq!(done.code, Some(130), "{done}");
    assert!(done.stdout.is_empty(), "{done}");
    done.says("interrupted");
    home.pantau(["db", "verify"]).ok();
    assert_eq!(number(&latest(&home, "lq45"), "level"), Some(decimal("878")));
}

#[test]
fn the_program_says_who_asks() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(capture("c04").text)]);
    configure(&home, &kontan(&server.url()));
    home.pantau(["poll"]).ok();
    let head = server.requests()[0].to_lowercase();
    assert!(head.contains(concat!("user-agent: pantau/", env!("CARGO_PKG_VERSION"))), "{head}");
}

#[test]
fn what_a_server_answers_decides_the_exit_code() {
    for (answer, code, says) in [
        (Answer::new("500 Internal Server Error", "rusak"), 75, "500"),
        (Answer::new("503 Service Unavailable", ""), 75, "503"),
        (Answer::new("429 Too Many Requests", ""), 75, "429"),
        (Answer::new("404 Not Found", "tiada"), 1, "404"),
        (Answer::page(shapes::without_block()), 5, "| INDIKATOR |"),
        (Answer::page(""), 5, "it is empty"),
        (Answer::page(capture("c20").text).cut(100), 75, "http://127.0.0.1"),
    ] {
        let home = Home::new();
        let server = Server::start(vec![answer.clone()]);
        configure(&home, &kontan(&server.url()));
        home.pantau(["poll"]).refuses(code).says(says);
        home.pantau(["latest"]).refuses(3);
        home.pantau(["db", "verify"]).ok();
    }
}

#[test]
fn a_server_that_takes_too_long_is_for_later() {
    let home = Home::new();
    let slow = Answer::page(capture("c20").text).trickle(10, Duration::from_millis(100));
    let server = Server::start(vec![slow]);
    configure(&home, &format!("{}timeout = \"500ms\"\n", kontan(&server.url())));
    home.pantau(["poll"]).refuses(75).says(&server.url());
}

#[test]
fn a_page_without_an_end_is_not_read_to_its_end() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(vec![b'x'; 300_000])]);
    configure(&home, &format!("{}max_body = 100000\n", kontan(&server.url())));
    let done = home.pantau(["poll"]).run();
    assert!(matches!(done.code, Some(1 | 5)), "{done}");
    done.says(&server.url());
}

#[test]
fn a_saved_page_of_a_described_source_is_read_with_its_layout() {
    let home = Home::new();
    configure(&home, &css("https://example.org/"));
    home.write("halaman.html", CSS_PAGE);
    let quotes = home.pantau(["extract", "--source", "lain", "halaman.html"]).ok().ndjson();
    let labels: Vec<&str> = quotes.iter().map(|quote| text(quote, "label")).collect();
    assert_eq!(labels, ["LQ45", "Perak"]);
    home.pantau(["poll", "lain", "--from", "halaman.html", "--at", "2024-11-22T17:00:00+07:00"]).ok();
    assert_eq!(text(&latest(&home, "perak"), "first_seen"), "2024-11-22T17:00:00+07:00");
}

#[test]
fn a_stale_source_is_told_by_the_exit_code() {
    let home = Home::with_captures(&["c01"]);
    let done = home.pantau(["status"]).fails(5);
    assert!(done.stdout().contains("kontan"), "{done}");
    let server = Server::start(vec![Answer::page(capture("c20").text)]);
    let fresh = Home::new();
    configure(&fresh, &kontan(&server.url()));
    fresh.pantau(["poll"]).ok();
    fresh.pantau(["status"]).ok();
}

#[test]
fn sources_and_indicators_are_listed() {
    let home = Home::new();
    let listed = home.pantau(["sources", "-f", "json"]).ok().array();
    let names: Vec<&str> = listed.iter().map(|source| text(source, "source")).collect();
    assert_eq!(names, ["kontan", "yahoo"]);
    home.record("c01");
    let indicators = home.pantau(["indicators", "-f", "json"]).ok().array();
    let slugs: Vec<&str> = indicators.iter().map(|one| text(one, "indicator")).collect();
    assert_eq!(slugs, ["lq45", "emas", "rd-saham", "rd-campuran", "rd-pendapatan-tetap"]);
}
