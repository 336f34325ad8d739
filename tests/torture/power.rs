//! The power goes at any instant, and the disk keeps of what was not synced whatever it likes.

use std::fs;
use std::path::Path;
use std::time::Duration;

use pantau::store::Store;

use crate::disk::{Disk, MOODS};
use crate::random::Random;
use crate::recorded::pages;
use crate::rig::{Daemon, PATIENCE, Rig, Said};
use crate::shim::{Event, Faults, Shim};
use crate::short_or_long;
use crate::ticker::Ticker;

/// Runs daemons one after the other and gives all that happened to their files. Each end brings the `-wal` file
/// into the database and removes it.
fn happenings(rig: &Rig, tickers: &[Ticker], faults: Faults, lives: u32, length: Duration) -> Vec<Event> {
    let shim = Shim::below(rig);
    shim.fail(faults);
    for _ in 0..lives {
        let before = tickers[0].served().len();
        let mut daemon = Daemon::start(shim.under(&mut rig.pantau(&["run"])));
        daemon.wait_until("a request", PATIENCE, |_| tickers[0].served().len() > before);
        std::thread::sleep(length);
        daemon.stop();
    }
    shim.trace()
}

/// How many polls of a source the program had acknowledged.
fn acknowledged(events: &[Event], source: &str) -> usize {
    let said = events.iter().filter_map(|event| match event {
        Event::Said(line) => Some(Said::new(line.trim_end())),
        _ => None,
    });
    said.filter(|said| said.acknowledged() == Some(source)).count()
}

/// What is wrong with what a disk holds after these events: the program must be able to go on with it, find it
/// sound, and have every poll that it acknowledged, in order.
fn wrong(rig: &Rig, database: &Path, events: &[Event], tickers: &[Ticker]) -> Option<String> {
    let db = ["--db", database.to_str().unwrap()];
    let run = |args: &[&str]| {
        let output = rig.pantau(args).args(db).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (!output.status.success()).then(|| format!("{args:?}: {said}"))
    };
    let page = rig.path("page.html");
    let write = ["poll", "t1", "--at", "2024-04-19T10:30:00+07:00", "--from", page.to_str().unwrap()];
    if let Some(refused) = run(&write).or_else(|| run(&["db", "verify"])) {
        return Some(refused);
    }
    let store = Store::open_reader(database).unwrap();
    tickers.iter().find_map(|ticker| {
        let acknowledged = acknowledged(events, &ticker.name);
        let pages = pages(&store, &ticker.name);
        let in_order = (0..).zip(&pages).take_while(|(number, page)| number == *page).count();
        let is_whole = pages.len() >= acknowledged && in_order == pages.len();
        (!is_whole).then(|| {
            format!(
                "{}: {acknowledged} acknowledged, {} recorded, {in_order} in order",
                ticker.name,
                pages.len()
            )
        })
    })
}

/// Cuts the power so often and gives what was wrong each time that something was.
fn cut(rig: &Rig, events: &[Event], tickers: &[Ticker], cuts: usize, random: &mut Random) -> Vec<String> {
    fs::write(rig.path("page.html"), "<p>| INDIKATOR |</p><p>EMAS 1.345.000 0,75%</p>").unwrap();
    let folder = rig.path("after");
    let mut found = Vec::new();
    for number in 0..cuts {
        let mood = MOODS[number % MOODS.len()];
        let before = &events[..random.below(events.len() + 1)];
        Disk::after(before).lose_power(mood, random, &folder);
        let name = rig.database().file_name().unwrap().to_owned();
        let wrong = wrong(rig, &folder.join(name), before, tickers);
        found.extend(wrong.map(|wrong| format!("cut after event {}, {mood:?}: {wrong}", before.len())));
    }
    found
}

#[test]
fn no_acknowledged_poll_is_lost_by_a_power_cut() {
    let mut random = Random::printed("power");
    let tickers = Ticker::several(6);
    let rig = Rig::polling(&tickers);
    let (lives, length) = short_or_long((3, Duration::from_millis(1300)), (4, Duration::from_secs(40)));
    let events = happenings(&rig, &tickers, Faults::default(), lives, length);
    let cuts = short_or_long(60, 500);
    let wrong = cut(&rig, &events, &tickers, cuts, &mut random);
    let said: usize = tickers.iter().map(|ticker| acknowledged(&events, &ticker.name)).sum();
    println!(
        "{cuts} power cuts among {} events of {said} acknowledged polls: {} bad",
        events.len(),
        wrong.len()
    );
    assert!(said >= 20 && wrong.is_empty(), "{said} acknowledged\n{}", wrong.join("\n"));
}

/// The same without syncs must show losses, or the test above could not fail.
#[test]
fn without_syncs_a_power_cut_loses_polls() {
    let mut random = Random::printed("power without syncs");
    let tickers = Ticker::several(6);
    let rig = Rig::polling(&tickers);
    let faults = Faults { swallow_syncs: true, ..Faults::default() };
    let events = happenings(&rig, &tickers, faults, 2, Duration::from_millis(1300));
    let cuts = 24;
    let wrong = cut(&rig, &events, &tickers, cuts, &mut random);
    println!("{cuts} power cuts without syncs: {} bad", wrong.len());
    assert!(wrong.len() > cuts / 8, "only {} of {cuts} cuts did harm", wrong.len());
}
