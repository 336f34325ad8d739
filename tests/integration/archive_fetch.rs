//! `pantau archive fetch`: from a plan to one archive file, whatever an archive does.

use std::fs;
use std::io::Read;
use std::ops::ControlFlow;
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use pantau::archive::record::{Event, read};

use crate::archive_server::{Archive, Deed, blocked, memento, record};
use crate::common::{Done, Home, Pantau, python_has, wait_for};
use crate::server::Answer;

const PATIENCE: Duration = Duration::from_secs(60);
/// The page that is captured.
const PAGE: &str = "http://a.example/";
const TIME: &str = "Fri, 24 Nov 2017 15:13:15 GMT";
const STAMP: &str = "20171124151315";

fn say(answer: Answer) -> Deed {
    Deed::Say(answer)
}

fn path(stamp: &str) -> String {
    format!("/web/{stamp}id_/{PAGE}")
}

/// Fetches a plan in a hurry.
fn fetching(home: &Home, archive: &Archive, plan: &str) -> Pantau {
    home.write("plan.tsv", plan);
    home.pantau([
        "archive",
        "fetch",
        "--plan",
        "plan.tsv",
        "-o",
        "out.warc.gz",
        "--rate",
        "127.0.0.1=10000/s",
    ])
    .args(["--private", "127.0.0.1", "--pause", "1ms", "--base", &archive.base()])
}

fn file(home: &Home) -> Vec<u8> {
    fs::read(home.path("out.warc.gz")).unwrap()
}

fn text(home: &Home) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(&file(home)[..]).read_to_string(&mut text).unwrap();
    text
}

/// The records of the file: address, time and body of each.
fn records(home: &Home) -> Vec<(String, String, String)> {
    let mut records = Vec::new();
    read(&file(home)[..], 0, &mut |event| {
        let Event::Record(record) = event else { panic!("damage") };
        let block = String::from_utf8_lossy(record.block).into_owned();
        let body = block.split_once("\r\n\r\n").unwrap().1.to_owned();
        let date = record.fields.get("WARC-Date").unwrap().to_owned();
        records.push((record.url.unwrap().to_string(), date, body));
        ControlFlow::Continue(())
    })
    .unwrap();
    records
}

/// The plan of what could not be had.
fn failed(home: &Home) -> String {
    fs::read_to_string(home.path("out.warc.gz.failed")).unwrap_or_default()
}

fn is_complete(home: &Home) -> bool {
    !home.path("out.warc.gz.done").exists()
}

#[test]
fn from_a_question_to_an_index_to_a_file() {
    let (home, archive) = (Home::new(), Archive::start());
    let list = format!(
        "example,a)/ {STAMP} {PAGE} text/html 200 AAAA 500\nexample,a)/ {STAMP} {PAGE} text/html 200 AAAA 500\n\
         example,a)/ 20171125000000 {PAGE} text/html 301 BBBB 500\n\nexample%2Ca%29%2F+20171126000000\n"
    );
    archive.at("/cdx?url=a.example", [say(Answer::new("200 OK", list))]);
    archive.at(&path(STAMP), [say(memento("200 OK", TIME, "satu"))]);
    let list = archive.get("/cdx?url=a.example");
    let base = format!("{}web/", archive.base());
    let plan = home.pantau(["archive", "plan", "--from", "cdx-text", "--status", "200", "--mementos", &base]);
    let plan = plan.stdin(list).ok().stdout();
    let done = fetching(&home, &archive, &plan).ok();
    done.says("out.warc.gz has 1 of 1 places, ");
    assert!(done.stdout.is_empty(), "{done}");
    assert_eq!(records(&home), [(PAGE.to_owned(), "2017-11-24T15:13:15Z".to_owned(), "satu".to_owned())]);
    assert!(is_complete(&home) && failed(&home).is_empty());
}

