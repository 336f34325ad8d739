//! What people get wrong, and what the world does to them: one clear line, the right exit code, nothing lost.

use std::fs;

use rusqlite::Connection;

use crate::captures::{FOUR, capture};
use crate::common::Home;
use crate::database::content;
use crate::server::deserted_url;

/// The bytes of the database, to be found unchanged.
fn bytes(home: &Home) -> Vec<u8> {
    fs::read(home.database()).unwrap()
}

#[test]
fn an_unknown_indicator_is_refused_with_the_nearest_known_one() {
    let home = Home::with_captures(&FOUR);
    let before = bytes(&home);
    for (command, typed, meant) in [
        (&["history"][..], "lq54", "lq45"),
        (&["latest"], "emass", "emas"),
        (&["change"], "usdidr", "usd-idr"),
        (&["explain"], "idx_30", "idx30"),
        (&["history"], "kontan/lq4", "lq45"),
    ] {
        home.pantau(command).arg(typed).refuses(3).says(typed).says(meant);
    }
    assert_eq!(bytes(&home), before);
}

#[test]
fn what_is_no_time_is_refused_with_the_forms_that_are() {
    let home = Home::with_captures(&FOUR);
    let before = bytes(&home);
    let page = capture("c20").path;
    for command in [
        &["history", "lq45", "--from", "kemarin"][..],
        &["history", "lq45", "--to", "2024-13-01"],
        &["change", "lq45", "--as-of", "24-11-22"],
        &["explain", "lq45", "--at", "siang"],
        &["poll", "--at", "tadi", "--from", page.to_str().unwrap()],
    ] {
        home.pantau(command).refuses(2).says("is not a time").says("2024-04-19");
    }
    for (command, word) in
        [(["change", "lq45", "--over", "1 hari"], "1 hari"), (["history", "lq45", "--every", "7h"], "7h")]
    {
        home.pantau(command).refuses(2).says(word).says("1d");
    }
    assert_eq!(bytes(&home), before);
}

#[test]
fn an_empty_file_is_no_page() {
    let home = Home::with_captures(&FOUR);
    let before = content(&home.database());
    let file = home.write("kosong.html", b"");
    home.pantau(["poll", "--at", "2024-11-23", "--from"]).arg(&file).refuses(5).says("it is empty");
    assert_eq!(content(&home.database()), before);
}

#[test]
fn a_binary_file_is_no_page() {
    let home = Home::with_captures(&FOUR);
    let before = content(&home.database());
    let binary: Vec<u8> = (0..=255).cycle().take(50_000).collect();
    let file = home.write("gambar.png", binary);
    home.pantau(["poll", "--at", "2024-11-23", "--from"]).arg(&file).refuses(5).says("no text");
    assert_eq!(content(&home.database()), before);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let home = Home::with_captures(&FOUR);
    let before = bytes(&home);
    home.pantau(["poll", "--from", "tiada.html"]).refuses(1).says("tiada.html");
    assert_eq!(bytes(&home), before);
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let home = Home::with_captures(&FOUR);
    let before = bytes(&home);
    home.write("berkas", b"a file, not a folder");
    for output in ["tiada/lq45.png", "berkas/lq45.svg"] {
        home.pantau(["chart", "lq45", "-o", output]).refuses(1).says(output);
    }
    home.pantau(["db", "backup", "berkas/salinan.db"]).refuses(1).says("berkas/salinan.db");
    assert_eq!(bytes(&home), before);
}

#[test]
fn a_database_that_was_never_made_is_no_data() {
    let home = Home::new();
    for command in [
        &["latest"][..],
        &["history", "lq45"],
        &["change"],
        &["chart", "lq45", "-o", "x.png"],
        &["explain", "lq45"],
        &["indicators"],
        &["review"],
        &["drift"],
        &["reextract"],
        &["db", "verify"],
        &["db", "backup", "salinan.db"],
    ] {
        home.pantau(command).refuses(3).says("pantau.db");
    }
    assert_eq!(home.files(), Vec::<std::path::PathBuf>::new());
    home.pantau(["latest", "--db", "lain.db"]).refuses(3).says("lain.db");
    home.pantau(["latest"]).env("PANTAU_DB", "di/sana.db").refuses(3).says("di/sana.db");
}

