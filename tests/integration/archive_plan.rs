//! `pantau archive plan`: lists as archives give them, to places that can be fetched.

use std::path::Path;

use crate::common::{Done, Home, Pantau};

/// Two pages of a Wayback answer in a row, with what such answers hold: a repetition, a redirect, a revisit, a time
/// that never was, a torn line, and the key to go on from.
const CDX: &str = "\
id,co,kontan)/ 20240423123456 https://www.kontan.co.id/ text/html 200 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 91234
id,co,kontan)/ 20240423123456 https://www.kontan.co.id/ text/html 200 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 91234
id,co,kontan)/ 20240424000000 http://www.kontan.co.id:80/ text/html 301 BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB 512
id,co,kontan)/ 20240425000000 https://www.kontan.co.id/ warc/revisit - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 600
id,co,kontan)/ 20240800241623 https://www.kontan.co.id/ text/html 200 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA 91234
id,co,kontan)/ 202404251200

id%2Cco%2Ckontan%29%2F+20240426000000
id,co,kontan)/ 20240426000000 https://www.kontan.co.id/ text/html 200 CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC -
";

fn planning(home: &Home, form: &str, list: &str) -> Pantau {
    home.pantau(["archive", "plan", "--from", form]).stdin(list)
}

fn mementos(done: &Done) -> Vec<String> {
    done.stdout().lines().map(str::to_owned).collect()
}

#[test]
fn a_wayback_list_becomes_mementos_in_its_order() {
    let home = Home::new();
    let done = planning(&home, "cdx-text", CDX).fails(5);
    assert_eq!(
        mementos(&done),
        [
            "https://web.archive.org/web/20240423123456id_/https://www.kontan.co.id/",
            "https://web.archive.org/web/20240424000000id_/http://www.kontan.co.id:80/",
            "https://web.archive.org/web/20240425000000id_/https://www.kontan.co.id/",
            "https://web.archive.org/web/20240426000000id_/https://www.kontan.co.id/",
        ]
    );
    assert_eq!(
        done.stderr(),
        "pantau: line 5 of the index: an impossible time '20240800241623'\n\
         pantau: line 6 of the index: 2 fields instead of 7, 9 or 11\n\
         9 lines read: 4 planned, 1 left out (1 repeated), 2 headings or empty, 2 malformed\n"
    );
    assert!(home.files().is_empty(), "a plan leaves nothing behind");
}

#[test]
fn filters_name_what_is_wanted_and_a_dash_what_is_not_known() {
    let home = Home::new();
    let planned = |args: &[&str]| mementos(&planning(&home, "cdx-text", CDX).args(args).fails(5)).len();
    assert_eq!(planned(&["--status", "200"]), 2);
    assert_eq!(planned(&["--status", "200", "--status", "-"]), 3);
    assert_eq!(planned(&["--mime", "text/html"]), 3);
    assert_eq!(planned(&["--url", "https://www.kontan.co.id/"]), 3);
    assert_eq!(planned(&["--url", "*.kontan.co.id/*"]), 4);
    let done = planning(&home, "cdx-text", CDX).args(["--mementos", "https://arquivo.pt/wayback"]).fails(5);
    assert!(done.stdout().starts_with("https://arquivo.pt/wayback/20240423123456id_/https://"), "{done}");
}

#[test]
fn an_index_of_files_becomes_ranges() {
    let home = Home::new();
    let line = |folder: &str, offset: u32| {
        format!(
            "{{\"urlkey\": \"id,co,kontan)/\", \"timestamp\": \"20240423123456\", \"url\": \"https://www.kontan.co.id/\", \
             \"mime\": \"text/html\", \"status\": \"200\", \"length\": \"1219\", \"offset\": \"{offset}\", \
             \"filename\": \"crawl-data/CC-MAIN-2024-18/segments/1.2/{folder}/x.warc.gz\"}}\n"
        )
    };
    let list = [line("warc", 5), line("robotstxt", 6), line("crawldiagnostics", 7), line("warc", 5)].concat();
    let done = planning(&home, "cc-ndjson", &list).ok();
    assert_eq!(done.stdout(), "crawl-data/CC-MAIN-2024-18/segments/1.2/warc/x.warc.gz\t5\t1219\n");
    done.says("4 lines read: 1 planned, 3 left out (1 repeated, 2 robots.txt and diagnostics)");
    let quiet = planning(&home, "cc-ndjson", &list).arg("-q").ok();
    quiet.is_silent();
}

#[test]
fn nothing_planned_and_nothing_understood_are_told_apart() {
    let home = Home::new();
    for (list, code, told) in [
        ("", 3, "pantau: nothing in the index is to be fetched\n"),
        ("\n\n", 3, "pantau: nothing in the index is to be fetched\n"),
        ("<html>Blocked</html>\n", 5, "pantau: line 1 of the index: 1 fields instead of 7, 9 or 11\n"),
    ] {
        let done = planning(&home, "cdx-text", list).fails(code);
        assert!(done.stdout.is_empty(), "{done}");
        done.says(told);
    }
    let many = "x\n".repeat(1000);
    let done = planning(&home, "cdx-text", &many).fails(5);
    done.says("pantau: 995 more malformed lines\n");
    assert_eq!(done.stderr().lines().count(), 7, "{done}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let home = Home::new();
    for args in [
        &["--from", "cdx"][..],
        &[],
        &["--from", "csv", "--status", "ok"],
        &["--from", "csv", "--url", "["],
        &["--from", "csv", "--mementos", "ftp://a.id/"],
        &["--from", "csv", "--mementos", "web.archive.org"],
    ] {
        home.pantau(["archive", "plan"]).args(args).refuses(2);
    }
}

#[test]
fn a_plan_that_nobody_reads_is_a_quiet_success() {
    let home = Home::new();
    home.pantau(["archive", "plan", "--from", "cdx-text"]).unread();
    let list: String = (0..100_000)
        .map(|n| format!("a {} http://a.id/{n} text/html 200 A 1\n", 20_240_101_000_000_u64 + n % 60))
        .collect();
    let list = home.write("list", list);
    let line = format!(
        "{} archive plan --from cdx-text < {} | head -1",
        env!("CARGO_BIN_EXE_pantau"),
        list.display()
    );
    let done = home.program(Path::new("/bin/sh"), ["-c", &line]).ok();
    assert_eq!(done.stdout(), "https://web.archive.org/web/20240101000000id_/http://a.id/0\n");
    done.is_silent();
}
