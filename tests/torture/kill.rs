//! The daemon is killed at any instant of its life, again and again, on one database.

use std::time::Duration;

use crate::random::Random;
use crate::recorded::{Ledger, copy};
use crate::rig::{Daemon, PATIENCE, Rig};
use crate::short_or_long;
use crate::ticker::Ticker;

/// The promise for a restart: from the start of the process until it polls.
const READY: Duration = Duration::from_millis(200);

/// An instant to kill at. A recording takes a millisecond or two of each second: half of the kills look for one.
fn wait_for_the_end(daemon: &mut Daemon, tickers: &[Ticker], random: &mut Random) {
    let is_aimed = random.is_heads();
    let longest = if is_aimed { 60 } else { short_or_long(600, 1500) };
    std::thread::sleep(random.within(Duration::from_millis(longest)));
    if is_aimed {
        let ticker = &tickers[random.below(tickers.len())];
        let before = ticker.served().len();
        daemon.wait_until("another request", PATIENCE, |_| ticker.served().len() > before);
        std::thread::sleep(random.within(Duration::from_millis(8)));
    }
}

/// From the start to the first line of the log, which comes when the database is open; `None` when killed before.
fn time_to_ready(daemon: &Daemon) -> Option<Duration> {
    let said = daemon.said();
    let ready = said.iter().find(|said| said.line.contains(": started "))?;
    Some(ready.at - daemon.started)
}

#[test]
fn no_acknowledged_poll_is_lost_by_a_kill() {
    let kills = short_or_long(100, 2000);
    let mut random = Random::printed("kill");
    let tickers = Ticker::several(6);
    let rig = Rig::polling(&tickers);
    let mut ledger = Ledger::default();
    let mut ready = Vec::new();
    for kill in 1..=kills {
        let mut daemon = rig.run();
        wait_for_the_end(&mut daemon, &tickers, &mut random);
        daemon.kill();
        ready.extend(time_to_ready(&daemon));
        let after = copy(&rig.database(), &rig.path("copy"));
        ledger.check(&after, &daemon, &tickers, &format!("after kill {kill}"));
        if kill % 50 == 0 {
            rig.expect(0, &["db", "verify", "--db", after.to_str().unwrap()]);
        }
    }
    rig.expect(0, &["db", "verify"]);
    ready.sort();
    let (middle, worst) = (ready[ready.len() / 2], ready[ready.len() - 1]);
    let late = ready.iter().filter(|&&time| time >= READY).count();
    println!(
        "{kills} kills, {ledger}; ready after {middle:?}, at worst {worst:?}, {late} times after {READY:?}"
    );
    assert!(ledger.acknowledged > 0 && middle < READY, "ready after {middle:?}");
}