#[test]
fn a_memento_is_kept_as_it_was_captured_then() {
    let (home, archive) = (Home::new(), Archive::start());
    archive.at(&path(STAMP), [say(memento("429 Too Many Requests", TIME, "whoa"))]);
    fetching(&home, &archive, &format!("{}\n", archive.memento(STAMP, PAGE))).ok();
    let text = text(&home);
    for line in [
        "WARC/1.0",
        "WARC-Type: response",
        "WARC-Date: 2017-11-24T15:13:15Z",
        "WARC-Target-URI: http://a.example/",
        &format!("WARC-Source-URI: {}", archive.memento(STAMP, PAGE)),
        "HTTP/1.1 429 Too Many Requests",
        "content-length: 4",
        "content-type: text/html; charset=UTF-8",
        "date: Fri, 24 Nov 2017 15:13:14 GMT",
        "server: cloudflare-nginx",
        "x-archive-orig-transfer-encoding: chunked",
    ] {
        assert!(text.split("\r\n").any(|known| known == line), "{line} in\n{text}");
    }
    assert!(text.ends_with("\r\n\r\nwhoa\r\n\r\n"), "{text}");
    assert!(!text.contains("nginx/1.25.1") && !text.contains("2023"), "{text}");
}

#[test]
fn the_nearest_capture_is_followed_and_bears_its_own_time() {
    let (home, archive) = (Home::new(), Archive::start());
    let to =
        |stamp: &str| say(Answer::new("302 Found", "").header("Location", &format!("/web/{stamp}/{PAGE}")));
    archive.at(&path("20171120000000"), [to(STAMP)]);
    archive.at(&path(STAMP), [say(memento("200 OK", TIME, "satu"))]);
    archive.at(&path("20180101000000"), [to("20180101000000")]);
    archive.at(
        &path("20180102000000"),
        [say(Answer::new("302 Found", "").header("Location", "http://elsewhere.example/blocked"))],
    );
    // A redirect that was captured is a capture.
    let moved =
        memento("301 Moved Permanently", "Wed, 03 Jan 2018 00:00:00 GMT", "").header("Location", "/x");
    archive.at(&path("20180103000000"), [say(moved)]);
    let stamps = ["20171120000000", "20180101000000", "20180102000000", "20180103000000"];
    let plan: String = stamps.iter().map(|stamp| archive.memento(stamp, PAGE) + "\n").collect();
    let done = fetching(&home, &archive, &plan).fails(5);
    let found = records(&home);
    let expected = [("2017-11-24T15:13:15Z", "satu"), ("2018-01-03T00:00:00Z", "")];
    let expected = expected.map(|(date, body)| (PAGE.to_owned(), date.to_owned(), body.to_owned()));
    assert_eq!(found, expected);
    done.says("line 2 of the plan: redirected more than 5 times");
    done.says("line 3 of the plan: redirected to http://elsewhere.example/blocked, which is no capture");
    assert_eq!(
        failed(&home),
        plan.lines().skip(1).take(2).map(|line| format!("{line}\n")).collect::<String>()
    );
}

#[test]
fn a_blocked_page_is_never_taken_for_a_capture() {
    let (home, archive) = (Home::new(), Archive::start());
    let excluded = Answer::new("403 Forbidden", "").header(
        "X-Archive-Wayback-Runtime-Error",
        "AdministrativeAccessControlException: Blocked Site Error",
    );
    archive.at(&path("20171124000000"), [say(blocked())]);
    archive.at(&path("20171124000001"), [say(excluded)]);
    archive.at(&path(STAMP), [say(memento("200 OK", TIME, "satu"))]);
    let stamps = ["20171124000000", "20171124000001", "20171124000002", STAMP];
    let plan: String = stamps.iter().map(|stamp| archive.memento(stamp, PAGE) + "\n").collect();
    let done = fetching(&home, &archive, &plan).fails(5);
    done.says(
        "line 1 of the plan: the archive answered with status 200: a page of the archive, not a capture",
    );
    done.says("line 2 of the plan: the archive answered with status 403: AdministrativeAccess");
    done.says("line 3 of the plan: the archive answered with status 404");
    done.says("pantau: 3 of 4 places could not be had; out.warc.gz.failed is a plan of them\n");
    assert_eq!(records(&home).len(), 1);
    assert_eq!(failed(&home).lines().count(), 3);
    assert!(!text(&home).contains("Wayback Machine"));

    // Where nothing else comes, it is we who are blocked.
    let other = Home::new();
    archive.at(&path(STAMP), [say(blocked())]);
    let plan: String = (0..9).map(|_| archive.memento(STAMP, PAGE) + "\n").collect();
    let done = fetching(&other, &archive, &plan).args(["--tries", "3"]).fails(75);
    done.says("pantau: gave up: 3 places in a row were refused: ")
        .says("hint: the same command with --resume");
    assert!(file(&other).is_empty() && !is_complete(&other));
}

