//! The pictures in `charts/` are what the program draws from the sample pages: the SVGs are compared as text.
//! `UPDATE_GOLDENS=1 cargo test --test gallery` draws them anew, and the PNGs that the README shows.

#![allow(clippy::unwrap_used, missing_docs, reason = "a picture that cannot be drawn is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each picture and the question it answers.
const GALLERY: [(&str, &str); 6] = [
    ("emas", "emas --from 2024-11-21 --to 2024-11-22"),
    ("lq45", "lq45"),
    ("rebase", "emas lq45 idx usd-idr issi --from 2024-11-15"),
    ("candle", "idx --kind candle --from 2024-11-15 --to 2024-11-22"),
    ("drawdown-dark", "lq45 --kind drawdown --theme dark"),
    ("return", "rd-saham"),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pantau(database: &Path, arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_pantau"))
        .env_clear()
        .env("PANTAU_DB", database)
        .env("HOME", database.parent().unwrap())
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn recorded_samples(folder: &Path) -> PathBuf {
    let (database, sample) = (folder.join("sample.db"), root().join("tests/fixtures/sample"));
    for line in fs::read_to_string(sample.join("times.txt")).unwrap().lines() {
        let (page, at) = line.split_once(' ').unwrap();
        pantau(&database, &["poll", "--from", sample.join(page).to_str().unwrap(), "--at", at]);
    }
    database
}

#[test]
fn the_gallery_is_what_the_program_draws() {
    let folder = tempfile::tempdir().unwrap();
    let database = recorded_samples(folder.path());
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    for (name, question) in GALLERY {
        let golden = root().join("charts").join(name);
        let drawn = folder.path().join(name).with_extension("svg");
        let draw = |file: &Path| {
            let mut arguments = vec!["chart"];
            arguments.extend(question.split(' '));
            arguments.extend(["-o", file.to_str().unwrap()]);
            pantau(&database, &arguments);
        };
        draw(&drawn);
        if update {
            fs::create_dir_all(golden.parent().unwrap()).unwrap();
            fs::copy(&drawn, golden.with_extension("svg")).unwrap();
            draw(&golden.with_extension("png"));
        }
        let expected = fs::read_to_string(golden.with_extension("svg")).unwrap();
        let same = expected == fs::read_to_string(&drawn).unwrap();
        assert!(
            same,
            "charts/{name}.svg is not what `pantau chart {question}` draws; UPDATE_GOLDENS=1 redraws it"
        );
        assert!(golden.with_extension("png").exists(), "charts/{name}.png is missing");
    }
}
