//! No room: outputs that take nothing.

use std::path::Path;

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