#[test]
fn ranges_are_appended_as_they_lie_there() {
    let (home, archive) = (Home::new(), Archive::start());
    let records = ["satu", "dua", "tiga"].map(|body| record(PAGE, body));
    let lengths = records.each_ref().map(Vec::len);
    let whole = records.concat();
    archive.at("/crawl-data/x/warc/y.warc.gz", [Deed::Serve(whole.clone())]);
    let line = |offset: usize, length: usize| format!("crawl-data/x/warc/y.warc.gz\t{offset}\t{length}\n");
    let plan = [line(lengths[0] + lengths[1], lengths[2]), line(0, lengths[0] + lengths[1])].concat();
    fetching(&home, &archive, &plan).ok();
    assert_eq!(file(&home), [&records[2][..], &records[0], &records[1]].concat());
}

#[test]
fn only_whole_members_of_just_those_bytes_are_kept() {
    let (home, archive) = (Home::new(), Archive::start());
    let good = record(PAGE, "satu");
    let length = good.len();
    let right = format!("bytes 0-{}/9999", length - 1);
    let part = |body: &[u8]| Answer::new("206 Partial Content", body).header("Content-Range", &right);
    let mut flipped = good.clone();
    flipped[length - 6] ^= 0x10;
    for (name, deed) in [
        ("whole", say(Answer::new("200 OK", vec![b'x'; 5_000_000]))),
        ("other", say(part(&good).header("Content-Range", "bytes 0-0/9999"))),
        ("nameless", say(Answer::new("206 Partial Content", good.clone()))),
        ("short", say(part(&good[..length - 3]))),
        ("long", say(part(&[good.as_slice(), b"more"].concat()))),
        ("flipped", say(part(&flipped))),
        ("plain", say(part(&vec![b'x'; length]))),
        ("beyond", Deed::Serve(Vec::new())),
        ("good", say(part(&good))),
    ] {
        archive.at(&format!("/{name}"), [deed]);
    }
    let names = ["whole", "nameless", "short", "long", "flipped", "plain", "beyond", "absent", "good"];
    let plan: String = names.iter().map(|name| format!("{name}\t0\t{length}\n")).collect();
    let done = fetching(&home, &archive, &plan).args(["--tries", "2"]).fails(5);
    for (line, why) in [
        (1, "the server sends whole files, not ranges"),
        (2, "other bytes came than were asked for: no Content-Range"),
        (4, "has more than "),
        (5, "the gzip member is damaged"),
        (6, "no gzip member begins at byte 0"),
        (7, "the file ends before it"),
        (8, "the archive answered with status 404"),
    ] {
        let told = done.stderr();
        let begin = format!("pantau: line {line} of the plan: ");
        assert!(
            told.lines().any(|told| told.starts_with(&begin) && told.contains(why)),
            "{line} {why}\n{done}"
        );
    }
    assert_eq!(file(&home), good);
    assert_eq!(failed(&home).lines().count(), 8);
    let asked = archive.asked();
    let times = |name: &str| asked.iter().filter(|path| *path == &format!("/{name}")).count();
    assert_eq!(
        (times("whole"), times("flipped"), times("absent")),
        (1, 2, 1),
        "what may pass is asked for again"
    );
}

#[test]
fn an_archive_that_asks_for_time_gets_it() {
    let (home, archive) = (Home::new(), Archive::start());
    let busy = Answer::new("429 Too Many Requests", "").header("Retry-After", "1");
    let captured = say(memento("200 OK", TIME, "satu"));
    archive.at(
        &path(STAMP),
        [say(busy), Deed::HangUp, say(Answer::new("503 Service Unavailable", "")), captured],
    );
    let began = Instant::now();
    let done = fetching(&home, &archive, &format!("{}\n", archive.memento(STAMP, PAGE))).ok();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
    done.says("note: line 1 of the plan: the archive answered with status 429; waiting 1s\n");
    done.says("was cut short").says("status 503; waiting 4ms\n");
    assert_eq!(archive.asked().len(), 4);
    assert_eq!(records(&home).len(), 1);
}

