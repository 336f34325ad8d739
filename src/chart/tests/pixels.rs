//! The pixels of a picture against what a renderer of SVG sees in the same picture.

use std::sync::Arc;

use resvg::usvg::{Options, Tree, fontdb};

use super::super::theme::{FAMILY, MEDIUM, REGULAR};
use super::*;

/// Red, green and blue of each pixel of a PNG.
fn shown(png: &[u8]) -> Vec<u8> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    pixels
}

/// What resvg makes of an SVG, with the same fonts.
fn rendered(svg: &str) -> Vec<u8> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(REGULAR.to_vec());
    fonts.load_font_data(MEDIUM.to_vec());
    let family = "Inter".to_owned();
    assert!(FAMILY.starts_with(&family));
    fonts.set_sans_serif_family(family);
    let options = Options { fontdb: Arc::new(fonts), ..Options::default() };
    let tree = Tree::from_str(svg, &options).unwrap();
    let size = tree.size().to_int_size();
    let mut pixels = resvg::tiny_skia::Pixmap::new(size.width(), size.height()).unwrap();
    resvg::render(&tree, resvg::tiny_skia::Transform::identity(), &mut pixels.as_mut());
    pixels.data().chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

/// How far each pixel is from what resvg shows, in the channel that differs most.
fn differences(drawing: &Drawing) -> Vec<u8> {
    let (ours, theirs) = (shown(&drawing.png(&[]).unwrap()), rendered(&drawing.svg().unwrap()));
    assert_eq!(ours.len(), theirs.len());
    let pixels = ours.chunks_exact(3).zip(theirs.chunks_exact(3));
    pixels.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()).collect()
}

/// A step of what is half covered at an edge, which rounding may put on either side, is up to a fifth of the way from
/// ink to paper; and a see-through area may be one shade off.
fn check(drawing: &Drawing, name: &str) {
    let differences = differences(drawing);
    let farther_than = |far: u8| differences.iter().filter(|difference| **difference > far).count();
    println!("{name}: {} {} {} {}", farther_than(0), farther_than(1), farther_than(8), farther_than(20));
    assert_eq!(farther_than(48), 0, "{name}: {:?}", differences.iter().max());
    assert!(farther_than(1) <= 200, "{name}: {} pixels differ", farther_than(1));
}

#[test]
fn a_png_shows_what_its_svg_shows() {
    let several = [day_with_a_gap(), fund()];
    for size in ["480x300", "1200x600"] {
        for theme in [Theme::Light, Theme::Dark] {
            for kind in ChartKind::ALL {
                let series = if kind == ChartKind::Rebase { &several[..] } else { &several[..1] };
                let spec = ChartSpec { theme, size: size.parse().unwrap(), ..spec(kind) };
                let drawing = draw(&spec, series, Beside::default(), &is_weekday).unwrap();
                check(&drawing, &format!("{size} {theme} {kind}"));
            }
        }
    }
}

#[test]
fn letters_stand_where_a_renderer_puts_them() {
    let labels = ["RD.PENDAPATAN  TETAP ", "A\u{301}ngstro\u{308}m", "\u{4e2d}x", "USD/IDR – ▲"];
    for label in labels {
        let named = series(label, Kind::Index, day_with_a_gap().runs().copied().collect());
        let drawing = draw(&spec(ChartKind::Line), &[named], Beside::default(), &is_weekday).unwrap();
        check(&drawing, label);
    }
}
