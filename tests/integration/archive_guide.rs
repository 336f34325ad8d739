//! `docs/archives.md` is true: its commands exist, and those that need nothing but this machine are run as they stand,
//! with a stand-in of the archives on the loopback device in place of the internet.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::archive_server::{Archive, Deed, memento, record};
use crate::captures::capture;
use crate::common::{Done, Home, Pantau, system_program};
use crate::corpus::{self, Corpus, Plan};
use crate::samples::root;
use crate::server::Answer;
use crate::shapes;

const CORPUS: Plan = Plan { pages: 400, page_bytes: 2000, files: 5, has_revisits: false, seed: 7 };

/// The scripts of a page, each a block of `sh`.
fn scripts(page: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).unwrap();
    let blocks = text.split("```sh\n").skip(1);
    blocks.map(|block| block.split_once("\n```").unwrap().0.to_owned() + "\n").collect()
}

/// The one script of the guide that says something.
fn script(says: &str) -> String {
    let found: Vec<String> =
        scripts("docs/archives.md").into_iter().filter(|script| script.contains(says)).collect();
    assert_eq!(found.len(), 1, "scripts with '{says}'");
    found[0].clone()
}

/// The calls of the program in a script, as words, each to the end of its command.
fn calls(script: &str) -> Vec<Vec<&str>> {
    let is_end = |word: &str| matches!(word, "|" | "<" | ">" | "||" | "&&") || word.ends_with('\'');
    script
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(|line| line.match_indices("pantau ").map(|(at, _)| (&line[..at], &line[at..])))
        .filter(|(before, _)| before.is_empty() || before.ends_with('\''))
        .map(|(_, call)| call.split(' ').skip(1).take_while(|word| !is_end(word)).collect())
        .collect()
}

#[test]
fn every_command_of_the_guide_and_every_option_exists() {
    let home = Home::new();
    let mut seen = BTreeSet::new();
    for page in ["docs/archives.md", "packaging/spark/README.md"] {
        for call in scripts(page).iter().flat_map(|script| calls(script)) {
            let depth = if call[0] == "archive" { 2 } else { 1 };
            let (command, words) = call.split_at(depth);
            let help = home.pantau(command).arg("--help").ok().stdout();
            for option in words.iter().filter(|word| word.starts_with('-')) {
                let is_known = help.split([' ', ',', '\n']).any(|word| word == *option);
                assert!(is_known, "{option} of pantau {} in {page}", command.join(" "));
            }
            seen.insert(command.join(" "));
        }
    }
    let expected = ["archive fetch", "archive plan", "chart", "extract", "history", "import"];
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), expected);
}

/// A home with the program and what the guide uses beside it in its way; `None` without one of those programs.
fn equipped(programs: &[&str]) -> Option<Home> {
    let home = Home::new();
    home.write("bin/pantau", format!("#!/bin/sh\nexec {} \"$@\"\n", env!("CARGO_BIN_EXE_pantau")));
    make_runnable(&home.path("bin/pantau"));
    for program in programs {
        std::os::unix::fs::symlink(system_program(program)?, home.path("bin").join(program)).unwrap();
    }
    Some(home)
}

