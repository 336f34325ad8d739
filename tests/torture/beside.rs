//! People ask, draw and back up beside the daemon that writes: nobody is turned away, and no backup is less than whole.

use std::time::{Duration, Instant};

use crate::recorded::expect_sound;
use crate::rig::{PATIENCE, Rig, source};
use crate::short_or_long;
use crate::ticker::Ticker;

/// Runs a command that must succeed and be told of no lock.
fn ask(rig: &Rig, args: &[&str]) {
    let said = rig.expect(0, args);
    assert!(!said.contains("locked"), "pantau {args:?}\n{said}");
}

fn ask_until(rig: &Rig, end: Instant, questions: &[&[&str]]) -> usize {
    let mut asked = 0;
    while Instant::now() < end {
        questions.iter().for_each(|question| ask(rig, question));
        asked += questions.len();
    }
    asked
}

fn back_up_until(rig: &Rig, end: Instant) -> usize {
    let mut backups = 0;
    while Instant::now() < end {
        let copy = rig.path("beside.db");
        ask(rig, &["db", "backup", "beside.db"]);
        ask(rig, &["db", "verify", "--db", "beside.db"]);
        expect_sound(&copy, "in a backup");
        std::fs::remove_file(copy).unwrap();
        backups += 1;
    }
    backups
}

#[test]
fn nobody_is_turned_away_while_the_daemon_writes() {
    let tickers = Ticker::several(7);
    let (by_hand, tickers) = tickers.split_last().unwrap();
    let sources: String = tickers.iter().map(|ticker| source(&ticker.name, &ticker.url)).collect();
    let rig = Rig::new();
    // Another writer: a source that only people poll.
    let by_hand = source(&by_hand.name, &by_hand.url).replace("every =", "enabled = false\nevery =");
    rig.configure(&(sources + &by_hand));
    let mut daemon = rig.run();
    daemon.wait_until("polls of all", PATIENCE, |daemon| {
        tickers.iter().all(|ticker| daemon.acknowledged(&ticker.name) > 2)
    });
    let end = Instant::now() + short_or_long(Duration::from_secs(20), Duration::from_secs(600));
    let questions: [&[&str]; 5] =
        [&["latest"], &["history", "t1/lq45"], &["explain", "t2/idx"], &["indicators"], &["poll", "t7"]];
    let drawing: [&[&str]; 1] = [&["chart", "t1/lq45", "t2/lq45", "-o", "beside.png"]];
    let (asked, drawn, backups) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_until(&rig, end, &questions));
        let drawing = scope.spawn(|| ask_until(&rig, end, &drawing));
        let backups = scope.spawn(|| back_up_until(&rig, end));
        (asking.join().unwrap(), drawing.join().unwrap(), backups.join().unwrap())
    });
    daemon.stop();
    assert!(!daemon.log().contains("locked"), "{}", daemon.log());
    let polls: usize = tickers.iter().map(|ticker| daemon.acknowledged(&ticker.name)).sum();
    println!("{polls} polls beside {asked} questions, {drawn} charts and {backups} verified backups");
    assert!(polls > 20 && asked > 10 && drawn > 1 && backups > 1);
    rig.expect(0, &["db", "verify"]);
}
