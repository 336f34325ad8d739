//! What a database holds beside what its daemon acknowledged and its servers gave.

use std::collections::HashMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use pantau::store::Store;
use rusqlite::{Connection, OpenFlags};

use crate::rig::Daemon;
use crate::ticker::{Ticker, number_of};

/// A copy of a database as a crash left it, in a folder of its own. The `-shm` file does not outlive its processes.
pub(crate) fn copy(database: &Path, folder: &Path) -> PathBuf {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir(folder).unwrap();
    let name = database.file_name().unwrap().to_str().unwrap();
    for name in [name.to_owned(), format!("{name}-wal")] {
        let from = database.with_file_name(&name);
        if from.exists() {
            fs::copy(from, folder.join(name)).unwrap();
        }
    }
    folder.join(name)
}

/// A poll of the log that saw a page: its key, and the number of the page.
type Seen = (i64, u64);

/// Every page of a source that was recorded, in the order of the log.
pub(crate) fn pages(store: &Store, source: &str) -> Vec<u64> {
    newest(store, source, u32::MAX).into_iter().map(|(_, page)| page).collect()
}

/// The newest polls of a source, in the order of the log.
fn newest(store: &Store, source: &str, count: u32) -> Vec<Seen> {
    let tables = store.tables();
    let Some(source) = tables.source(source).unwrap() else { return Vec::new() };
    let mut polls = tables.newest_polls(source.id, count).unwrap();
    polls.sort_by_key(|poll| poll.id);
    let seen = |poll: &pantau::store::LoggedPoll| {
        let sighting = poll.sighting.unwrap_or_else(|| panic!("{poll:?}"));
        number_of(&tables.capture(sighting.capture).unwrap().block.unwrap())
    };
    polls.iter().map(|poll| (poll.id, seen(poll))).collect()
}

/// Expects a file that SQLite finds sound, and series in which no run touches another and each level is new.
#[track_caller]
pub(crate) fn expect_sound(database: &Path, when: &str) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(database, flags).unwrap();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok", "{when}");
    let tables: i64 = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'observation'", [], |row| row.get(0))
        .unwrap();
    if tables == 0 {
        return;
    }
    let sql = "SELECT count(*) FROM (SELECT first_seen, last_seen, level, \
                 lag(last_seen) OVER runs AS before, lag(level) OVER runs AS lower FROM observation \
                 WINDOW runs AS (PARTITION BY indicator_id ORDER BY first_seen)) \
               WHERE last_seen < first_seen OR first_seen <= before OR level <= lower";
    let wrong: i64 = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(wrong, 0, "runs that overlap, repeat or go back {when}");
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap()
}

/// What was recorded so far, of each source, over the lives of many daemons.
#[derive(Default)]
pub(crate) struct Ledger {
    /// The last poll that was accounted for, and how many pages its server had given by then.
    last: HashMap<String, (i64, usize)>,
    pub(crate) acknowledged: usize,
    /// Recorded, but killed before the line of the log.
    unsaid: usize,
    /// Given by a server, but killed before it was recorded.
    in_hand: usize,
}

impl Ledger {
    /// Expects that a database holds what the daemon that just ended acknowledged: the pages that its server gave,
    /// in their order, and beyond the acknowledged ones at most the one that was in hand.
    #[track_caller]
    pub(crate) fn check(&mut self, database: &Path, daemon: &Daemon, tickers: &[Ticker], when: &str) {
        if !database.exists() {
            let said = tickers.iter().map(|ticker| daemon.acknowledged(&ticker.name)).sum::<usize>();
            assert_eq!(said, 0, "{when}: acknowledged without a database");
            return;
        }
        expect_sound(database, when);
        let store = match Store::open_reader(database) {
            Ok(store) => store,
            Err(error) => {
                // Killed before the first schema was complete, so before anything was recorded.
                assert_eq!(self.acknowledged, 0, "{when}: {error}");
                return;
            }
        };
        for ticker in tickers {
            self.check_source(&store, daemon, ticker, when);
        }
    }

    #[track_caller]
    fn check_source(&mut self, store: &Store, daemon: &Daemon, ticker: &Ticker, when: &str) {
        let (last, given) = self.last.get(&ticker.name).copied().unwrap_or_default();
        // No daemon lives long enough for more.
        let mut recorded = newest(store, &ticker.name, 100);
        recorded.retain(|(id, _)| *id > last);
        let served: Vec<u64> = (number(given)..number(ticker.served().len())).collect();
        let acknowledged = daemon.acknowledged(&ticker.name);
        let pages: Vec<u64> = recorded.iter().map(|(_, page)| *page).collect();
        let is_accounted = pages.len() >= acknowledged && pages.len() <= acknowledged + 1;
        // The server may have read the last request of the daemon before only after that was killed.
        let is_in_order =
            served.starts_with(&pages) || served.get(1..).is_some_and(|rest| rest.starts_with(&pages));
        assert!(
            is_accounted && is_in_order,
            "{} {when}: {acknowledged} acknowledged, {pages:?} recorded of {served:?}\n{}",
            ticker.name,
            daemon.log()
        );
        self.acknowledged += acknowledged;
        self.unsaid += pages.len() - acknowledged;
        self.in_hand += served.len() - pages.len();
        let last = recorded.last().map_or(last, |(id, _)| *id);
        self.last.insert(ticker.name.clone(), (last, given + served.len()));
    }
}

impl fmt::Display for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, unsaid, in_hand, .. } = self;
        write!(
            f,
            "{acknowledged} polls acknowledged, none lost; {unsaid} recorded but killed before they said so, "
        )?;
        write!(f, "{in_hand} killed before they were recorded")
    }
}
