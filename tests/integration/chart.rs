//! `pantau chart`: pictures that say what they are, refusals that say what would help, and files written whole or
//! not at all.

use std::collections::BTreeMap;
use std::fs;

use chrono::TimeDelta;
use pantau::domain::Outcome;

use crate::captures::FOUR;
use crate::common::Home;
use crate::script::{Script, at};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The width, the height and the texts of a PNG.
fn read_png(bytes: &[u8]) -> (u32, u32, BTreeMap<String, String>) {
    assert!(bytes.starts_with(SIGNATURE));
    let mut rest = &bytes[SIGNATURE.len()..];
    let (mut size, mut texts, mut has_pixels, mut is_whole) = ((0, 0), BTreeMap::new(), false, false);
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    while !rest.is_empty() {
        let length = number(&rest[..4]) as usize;
        let data = &rest[8..8 + length];
        match &rest[4..8] {
            b"IHDR" => size = (number(&data[..4]), number(&data[4..8])),
            b"IDAT" => has_pixels = true,
            b"IEND" => is_whole = true,
            b"tEXt" => {
                let end = data.iter().position(|&byte| byte == 0).unwrap();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                texts.insert(text(&data[..end]), text(&data[end + 1..]));
            }
            b"iTXt" => {
                let parts: Vec<&[u8]> = data.splitn(6, |&byte| byte == 0).collect();
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                texts.insert(text(parts[0]), text(parts[parts.len() - 1]));
            }
            _ => {}
        }
        rest = &rest[12 + length..];
    }
    assert!(has_pixels && is_whole);
    (size.0, size.1, texts)
}

#[test]
fn a_png_says_what_made_it_from_what() {
    let home = Home::with_captures(&FOUR);
    let done = home.pantau(["chart", "lq45", "-o", "lq45.png", "--size", "640x400"]).ok();
    assert!(done.stdout.is_empty(), "{done}");
    let (width, height, texts) = read_png(&fs::read(home.path("lq45.png")).unwrap());
    assert_eq!((width, height), (640, 400));
    assert_eq!(texts["Software"], concat!("pantau ", env!("CARGO_PKG_VERSION")));
    assert!(texts["Query"].contains("lq45"), "{texts:?}");
    assert!(texts["Digest"].starts_with("sha256:"), "{texts:?}");
}

#[test]
fn other_data_has_another_digest_and_the_same_data_the_same() {
    let digest = |captures: &[&str], indicator: &str| {
        let home = Home::with_captures(captures);
        let png = home.pantau(["chart", indicator, "-o", "-"]).ok().stdout;
        read_png(&png).2.remove("Digest").unwrap()
    };
    assert_eq!(digest(&FOUR, "lq45"), digest(&["c04", "c13", "c28", "c20"], "lq45"));
    assert_ne!(digest(&FOUR, "lq45"), digest(&FOUR[..3], "lq45"));
    assert_ne!(digest(&FOUR, "lq45"), digest(&FOUR, "issi"));
}

#[test]
fn the_same_question_twice_gives_the_same_bytes() {
    let home = Home::with_captures(&FOUR);
    for output in ["a.png", "a.svg"] {
        let draw = || {
            home.pantau(["chart", "lq45", "-o", output]).ok();
            let bytes = fs::read(home.path(output)).unwrap();
            fs::remove_file(home.path(output)).unwrap();
            bytes
        };
        let (first, second) = (draw(), draw());
        assert!(first == second, "{output}");
    }
}

