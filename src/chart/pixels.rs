//! A picture as pixels: its shapes filled and stroked by tiny-skia, with soft edges. What an SVG renderer would show of
//! the same shapes, without the way through SVG.

use plotters::style::RGBAColor;
use plotters_backend::BackendCoord;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Shader, Stroke, Transform,
};

use super::letters::Letters;
use super::shapes::{Shape, UNITS};
use super::{ChartError, Size};

/// A picture is drawn in bands of so many rows, in the same place: its background covers the band before. All of
/// 1600x900 at once would hold 4 MB more; a line is drawn as fast this way, a crowd of lines an eighth slower.
const ROWS: u32 = 300;

/// Draws the shapes and shows the pixels, four bytes each, from top to bottom in bands.
///
/// # Errors
/// The fonts cannot be read, or there is no memory for a band.
pub(super) fn draw(size: Size, shapes: &[Shape], mut show: impl FnMut(&[u8])) -> Result<(), ChartError> {
    let letters = Letters::new()?;
    let mut band = Band::new(size.width(), ROWS.min(size.height()))?;
    for top in (0..size.height()).step_by(ROWS as usize) {
        band.shift = Transform::from_translate(0.0, -(top as f32));
        shapes.iter().for_each(|shape| band.put(shape, &letters));
        let seen = size.width() * ROWS.min(size.height() - top) * BYTES;
        show(&band.pixmap.data()[..seen as usize]);
    }
    Ok(())
}

/// Of a pixel.
const BYTES: u32 = 4;

/// Some rows of a picture.
struct Band {
    pixmap: Pixmap,
    /// From the picture to these rows.
    shift: Transform,
}

impl Band {
    fn new(width: u32, rows: u32) -> Result<Self, ChartError> {
        let pixmap = Pixmap::new(width, rows)
            .ok_or_else(|| ChartError::Pixels("no memory for a picture of this size".to_owned()))?;
        Ok(Self { pixmap, shift: Transform::identity() })
    }

    /// What has no extent has no path and shows nothing.
    fn put(&mut self, shape: &Shape, letters: &Letters) {
        match shape {
            Shape::Stroke { points, color, width } => self.stroke(path(points), *color, *width),
            Shape::Area { corners, color } => self.fill(path(corners), *color),
            Shape::Rect { from, to, color } => {
                let ((left, top), (right, bottom)) = (px(*from), px(*to));
                let rect = Rect::from_ltrb(left, top, right, bottom);
                self.fill(rect.map(PathBuilder::from_rect), *color);
            }
            Shape::Disc { center, radius, color } => {
                let (x, y) = px(*center);
                self.fill(PathBuilder::from_circle(x, y, length(*radius)), *color);
            }
            Shape::Words { text, place, lettering } => {
                self.fill(letters.outline(text, px(*place), *lettering), lettering.color);
            }
        }
    }

    fn fill(&mut self, path: Option<Path>, color: RGBAColor) {
        if let Some(path) = path {
            self.pixmap.fill_path(&path, &paint(color), FillRule::Winding, self.shift, None);
        }
    }

    fn stroke(&mut self, path: Option<Path>, color: RGBAColor, width: u32) {
        if let Some(path) = path {
            self.pixmap.stroke_path(&path, &paint(color), &round(width), self.shift, None);
        }
    }
}

fn path(points: &[BackendCoord]) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::with_capacity(points.len(), points.len());
    let (x, y) = px(*first);
    path.move_to(x, y);
    for point in rest {
        let (x, y) = px(*point);
        path.line_to(x, y);
    }
    path.finish()
}

fn round(width: u32) -> Stroke {
    let (line_cap, line_join) = (LineCap::Round, LineJoin::Round);
    Stroke { width: length(width), line_cap, line_join, ..Stroke::default() }
}

#[expect(clippy::cast_possible_truncation, reason = "an opacity is from 0 to 1")]
fn paint(RGBAColor(red, green, blue, opacity): RGBAColor) -> Paint<'static> {
    let mut color = Color::from_rgba8(red, green, blue, u8::MAX);
    color.set_alpha(opacity as f32);
    Paint { shader: Shader::SolidColor(color), ..Paint::default() }
}

fn px((x, y): BackendCoord) -> (f32, f32) {
    // Exact: units are fourths of a pixel, and few.
    let px = |units: i32| units as f32 / UNITS as f32;
    (px(x), px(y))
}

fn length(units: u32) -> f32 {
    units as f32 / UNITS as f32
}
