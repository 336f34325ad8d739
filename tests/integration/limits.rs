//! No room: outputs that take nothing, and a limit on the size of files.

use std::path::Path;

use crate::captures::{FOUR, capture};
use crate::common::{Home, Pantau, wait_for};
use crate::daemon::{GOODBYE, SEQUENCE, outcomes, page, source};
use crate::server::{Answer, Server};

/// The program as a shell starts it: after a command of its own, and with its outputs sent elsewhere.
fn shelled(home: &Home, before: &str, args: &[&str], outputs: &str) -> Pantau {
    let script = format!("{before}; exec \"$0\" \"$@\" {outputs}");
    home.program(Path::new("/bin/sh"), ["-c", &script, env!("CARGO_BIN_EXE_pantau")]).args(args)
}

#[test]
fn where_stderr_takes_nothing_the_exit_code_still_says_how_it_ended() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let home = Home::with_captures(&["c20"]);
    for (args, code) in [
        (&["latest"][..], 0),
        (&["db", "prune"], 0),
        (&["init"], 0),
        (&["init"], 1),
        (&["tiada"], 2),
        (&["latest", "tiada"], 3),
    ] {
        shelled(&home, ":", args, "2>/dev/full").fails(code);
    }
}

#[test]
fn a_daemon_whose_log_has_no_room_polls_on() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    for format in ["text", "json"] {
        let home = Home::new();
        let server = Server::start(vec![Answer::page(page("c20"))]);
        home.write("config/pantau/pantau.toml", source("kontan", &server.url()));
        let daemon = shelled(&home, ":", &["run", "--log-format", format], "2>/dev/full").start();
        wait_for("three polls", SEQUENCE, || (outcomes(&home, "kontan").len() >= 3).then_some(()));
        daemon.signal("TERM");
        assert_eq!(daemon.wait(GOODBYE).code, Some(0));
    }
}

#[test]
fn a_limit_on_the_size_of_files_is_a_failure_like_any_other() {
    let home = Home::with_captures(&FOUR);
    home.write("c04.txt", capture("c04").text);
    home.write("output", "");
    let outside = |home: &Home| {
        home.files().into_iter().filter(|file| !file.starts_with(home.path("data"))).collect::<Vec<_>>()
    };
    let before = outside(&home);
    // A block has 512 or 1024 bytes. One takes nothing of a database, 70 take its log but not a copy of it.
    for (blocks, args, told) in [
        (1, &["latest"][..], "failed to open the database"),
        (1, &["poll", "--from", "c04.txt"], "failed to open the database"),
        (1, &["init"], "failed to write pantau.toml"),
        (70, &["db", "backup", "copy.db"], "failed to write the backup copy.db"),
        (70, &["chart", "lq45", "-o", "lq45.png", "--size", "3000x2000"], "failed to write lq45.png"),
    ] {
        shelled(&home, &format!("ulimit -f {blocks}"), args, "").refuses(1).says(told);
    }
    for args in [&["man"][..], &["completions", "bash"], &["--help"], &["extract", "-q", "c04.txt"]] {
        shelled(&home, "ulimit -f 1", args, ">output").refuses(1).says("File too large");
    }
    assert_eq!(outside(&home), before, "nothing half written is left");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_database_that_a_limit_kept_from_being_made_can_be_made_later() {
    let home = Home::new();
    home.write("c04.txt", capture("c04").text);
    let poll = ["poll", "--from", "c04.txt"];
    shelled(&home, "ulimit -f 1", &poll, "").refuses(1).says("failed to open the database").says("ulimit -f");
    home.pantau(poll).ok();
}
