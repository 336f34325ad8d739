//! The pictures in `charts/` are what the program draws from the sample pages: the SVGs are compared as text.
//! `UPDATE_GOLDENS=1 cargo test --test integration gallery` draws them anew, and the PNGs that the README shows.

use std::fs;
use std::path::Path;

use crate::samples::{Samples, root};

/// Each picture and the question it answers.
const GALLERY: [(&str, &str); 7] = [
    ("emas", "emas --from 2024-11-21 --to 2024-11-22"),
    ("lq45", "lq45"),
    ("rebase", "emas lq45 idx usd-idr issi --from 2024-11-15"),
    ("candle", "idx --kind candle --from 2024-11-15 --to 2024-11-22"),
    ("drawdown-dark", "lq45 --kind drawdown --theme dark"),
    ("return", "rd-saham"),
    ("derived", "idx --derived --from 2024-11 --to 2024-11"),
];

#[test]
fn the_gallery_is_what_the_program_draws() {
    let samples = Samples::recorded();
    let update = std::env::var_os("UPDATE_GOLDENS").is_some();
    for (name, question) in GALLERY {
        let golden = root().join("charts").join(name);
        let drawn = samples.folder().join(name).with_extension("svg");
        let draw = |file: &Path| {
            let arguments =
                ["chart"].into_iter().chain(question.split(' ')).chain(["-o", file.to_str().unwrap()]);
            samples.pantau(&arguments.collect::<Vec<_>>());
        };
        draw(&drawn);
        if update {
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