#[test]
fn one_that_asks_for_too_much_is_left_alone_and_what_came_is_kept() {
    let (home, archive) = (Home::new(), Archive::start());
    let later = Answer::new("429 Too Many Requests", "").header("Retry-After", "86400");
    archive.at(&path("20171124000000"), [say(memento("200 OK", "Fri, 24 Nov 2017 00:00:00 GMT", "nol"))]);
    archive.at(&path(STAMP), [say(later), say(memento("200 OK", TIME, "satu"))]);
    let plan = ["20171124000000", STAMP].map(|stamp| archive.memento(stamp, PAGE) + "\n").concat();
    let done = fetching(&home, &archive, &plan).fails(75);
    done.says(
        "pantau: gave up: line 2 of the plan: the archive answered with status 429, and asks to wait 1day\n",
    );
    done.says("out.warc.gz has 1 of 2 places");
    assert_eq!(records(&home).len(), 1);
    fetching(&home, &archive, &plan).refuses(1).says("out.warc.gz exists already");
    fetching(&home, &archive, &plan).arg("--resume").ok();
    let bodies: Vec<String> = records(&home).into_iter().map(|(.., body)| body).collect();
    assert_eq!(bodies, ["nol", "satu"]);
    assert_eq!(archive.asked().len(), 3, "nothing is asked for twice");
    fetching(&home, &archive, &plan).arg("--resume").ok().says("out.warc.gz is complete");
}

#[test]
fn robots_are_kept_out_and_rates_kept() {
    let (home, archive) = (Home::new(), Archive::start());
    let rules = "User-agent: pantau\nDisallow: /web/2018\n";
    archive.at(
        "/robots.txt",
        [say(Answer::new("503 Service Unavailable", "")), say(Answer::new("200 OK", rules))],
    );
    archive.at(&path(STAMP), [say(memento("200 OK", TIME, "satu"))]);
    let stamps = ["20180101000000", STAMP, STAMP, STAMP];
    let plan: String = stamps.iter().map(|stamp| archive.memento(stamp, PAGE) + "\n").collect();
    let began = Instant::now();
    let done = fetching(&home, &archive, &plan).args(["--rate", "127.0.0.1=5/s"]).fails(5);
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
    done.says("robots.txt, which may forbid the page, cannot be read").says("status 503");
    done.says("line 1 of the plan: the robots.txt of the site does not allow /web/2018");
    assert_eq!(archive.asked(), [path(STAMP), path(STAMP), path(STAMP)]);
}

#[test]
fn a_plan_leads_into_no_private_network() {
    let (home, archive) = (Home::new(), Archive::start());
    let plan = format!(
        "{}\nhttp://localhost:1/web/{STAMP}id_/{PAGE}\n../../x\t0\t5\n",
        archive.memento(STAMP, PAGE)
    );
    home.write("plan.tsv", plan);
    let done = home.pantau(["archive", "fetch", "--plan", "plan.tsv", "-o", "out.warc.gz"]).fails(5);
    done.says(
        "line 1 of the plan: 127.0.0.1 is a loopback address; --private 127.0.0.1 says that it is meant",
    );
    done.says("line 2 of the plan: localhost is a local name")
        .says("line 3 of the plan: the file is not below --base");
    assert!(archive.asked().is_empty());
}

#[test]
fn what_cannot_be_meant_is_refused_and_leaves_nothing() {
    let (home, archive) = (Home::new(), Archive::start());
    let line = archive.memento(STAMP, PAGE);
    for (plan, code, told) in [
        ("", 3, "the plan is empty"),
        (&*format!("{line}\nx\t1\n"), 5, "line 2 of plan.tsv is neither FILE, OFFSET and LENGTH"),
        ("x\t0\t0\n", 5, "line 1 of plan.tsv is neither"),
        ("\u{1b}[2J\n", 5, "line 1 of plan.tsv is neither"),
    ] {
        fetching(&home, &archive, plan).refuses(code).says(told);
    }
    for args in
        [&["--rate", "web.archive.org"][..], &["--tries", "0"], &["--base", "data"], &["--pause", "soon"]]
    {
        fetching(&home, &archive, &line).args(args).refuses(2);
    }
    let absent = home.pantau(["archive", "fetch", "--plan", "absent.tsv", "-o", "out.warc.gz"]).refuses(1);
    absent.says("failed to read absent.tsv");
    let folder =
        home.pantau(["archive", "fetch", "--plan", "plan.tsv", "-o", "absent/out.warc.gz"]).refuses(1);
    folder.says("failed to write absent/out.warc.gz.done");
    assert_eq!(home.files(), [home.path("plan.tsv")]);
    assert!(archive.asked().is_empty());
}

