//! Who may read and change what the program makes, whatever the umask says.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::captures::capture;
use crate::common::{Home, wait_for};
use crate::server::{Answer, Server};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}

/// Runs the program under a umask, in a home.
fn under(home: &Home, umask: &str, args: &[&str]) {
    let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &shell, env!("CARGO_BIN_EXE_pantau")])
        .args(args)
        .env_clear()
        .env("HOME", home.path(""))
        .env("XDG_DATA_HOME", home.path("data"))
        .env("XDG_CONFIG_HOME", home.path("config"))
        .current_dir(home.path(""))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn what_is_recorded_and_configured_is_for_its_owner_alone() {
    for umask in ["000", "022", "077"] {
        let home = Home::new();
        let page = home.write("page.txt", capture("c20").text);
        let from = ["poll", "--at", "2024-11-22T10:30:00+07:00", "--from", page.to_str().unwrap()];
        under(&home, umask, &from);
        // A second connection keeps the other files of the database in place.
        let reader = rusqlite::Connection::open(home.database()).unwrap();
        reader.query_row("SELECT count(*) FROM source", [], |_| Ok(())).unwrap();
        under(&home, umask, &from);
        under(&home, umask, &["db", "backup", "copy.db"]);
        under(&home, umask, &["init", "config/pantau/pantau.toml"]);
        for file in [
            "data/pantau/pantau.db",
            "data/pantau/pantau.db-wal",
            "data/pantau/pantau.db-shm",
            "copy.db",
            "config/pantau/pantau.toml",
        ] {
            assert_eq!(mode(&home.path(file)), 0o600, "{file} under umask {umask}");
        }
        for folder in ["data", "data/pantau", "config", "config/pantau"] {
            assert_eq!(mode(&home.path(folder)), 0o700, "{folder} under umask {umask}");
        }
    }
}

#[test]
fn a_chart_is_for_whom_the_umask_says() {
    for (umask, expected) in [("022", 0o644), ("077", 0o600)] {
        let home = Home::with_captures(&crate::captures::FOUR);
        under(&home, umask, &["chart", "lq45", "-o", "lq45.svg"]);
        assert_eq!(mode(&home.path("lq45.svg")), expected);
    }
}

#[test]
fn the_mode_of_a_database_that_is_there_is_left_as_it_is() {
    let home = Home::with_captures(&["c20"]);
    fs::set_permissions(home.database(), fs::Permissions::from_mode(0o640)).unwrap();
    home.record("c13");
    assert_eq!(mode(&home.database()), 0o640);
}

#[test]
fn a_configuration_that_all_may_change_is_not_obeyed() {
    let home = Home::with_captures(&["c20"]);
    let config = home.write("config/pantau/pantau.toml", "");
    fs::set_permissions(&config, fs::Permissions::from_mode(0o666)).unwrap();
    for command in [&["latest"][..], &["poll"], &["run"], &["config"]] {
        home.pantau(command).refuses(2).says("pantau.toml").says("every user").says("hint: chmod o-w");
    }
    fs::set_permissions(&config, fs::Permissions::from_mode(0o664)).unwrap();
    home.pantau(["latest"]).ok();
    home.pantau(["latest", "--config", "/dev/null"]).ok();
}

#[test]
fn a_daemon_warns_of_a_database_that_all_may_change() {
    let home = Home::with_captures(&["c20"]);
    let server = Server::start(vec![Answer::page(capture("c20").text)]);
    let source = format!("[[source]]\nname = \"kontan\"\nurl = \"{}\"\nlayout = \"kontan\"\n", server.url());
    home.write("config/pantau/pantau.toml", source);
    for (mode, warns) in [(0o646, true), (0o600, false)] {
        fs::set_permissions(home.database(), fs::Permissions::from_mode(mode)).unwrap();
        let asked = server.requests().len();
        let daemon = home.pantau(["run"]).start();
        wait_for("a request", std::time::Duration::from_secs(30), || {
            (server.requests().len() > asked).then_some(())
        });
        daemon.signal("TERM");
        let done = daemon.wait(std::time::Duration::from_secs(30));
        assert_eq!(
            done.stderr().contains("every user of this machine can change the database"),
            warns,
            "{done}"
        );
    }
}
