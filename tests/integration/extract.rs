//! `pantau extract`: pages in, rows out, whatever the markup. No database is ever opened.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;

use crate::captures::{ALL, Capture, capture};
use crate::common::{Done, Home, fields, number, text};
use crate::shapes::{self, Page};

const FIELDS: [&str; 13] = [
    "captured_at",
    "change",
    "digest",
    "file",
    "indicator",
    "label",
    "level",
    "offset",
    "percent",
    "source",
    "text",
    "url",
    "verdict",
];

/// Expects exactly the rows of a capture, in its order, with the verdicts of their arithmetic.
#[track_caller]
fn expect_rows(quotes: &[Value], capture: &Capture, shape: &str) {
    let place = format!("{} as {shape}", capture.name);
    let labels: Vec<&str> = quotes.iter().map(|quote| text(quote, "label")).collect();
    let expected: Vec<&str> = capture.rows.iter().map(|row| row.label.as_str()).collect();
    assert_eq!(labels, expected, "{place}");
    for (quote, row) in quotes.iter().zip(&capture.rows) {
        assert_eq!(fields(quote), FIELDS, "{place}");
        for (field, value) in [("level", row.level), ("change", row.change), ("percent", row.percent)] {
            assert_eq!(number(quote, field), value, "{field} of {} in {place}", row.label);
        }
        assert_eq!(text(quote, "verdict"), capture.verdict(row), "{} in {place}", row.label);
    }
}

/// Expects the one remark that a capture deserves, and no other message.
#[track_caller]
fn expect_remarks(done: &Done, capture: &Capture) {
    if capture.rows.iter().any(|row| capture.verdict(row) == "contradicted") {
        done.says("USD/IDR").says("inverted sign");
    } else {
        done.is_silent();
    }
}

fn digest(quotes: &[Value]) -> String {
    let digests: Vec<&str> = quotes.iter().map(|quote| text(quote, "digest")).collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
    let hex = digests[0].strip_prefix("sha256:").unwrap();
    assert!(hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hex}");
    digests[0].to_owned()
}

