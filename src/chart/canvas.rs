//! The seam to plotters: strokes, areas and words in fractions of a pixel. Knows nothing of charts.
//!
//! plotters counts in whole units, so one pixel is [`UNITS`] of them.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::style::{Color, RGBColor, ShapeStyle};

pub(super) use super::shapes::{Align, Weight};
use super::shapes::{Lettering, Recorder, Shape, UNITS};
use super::theme::register_fonts;
use super::{ChartError, Size};
use crate::format::is_unsafe;

/// More letters than this fit on no picture, whatever a page calls its indicators.
const LONGEST_TEXT: usize = 2000;

/// A place on the picture in pixels, from its upper left corner.
pub(super) type Place = (f64, f64);

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) color: RGBColor,
    pub(super) align: Align,
}

/// A rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Rect {
    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Draws a picture of a size and answers with its shapes.
pub(super) fn picture(
    size: Size,
    draw: impl FnOnce(&Canvas<'_>) -> Result<(), ChartError>,
) -> Result<Vec<Shape>, ChartError> {
    register_fonts()?;
    let mut shapes = Vec::new();
    let size = (size.width() * UNITS, size.height() * UNITS);
    let canvas = Canvas { area: Recorder { size, shapes: &mut shapes }.into_drawing_area() };
    draw(&canvas)?;
    drop(canvas);
    Ok(shapes)
}

/// A picture in the making.
pub(super) struct Canvas<'a> {
    area: DrawingArea<Recorder<'a>, Shift>,
}

impl Canvas<'_> {
    pub(super) fn stroke(&self, places: &[Place], color: RGBColor, width: f64) -> Result<(), ChartError> {
        let path = places.iter().map(units).collect::<Vec<_>>();
        self.put(&PathElement::new(path, stroke_style(color, width)))
    }

    pub(super) fn polygon(&self, places: &[Place], color: RGBColor, opacity: f64) -> Result<(), ChartError> {
        let path = places.iter().map(units).collect::<Vec<_>>();
        self.put(&Polygon::new(path, color.mix(opacity).filled()))
    }

    pub(super) fn rect(&self, rect: Rect, color: RGBColor) -> Result<(), ChartError> {
        let corners = [units(&(rect.left, rect.top)), units(&(rect.right, rect.bottom))];
        self.put(&Rectangle::new(corners, color.filled()))
    }

    pub(super) fn dot(&self, center: Place, radius: f64, color: RGBColor) -> Result<(), ChartError> {
        self.put(&Circle::new(units(&center), unit(radius), color.filled()))
    }

    /// A text whose letters stand on a line at the height of `place`.
    pub(super) fn text(&self, text: &str, place: Place, ink: Ink) -> Result<(), ChartError> {
        // plotters lifts a bottom-anchored text by half an x-height, which SVG takes as a quarter of the size.
        let lowered = (place.0, place.1 + ink.size / 4.0);
        self.put(&Text::new(printable(text), units(&lowered), ink.lettering().style()))
    }

    fn put<E>(&self, element: &E) -> Result<(), ChartError>
    where
        for<'b> &'b E: PointCollection<'b, (i32, i32)>,
        for<'c> E: Drawable<Recorder<'c>>,
    {
        self.area.draw(element).map_err(|error| ChartError::Drawing(error.to_string()))
    }
}

fn stroke_style(color: RGBColor, width: f64) -> ShapeStyle {
    color.stroke_width(unit(width).unsigned_abs().max(1))
}

impl Ink {
    pub(super) fn aligned(self, align: Align) -> Self {
        Self { align, ..self }
    }

    fn lettering(self) -> Lettering {
        let size = self.size * f64::from(UNITS) * Lettering::PLOTTERS_EM;
        Lettering { size, weight: self.weight, align: self.align, color: self.color.to_rgba() }
    }

    /// The width of a text, never less than it will take.
    pub(super) fn width(self, text: &str) -> f64 {
        let measured = self.lettering().font().box_size(&printable(text)).map_or(0, |(width, _)| width);
        f64::from(measured) / f64::from(UNITS)
    }

    /// As much of a text as fits into a width.
    pub(super) fn fitted(self, text: &str, width: f64) -> String {
        let text: String = text.chars().take(LONGEST_TEXT).collect();
        if self.width(&text) <= width {
            return text;
        }
        let ends = text.char_indices().map(|(end, _)| end).rev();
        let shorter = ends.map(|end| format!("{}…", text[..end].trim_end()));
        shorter.into_iter().find(|text| self.width(text) <= width).unwrap_or_default()
    }
}

/// Labels come from pages: characters that XML forbids, or that turn the direction of a text, are left out.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !is_unsafe(*c)).collect()
}

fn units(place: &Place) -> (i32, i32) {
    (unit(place.0), unit(place.1))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "casts saturate, and no picture is wider than 8000 pixels"
)]
fn unit(px: f64) -> i32 {
    (px * f64::from(UNITS)).round() as i32
}

#[cfg(test)]
mod tests {
    use super::super::svg::svg;
    use super::*;

    fn ink() -> Ink {
        register_fonts().unwrap();
        Ink { size: 12.0, weight: Weight::Regular, color: RGBColor(0, 0, 0), align: Align::Start }
    }

    #[test]
    fn control_characters_never_reach_the_drawing() {
        let shapes =
            picture(Size::default(), |canvas| canvas.text("A\u{0}\u{1b}<b>\u{202e}", (9.0, 9.0), ink()))
                .unwrap();
        let svg = svg(Size::default(), &shapes).unwrap();
        assert!(svg.contains("A&lt;b&gt;"), "{svg}");
        assert!(!svg.chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn a_text_that_does_not_fit_is_shortened() {
        let ink = ink();
        let short = ink.fitted("RD.PENDAPATAN TETAP", 60.0);
        assert!(short.ends_with('…') && ink.width(&short) <= 60.0, "{short}");
        assert_eq!(ink.fitted("LQ45", 60.0), "LQ45");
        assert_eq!(ink.fitted("LQ45", 1.0), "");
    }
}