#[test]
fn a_file_is_named_after_its_form() {
    let home = Home::with_captures(&FOUR);
    home.pantau(["chart", "emas", "-o", "emas.svg", "--theme", "dark"]).ok();
    let svg = fs::read_to_string(home.path("emas.svg")).unwrap();
    assert!(svg.contains("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("EMAS"));
    home.pantau(["chart", "emas", "-o", "emas.gif"]).refuses(2).says(".png").says(".svg");
    assert!(!home.path("emas.gif").exists());
    let piped = home.pantau(["chart", "emas", "-o", "-", "--size", "500x300"]).ok();
    assert_eq!((read_png(&piped.stdout).0, read_png(&piped.stdout).1), (500, 300));
}

#[test]
fn every_kind_is_drawn() {
    let home = Home::with_captures(&FOUR);
    for args in [
        &["lq45", "--kind", "line"][..],
        &["lq45", "--kind", "line", "--from", "2024-11-22", "--to", "2024-11-22"],
        &["lq45", "--kind", "candle", "--every", "1d"],
        &["lq45", "emas", "idx30", "--kind", "rebase"],
        &["lq45", "--kind", "drawdown"],
    ] {
        let done = home.pantau(["chart", "-o", "-"]).args(args).ok();
        let (width, height, _) = read_png(&done.stdout);
        assert_eq!((width, height), (1200, 600), "{args:?}");
    }
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_could() {
    let home = Home::with_captures(&FOUR);
    home.record("c01");
    home.record("c02");
    for (args, code, says) in [
        (&["lq45", "--from", "2024-12-01"][..], 3, "lq45"),
        (
            &["lq45", "--from", "2024-11-22T10:00:00+07:00", "--to", "2024-11-22T11:00:00+07:00"],
            3,
            "one observation",
        ),
        (&["lq54"], 3, "lq45"),
        (&["rd-saham", "--kind", "candle"], 2, "line"),
        (&["lq45", "issi", "--kind", "candle"], 2, "rebase"),
        (&["lq45", "--kind", "kue"], 2, "drawdown"),
        (&["lq45", "--size", "10x10"], 2, "320x200"),
        (&["lq45", "--theme", "merah"], 2, "dark"),
        (&["lq45", "--ma", "500"], 2, "500"),
    ] {
        let done = home.pantau(["chart", "-o", "x.png"]).args(args).refuses(code);
        assert!(done.stderr().to_lowercase().contains(says), "'{says}' is not said by\n{done}");
        assert!(!home.path("x.png").exists(), "{args:?}");
    }
}

#[test]
fn a_refused_chart_leaves_the_file_that_was_there() {
    let home = Home::with_captures(&FOUR);
    let dear = home.write("lq45.png", b"something dear");
    home.pantau(["chart", "lq45", "-o", "lq45.png", "--from", "2025"]).refuses(3);
    assert_eq!(fs::read(&dear).unwrap(), b"something dear");
}

#[test]
fn nothing_is_left_behind_when_the_output_cannot_be_written() {
    let home = Home::with_captures(&FOUR);
    fs::create_dir_all(home.path("taken.png/inside")).unwrap();
    // Readers leave their shared memory beside the database.
    let files = || -> Vec<_> {
        let is_ours = |file: &std::path::PathBuf| !file.starts_with(home.path("data"));
        home.files().into_iter().filter(is_ours).collect()
    };
    let before = files();
    home.pantau(["chart", "lq45", "-o", "taken.png"]).refuses(1).says("taken.png");
    home.pantau(["chart", "lq45", "-o", "no/such/folder.svg"]).refuses(1).says("no/such/folder.svg");
    assert_eq!(files(), before);
}

/// Five days of half-hourly polls, with two days on which the daemon did not run and a day of refusals.
fn outages(home: &Home) {
    let config = "[[source]]\nname = \"kontan\"\nurl = \"https://example.org/\"\nlayout = \"kontan\"\nevery = \"30m\"\n";
    home.write("config/pantau/pantau.toml", config);
    let mut script = Script::new(home);
    for half_hour in 0..=240u32 {
        let time = at("2024-11-18T00:00") + TimeDelta::minutes(30 * i64::from(half_hour));
        match half_hour {
            70..166 => {}
            190..200 => script.fails(time, Outcome::Blocked, Some(403)),
            _ => script.sees(time, 860 + half_hour * 7 % 31),
        }
    }
}

#[test]
fn long_gaps_are_named_in_the_picture() {
    let home = Home::new();
    outages(&home);
    let draw = |args: &[&str]| {
        home.pantau(["chart", "lq45", "-o", "out.svg"]).args(args).ok();
        let svg = fs::read_to_string(home.path("out.svg")).unwrap();
        fs::remove_file(home.path("out.svg")).unwrap();
        svg
    };
    for kind in ["line", "candle", "drawdown", "rebase"] {
        let svg = draw(&["--kind", kind]);
        assert!(svg.contains("not running 2d 0h"), "{kind}");
        // Whole bars make a day of the candles longer, and the shorter gap too narrow for a word.
        assert_eq!(svg.contains("blocked 5h 00m"), kind != "candle", "{kind}");
    }
    // Too narrow for a word, and outside of the picture.
    let all = draw(&["--size", "320x200"]);
    assert!(!all.contains("blocked"));
    assert!(!draw(&["--from", "2024-11-22"]).contains("not running"));
}

#[test]
fn sparse_captures_have_no_named_gaps() {
    let home = Home::with_captures(&FOUR);
    for kind in ["line", "candle", "drawdown"] {
        home.pantau(["chart", "lq45", "-o", "out.svg", "--kind", kind]).ok();
        let svg = fs::read_to_string(home.path("out.svg")).unwrap();
        assert!(!svg.contains("not recorded") && !svg.contains("not running"), "{kind}");
    }
}
