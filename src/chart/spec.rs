//! What can be asked of a chart, and the words for it. Knows nothing of how it is drawn.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;

use crate::domain::{Interval, TimeRange};

/// A chart as it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct ChartSpec {
    /// What is drawn.
    pub kind: ChartKind,
    /// The stretch of time; only what was seen inside it is drawn.
    pub range: TimeRange,
    /// The width of a bar in line and candle charts; chosen from the range when absent. Rebase and drawdown
    /// draw every observation.
    pub every: Option<Interval>,
    /// A moving average over this many bars, above the levels.
    pub moving_average: Option<usize>,
    /// The size of the picture.
    pub size: Size,
    /// Its colours.
    pub theme: Theme,
    /// The zone of the dates on the axis.
    pub zone: Tz,
}

impl ChartSpec {
    /// A line chart of everything that there is, in a zone.
    #[must_use]
    pub fn new(zone: Tz) -> Self {
        Self {
            kind: ChartKind::default(),
            range: TimeRange::default(),
            every: None,
            moving_average: None,
            size: Size::default(),
            theme: Theme::default(),
            zone,
        }
    }
}

/// Why a word is not a choice for a chart.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Not a kind of chart.
    #[error("'{0}' is not a kind of chart; try line, candle, rebase or drawdown")]
    Kind(String),
    /// Not a theme.
    #[error("'{0}' is not a theme; try light or dark")]
    Theme(String),
    /// Not a size.
    #[error("'{0}' is not a size; write width and height in pixels, such as 1200x600")]
    Size(String),
    /// Too small to read or too large to hold.
    #[error("{0} is out of bounds; charts are from {min} to {max}", min = Size::MIN, max = Size::MAX)]
    SizeBounds(Size),
}

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChartKind {
    /// The level over time, and its percentage change per bar.
    #[default]
    Line,
    /// Open, high, low and close per bar, and the percentage change per bar.
    Candle,
    /// Several indicators from 100.
    Rebase,
    /// Percent below the running peak.
    Drawdown,
}

impl ChartKind {
    /// Every kind, for reading its word back.
    pub const ALL: [Self; 4] = [Self::Line, Self::Candle, Self::Rebase, Self::Drawdown];

    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Candle => "candle",
            Self::Rebase => "rebase",
            Self::Drawdown => "drawdown",
        }
    }
}

impl fmt::Display for ChartKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for ChartKind {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == text);
        found.ok_or_else(|| SpecError::Kind(text.to_owned()))
    }
}

/// The colours of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    /// Dark ink on white.
    #[default]
    Light,
    /// Light ink on near black.
    Dark,
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Light => "light",
            Self::Dark => "dark",
        })
    }
}

impl FromStr for Theme {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(SpecError::Theme(text.to_owned())),
        }
    }
}

/// Width and height in pixels, within [`Size::MIN`] and [`Size::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    width: u32,
    height: u32,
}

impl Size {
    /// Smaller than this the labels of an axis do not fit.
    pub const MIN: Self = Self { width: 320, height: 200 };
    /// Larger than this the indices of a picture alone take more than 64 MB.
    pub const MAX: Self = Self { width: 8000, height: 8000 };

    /// # Errors
    /// Below [`Size::MIN`] or above [`Size::MAX`].
    pub fn new(width: u32, height: u32) -> Result<Self, SpecError> {
        let size = Self { width, height };
        let fits = (Self::MIN.width..=Self::MAX.width).contains(&width)
            && (Self::MIN.height..=Self::MAX.height).contains(&height);
        if fits { Ok(size) } else { Err(SpecError::SizeBounds(size)) }
    }

    /// In pixels.
    #[must_use]
    pub fn width(self) -> u32 {
        self.width
    }

    /// In pixels.
    #[must_use]
    pub fn height(self) -> u32 {
        self.height
    }
}

/// Wide enough for a year of weeks, high enough for two panels.
impl Default for Size {
    fn default() -> Self {
        Self { width: 1200, height: 600 }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

impl FromStr for Size {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let number = |digits: &str| digits.parse().ok().filter(|_| !digits.starts_with('+'));
        let sides = text.split_once('x').and_then(|(w, h)| Some((number(w)?, number(h)?)));
        let (width, height) = sides.ok_or_else(|| SpecError::Size(text.to_owned()))?;
        Self::new(width, height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        for kind in ChartKind::ALL {
            assert_eq!(kind.word().parse(), Ok(kind));
        }
        for theme in [Theme::Light, Theme::Dark] {
            assert_eq!(theme.to_string().parse(), Ok(theme));
        }
        assert_eq!(Size::default().to_string().parse(), Ok(Size::default()));
    }

    #[test]
    fn sizes_that_cannot_be_drawn_are_refused() {
        for text in ["", "1200", "1200x", "1200x-1", "+900x900", "axb", "99999999999x600"] {
            assert_eq!(text.parse::<Size>(), Err(SpecError::Size(text.to_owned())));
        }
        for text in ["319x200", "320x199", "8001x600", "600x8001"] {
            let refusal = text.parse::<Size>().unwrap_err().to_string();
            assert_eq!(refusal, format!("{text} is out of bounds; charts are from 320x200 to 8000x8000"));
        }
        assert!("320x200".parse::<Size>().is_ok());
        assert!("8000x8000".parse::<Size>().is_ok());
    }
}
