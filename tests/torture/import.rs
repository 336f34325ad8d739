//! An import is killed at any instant, again and again on one database, and run again: in the end the database holds
//! what one uninterrupted import leaves.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::random::Random;
use crate::rig::Rig;
use crate::shim::{Faults, Shim};
use crate::short_or_long;

const ENOSPC: u8 = 28;

/// Rows as an archive gives them: eleven indicators, in no order of time, some of whose values leap and are held.
fn series(random: &mut Random, captures: usize) -> String {
    let mut csv = "date,indicator,level,change,percent\n".to_owned();
    for _ in 0..captures {
        let minute = random.below(3 * captures);
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap()
            + chrono::Duration::minutes(i64::try_from(minute).unwrap());
        let indicator = ["lq45", "issi", "idx30", "emas", "usd-idr"][random.below(5)];
        let level = if random.below(200) == 0 { 7 } else { 700 + minute / 90 % 60 };
        writeln!(csv, "{},{indicator},{level}.{:02},0.00,0.00", at.to_rfc3339(), minute / 40 % 100).unwrap();
    }
    csv
}

/// Every row of every table but their keys, which tell only in which order they came.
fn canonical(database: &Path) -> Vec<String> {
    let database = rusqlite::Connection::open(database).unwrap();
    let sql = "SELECT 'capture ' || hex(digest) || captured_at || origin || url || hex(block) FROM capture \
               UNION ALL SELECT 'sighting ' || seen_at || hex(digest) FROM sighting JOIN capture ON capture.id = capture_id \
               UNION ALL SELECT 'indicator ' || slug || label || kind || unit || heartbeat FROM indicator \
               UNION ALL SELECT 'source ' || name || url FROM source \
               UNION ALL SELECT 'poll ' || count(*) FROM poll \
               UNION ALL SELECT 'run ' || slug || ' ' || first_seen || ' ' || last_seen || ' ' || coalesce(level, '-') || ' ' \
                 || coalesce(level_scale, '-') || ' ' || coalesce(change, '-') || ' ' || coalesce(change_scale, '-') || ' ' \
                 || coalesce(percent, '-') || ' ' || coalesce(percent_scale, '-') || ' ' || verdict || hex(digest) \
                 FROM observation JOIN indicator ON indicator.id = indicator_id JOIN capture ON capture.id = capture_id \
               UNION ALL SELECT 'held ' || slug || ' ' || seen_at || ' ' || last_seen || ' ' || level || reason || hex(digest) \
                 || coalesce(decision, '-') \
                 FROM held JOIN indicator ON indicator.id = indicator_id JOIN capture ON capture.id = capture_id \
               UNION ALL SELECT 'rolled ' || slug || ' ' || until FROM rolled JOIN indicator ON id = indicator_id \
               UNION ALL SELECT 'rollup ' || slug || ' ' || grain || ' ' || first_seen || ' ' || rollup.seal \
                 FROM rollup JOIN indicator ON id = indicator_id";
    let mut statement = database.prepare(sql).unwrap();
    let mut rows: Vec<String> =
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    rows.sort();
    rows
}

/// A folder with a series to import.
fn rig(csv: &str) -> Rig {
    let rig = Rig::new();
    rig.configure("");
    std::fs::write(rig.path("series.csv"), csv).unwrap();
    rig
}

#[test]
fn an_import_that_is_killed_and_run_again_leaves_what_an_undisturbed_one_does() {
    let kills = short_or_long(20, 200);
    let mut random = Random::printed("import");
    let csv = series(&mut random, 8_000);
    let (whole, killed) = (rig(&csv), rig(&csv));
    let begun = Instant::now();
    whole.expect(0, &["import", "series.csv"]);
    let takes = begun.elapsed();
    let (mut in_the_middle, mut rows_before) = (0, 0);
    for kill in 0..kills {
        // One import in ten finds an empty database again.
        if kill % 10 == 0 {
            std::fs::remove_dir_all(killed.path("store")).unwrap();
            std::fs::create_dir(killed.path("store")).unwrap();
            rows_before = 0;
        }
        let mut import = killed.pantau(&["import", "series.csv"]).spawn().unwrap();
        std::thread::sleep(random.within(takes + Duration::from_millis(50)));
        let _ended_before = import.kill();
        import.wait().unwrap();
        if killed.database().exists() {
            let rows = killed.pantau(&["db", "verify"]).output().unwrap();
            // Damage it would call 5; of a file that was only begun it says that there is no database yet.
            assert!(matches!(rows.status.code(), Some(0 | 3)), "{rows:?}");
            let is_made = rows.status.success();
            let count = if is_made { canonical(&killed.database()).len() } else { 0 };
            in_the_middle += usize::from(count > rows_before);
            rows_before = count;
        }
    }
    killed.expect(0, &["import", "series.csv"]);
    killed.expect(0, &["db", "verify"]);
    let (expected, found) = (canonical(&whole.database()), canonical(&killed.database()));
    assert!(found == expected, "{} rows, expected {}", found.len(), expected.len());
    println!(
        "{kills} kills of an import of {takes:?}, {in_the_middle} of which had recorded more than before"
    );
    assert!(in_the_middle > 0);
}

#[test]
fn an_import_onto_a_full_disk_ends_with_one_line_and_goes_on_later() {
    let mut random = Random::printed("import onto a full disk");
    let csv = series(&mut random, 2_000);
    let (whole, full) = (rig(&csv), rig(&csv));
    whole.expect(0, &["import", "series.csv"]);
    // The database is there, and has no room for more.
    full.expect(3, &["import", "--from", "2100", "--to", "2101", "series.csv"]);
    let shim = Shim::below(&full);
    shim.fail(Faults { writes: ENOSPC, ..Faults::default() });
    let output = shim.under(&mut full.pantau(&["-q", "import", "series.csv"])).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("disk is full"), "{said}");
    full.expect(0, &["import", "series.csv"]);
    assert!(canonical(&full.database()) == canonical(&whole.database()));
}
