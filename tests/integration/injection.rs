//! Hostile text through every way in and out: whatever a page, a server, a file name or a configuration holds, nothing
//! that a terminal obeys, a spreadsheet runs or a document takes for its own comes out.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::captures::fixtures;
use crate::common::{Done, Home, system_program, text, wait_for};
use crate::receiver::Receiver;
use crate::server::{Answer, Server};
use crate::web::Daemon;

fn labels() -> Vec<String> {
    serde_json::from_slice(&fs::read(fixtures().join("injection.json")).unwrap()).unwrap()
}

fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A page with a row for each label; the first number of each is its place in the list, times a factor.
fn page(factor: usize) -> String {
    let row = |(place, label): (usize, &String)| {
        let level = (place + 1) * factor;
        format!("<li><b>{}</b><i class='v'>{level}</i><i class='p'>0.00%</i></li>\n", html(label))
    };
    let rows: String = labels().iter().enumerate().map(row).collect();
    format!("<!DOCTYPE html><html><body><ul>{rows}</ul></body></html>")
}

fn css(url: &str) -> String {
    format!(
        "[[source]]\nname = \"jahat\"\nurl = \"{url}\"\nlayout = \"css\"\nrow = \"li\"\nlabel = \"b\"\nlevel = \".v\"\n\
         percent = \".p\"\nlocale = \"en\"\nevery = \"1s\"\n"
    )
}

/// A home in which every label was recorded twice, and then held.
pub(crate) fn recorded() -> Home {
    let home = Home::new();
    home.write("config/pantau/pantau.toml", css("https://example.org/"));
    for (at, factor) in [("10:00", 100), ("10:10", 101), ("10:20", 90_000)] {
        let at = format!("2024-11-22T{at}:00+07:00");
        let done = home.pantau(["poll", "--at", &at, "--from", "-"]).stdin(page(factor)).run();
        harmless(&done);
    }
    home
}

/// A character that a terminal obeys, that turns the direction of others, or that nobody sees; a line feed ends a line.
fn is_raw(character: char) -> bool {
    let is_hidden = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fffe}' | '\u{e0000}'..='\u{e007f}'
    );
    character.is_control() && character != '\n' || is_hidden
}

/// Expects nothing raw, on either output, and no line that is not the program's own.
#[track_caller]
fn harmless(done: &Done) {
    for bytes in [&done.stdout, &done.stderr] {
        let text = std::str::from_utf8(bytes).unwrap();
        let raw = text.char_indices().find(|(_, c)| is_raw(*c));
        assert_eq!(raw, None, "{done}");
        assert!(!text.contains("panicked"), "{done}");
        assert!(!text.lines().any(|line| line.starts_with("pantau: PALSU")), "{done}");
    }
}

/// Takes out the colours that the program itself writes.
fn without_colours(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap();
        assert!(after[end..].starts_with('m'), "{after}");
        plain.push_str(before);
        rest = &after[end + 1..];
    }
    plain + rest
}

const QUESTIONS: [&[&str]; 8] = [
    &["latest"],
    &["history", "31mmerah", "etc-passwd", "drop-table-observation"],
    &["history", "31mmerah", "--every", "1d"],
    &["change", "--over", "1d"],
    &["indicators"],
    &["sources"],
    &["status"],
    &["review"],
];

