//! The disk below the database fails, fills up, or refuses to be written: the daemon says so once, waits, and goes on.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::recorded::expect_sound;
use crate::rig::{Daemon, PATIENCE, Rig};
use crate::shim::{Faults, Shim};
use crate::short_or_long;
use crate::ticker::Ticker;

const ENOSPC: u8 = 28;
const EIO: u8 = 5;
const EROFS: u8 = 30;
const EFBIG: u8 = 27;

/// How long the trouble lasts. A daemon that spoke of it at each try would be heard.
fn while_it_lasts() -> Duration {
    short_or_long(Duration::from_secs(5), Duration::from_secs(150))
}

/// Lines that speak of trouble, and lines that say it is over.
fn spoken(daemon: &Daemon) -> (usize, usize) {
    let count = |text: &str| daemon.said().iter().filter(|said| said.line.contains(text)).count();
    (count("cannot record"), count("recording again"))
}

/// Expects that every page that was given is recorded, in order: the answer in hand outlived the trouble.
pub(crate) fn expect_all_recorded(rig: &Rig, tickers: &[Ticker]) {
    expect_sound(&rig.database(), "after the trouble");
    rig.expect(0, &["db", "verify"]);
    let connection = rusqlite::Connection::open(rig.database()).unwrap();
    for ticker in tickers {
        let sql = "SELECT count(*) FROM poll JOIN source ON source.id = source_id WHERE name = ?1";
        let polls: i64 = connection.query_row(sql, [&ticker.name], |row| row.get(0)).unwrap();
        assert_eq!(usize::try_from(polls).unwrap(), ticker.served().len(), "polls of {}", ticker.name);
    }
}

/// Waits for polls after this moment of every source.
pub(crate) fn expect_polls(daemon: &mut Daemon, tickers: &[Ticker]) {
    for ticker in tickers {
        let before = daemon.acknowledged(&ticker.name);
        let polled = |daemon: &Daemon| daemon.acknowledged(&ticker.name) > before + 1;
        daemon.wait_until(&format!("polls of {}", ticker.name), PATIENCE, polled);
    }
}

/// A running daemon meets a trouble, and it goes again.
fn survives(
    rig: &Rig,
    mut daemon: Daemon,
    tickers: &[Ticker],
    begin: impl FnOnce(&Daemon),
    end: impl FnOnce(&Daemon),
    says: &str,
) {
    expect_polls(&mut daemon, tickers);
    begin(&daemon);
    daemon.wait_to_say(says, PATIENCE);
    std::thread::sleep(while_it_lasts());
    let (trouble, over) = spoken(&daemon);
    // Once when it begins, and then once a minute.
    let most = 1 + usize::try_from(while_it_lasts().as_secs() / 60).unwrap();
    assert!(trouble <= most && over == 0, "said {trouble} times\n{}", daemon.log());
    end(&daemon);
    daemon.wait_to_say("recording again", PATIENCE);
    expect_polls(&mut daemon, tickers);
    daemon.stop();
    expect_all_recorded(rig, tickers);
}

fn survives_faults(faults: Faults, says: &str) {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    let shim = Shim::below(&rig);
    let daemon = Daemon::start(shim.under(&mut rig.pantau(&["run"])));
    survives(&rig, daemon, &tickers, |_| shim.fail(faults), |_| shim.fail(Faults::default()), says);
}

#[test]
fn a_full_disk_is_waited_for() {
    survives_faults(Faults { writes: ENOSPC, ..Faults::default() }, "the disk is full");
}

#[test]
fn a_disk_that_cannot_be_written_is_waited_for() {
    survives_faults(Faults { writes: EIO, ..Faults::default() }, "the disk fails");
}

#[test]
fn a_disk_that_cannot_be_synced_is_waited_for() {
    survives_faults(Faults { syncs: EIO, ..Faults::default() }, "the disk fails");
}

#[test]
fn a_disk_that_turned_read_only_is_waited_for() {
    survives_faults(Faults { writes: EROFS, ..Faults::default() }, "the disk fails");
}

