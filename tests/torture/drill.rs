//! The drill of a restoration: what a database answers before it is lost, and after its backup took its place.

use std::fs;

use serde_json::Value;

use crate::flips::rich;
use crate::rig::Rig;

/// Every question that can be asked of a database.
fn questions() -> Vec<String> {
    let general =
        ["latest", "indicators", "sources", "review", "status", "change --as-of 2024-11-23 --over 1d,1w"];
    let mut questions = general.map(str::to_owned).to_vec();
    for slug in crate::captures::SLUGS {
        questions.push(format!("history {slug} --all"));
        questions.push(format!("history {slug} --every 1d --to 2024-11-23"));
        questions.push(format!("change {slug} --over 1d,mtd,ytd"));
        questions.push(format!("explain {slug}"));
        questions.push(format!("explain {slug} --at 2024-11-22T12:00"));
    }
    questions
}

/// The answers with their exit codes. How old something is, and what gap has begun since, depends on when one asks.
fn answers(rig: &Rig) -> Vec<(String, Option<i32>, Value)> {
    let answer = |question: String| {
        let mut args: Vec<&str> = question.split(' ').collect();
        args.extend(["-f", "json"]);
        let output = rig.pantau(&args).output().unwrap();
        let mut answer = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        forget_ages(&mut answer);
        (question, output.status.code(), answer)
    };
    questions().into_iter().map(answer).collect()
}

fn forget_ages(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !["age", "next", "gap"].iter().any(|told| name.contains(told)));
            fields.values_mut().for_each(forget_ages);
        }
        Value::Array(values) => values.iter_mut().for_each(forget_ages),
        _ => {}
    }
}

#[test]
fn a_restored_backup_answers_as_the_lost_database_did() {
    let rig = rich();
    let before = answers(&rig);
    rig.expect(0, &["db", "backup", "spare.db"]);
    rig.expect(0, &["db", "verify", "--db", "spare.db"]);
    fs::remove_dir_all(rig.path("store")).unwrap();
    rig.expect(3, &["latest"]);
    fs::create_dir(rig.path("store")).unwrap();
    fs::rename(rig.path("spare.db"), rig.database()).unwrap();
    let after = answers(&rig);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    let with_data =
        before.iter().filter(|(_, _, answer)| answer.as_array().is_some_and(|rows| !rows.is_empty()));
    assert!(with_data.count() > 40, "hardly any question had an answer: {before:?}");
    rig.expect(0, &["db", "verify"]);
}
