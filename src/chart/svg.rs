//! A picture as SVG text, in the words of plotters' own backend. The same shapes are the same text.

use std::io;

use plotters::prelude::SVGBackend;
use plotters::style::ShapeStyle;
use plotters_backend::{DrawingBackend, DrawingErrorKind};

use super::shapes::{Shape, UNITS};
use super::{ChartError, Size};

/// # Errors
/// plotters gave up.
pub(super) fn svg(size: Size, shapes: &[Shape]) -> Result<String, ChartError> {
    let mut svg = String::new();
    let mut backend = SVGBackend::with_string(&mut svg, (size.width() * UNITS, size.height() * UNITS));
    let drawn = shapes.iter().try_for_each(|shape| put(&mut backend, shape));
    drawn.and_then(|()| backend.present()).map_err(|error| ChartError::Drawing(error.to_string()))?;
    drop(backend);
    Ok(scaled_back(&svg, size))
}

fn put(backend: &mut SVGBackend<'_>, shape: &Shape) -> Result<(), DrawingErrorKind<io::Error>> {
    match shape {
        Shape::Stroke { points, color, width } => {
            let style = ShapeStyle { color: *color, filled: false, stroke_width: *width };
            backend.draw_path(points.iter().copied(), &style)
        }
        Shape::Area { corners, color } => backend.fill_polygon(corners.iter().copied(), color),
        Shape::Rect { from, to, color } => backend.draw_rect(*from, *to, color, true),
        Shape::Disc { center, radius, color } => backend.draw_circle(*center, *radius, color, true),
        Shape::Words { text, place, lettering } => backend.draw_text(text, &lettering.style(), *place),
    }
}

/// The same drawing at its real size, with lines whose corners and ends are round.
fn scaled_back(svg: &str, size: Size) -> String {
    let (_, body) = svg.split_once('\n').unwrap_or(("", svg));
    let (width, height) = (size.width(), size.height());
    format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" \
         stroke-linecap=\"round\" xmlns=\"http://www.w3.org/2000/svg\">\n{body}",
        width * UNITS,
        height * UNITS,
    )
}
