//! What plotters draws, kept as a list: strokes, areas and words, each over what stands before it. It is the one
//! description of a picture; its SVG and its pixels are both made from it, and it knows neither.

use std::convert::Infallible;

use plotters::style::{FontDesc, FontFamily, FontStyle, RGBAColor, TextStyle};
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::theme::FAMILY;

/// plotters counts in whole units; a pixel is so many of them.
pub(super) const UNITS: u32 = 4;

/// A part of a picture. Places and lengths are in [`UNITS`] of a pixel.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A line with round corners and ends.
    Stroke { points: Vec<BackendCoord>, color: RGBAColor, width: u32 },
    /// What corners enclose.
    Area { corners: Vec<BackendCoord>, color: RGBAColor },
    /// From its upper left to its lower right corner.
    Rect { from: BackendCoord, to: BackendCoord, color: RGBAColor },
    /// A filled circle.
    Disc { center: BackendCoord, radius: u32, color: RGBAColor },
    /// A line of text.
    Words { text: String, place: BackendCoord, lettering: Lettering },
}

/// Where a text stands from its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Medium,
}

/// How a text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Lettering {
    /// As plotters counts it: see [`Lettering::em`].
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) align: Align,
    pub(super) color: RGBAColor,
}

impl Lettering {
    /// What plotters divides a font's size by before it writes it down.
    pub(super) const PLOTTERS_EM: f64 = 1.24;

    /// The size that is drawn.
    pub(super) fn em(self) -> f64 {
        self.size / Self::PLOTTERS_EM
    }

    pub(super) fn font(self) -> FontDesc<'static> {
        let style = match self.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::Medium => FontStyle::Bold,
        };
        FontDesc::new(FontFamily::Name(FAMILY), self.size, style)
    }

    pub(super) fn style(self) -> TextStyle<'static> {
        let side = match self.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let (font, color) = (self.font(), self.color.color());
        TextStyle { font, color, pos: Pos::new(side, VPos::Bottom) }
    }

    fn of(style: &impl BackendTextStyle) -> Self {
        let weight = match style.style() {
            FontStyle::Bold => Weight::Medium,
            _ => Weight::Regular,
        };
        let align = match style.anchor().h_pos {
            HPos::Left => Align::Start,
            HPos::Center => Align::Middle,
            HPos::Right => Align::End,
        };
        Self { size: style.size(), weight, align, color: kept(style.color()) }
    }
}

/// The backend that plotters draws on.
pub(super) struct Recorder<'a> {
    pub(super) size: (u32, u32),
    pub(super) shapes: &'a mut Vec<Shape>,
}

/// Keeping a shape cannot fail.
type Kept = Result<(), DrawingErrorKind<Infallible>>;

impl Recorder<'_> {
    fn keep(&mut self, shape: Shape) -> Kept {
        self.shapes.push(shape);
        Ok(())
    }
}

impl DrawingBackend for Recorder<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Kept {
        Ok(())
    }

    fn present(&mut self) -> Kept {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, color: BackendColor) -> Kept {
        self.keep(Shape::Rect { from: at, to: (at.0 + 1, at.1 + 1), color: kept(color) })
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Kept {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Kept {
        let (points, color) = (path.into_iter().collect(), kept(style.color()));
        self.keep(Shape::Stroke { points, color, width: style.stroke_width() })
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Kept {
        self.keep(Shape::Area { corners: path.into_iter().collect(), color: kept(style.color()) })
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Kept {
        if fill {
            self.keep(Shape::Rect { from, to, color: kept(style.color()) })
        } else {
            self.draw_path([from, (to.0, from.1), to, (from.0, to.1), from], style)
        }
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Kept {
        if fill {
            self.keep(Shape::Disc { center, radius, color: kept(style.color()) })
        } else {
            plotters_backend::rasterizer::draw_circle(self, center, radius, style, fill)
        }
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, place: BackendCoord) -> Kept {
        self.keep(Shape::Words { text: text.to_owned(), place, lettering: Lettering::of(style) })
    }
}

fn kept(color: BackendColor) -> RGBAColor {
    let (red, green, blue) = color.rgb;
    RGBAColor(red, green, blue, color.alpha)
}