#[test]
fn a_locked_database_is_for_later_and_questions_are_still_answered() {
    let home = Home::with_captures(&["c28"]);
    let before = content(&home.database());
    let other = Connection::open(home.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let capture = capture("c13");
    home.pantau(["poll", "--at", &capture.seen_at, "--from"]).arg(&capture.path).refuses(75).says("locked");
    home.pantau(["latest"]).ok();
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    assert_eq!(content(&home.database()), before);
    home.record("c13");
}

#[test]
fn a_corrupt_database_is_named_and_left_alone() {
    for damage in [
        |bytes: &mut Vec<u8>| bytes[..100].fill(b'x'),
        |bytes: &mut Vec<u8>| {
            *bytes = b"this is no database at all, but some text that somebody saved here".to_vec()
        },
        |bytes: &mut Vec<u8>| bytes[100..4096].fill(0xff),
    ] {
        let home = Home::with_captures(&FOUR);
        let mut damaged = bytes(&home);
        damage(&mut damaged);
        let database = home.write("data/pantau/pantau.db", &damaged);
        let capture = capture("c20");
        home.pantau(["latest"]).refuses(1).says("pantau.db");
        home.pantau(["history", "lq45"]).refuses(1).says("pantau.db");
        home.pantau(["poll", "--at", &capture.seen_at, "--from"])
            .arg(&capture.path)
            .refuses(1)
            .says("pantau.db");
        assert_eq!(fs::read(database).unwrap(), damaged);
    }
}

#[test]
fn an_unknown_key_of_the_configuration_is_refused_with_the_nearest_known_one() {
    let home = Home::with_captures(&FOUR);
    let before = bytes(&home);
    let config = home.write(
        "salah.toml",
        "[[source]]\nname = \"kontan\"\nurl = \"https://example.org/\"\nlayout = \"kontan\"\nevry = \"1m\"\n",
    );
    for command in [&["latest"][..], &["poll"], &["run"], &["config"]] {
        let done = home.pantau(command).arg("--config").arg(&config).refuses(2);
        done.says("salah.toml:5:1").says("`evry`").says("`every`");
    }
    home.pantau(["latest"]).env("PANTAU_CONFIG", &config).refuses(2).says("`every`");
    home.pantau(["latest", "--config", "tiada.toml"]).refuses(2).says("tiada.toml");
    assert_eq!(bytes(&home), before);
}

#[test]
fn a_host_that_cannot_be_reached_is_for_later() {
    let home = Home::with_captures(&FOUR);
    let observations = home.pantau(["history", "lq45", "-f", "json"]).ok().stdout();
    let url = deserted_url();
    home.write(
        "config/pantau/pantau.toml",
        format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\n"),
    );
    home.pantau(["poll"]).refuses(75).says(&url);
    assert_eq!(home.pantau(["history", "lq45", "-f", "json"]).ok().stdout(), observations);
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_command_that_does_not_exist_is_a_usage_error() {
    let home = Home::new();
    for command in
        [&["histori", "lq45"][..], &["latest", "--formt", "json"], &["latest", "-f", "xml"], &["history"]]
    {
        home.pantau(command).refuses(2);
    }
    home.pantau(["histori"]).refuses(2).says("history");
    home.pantau(["poll", "nirgends"]).refuses(2).says("nirgends").says("kontan");
}

#[test]
fn a_closed_pipe_is_a_quiet_success() {
    let home = Home::with_captures(&FOUR);
    let page = capture("c20").path;
    for command in [
        &["latest"][..],
        &["history", "lq45", "-f", "ndjson"],
        &["chart", "lq45", "-o", "-"],
        &["extract", page.to_str().unwrap()],
        &["config"],
        &["man"],
        &["completions", "bash"],
        &["--help"],
    ] {
        let done = home.pantau(command).unread();
        assert_eq!(done.code, Some(0), "{done}");
        done.is_silent();
    }
}

#[test]
fn a_full_disk_behind_the_output_is_no_success() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let home = Home::with_captures(&["c20"]);
    for command in [&["latest"][..], &["indicators"], &["config"]] {
        // The shell opens the device; the program only sees an output that takes nothing.
        let output = std::process::Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" > /dev/full", env!("CARGO_BIN_EXE_pantau")])
            .args(command)
            .arg("--db")
            .arg(home.database())
            .env_clear()
            .env("HOME", home.path(""))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(output.stderr.starts_with(b"pantau: "), "{output:?}");
    }
}

#[cfg(not(feature = "postgres"))]
#[test]
fn a_build_without_postgresql_says_so() {
    let home = Home::with_captures(&["c20"]);
    home.pantau(["push", "--to", "postgres://ana@localhost/market"]).refuses(2).says("without PostgreSQL");
    let config = home.write("pantau.toml", "[push]\nto = \"postgres://ana@localhost/market\"\n");
    home.pantau(["run", "--config"]).arg(&config).refuses(2).says("without PostgreSQL");
    home.pantau(["latest", "--config"]).arg(&config).ok();
}
