//! Words as outlines, from the fonts that travel with the program. These have neither kerning nor ligatures, so a word
//! is its letters side by side. Knows no colours.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};
use unicode_normalization::UnicodeNormalization;

use super::ChartError;
use super::shapes::{Align, Lettering, UNITS, Weight};
use super::theme::{MEDIUM, REGULAR};

/// Both weights of the font, read.
pub(super) struct Letters {
    regular: Face<'static>,
    medium: Face<'static>,
}

impl Letters {
    /// # Errors
    /// The fonts cannot be read.
    pub(super) fn new() -> Result<Self, ChartError> {
        let face = |bytes| Face::parse(bytes, 0).map_err(|_| ChartError::Fonts);
        Ok(Self { regular: face(REGULAR)?, medium: face(MEDIUM)? })
    }

    /// The outline of a text in pixels, or nothing if there is nothing to see. `place` is where plotters puts it,
    /// in pixels: half an x-height, which SVG takes as a quarter of the size, under the line that letters stand on.
    pub(super) fn outline(&self, text: &str, place: (f32, f32), lettering: Lettering) -> Option<Path> {
        let face = match lettering.weight {
            Weight::Regular => &self.regular,
            Weight::Medium => &self.medium,
        };
        let em = px(lettering.em());
        let scale = em / f32::from(face.units_per_em());
        let glyphs: Vec<GlyphId> = shown(text).nfc().map(|letter| glyph(face, letter)).collect();
        let width: f32 = glyphs.iter().map(|glyph| advance(face, *glyph) * scale).sum();
        let left = match lettering.align {
            Align::Start => place.0,
            Align::Middle => place.0 - width / 2.0,
            Align::End => place.0 - width,
        };
        let mut pen = Pen { path: PathBuilder::new(), scale, left, base: place.1 - em / 4.0 };
        for glyph in glyphs {
            // A space has no outline.
            let _ = face.outline_glyph(glyph, &mut pen);
            pen.left += advance(face, glyph) * scale;
        }
        pen.path.finish()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "no letter is larger than a picture")]
fn px(units: f64) -> f32 {
    (units / f64::from(UNITS)) as f32
}

/// What SVG shows of a text: no space at its ends, and one where there are several.
fn shown(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The box of an unknown letter where the font has none; every space is one.
fn glyph(face: &Face<'_>, letter: char) -> GlyphId {
    let found = face.glyph_index(letter);
    found.or_else(|| face.glyph_index(' ').filter(|_| letter.is_whitespace())).unwrap_or_default()
}

fn advance(face: &Face<'_>, glyph: GlyphId) -> f32 {
    f32::from(face.glyph_hor_advance(glyph).unwrap_or_default())
}

/// Puts the outline of a glyph where it belongs; in a font up is positive.
struct Pen {
    path: PathBuilder,
    scale: f32,
    left: f32,
    base: f32,
}

impl Pen {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.left + x * self.scale, self.base - y * self.scale)
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.at(x1, y1), self.at(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.at(x1, y1), self.at(x2, y2), self.at(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
