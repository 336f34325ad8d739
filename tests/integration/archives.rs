//! `pantau extract` on archives, one thing at a time: which records are pages, when they were captured, what is said of
//! what cannot be read, and that nothing but the named files is touched.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::captures::capture;
use crate::common::{Home, number, system_program, text};
use crate::shapes;

const DATE: &str = "2024-04-19T03:30:00Z";
const URL: &str = "https://www.kontan.co.id/";

/// A record with the fields of its head, whose date and address are as above unless they are given.
fn record(kind: &str, fields: &[(&str, &str)], block: &str) -> Vec<u8> {
    let mut head = format!("WARC/1.0\r\nWARC-Type: {kind}\r\nContent-Length: {}\r\n", block.len());
    let usual = [("WARC-Date", DATE), ("WARC-Target-URI", URL)];
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    for (name, value) in usual.iter().filter(|(name, _)| !is_given(name)).chain(fields) {
        if !value.is_empty() {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    format!("{head}\r\n{block}\r\n\r\n").into_bytes()
}

/// An answer with the header of a capture.
fn answer(status: &str, content_type: &str, name: &str) -> String {
    let page = shapes::pages(&capture(name).text).swap_remove(0).html;
    format!("HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n\r\n{page}")
}

fn page(fields: &[(&str, &str)]) -> Vec<u8> {
    record("response", fields, &answer("200 OK", "text/html", "c01"))
}

fn report(home: &Home) -> Value {
    serde_json::from_slice(&fs::read(home.path("report")).unwrap()).unwrap()
}

/// The captured times of the rows of a file, each once.
fn times(rows: &[Value]) -> Vec<&str> {
    let mut times: Vec<&str> = rows.iter().map(|row| text(row, "captured_at")).collect();
    times.dedup();
    times
}

#[test]
fn a_row_says_where_it_stood_and_when_it_was_captured() {
    let home = Home::new();
    let ahead = record("warcinfo", &[], "software: x\r\n");
    home.write("a.warc", [ahead.clone(), page(&[])].concat());
    let done = home.pantau(["extract", "a.warc"]).ok();
    done.is_silent();
    let rows = done.ndjson();
    assert_eq!(rows.len(), 5);
    for row in &rows {
        assert_eq!((text(row, "file"), text(row, "url")), ("a.warc", URL));
        assert_eq!(text(row, "captured_at"), "2024-04-19T03:30:00+00:00");
        assert_eq!(row["offset"], ahead.len());
    }
    let first = done.stdout();
    let keys = ["source", "url", "captured_at", "label", "indicator", "level", "change", "percent"];
    let places: Vec<_> = keys.iter().map(|key| first.find(&format!("\"{key}\":")).unwrap()).collect();
    assert!(places.is_sorted(), "{first}");
}

#[test]
fn only_whole_answers_that_are_pages_are_read() {
    let home = Home::new();
    for (block, rows) in [
        (answer("200 OK", "text/html; charset=utf-8", "c03"), 11),
        (answer("200 OK", "application/xhtml+xml", "c03"), 11),
        (answer("200 OK", "text/plain", "c03"), 11),
        (answer("429 Too Many Requests", "text/html", "c03"), 0),
        (answer("404 Not Found", "text/html", "c03"), 0),
        (answer("301 Moved Permanently", "text/html", "c03"), 0),
        (answer("200 OK", "application/json", "c03"), 0),
        (answer("200 OK", "image/jpeg", "c03"), 0),
    ] {
        home.write("a.warc", record("response", &[], &block));
        let done = home.pantau(["extract", "a.warc"]).ok();
        assert_eq!(done.ndjson().len(), rows, "{}\n{done}", &block[..80]);
    }
    let html = shapes::pages(&capture("c03").text).swap_remove(0).html;
    for (kind, content_type, rows) in
        [("resource", "text/html", 11), ("resource", "image/png", 0), ("request", "text/html", 0)]
    {
        home.write("a.warc", record(kind, &[("Content-Type", content_type)], &html));
        assert_eq!(home.pantau(["extract", "a.warc"]).ok().ndjson().len(), rows, "{kind} {content_type}");
    }
}

#[test]
fn the_texts_of_wet_files_glue_names_to_numbers() {
    let home = Home::new();
    let block =
        "Berita\n| : WIB | INDIKATOR |\nLQ45919,20 -16,32 -1.74%\nEMAS1.345.000 0,75%\nRD.SAHAM 0.05%\nBaca";
    home.write("a.warc.wet", record("conversion", &[("Content-Type", "text/plain")], block));
    let rows = home.pantau(["extract", "a.warc.wet"]).ok().ndjson();
    let read: Vec<_> = rows.iter().map(|row| (text(row, "label"), number(row, "level"))).collect();
    let expected = ["919.20", "1345000"].map(|level| Some(level.parse().unwrap()));
    assert_eq!(read, [("LQ45", expected[0]), ("EMAS", expected[1]), ("RD.SAHAM", None)]);
    assert_eq!(times(&rows), ["2024-04-19T03:30:00+00:00"]);
}

#[test]
fn only_captures_of_wanted_addresses_are_read() {
    let home = Home::new();
    let urls = ["https://www.kontan.co.id/", "https://www.kontan.co.id/a/b?c=d", "http://example.com/"];
    home.write("a.warc", urls.map(|url| page(&[("WARC-Target-URI", url)])).concat());
    for (globs, wanted) in [
        (&["--url", "*kontan.co.id/*"][..], &urls[..2]),
        (&["--url", "*/a/*"], &urls[1..2]),
        (&["--url", "http://*", "--url", "*.id/"], &[urls[0], urls[2]]),
        (&["--url", "kontan.co.id"], &[]),
    ] {
        let rows = home.pantau(["extract", "a.warc"]).args(globs).ok().ndjson();
        let mut read: Vec<&str> = rows.iter().map(|row| text(row, "url")).collect();
        read.dedup();
        assert_eq!(read, wanted, "{globs:?}");
    }
    home.pantau(["extract", "a.warc", "--url", "a[b"]).refuses(2).says("a[b");
}

#[test]
fn the_time_of_a_copy_from_wayback_is_in_its_address() {
    let home = Home::new();
    let wayback =
        ("WARC-Source-URI", "https://web.archive.org/web/20220105060708id_/https://www.kontan.co.id/");
    home.write("a.warc", page(&[wayback]));
    let captured = |rule: &[&str]| {
        let rows = home.pantau(["extract", "a.warc"]).args(rule).ok().ndjson();
        text(&rows[0], "captured_at").to_owned()
    };
    assert_eq!(captured(&[]), "2022-01-05T06:07:08+00:00");
    assert_eq!(captured(&["--captured-at", "source-uri"]), "2022-01-05T06:07:08+00:00");
    assert_eq!(captured(&["--captured-at", "warc-date"]), "2024-04-19T03:30:00+00:00");
    home.pantau(["extract", "a.warc", "--captured-at", "now"]).refuses(2).says("now");
}

#[test]
fn a_capture_without_a_time_gives_no_rows_and_is_said() {
    let home = Home::new();
    let impossible =
        ("WARC-Source-URI", "https://web.archive.org/web/20220230060708/https://www.kontan.co.id/");
    for fields in [("WARC-Date", ""), ("WARC-Date", "2024-02-30T00:00:00Z"), impossible] {
        home.write("a.warc", [page(&[fields]), page(&[])].concat());
        let done = home.pantau(["extract", "a.warc", "--report", "report"]).fails(5);
        assert_eq!(done.ndjson().len(), 5, "{fields:?}: the rows of the other one");
        done.says("a.warc, offset 0: ").says("its rows are left out");
        let input = &report(&home)["inputs"][0];
        assert_eq!((text(input, "status"), input["rows"].as_u64()), ("partial", Some(5)), "{fields:?}");
        assert!(text(input, "detail").starts_with("offset 0: "), "{input}");
    }
    home.write("a.warc", page(&[]));
    home.pantau(["extract", "a.warc", "--captured-at", "source-uri"]).refuses(5).says("WARC-Source-URI");
}

#[test]
fn a_revisit_has_the_rows_of_its_page_where_that_is_in_the_same_input() {
    let home = Home::new();
    let id = ("WARC-Record-ID", "<urn:uuid:1>");
    let later = ("WARC-Date", "2024-04-20T03:30:00Z");
    let revisit = |fields: &[(&str, &str)]| record("revisit", &[&[later], fields].concat(), "");
    let digest = ("WARC-Payload-Digest", "sha1:AAAA");
    let both = ["2024-04-19T03:30:00+00:00", "2024-04-20T03:30:00+00:00"];
    for (fields, expected) in [
        (&[("WARC-Refers-To", "<urn:uuid:1>")][..], &both[..]),
        (&[("WARC-Refers-To-Target-URI", URL), ("WARC-Refers-To-Date", DATE)], &both),
        (&[digest], &both),
        (&[("WARC-Refers-To", "<urn:uuid:2>")], &both[..1]),
    ] {
        home.write("a.warc", [page(&[id, digest]), revisit(fields)].concat());
        let rows = home.pantau(["extract", "-q", "a.warc", "--report", "report"]).ok().ndjson();
        assert_eq!(times(&rows), expected, "{fields:?}");
        let unresolved = report(&home)["totals"]["revisit_unresolved"].as_u64();
        assert_eq!(unresolved, Some(2 - expected.len() as u64), "{fields:?}");
    }
    // Another input is another matter: parts of one file can be read anywhere.
    home.write("b.warc", revisit(&[("WARC-Refers-To", "<urn:uuid:1>")]));
    home.write("a.warc", page(&[id]));
    let done = home.pantau(["extract", "a.warc", "b.warc", "--report", "report"]).ok();
    assert_eq!(done.ndjson().len(), 5);
    done.says("1 repeats of pages");
    assert_eq!(report(&home)["totals"]["revisit_unresolved"], 1);
}

#[test]
fn the_rows_of_a_damaged_archive_are_given_and_the_damage_is_said() {
    let home = Home::new();
    let whole = [page(&[]), page(&[])].concat();
    home.write("cut.warc", &whole[..whole.len() - 1000]);
    home.write("whole.warc", page(&[]));
    let done = home.pantau(["extract", "cut.warc", "whole.warc", "--report", "report"]).fails(5);
    assert_eq!(done.ndjson().len(), 10);
    done.says(&format!("cut.warc, offset {}: ", whole.len() / 2));
    let inputs = report(&home)["inputs"].clone();
    assert_eq!((text(&inputs[0], "status"), text(&inputs[1], "status")), ("partial", "ok"));
    assert!(text(&inputs[0], "detail").starts_with(&format!("offset {}: ", whole.len() / 2)), "{inputs}");
    assert_eq!(report(&home)["totals"]["truncated"], 1);
    // The same where each record is compressed.
    let packed = [page(&[]), page(&[])].map(|record| crate::corpus::page::gzip(&record)).concat();
    home.write("cut.warc.gz", &packed[..packed.len() - 10]);
    let done = home.pantau(["extract", "cut.warc.gz", "--report", "report"]).fails(5);
    done.says("cut.warc.gz, offset ");
    assert_eq!(report(&home)["totals"]["truncated"], 1);
}

#[test]
fn an_input_that_is_not_there_is_reported_as_failed_and_the_others_are_read() {
    let home = Home::new();
    home.write("a.warc", page(&[]));
    for threads in ["1", "2"] {
        let done = home
            .pantau(["extract", "nowhere.warc", "a.warc", "--report", "report", "--threads", threads])
            .fails(1);
        assert_eq!(done.ndjson().len(), 5);
        done.says("nowhere.warc");
        let inputs = report(&home)["inputs"].clone();
        assert_eq!((text(&inputs[0], "status"), text(&inputs[1], "status")), ("failed", "ok"));
        assert_eq!((text(&inputs[0], "path"), inputs[0]["records"].as_u64()), ("nowhere.warc", Some(0)));
    }
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure_and_leaves_the_old_one() {
    let home = Home::new();
    home.write("a.warc", page(&[]));
    fs::create_dir(home.path("taken")).unwrap();
    let done = home.pantau(["extract", "a.warc", "--report", "taken"]).fails(1);
    assert_eq!(done.ndjson().len(), 5);
    done.says("failed to write taken");
    home.pantau(["extract", "a.warc", "--report", "no/such/report"]).fails(1).says("no/such/report");
    home.write("report", "old");
    home.pantau(["extract", "a.warc", "--report", "report"]).ok();
    assert_eq!(report(&home)["totals"]["rows"], 5);
    assert_eq!(home.files(), [home.path("a.warc"), home.path("report")]);
}

#[test]
fn an_output_that_cannot_be_written_is_a_failure_and_a_closed_one_is_not() {
    let home = Home::new();
    home.write("a.warc", page(&[]).repeat(200));
    for threads in ["1", "2"] {
        let done = home.pantau(["extract", "a.warc", "a.warc", "--threads", threads]).unread();
        assert_eq!(done.code, Some(0), "{done}");
        done.is_silent();
    }
    let full = home.program(Path::new("/bin/sh"), ["-c", "\"$0\" extract a.warc > /dev/full"]);
    full.arg(env!("CARGO_BIN_EXE_pantau")).refuses(1);
}

#[test]
fn what_names_no_input_is_a_usage_error() {
    let home = Home::new();
    home.write("a.warc", page(&[]));
    home.pantau(["extract", "a.warc\t1"]).refuses(2).says("a.warc");
    home.pantau(["extract", "--paths-from", "-"]).stdin("a.warc\t0\tx\n").refuses(2).says("offset");
    home.pantau(["extract", "-", "--paths-from", "-"]).refuses(2).says("standard input");
    home.pantau(["extract", "--paths-from", "nowhere"]).refuses(1).says("nowhere");
    home.pantau(["extract", "a.warc", "--threads", "0"]).refuses(2).says("threads");
    assert!(
        home.pantau(["extract", "--paths-from", "-"]).ok().stdout.is_empty(),
        "an empty list is no input"
    );
    assert_eq!(home.pantau(["extract", "--paths-from", "-"]).stdin("\na.warc\n\n").ok().ndjson().len(), 5);
}

#[test]
fn a_folder_is_read_in_the_order_of_its_paths() {
    let home = Home::new();
    for (name, capture_name) in [("d/b.html", "c20"), ("d/a/2.html", "c04"), ("d/a/1.txt", "c01")] {
        home.write(name, &capture(capture_name).text);
    }
    home.write("d/c.warc", page(&[]));
    let rows = home.pantau(["extract", "-q", "d"]).ok().ndjson();
    let mut files: Vec<&str> = rows.iter().map(|row| text(row, "file")).collect();
    files.dedup();
    assert_eq!(files, ["d/a/1.txt", "d/a/2.html", "d/b.html", "d/c.warc"]);
}

#[test]
fn an_archive_can_be_read_from_the_standard_input() {
    let home = Home::new();
    let rows = home.pantau(["extract"]).stdin(page(&[])).ok().ndjson();
    assert_eq!((rows.len(), text(&rows[0], "file"), text(&rows[0], "url")), (5, "-", URL));
}

#[test]
fn what_surrounds_the_program_changes_no_byte() {
    let home = Home::new();
    let archive = home.write("a.warc", page(&[]).repeat(3));
    home.write("data/pantau/pantau.db", b"no database");
    home.write("config/pantau/pantau.toml", b"no configuration");
    let plain = home.pantau(["extract"]).arg(&archive).ok().stdout;
    let pantau = Path::new(env!("CARGO_BIN_EXE_pantau"));
    for variables in [
        &["TZ=America/New_York", "LANG=de_DE.UTF-8", "LC_ALL=de_DE.UTF-8"][..],
        &["TZ=Asia/Kolkata", "LC_NUMERIC=id_ID"],
        &["HOME=/nonexistent", "TMPDIR=/nonexistent", "COLUMNS=20", "CLICOLOR_FORCE=1"],
        &[],
    ] {
        let alone = home.program(Path::new("/usr/bin/env"), ["-i"]).args(variables).arg(pantau);
        assert!(alone.arg("extract").arg(&archive).ok().stdout == plain, "{variables:?}");
    }
    let unwritable = home.program(Path::new("/bin/sh"), ["-c", "cd /proc/self && exec \"$@\"", "sh"]);
    assert!(unwritable.arg(pantau).arg("extract").arg(&archive).ok().stdout == plain);
}

#[test]
fn nothing_is_opened_but_the_named_files_and_nobody_is_called() {
    let Some(strace) = system_program("strace") else { return };
    let home = Home::new();
    let archive = home.write("a.warc", page(&[]).repeat(3));
    let trace = home.path("trace");
    let run =
        home.program(&strace, ["-f", "-qq", "-e", "trace=%network,%file,%desc", "-e", "signal=none", "-o"]);
    let run = run.arg(&trace).arg(env!("CARGO_BIN_EXE_pantau")).args(["extract", "--threads", "2"]);
    assert_eq!(run.arg(&archive).ok().ndjson().len(), 15);
    let trace = fs::read_to_string(&trace).unwrap();
    let calls = |name: &str| trace.lines().filter(|line| line.contains(name)).collect::<Vec<_>>();
    assert!(calls("socket(").is_empty() && calls("connect(").is_empty(), "{trace}");
    let is_allowed = |line: &&str| {
        let system =
            ["/etc/ld.so", "/lib/", "/lib64/", "/usr/lib", "/proc/self/", "/sys/fs/cgroup", "/dev/null"];
        line.contains(archive.to_str().unwrap())
            || system.iter().any(|path| line.contains(&format!("\"{path}")))
    };
    let opened = calls("open(\"").into_iter().chain(calls("openat(AT_FDCWD, \""));
    let odd: Vec<&str> = opened.filter(|line| !is_allowed(line)).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert!(!calls(archive.to_str().unwrap()).is_empty(), "{trace}");
    let writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "rename(", "mkdir("].iter().flat_map(|call| calls(call));
    let written: Vec<&str> = writing.filter(|line| !line.contains("/dev/null")).collect();
    assert!(written.is_empty(), "{written:#?}");
}

#[test]
fn the_archives_in_a_wacz_file_are_read_and_named() {
    let home = Home::new();
    let mut zip = zip::ZipWriter::new(fs::File::create(home.path("a.wacz")).unwrap());
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [
        ("datapackage.json", b"{}".to_vec()),
        ("archive/one.warc", page(&[])),
        ("archive/two.warc", [record("warcinfo", &[], "x"), page(&[])].concat()),
    ] {
        zip.start_file(name, stored).unwrap();
        std::io::Write::write_all(&mut zip, &bytes).unwrap();
    }
    zip.finish().unwrap();
    let rows = home.pantau(["extract", "a.wacz"]).ok().ndjson();
    let mut places: Vec<_> = rows.iter().map(|row| (text(row, "file"), row["offset"].as_u64())).collect();
    places.dedup();
    let behind = record("warcinfo", &[], "x").len() as u64;
    assert_eq!(places, [("a.wacz!archive/one.warc", Some(0)), ("a.wacz!archive/two.warc", Some(behind))]);
    let piped = home.pantau(["extract"]).stdin(fs::read(home.path("a.wacz")).unwrap());
    piped.refuses(1).says("standard input");
}

#[test]
fn a_page_in_a_coding_that_is_not_known_is_counted_and_named() {
    let home = Home::new();
    let block =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: zstd\r\n\r\n(\u{b5}/\u{fd}...";
    home.write("a.warc", record("response", &[], block));
    let done = home.pantau(["extract", "a.warc", "-v", "--report", "report"]).ok();
    done.says("zstd");
    let totals = &report(&home)["totals"];
    assert_eq!((totals["encoding_mismatch"].as_u64(), totals["no_block"].as_u64()), (Some(1), Some(0)));
}

#[test]
fn a_page_that_the_crawler_cut_is_counted() {
    let home = Home::new();
    home.write("a.warc", page(&[("WARC-Truncated", "length")]));
    let done = home.pantau(["extract", "a.warc", "--report", "report"]).ok();
    assert_eq!(done.says("among the pages: 1 cut short").ndjson().len(), 5);
    assert_eq!(report(&home)["totals"]["truncated"], 1);
}
