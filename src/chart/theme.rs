//! Colours, sizes and the fonts that travel with the program. Draws nothing.

use std::sync::LazyLock;

use plotters::style::{FontStyle, RGBColor, register_font};

use super::{ChartError, Size, Theme};

/// The family as it stands in the drawing: Inter where it is rendered here, the nearest relative where
/// somebody opens the SVG without it.
pub(super) const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

pub(super) const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular-tnum.otf");
pub(super) const MEDIUM: &[u8] = include_bytes!("fonts/Inter-Medium-tnum.otf");

/// Tells plotters of the fonts, once, so that it can measure. No font of the system is used: the same drawing has
/// the same pixels everywhere.
pub(super) fn register_fonts() -> Result<(), ChartError> {
    static ARE_REGISTERED: LazyLock<bool> = LazyLock::new(|| {
        let fonts = [(FontStyle::Normal, REGULAR), (FontStyle::Bold, MEDIUM)];
        fonts.into_iter().all(|(style, bytes)| register_font(FAMILY, style, bytes).is_ok())
    });
    if *ARE_REGISTERED { Ok(()) } else { Err(ChartError::Fonts) }
}

/// The colours of one theme. Rising and falling differ in lightness and along blue and orange, which
/// every common form of colour blindness can tell apart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) background: RGBColor,
    pub(super) ink: RGBColor,
    pub(super) muted: RGBColor,
    pub(super) grid: RGBColor,
    pub(super) axis: RGBColor,
    pub(super) line: RGBColor,
    pub(super) rising: RGBColor,
    pub(super) falling: RGBColor,
    pub(super) average: RGBColor,
    /// The lines of several indicators, after Okabe and Ito, without their yellow and with darker light
    /// tones, since labels in these colours must be read on the background.
    pub(super) lines: [RGBColor; 8],
}

const LIGHT: Palette = Palette {
    background: RGBColor(0xFF, 0xFF, 0xFF),
    ink: RGBColor(0x1B, 0x1F, 0x24),
    muted: RGBColor(0x65, 0x6D, 0x78),
    grid: RGBColor(0xE8, 0xEA, 0xED),
    axis: RGBColor(0xA9, 0xB0, 0xB9),
    line: RGBColor(0x0A, 0x58, 0x9C),
    rising: RGBColor(0x2B, 0x7C, 0xBF),
    falling: RGBColor(0xD9, 0x6B, 0x0B),
    average: RGBColor(0xB0, 0x4A, 0x85),
    lines: [
        RGBColor(0x00, 0x72, 0xB2),
        RGBColor(0xD5, 0x5E, 0x00),
        RGBColor(0x00, 0x9E, 0x73),
        RGBColor(0xB8, 0x5A, 0x90),
        RGBColor(0x3D, 0x9C, 0xD6),
        RGBColor(0xC7, 0x8A, 0x00),
        RGBColor(0x33, 0x3A, 0x44),
        RGBColor(0x7A, 0x5A, 0x2E),
    ],
};

const DARK: Palette = Palette {
    background: RGBColor(0x12, 0x16, 0x1C),
    ink: RGBColor(0xE9, 0xED, 0xF2),
    muted: RGBColor(0x98, 0xA2, 0xAF),
    grid: RGBColor(0x26, 0x2C, 0x35),
    axis: RGBColor(0x55, 0x5E, 0x6B),
    line: RGBColor(0x64, 0xB5, 0xF2),
    rising: RGBColor(0x4C, 0x9F, 0xDD),
    falling: RGBColor(0xF2, 0x9A, 0x4A),
    average: RGBColor(0xE0, 0x94, 0xC2),
    lines: [
        RGBColor(0x4C, 0xA8, 0xE0),
        RGBColor(0xF0, 0x7F, 0x3C),
        RGBColor(0x2F, 0xC2, 0x97),
        RGBColor(0xE0, 0x94, 0xC2),
        RGBColor(0x9A, 0xD4, 0xF7),
        RGBColor(0xF2, 0xB8, 0x3D),
        RGBColor(0xD5, 0xDA, 0xE1),
        RGBColor(0xC3, 0xA5, 0x58),
    ],
};

impl Palette {
    pub(super) fn of(theme: Theme) -> Self {
        match theme {
            Theme::Light => LIGHT,
            Theme::Dark => DARK,
        }
    }

    /// The colour of a change.
    pub(super) fn of_change(&self, is_falling: bool) -> RGBColor {
        if is_falling { self.falling } else { self.rising }
    }
}

/// Lengths in pixels. They grow with the picture, but more slowly than it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    factor: f64,
}

impl Sizes {
    pub(super) fn of(size: Size) -> Self {
        let default = Size::default();
        let by = |side: u32, usual: u32| f64::from(side) / f64::from(usual);
        let smaller = by(size.width(), default.width()).min(by(size.height(), default.height()));
        // Rounded, because the last digits of a power differ from machine to machine.
        let factor = (smaller.powf(0.6).max(0.75) * 64.0).round() / 64.0;
        Self { factor }
    }

    /// A length that is this many pixels at the usual size.
    pub(super) fn px(self, usual: f64) -> f64 {
        usual * self.factor
    }

    pub(super) fn title(self) -> f64 {
        self.px(21.0)
    }

    pub(super) fn text(self) -> f64 {
        self.px(13.5)
    }

    pub(super) fn label(self) -> f64 {
        self.px(12.0)
    }

    pub(super) fn margin(self) -> f64 {
        self.px(24.0)
    }
}
