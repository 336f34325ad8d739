//! House rules that the compiler does not know: one door for each outside crate, layers that import only from
//! below, and files that say what they own.

#![allow(clippy::unwrap_used, missing_docs, reason = "a rule that cannot be read is a failed test")]
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each crate, and the module that may name it; two only where both read and write bytes of their own.
const DOORS: [(&str, &str); 40] = [
    ("reqwest", "fetch"),
    ("rustls", "fetch"),
    ("webpki_roots", "fetch"),
    ("ipnet", "fetch"),
    ("rusqlite", "store"),
    ("refinery", "store"),
    ("flate2", "store archive"),
    ("crc32fast", "store"),
    ("plotters", "chart"),
    ("plotters_backend", "chart"),
    ("tiny_skia", "chart"),
    ("ttf_parser", "chart"),
    ("unicode_normalization", "chart"),
    ("png", "chart"),
    ("aho_corasick", "parse"),
    ("html5gum", "parse"),
    ("scraper", "parse"),
    ("axum", "web"),
    ("hyper", "web"),
    ("hyper_util", "web"),
    ("prometheus_client", "web"),
    ("clap", "cli"),
    ("comfy_table", "report"),
    ("similar", "report"),
    ("sha2", "domain"),
    ("croner", "poll"),
    ("texting_robots", "fetch"),
    ("sd_notify", "cli"),
    ("signal_hook", "cli"),
    ("lettre", "alert"),
    ("hmac", "alert"),
    ("globset", "archive"),
    ("libdeflater", "archive"),
    ("zip", "archive"),
    ("sha1", "archive"),
    ("brotli_decompressor", "archive"),
    ("tokio_postgres", "push"),
    ("tokio_postgres_rustls", "push"),
    ("indicatif", "cli"),
    ("parquet", "columns"),
];

/// The row of each module in the layers of `src/lib.rs`.
const LAYERS: [(&str, u8); 21] = [
    ("domain", 1),
    ("files", 1),
    ("clock", 2),
    ("fetch", 2),
    ("store", 2),
    ("parse", 2),
    ("series", 2),
    ("format", 2),
    ("calendar", 2),
    ("columns", 2),
    ("ingest", 3),
    ("query", 3),
    ("chart", 3),
    ("alert", 3),
    ("poll", 4),
    ("archive", 4),
    ("push", 4),
    ("report", 4),
    ("web", 4),
    ("config", 5),
    ("cli", 5),
];

fn sources() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 50, "the sources are where they are looked for");
    found
}

/// The top module of a file: `src/store/seal.rs` is in `store`.
fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The code of a file: without comments, and without what only its tests use.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Whether code names a crate: `rustls::` is not named by `tokio_postgres_rustls::`.
fn names(code: &str, name: &str) -> bool {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    let paths = code.match_indices(&format!("{name}::")).any(|(at, _)| !code[..at].ends_with(is_part));
    paths || code.contains(&format!("use {name}"))
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "tests.rs")
}

#[test]
fn each_outside_crate_has_one_door() {
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for path in sources() {
        let code = code(&path);
        for (name, door) in DOORS {
            if names(&code, name) && !is_test(&path) {
                let module = module_of(&path);
                assert!(door.split(' ').any(|door| door == module), "{} names {name}", path.display());
                *used.entry(name).or_default() += 1;
            }
        }
    }
    let unused: Vec<_> = DOORS.iter().filter(|(name, _)| !used.contains_key(name)).collect();
    assert!(unused.is_empty(), "doors that nobody uses: {unused:?}");
}

#[test]
fn modules_import_only_from_layers_below() {
    let row = |module: &str| LAYERS.iter().find(|(name, _)| *name == module).map(|(_, row)| *row);
    let mut imports = 0;
    for path in sources().iter().filter(|path| !is_test(path)) {
        let module = module_of(path);
        let Some(own) = row(&module) else { continue };
        let code = code(path);
        for (other, below) in LAYERS.iter().filter(|(other, _)| *other != module) {
            let grouped =
                code.contains(&format!("use crate::{{{other}")) || code.contains(&format!(", {other}}};"));
            if code.contains(&format!("crate::{other}")) || grouped && code.contains("use crate::{") {
                let wires_the_rest = own == 5;
                assert!(*below < own || wires_the_rest, "{} imports {other}", path.display());
                imports += 1;
            }
        }
    }
    assert!(imports > 50, "imports were recognized");
}

#[test]
fn every_file_says_what_it_owns() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} does not open with what it owns", path.display());
    }
}

#[test]
fn nothing_is_left_unfinished() {
    for path in sources() {
        let code = code(&path);
        for mark in ["todo!(", "unimplemented!(", "dbg!(", "FIXME"] {
            assert!(!code.contains(mark), "{} has {mark}", path.display());
        }
    }
}

#[test]
fn every_promise_of_safety_names_a_test_that_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let promises = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let is_test = |name: &&str| {
        name.matches('_').count() >= 3 && name.chars().all(|c| c == '_' || c.is_ascii_lowercase())
    };
    let named: Vec<&str> = promises.split('`').filter(is_test).collect();
    assert!(named.len() > 20, "{named:?}");
    let mut files = sources();
    files.extend(fs::read_dir(root.join("tests/integration")).unwrap().map(|file| file.unwrap().path()));
    let code: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let missing: Vec<&&str> = named.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