#[test]
fn a_file_at_its_limit_is_waited_for() {
    survives_faults(Faults { writes: EFBIG, ..Faults::default() }, "a limit on files is reached");
}

/// Sets a limit of a running process.
fn limit(daemon: &Daemon, limit: &str) {
    let set = Command::new("prlimit").args(["--pid", &daemon.id().to_string(), limit]).status().unwrap();
    assert!(set.success(), "prlimit {limit}");
}

/// Without a handler the signal that comes with such a limit kills the process.
#[test]
fn a_limit_on_the_size_of_files_is_waited_for() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    let daemon = rig.run();
    let lower = |daemon: &Daemon| {
        let wal = rig.path("store/pantau.db-wal").metadata().unwrap().len();
        limit(daemon, &format!("--fsize={wal}:unlimited"));
    };
    let raise = |daemon: &Daemon| limit(daemon, "--fsize=unlimited:unlimited");
    survives(&rig, daemon, &tickers, lower, raise, "a limit on files is reached");
}

#[test]
fn a_process_without_file_descriptors_polls_again_when_it_has_some() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    let mut daemon = rig.run();
    expect_polls(&mut daemon, &tickers);
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.id())).unwrap().count();
    limit(&daemon, &format!("--nofile={open}:"));
    // No page can be asked for: that is an outcome like any other, and the database is written as before.
    daemon.wait_to_say("Too many open files", PATIENCE);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(spoken(&daemon), (0, 0), "{}", daemon.log());
    limit(&daemon, "--nofile=1024:");
    let stored =
        |daemon: &Daemon| daemon.said().iter().filter(|said| said.field("outcome") == Some("stored")).count();
    let before = stored(&daemon);
    daemon.wait_until("pages again", PATIENCE, |daemon| stored(daemon) > before + 2);
    daemon.stop();
    rig.expect(0, &["db", "verify"]);
}

/// A file system of a megabyte for the database, as long as its test runs.
struct Small<'a>(&'a Rig);

impl<'a> Small<'a> {
    /// `None` where nothing may be mounted.
    fn mount(rig: &'a Rig) -> Option<Self> {
        let folder = rig.path("store");
        let mounted = mount(&["-t", "tmpfs", "-o", "size=1m", "none"], &folder);
        if !mounted {
            println!("skipped: this needs the right to mount");
        }
        mounted.then_some(Self(rig))
    }

    fn remount(&self, option: &str) {
        assert!(mount(&["-o", &format!("remount,{option}")], &self.0.path("store")), "remount,{option}");
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path("store")).status();
    }
}

fn mount(options: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(options).arg(folder).output();
    output.is_ok_and(|output| output.status.success())
}

#[test]
fn a_small_file_system_that_is_full_is_waited_for() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    let Some(small) = Small::mount(&rig) else { return };
    let fill = |_: &Daemon| {
        let mut ballast = fs::File::create(rig.path("store/ballast")).unwrap();
        while ballast.write_all(&[0; 512]).is_ok() {}
    };
    let daemon = rig.run();
    survives(&rig, daemon, &tickers, fill, |_| small.remount("size=16m"), "the disk is full");
}

#[test]
fn a_file_system_that_is_read_only_from_the_start_is_refused_and_still_answers() {
    let tickers = Ticker::several(1);
    let rig = Rig::polling(&tickers);
    let Some(small) = Small::mount(&rig) else { return };
    rig.expect(0, &["poll"]);
    small.remount("ro");
    for args in [&["run"][..], &["poll"]] {
        let said = rig.expect(1, args);
        let complaints: Vec<&str> = said.lines().filter(|line| line.starts_with("pantau: ")).collect();
        assert!(matches!(complaints[..], [one] if one.to_lowercase().contains("read-only")), "{said}");
    }
    rig.expect(0, &["latest", "lq45"]);
    rig.expect(0, &["db", "verify"]);
    small.remount("rw");
    let mut daemon = rig.run();
    expect_polls(&mut daemon, &tickers);
    daemon.stop();
}