#[test]
fn every_capture_gives_its_rows_as_plain_text() {
    let home = Home::new();
    for name in ALL {
        let capture = capture(name);
        let done = home.pantau(["extract"]).arg(&capture.path).ok();
        expect_rows(&done.ndjson(), &capture, "plain text");
        expect_remarks(&done, &capture);
    }
    assert_eq!(home.files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn every_capture_gives_its_rows_in_every_shape_of_page() {
    let home = Home::new();
    for name in ALL {
        let capture = capture(name);
        let plain = home.pantau(["extract"]).arg(&capture.path).ok().ndjson();
        for Page { name: shape, html } in shapes::pages(&capture.text) {
            let file = home.write("page.html", &html);
            let done = home.pantau(["extract"]).arg(&file).ok();
            let quotes = done.ndjson();
            expect_rows(&quotes, &capture, shape);
            expect_remarks(&done, &capture);
            assert_eq!(digest(&quotes), digest(&plain), "{name} as {shape}");
        }
    }
}

#[test]
fn a_label_in_an_element_of_its_own_gives_the_same_rows() {
    let home = Home::new();
    for name in ALL {
        let capture = capture(name);
        let labels: Vec<&str> = capture.rows.iter().map(|row| row.label.as_str()).collect();
        let Page { name: shape, html } = shapes::with_label_elements(&capture.text, &labels);
        let done = home.pantau(["extract", "-"]).stdin(html).ok();
        expect_rows(&done.ndjson(), &capture, shape);
        expect_remarks(&done, &capture);
        // Where the text glues a label to its value, elements make other words of it, and so another text.
        if !matches!(name, "c01" | "c02") {
            let plain = home.pantau(["extract"]).arg(&capture.path).ok().ndjson();
            assert_eq!(digest(&done.ndjson()), digest(&plain), "{name} as {shape}");
        }
    }
}

#[test]
fn a_word_that_the_articles_repeat_a_thousand_times_hides_no_bar() {
    let home = Home::new();
    let capture = capture("c20");
    let done = home.pantau(["extract", "-"]).stdin(shapes::full_of_mentions(&capture.text)).ok();
    expect_rows(&done.ndjson(), &capture, "a page full of mentions");
}

#[test]
fn the_standard_input_is_read_like_a_file() {
    let home = Home::new();
    for name in ALL {
        let capture = capture(name);
        for Page { name: shape, html } in shapes::pages(&capture.text) {
            let done = home.pantau(["extract", "-"]).stdin(html).ok();
            expect_rows(&done.ndjson(), &capture, shape);
        }
    }
    let capture = capture("c01");
    let done = home.pantau(["extract"]).stdin(capture.text.clone()).ok();
    expect_rows(&done.ndjson(), &capture, "the input that is read when no file is named");
}

#[test]
fn the_exact_text_and_the_file_of_a_row_are_told() {
    let home = Home::new();
    let capture = capture("c01");
    let file = home.write("sebuah halaman.txt", &capture.text);
    let quotes = home.pantau(["extract", "sebuah halaman.txt"]).ok().ndjson();
    assert_eq!(text(&quotes[0], "text"), "LQ45919,20 -16,32 -1.74%");
    assert_eq!(text(&quotes[4], "text"), "RD.PENDAPATAN TETAP 0.00%");
    assert_eq!(text(&quotes[4], "indicator"), "rd-pendapatan-tetap");
    assert_eq!(text(&quotes[0], "source"), "kontan");
    for quote in &quotes {
        assert!(Path::new(text(quote, "file")).ends_with(file.file_name().unwrap()), "{quote}");
    }
}

#[test]
fn several_files_are_read_in_one_call() {
    let home = Home::new();
    let captures: Vec<Capture> = ALL.into_iter().map(capture).collect();
    let paths = captures.iter().map(|capture| &capture.path);
    let quotes = home.pantau(["extract"]).args(paths).ok().ndjson();
    let mut by_file: HashMap<&str, Vec<Value>> = HashMap::new();
    let mut order: Vec<&str> = Vec::new();
    for quote in &quotes {
        let file = text(quote, "file");
        if order.last() != Some(&file) {
            order.push(file);
        }
        by_file.entry(file).or_default().push(quote.clone());
    }
    let expected: Vec<&str> = captures.iter().map(|capture| capture.path.to_str().unwrap()).collect();
    assert_eq!(order, expected);
    for (file, capture) in order.iter().zip(&captures) {
        expect_rows(&by_file[file], capture, "one of several files");
    }
}

#[test]
fn a_page_without_the_block_is_named_with_what_stood_there() {
    let home = Home::new();
    let done = home.pantau(["extract", "-"]).stdin(shapes::without_block()).refuses(5);
    done.says("| INDIKATOR |");
}

#[test]
fn empty_and_binary_files_are_no_pages() {
    let home = Home::new();
    let binary: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for (name, content) in [("empty", Vec::new()), ("blank", b"\n \n".to_vec()), ("binary", binary)] {
        let file = home.write(name, content);
        home.pantau(["extract"]).arg(&file).refuses(5).says(name);
    }
}

#[test]
fn a_file_that_is_not_there_is_named_and_the_others_are_read() {
    let home = Home::new();
    let capture = capture("c20");
    let done = home.pantau(["extract", "nowhere.html"]).arg(&capture.path).fails(1);
    done.says("nowhere.html");
    expect_rows(&done.ndjson(), &capture, "the file beside a missing one");
}

#[test]
fn half_a_block_gives_its_rows_and_says_where_it_broke() {
    let home = Home::new();
    let capture = capture("c20");
    let done = home.pantau(["extract", "-"]).stdin(shapes::half(&capture.text)).fails(5);
    let quotes = done.ndjson();
    assert_eq!(quotes.len(), 1, "{done}");
    assert_eq!(text(&quotes[0], "label"), "EMAS");
    assert_eq!(number(&quotes[0], "level"), capture.rows[0].level);
    done.says("USD/IDR");
}

#[test]
fn a_good_page_beside_a_bad_one_is_still_read() {
    let home = Home::new();
    let capture = capture("c04");
    let bad = home.write("bad.html", shapes::without_block());
    let done = home.pantau(["extract"]).arg(&bad).arg(&capture.path).fails(5);
    expect_rows(&done.ndjson(), &capture, "the page beside a bad one");
    done.says("bad.html");
}

/// A page with a few bytes changed, dropped or doubled; always the same ones for the same seed.
fn damaged(page: &str, seed: u64) -> Vec<u8> {
    let mut bytes = page.as_bytes().to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(bound).unwrap()).unwrap()
    };
    for _ in 0..1 + next(40) {
        let at = next(bytes.len());
        match next(4) {
            0 => bytes[at] = u8::try_from(next(256)).unwrap(),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, bytes[at]),
            _ => bytes[at] = b"<>&;|%-.,\"'\xa0\xc2 0"[next(15)],
        }
    }
    bytes.truncate(bytes.len() - next(4) * next(bytes.len() / 4));
    bytes
}

#[test]
fn no_damage_makes_it_crash_or_lose_the_rows_that_are_whole() {
    let home = Home::new();
    let capture = capture("c03");
    let pages = shapes::pages(&capture.text);
    let files: Vec<_> = (0..300_u64)
        .map(|seed| {
            let page = &pages[usize::try_from(seed).unwrap() % (pages.len() - 1)];
            home.write(&format!("{seed}.html"), damaged(&page.html, seed))
        })
        .collect();
    let done = home.pantau(["extract"]).args(&files).run();
    assert!(matches!(done.code, Some(0 | 5)), "{done}");
    assert!(!done.stderr().contains("panicked"), "{done}");
    // Of 300 times 11 rows, where a page often ends early, most of what is there is whole.
    let quotes = done.ndjson();
    let is_whole = |quote: &&Value| {
        let figures = ["level", "change", "percent"].map(|field| number(quote, field));
        let label = text(quote, "label");
        capture.rows.iter().any(|row| row.label == label && [row.level, row.change, row.percent] == figures)
    };
    let whole = quotes.iter().filter(is_whole).count();
    assert!(whole > 1000 && whole * 10 > quotes.len() * 8, "{whole} of {}", quotes.len());
}

#[test]
fn a_database_is_neither_made_nor_read() {
    let home = Home::new();
    let capture = capture("c03");
    // A database that could not be opened would show, were it touched.
    let broken = home.write("data/pantau/pantau.db", b"no database");
    home.pantau(["extract"]).arg(&capture.path).ok();
    assert_eq!(home.files(), [broken]);
}
