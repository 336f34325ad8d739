//! The files of the database are removed, replaced or damaged while the daemon runs: it stops, and nothing is lost.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use pantau::store::Store;

use crate::recorded::{expect_sound, pages};
use crate::rig::{Daemon, PATIENCE, Rig};
use crate::ticker::Ticker;

/// The copies that were rescued.
fn rescued(rig: &Rig) -> Vec<PathBuf> {
    let entries = fs::read_dir(rig.path("store")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_string_lossy().contains(".db.rescued-")).collect()
}

/// Runs a daemon, does something to its files, and expects that it stops, says why, and that a copy has every poll.
fn loses_nothing(rig: &Rig, tickers: &[Ticker], harm: impl FnOnce()) -> PathBuf {
    let mut daemon = rig.run();
    let polled = |daemon: &Daemon| tickers.iter().all(|ticker| daemon.acknowledged(&ticker.name) > 1);
    daemon.wait_until("polls", PATIENCE, polled);
    harm();
    let code = daemon.end_within(PATIENCE).code();
    let log = daemon.log();
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(log.matches("pantau: ").count(), 1, "{log}");
    assert!(log.contains("was removed or replaced while it was in use"), "{log}");
    let copies = rescued(rig);
    let [copy] = &copies[..] else { panic!("{copies:?}\n{log}") };
    assert!(log.contains(copy.to_str().unwrap()), "{log}");
    expect_sound(copy, "rescued");
    rig.expect(0, &["db", "verify", "--db", copy.to_str().unwrap()]);
    let store = Store::open_reader(copy).unwrap();
    for ticker in tickers {
        let pages = pages(&store, &ticker.name);
        let given: Vec<u64> = (0..u64::try_from(ticker.served().len()).unwrap()).collect();
        let acknowledged = daemon.acknowledged(&ticker.name);
        assert!(
            pages.len() >= acknowledged && given.starts_with(&pages),
            "{}: {pages:?}\n{log}",
            ticker.name
        );
    }
    copy.clone()
}

fn remove(rig: &Rig, endings: &[&str]) {
    for ending in endings {
        fs::remove_file(rig.path(&format!("store/pantau.db{ending}"))).unwrap();
    }
}

#[test]
fn a_removed_database_is_rescued_and_no_empty_one_takes_its_place() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    let copy = loses_nothing(&rig, &tickers, || remove(&rig, &["", "-wal", "-shm"]));
    assert!(!rig.database().exists());
    let again = rig.expect(1, &["run"]);
    assert!(again.contains("rescued"), "{again}");
    assert!(!rig.database().exists());
    fs::rename(copy, rig.database()).unwrap();
    let mut daemon = rig.run();
    daemon.wait_until("polls", PATIENCE, |daemon| daemon.acknowledged("t1") > 1);
    daemon.stop();
    rig.expect(0, &["db", "verify"]);
}

#[test]
fn a_removed_log_of_commits_is_rescued() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    loses_nothing(&rig, &tickers, || remove(&rig, &["-wal"]));
}

#[test]
fn a_replaced_database_is_left_alone_and_the_old_one_rescued() {
    let tickers = Ticker::several(3);
    let rig = Rig::polling(&tickers);
    rig.expect(0, &["poll", "t1"]);
    let other = rig.path("store/other.db");
    rig.expect(0, &["db", "backup", other.to_str().unwrap()]);
    let before = fs::read(&other).unwrap();
    loses_nothing(&rig, &tickers, || fs::rename(&other, rig.database()).unwrap());
    assert_eq!(fs::read(rig.database()).unwrap(), before);
    // The commits that waited for the old one would be poison for the new one.
    assert!(!rig.path("store/pantau.db-wal").exists());
    rig.expect(0, &["db", "verify"]);
}

#[test]
fn a_damaged_page_stops_the_daemon_and_the_file_is_kept() {
    let tickers = Ticker::several(1);
    let rig = Rig::polling(&tickers);
    rig.expect(0, &["poll"]);
    // The first poll comes while the pages of the tables are not in the memory of the process.
    let slow = crate::raw::Raw::answering("127.0.0.9", |stream| {
        use std::io::Write;
        std::thread::sleep(Duration::from_secs(1));
        let page = crate::ticker::page(5);
        write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}", page.len())
    });
    rig.configure(&crate::rig::source("t1", &slow.url()));
    let mut daemon = rig.run();
    daemon.wait_until("a request", PATIENCE, |_| slow.connections() > 0);
    let mut bytes = fs::read(rig.database()).unwrap();
    bytes[4096..].chunks_mut(4096).for_each(|page| page[..64].fill(0x5a));
    fs::write(rig.database(), &bytes).unwrap();
    let code = daemon.end_within(PATIENCE).code();
    let log = daemon.log();
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(log.matches("pantau: ").count(), 1, "{log}");
    assert!(log.contains("malformed") && log.contains("copy the last verified backup"), "{log}");
    assert_eq!(daemon.acknowledged("t1"), 0, "{log}");
    assert!(fs::read(rig.database()).unwrap() == bytes, "the damaged file was written to");
}