fn make_runnable(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A script as a reader runs it: line after line, and no further than the first that fails.
fn shell(home: &Home, script: &str) -> Pantau {
    let path = format!("{}:/usr/bin:/bin", home.path("bin").display());
    home.program(Path::new("/bin/sh"), ["-euc", script]).env("PATH", path)
}

fn run(home: &Home, script: &str) -> Done {
    shell(home, script).ok()
}

fn page(name: &str) -> String {
    shapes::pages(&capture(name).text).swap_remove(0).html
}

/// The script with a stand-in in place of the archive, which may be asked as fast as it answers.
fn redirected(script: &str, archive: &Archive, host: &str) -> String {
    let hurry = "--private 127.0.0.1 --rate 127.0.0.1=1000/s --pause 1ms";
    let base = archive.base();
    let fetch = format!("archive fetch {hurry} --base {base}");
    let plan = format!("archive plan --mementos {base}web/");
    script.replace(host, &base).replace("archive fetch", &fetch).replace("archive plan", &plan)
}

fn expect_chart(home: &Home, name: &str) {
    assert!(fs::read(home.path(name)).unwrap().starts_with(b"\x89PNG"), "{name}");
}

#[test]
fn from_an_index_to_a_chart_takes_the_lines_of_the_guide() {
    let Some(home) = equipped(&["curl", "jq"]) else { return };
    let (archive, url) = (Archive::start(), "https://www.kontan.co.id/");
    let member = record(url, &page("c20"));
    let file = [record(url, "<p>something else</p>"), member.clone()].concat();
    let index = format!(
        "{{\"urlkey\": \"id,co,kontan)/\", \"timestamp\": \"20250802232428\", \"url\": \"{url}\", \"mime\": \"text/html\", \
         \"status\": \"200\", \"length\": \"{}\", \"offset\": \"{}\", \"filename\": \"crawl/warc/0.warc.gz\"}}\n",
        member.len(),
        file.len() - member.len()
    );
    archive
        .at("/CC-MAIN-2024-18-index?url=www.kontan.co.id&output=json", [Deed::Say(Answer::page(index))])
        .at("/crawl/warc/0.warc.gz", [Deed::Serve(file.clone())]);
    home.write("mounted/crawl/warc/0.warc.gz", file);
    let script = script("index.commoncrawl.org");
    let done = run(&home, &redirected(&script, &archive, "https://index.commoncrawl.org/"));
    assert!(done.stdout().contains("2025-08-03"), "{done}");
    expect_chart(&home, "lq45.png");
    run(&home, &self::script("report.json > again"));
    assert_eq!(fs::read_to_string(home.path("again")).unwrap(), "");
    let rows = || fs::read_to_string(home.path("rows.ndjson")).unwrap().lines().count();
    let fetched = rows();
    let mounted = home.path("mounted").display().to_string();
    run(&home, &self::script("/mnt/commoncrawl").replace("/mnt/commoncrawl", &mounted));
    assert_eq!((fetched, rows()), (11, 11));
}

#[test]
fn mementos_of_the_wayback_machine_come_in_by_the_lines_of_the_guide() {
    let Some(home) = equipped(&["curl"]) else { return };
    let archive = Archive::start();
    let list = "[[\"urlkey\",\"timestamp\",\"original\",\"mimetype\",\"statuscode\",\"digest\",\"length\"],\n\
                [\"id,co,kontan)/\",\"20171124151315\",\"https://www.kontan.co.id/\",\"text/html\",\"200\",\
                \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"9000\"]]\n";
    let asked = "/cdx/search/cdx?url=www.kontan.co.id&from=2014&output=json&collapse=timestamp:10";
    let answer = memento("200 OK", "Fri, 24 Nov 2017 15:13:15 GMT", &page("c01"));
    archive
        .at(asked, [Deed::Say(Answer::page(list))])
        .at("/web/20171124151315id_/https://www.kontan.co.id/", [Deed::Say(answer)]);
    run(&home, &redirected(&script("web.archive.org"), &archive, "https://web.archive.org/"));
    let latest = home.pantau(["latest", "lq45", "-f", "json"]).run();
    assert!(latest.stdout().contains("2017-11-24T22:13:15+07:00"), "{latest}");
}

/// A corpus where the guide has its archives, and the rows that one process reads.
fn archives(home: &Home) -> (Corpus, Vec<u8>) {
    fs::create_dir(home.path("warc")).unwrap();
    let corpus = corpus::write(&home.path("warc"), CORPUS);
    fs::rename(home.path("warc/plain.warc"), home.path("plain.warc")).unwrap();
    let mut compressed: Vec<_> =
        corpus.files.iter().filter(|file| file.extension().unwrap() == "gz").collect();
    compressed.sort();
    let rows = home.pantau(["extract", "-q"]).args(compressed).ok().stdout;
    assert!(!rows.is_empty());
    (corpus, rows)
}

#[test]
fn many_processes_in_order_write_the_bytes_of_one() {
    let Some(home) = equipped(&["parallel"]) else { return };
    let (corpus, rows) = archives(&home);
    let script = script("parallel -k");
    run(&home, &script);
    assert!(fs::read(home.path("rows.ndjson")).unwrap() == rows);
    // Ranges too, and in smaller heaps.
    let places = fs::read_to_string(&corpus.places).unwrap();
    let places: Vec<&str> = places.lines().filter(|line| !line.contains("plain.warc")).collect();
    home.write("paths", places.join("\n") + "\n");
    let parallel = script.lines().find(|line| line.starts_with("parallel")).unwrap();
    run(&home, &parallel.replace("-N 100", "-N 7"));
    assert!(fs::read(home.path("rows.ndjson")).unwrap() == rows);
}

#[test]
fn the_tasks_of_an_array_write_the_bytes_of_one_process() {
    let Some(home) = equipped(&["jq"]) else { return };
    let (_, rows) = archives(&home);
    run(&home, script("parallel -k").lines().next().unwrap());
    let (cut, task) = (script("split -d"), script("SLURM_ARRAY_TASK_ID"));
    run(&home, &cut);
    for number in 0..100 {
        shell(&home, &task).env("SLURM_ARRAY_TASK_ID", number.to_string()).ok();
    }
    let end = script("cat rows/*.ndjson");
    run(&home, &end);
    assert!(fs::read(home.path("rows.ndjson")).unwrap() == rows);
    assert_eq!(fs::read_to_string(home.path("again")).unwrap(), "");
}

#[test]
fn a_task_of_an_array_takes_damage_and_leaves_no_result_when_it_fails() {
    let Some(home) = equipped(&[]) else { return };
    let (corpus, _) = archives(&home);
    let task = script("SLURM_ARRAY_TASK_ID");
    let whole = fs::read(&corpus.files[0]).unwrap();
    home.write("short.warc.gz", &whole[..whole.len() * 2 / 3]);
    for folder in ["lists", "rows", "reports"] {
        fs::create_dir(home.path(folder)).unwrap();
    }
    for (number, path, code) in [("0", "short.warc.gz", 0), ("1", "nowhere.warc.gz", 1)] {
        home.write(&format!("lists/000{number}"), format!("{path}\n"));
        let done = shell(&home, &task).env("SLURM_ARRAY_TASK_ID", number).run();
        assert_eq!(done.code, Some(code), "{done}");
        assert_eq!(home.path(&format!("rows/000{number}.ndjson")).exists(), code == 0);
    }
}