#[test]
fn every_label_is_recorded_as_it_is() {
    let home = recorded();
    let rows = home.pantau(["indicators", "-f", "json"]).ok().array();
    let recorded: Vec<&str> = rows.iter().map(|row| text(row, "label")).collect();
    // What has no width or turns its neighbours is no part of a label; white space is one blank.
    let is_dropped = |c: char| matches!(c, '\0' | '\u{ad}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |label: &str| label.replace(is_dropped, "").split_whitespace().collect::<Vec<_>>().join(" ");
    let missing: Vec<String> = labels()
        .iter()
        .map(|label| plain(label))
        .filter(|label| !recorded.contains(&label.as_str()))
        .collect();
    assert_eq!(missing, [""; 0], "{recorded:?}");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn tables_and_json_hold_nothing_raw() {
    let home = recorded();
    for question in QUESTIONS {
        for form in ["table", "json", "ndjson", "csv"] {
            let done = home.pantau(question).args(["-f", form]).run();
            assert!(!done.stdout.is_empty(), "{done}");
            harmless(&done);
        }
        let coloured = home.pantau(question).args(["--color", "always"]).run().stdout();
        let raw = without_colours(&coloured).chars().find(|c| is_raw(*c));
        assert_eq!(raw, None, "{coloured:?}");
    }
}

#[test]
fn each_text_can_be_traced_without_harm() {
    let home = recorded();
    for row in home.pantau(["indicators", "-f", "json"]).ok().array() {
        for form in ["table", "json", "csv"] {
            let done = home.pantau(["explain", text(&row, "indicator"), "-f", form]).ok();
            harmless(&done);
        }
    }
}

#[test]
fn a_spreadsheet_runs_nothing_and_numbers_stay_numbers() {
    let home = recorded();
    home.write("page.html", page(100));
    for question in QUESTIONS.iter().copied().chain([&["extract", "--source", "jahat", "page.html"][..]]) {
        let csv = home.pantau(question).args(["-f", "csv"]).run().stdout;
        let mut reader = csv::Reader::from_reader(&csv[..]);
        let names = reader.headers().unwrap().clone();
        for record in reader.records() {
            for (name, cell) in names.iter().zip(&record.unwrap()) {
                let is_number = cell.parse::<f64>().is_ok();
                assert!(
                    is_number || !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']),
                    "{name}: {cell:?}"
                );
                let is_figure = ["level", "change", "percent"].contains(&name) && !cell.is_empty();
                assert!(is_number || !is_figure, "{name}: {cell:?}");
            }
        }
    }
    let csv = home.pantau(["indicators", "-f", "csv"]).ok().stdout();
    assert!(csv.contains("'=1+1+RUMUS") && csv.contains("'@SUM(1+1)*cmd"), "{csv}");
}

#[test]
fn charts_show_labels_and_nothing_else_of_them() {
    let home = recorded();
    for (place, row) in home.pantau(["indicators", "-f", "json"]).ok().array().iter().enumerate() {
        let slug = text(row, "indicator");
        let done = home.pantau(["chart", slug, "-o", "chart.svg", "--size", "640x400"]).ok();
        harmless(&done);
        let svg = fs::read_to_string(home.path("chart.svg")).unwrap();
        assert!(!svg.contains(is_raw), "{slug}");
        for markup in ["<script", "<img", "<b>", "<!--", "<?xml", "&xxe;", "]]>"] {
            assert!(!svg.contains(markup), "{slug}: {markup}");
        }
        assert_eq!(svg.matches("</svg>").count(), 1, "{slug}");
        if place % 4 > 0 {
            continue;
        }
        // Its pixels are made from the SVG, so that what cannot be read as XML would fail here.
        let png = home.pantau(["chart", slug, "-o", "-", "--size", "640x400"]).ok().stdout;
        assert!(!readable_texts(&png).contains(is_raw), "{slug}");
    }
}

/// The texts inside a PNG, a line each.
fn readable_texts(png: &[u8]) -> String {
    let mut texts = String::new();
    let mut rest = &png[8..];
    while rest.len() >= 12 {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        if matches!(&rest[4..8], b"tEXt" | b"iTXt") {
            texts += &String::from_utf8(rest[8..8 + length].to_vec()).unwrap().replace('\0', "\n");
        }
        rest = &rest[12 + length..];
    }
    assert!(texts.contains("Query"), "{texts}");
    texts
}

#[test]
fn a_chart_without_a_name_stays_in_its_folder() {
    let home = recorded();
    let before = home.files();
    for typed in ["../../../../etc/passwd", "/etc/passwd.png", ".tersembunyi", "\u{1b}[31mMERAH", "CON"] {
        let done = home.pantau(["chart", "--size", "640x400", "--", typed]).run();
        harmless(&done);
        assert_eq!(done.code, Some(0), "{done}");
    }
    let is_picture = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "png");
    let new = home.files().into_iter().filter(|file| !before.contains(file) && is_picture(file));
    let name = |file: PathBuf| file.strip_prefix(home.path("")).unwrap().to_string_lossy().into_owned();
    let mut made: Vec<String> = new.map(name).collect();
    made.sort();
    assert_eq!(
        made,
        ["31mmerah.png", "chart-con.png", "etc-passwd-png.png", "etc-passwd.png", "tersembunyi.png"]
    );
}

#[test]
fn what_people_type_is_bound_and_told_escaped() {
    let home = recorded();
    for typed in
        labels().iter().map(String::as_str).chain(["'; DROP TABLE observation; --x", "\u{1b}[2Jtiada"])
    {
        if typed.contains('\0') {
            continue;
        }
        for command in [&["latest", "-f", "json", "--"][..], &["explain", "--"], &["latest", "--tz"]] {
            harmless(&home.pantau(command).arg(typed).run());
        }
    }
    home.pantau(["latest"]).ok();
    home.pantau(["db", "verify"]).ok();
    assert!(!home.path("jahat").exists() && !home.path("jahat2").exists());
}

#[test]
fn the_name_of_a_file_is_told_escaped() {
    let home = Home::new();
    home.write("config/pantau/pantau.toml", css("https://example.org/"));
    let name = "\u{1b}]0;x\u{7}\u{202e}lmth\n.html";
    home.write(name, page(100));
    harmless(&home.pantau(["poll", "--at", "2024-11-22", "--from", name]).run());
    harmless(&home.pantau(["extract", "--source", "jahat", name]).run());
    harmless(&home.pantau(["extract", "--source", "jahat", "-f", "csv", name]).run());
    harmless(&home.pantau(["explain", "31mmerah"]).run());
    for (arguments, code) in [
        (&["poll", "--from", "\u{9b}2Jtiada"][..], 1),
        (&["latest", "--config", "\u{202e}tiada"], 2),
        (&["latest", "--db", "\u{202e}tiada"], 3),
        (&["db", "backup", "\u{1b}[2J/x.db"], 1),
        (&["init", "\u{1b}[2J.toml"], 0),
        (&["chart", "31mmerah", "-o", "\u{1b}[2J\u{202e}.svg"], 0),
        (&["chart", "31mmerah", "-o", "\u{1b}[2J\u{202e}.gif"], 2),
        (&["\u{1b}[2J"], 2),
        (&["latest", "--\u{1b}[2J"], 2),
    ] {
        let home = if matches!(arguments[0], "db" | "chart") { recorded() } else { Home::new() };
        harmless(&home.pantau(arguments).fails(code));
    }
}

#[test]
fn what_a_configuration_holds_is_told_escaped() {
    let home = Home::new();
    for (config, code) in [
        ("[[source]]\nname = \"\\u001b[2J\"\nurl = \"https://a.id/\"\nlayout = \"kontan\"\n", 2),
        ("[[source]]\nname = \"\u{202e}a\"\nurl = \"https://a.id/\"\nlayout = \"kontan\"\n", 2),
        ("[[source]]\nname = \"../../a\"\nurl = \"https://a.id/\"\nlayout = \"kontan\"\n", 2),
        ("[[source]]\nname = \"=cmd\"\nurl = \"https://a.id/\"\nlayout = \"kontan\"\n", 2),
        ("[[source]]\nname = \"a\"\nurl = \"\\u001b[2J\"\nlayout = \"kontan\"\n", 2),
        ("\"\\u001b[2J\u{202e}\" = 1\n", 2),
        ("[market]\nzone = \"\\u009b2J\"\n", 2),
        ("[store]\npath = \"\\u001b[2J\u{202e}.db\"\n", 0),
    ] {
        home.write("config/pantau/pantau.toml", config);
        harmless(&home.pantau(["config"]).fails(code));
    }
    let unit = "\\u202e\\u009b%\\\\";
    let json = format!(
        "[[source]]\nname = \"a\"\nurl = \"https://a.id/\"\nlayout = \"json\"\n[[source.indicator]]\nlabel = \"=\\u202ex\"\n\
         level = \"/\\u202ea\"\nunit = \"{unit}\"\n"
    );
    home.write("config/pantau/pantau.toml", json);
    let shown = home.pantau(["config"]).ok();
    harmless(&shown);
    home.write("again.toml", &shown.stdout);
    assert_eq!(home.pantau(["config", "--config", "again.toml"]).ok().stdout, shown.stdout);
    home.write("a.json", "{\"\u{202e}a\": 5}");
    harmless(&home.pantau(["poll", "--at", "2024-11-22", "--from", "a.json"]).run());
    for form in ["table", "json", "csv"] {
        harmless(&home.pantau(["latest", "-f", form]).ok());
    }
}

/// Answers that carry hostile text in every part that a message repeats.
fn hostile_answers() -> Vec<Answer> {
    vec![
        Answer::new("500 \u{1b}[2J\u{202e}rusak", "\u{1b}[2J"),
        Answer::new("302 Found", "").header("Location", "http://\u{202e}\u{9b}jahat.example/"),
        Answer::new("302 Found", "").header("Location", "ftp://a.example/%1b[2J\u{202e}"),
        Answer::page("x").header("Content-Encoding", "\u{202e}\u{9b}2J"),
        Answer::page("x").header("X", "\u{1b}[2J"),
        Answer::page("\u{1b}]0;x\u{7}\u{202e}tiada baris"),
        Answer::page(page(100)),
        Answer::page(page(101)).header("ETag", "\"\u{202e}\""),
    ]
}

#[test]
fn what_a_server_says_is_told_escaped() {
    for answer in hostile_answers() {
        let home = Home::new();
        let server = Server::start(vec![answer]);
        home.write("config/pantau/pantau.toml", css(&server.url()));
        harmless(&home.pantau(["poll"]).run());
        for form in ["table", "json", "csv"] {
            harmless(&home.pantau(["status", "-f", form]).run());
        }
    }
}

#[test]
fn the_log_has_a_line_for_each_event_and_nothing_raw_in_it() {
    for form in ["text", "json"] {
        let home = Home::new();
        let servers: Vec<Server> =
            hostile_answers().into_iter().map(|answer| Server::start(vec![answer])).collect();
        let source = |(place, server): (usize, &Server)| {
            css(&server.url()).replace("\"jahat\"", &format!("\"jahat-{place}\""))
        };
        let sources: String = servers.iter().enumerate().map(source).collect();
        home.write("config/pantau/pantau.toml", sources);
        let daemon = home.pantau(["run", "-v", "--log-format", form]).start();
        let are_asked = || servers.iter().all(|server| !server.requests().is_empty());
        wait_for("every answer", Duration::from_secs(60), || are_asked().then_some(()));
        daemon.signal("TERM");
        let done = daemon.wait(Duration::from_secs(10));
        harmless(&done);
        let log = done.stderr();
        let polls = log.lines().filter(|line| line.contains("outcome")).count();
        assert!(polls >= servers.len(), "{done}");
        if form == "json" {
            let read = |line: &str| {
                serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"))
            };
            assert!(log.lines().map(read).all(|event| event["level"].is_string()), "{done}");
        } else {
            assert!(log.contains("source=\"jahat-2\" outcome=\"http_error\""), "{done}");
        }
    }
}

#[test]
fn metrics_hold_nothing_raw() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page(100))]);
    let daemon = Daemon::start(&home, &[css(&server.url())]);
    let metrics = wait_for("the levels", Duration::from_secs(60), || {
        Some(daemon.get("/metrics")).filter(|metrics| metrics.body().contains("pantau_level{"))
    });
    let health = daemon.get("/healthz");
    for body in [metrics.body(), health.body()] {
        assert_eq!(body.chars().find(|c| is_raw(*c)), None, "{body}");
    }
    let levels = metrics
        .body()
        .lines()
        .filter(|line| line.starts_with("pantau_level{source=\"jahat\",indicator="))
        .count();
    let all = home.pantau(["indicators", "-f", "json", "--config", "pantau.toml"]).ok().array().len();
    assert_eq!(levels, all, "{}", metrics.body());
    let is_ours = |line: &str| {
        ["# HELP ", "# TYPE ", "pantau_", "process_"].iter().any(|begin| line.starts_with(begin))
    };
    assert!(metrics.body().lines().all(is_ours), "{}", metrics.body());
    if let Some(promtool) = system_program("promtool") {
        home.program(&promtool, ["check", "metrics"]).stdin(metrics.body()).ok().is_silent();
    }
    daemon.stop();
}

#[test]
fn what_people_are_told_holds_nothing_raw() {
    let home = Home::new();
    let (server, receiver) =
        (Server::start(vec![Answer::page(page(100))]), Receiver::start(200, "\u{1b}[31m\u{202e}ok"));
    let (webhook, ntfy) = (receiver.url("webhook"), receiver.url("ntfy"));
    let alert = format!(
        "[[alert]]\nname = \"naik\"\nwhen = \"31mmerah.level > 0 and drop-table-observation.level > 0 and etc-passwd.level > 0\"\n\
         to = [\"webhook:{webhook}\", \"ntfy:{ntfy}\"]\n"
    );
    let daemon = Daemon::start(&home, &[css(&server.url()), alert]);
    let told = wait_for("both messages", Duration::from_secs(60), || {
        Some(receiver.requests()).filter(|told| told.len() >= 2)
    });
    for request in told {
        let sent = request.head() + &request.text();
        assert!(sent.contains("31mmerah.level"), "{sent}");
        assert_eq!(sent.chars().find(|c| is_raw(*c)), None, "{sent}");
    }
    harmless(&home.pantau(["alert", "list", "--config", "pantau.toml"]).ok());
    daemon.stop();
}