/// Twelve places, mementos and ranges in turn.
fn long_plan(archive: &Archive) -> String {
    let mut plan = String::new();
    for number in 0..6 {
        let stamp = format!("2017112415131{number}");
        let time = TIME.replace(":15 GMT", &format!(":1{number} GMT"));
        archive.at(&path(&stamp), [say(memento("200 OK", &time, &format!("halaman {number}")))]);
        let member = record(PAGE, &format!("rekaman {number}"));
        plan += &format!("{}\nfile-{number}\t0\t{}\n", archive.memento(&stamp, PAGE), member.len());
        archive.at(&format!("/file-{number}"), [Deed::Serve(member)]);
    }
    plan
}

#[test]
fn killed_at_any_moment_it_goes_on_and_the_file_is_the_same() {
    let archive = Archive::slow(Duration::from_millis(5));
    let plan = long_plan(&archive);
    let whole = Home::new();
    fetching(&whole, &archive, &plan).ok();
    let asked_for_a_whole = archive.asked().len();
    for wait in 0..16 {
        let home = Home::new();
        let before = archive.asked().len();
        let running = fetching(&home, &archive, &plan).arg("--resume").start();
        thread::sleep(Duration::from_millis(40 + 12 * wait));
        running.signal("KILL");
        running.wait_for_death();
        fetching(&home, &archive, &plan).arg("--resume").ok();
        assert_eq!(file(&home), file(&whole), "killed after {wait}");
        assert!(is_complete(&home));
        let asked = archive.asked().len() - before;
        assert!(asked <= asked_for_a_whole + 1, "{asked}: only what was on its way is asked for again");
    }
}

#[test]
fn interrupted_it_says_so_and_goes_on_later() {
    let (home, archive) = (Home::new(), Archive::slow(Duration::from_millis(150)));
    let plan = long_plan(&archive);
    let running = fetching(&home, &archive, &plan).start();
    wait_for("a place", PATIENCE, || (archive.asked().len() >= 3).then_some(()));
    // Another one keeps off meanwhile.
    fetching(&home, &archive, &plan)
        .arg("--resume")
        .refuses(75)
        .says("another process fetches into out.warc.gz");
    running.signal("INT");
    let done = running.wait(PATIENCE);
    assert_eq!(done.code, Some(130), "{done}");
    done.says(
        "pantau: interrupted; what came is kept\nhint: the same command with --resume goes on from here\n",
    );
    assert!(!is_complete(&home) && !file(&home).is_empty());
    let other = plan.replace("file-0\t0", "file-0\t1");
    fetching(&home, &archive, &other)
        .arg("--resume")
        .refuses(2)
        .says("out.warc.gz.done was begun with another plan");
    fetching(&home, &archive, &plan).arg("--resume").ok();
    assert_eq!(records(&home).len(), 12);
}

#[test]
fn off_a_terminal_it_says_little() {
    let (home, archive) = (Home::new(), Archive::start());
    let plan = long_plan(&archive);
    let done: Done = fetching(&home, &archive, &plan).ok();
    assert_eq!(done.stderr(), format!("out.warc.gz has 12 of 12 places, {} bytes\n", file(&home).len()));
    let quiet = Home::new();
    fetching(&quiet, &archive, &plan).arg("-q").ok().is_silent();
}

/// Reads a file with another reader of archives, which recomputes every digest.
const WARCIO: &str = "
import sys
from warcio.archiveiterator import ArchiveIterator
with open(sys.argv[1], 'rb') as file:
    for record in ArchiveIterator(file, check_digests='raise'):
        body = record.content_stream().read().decode()
        head = record.http_headers
        print(record.rec_type, record.rec_headers['WARC-Date'], record.rec_headers['WARC-Target-URI'],
              head.get_statuscode(), head['Content-Type'], body)
";

#[test]
fn warcio_reads_what_was_fetched() {
    if !python_has("warcio") {
        return;
    }
    let (home, archive) = (Home::new(), Archive::start());
    let plan = long_plan(&archive);
    fetching(&home, &archive, &plan).ok();
    let python = crate::common::system_program("python3").unwrap();
    let read = home.program(&python, ["-c", WARCIO, "out.warc.gz"]).ok().stdout();
    let lines: Vec<&str> = read.lines().collect();
    assert_eq!(lines.len(), 12, "{read}");
    let kind = "200 text/html; charset=UTF-8";
    assert_eq!(lines[0], format!("response 2017-11-24T15:13:10Z {PAGE} {kind} halaman 0"));
    assert_eq!(lines[3], format!("response 2025-08-02T23:24:28Z {PAGE} 200 text/html rekaman 1"));
}
