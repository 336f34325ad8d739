//! Why a chart was not drawn. Every refusal is one line that says what would be drawn instead.

use std::path::PathBuf;

/// A chart that was refused or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// Nothing was seen in the range.
    #[error("no data to draw: nothing was seen of {labels} in the range")]
    NoData {
        /// The indicators that were asked for.
        labels: String,
    },
    /// A single point.
    #[error("one observation is not a line; {label} was seen once in the range, try an earlier --from")]
    OnePoint {
        /// The indicator.
        label: String,
    },
    /// Candles of something that has no level.
    #[error("{label} is a daily return and has no open, high or low; draw it as line, rebase or drawdown")]
    CandleOfReturn {
        /// The indicator.
        label: String,
    },
    /// Several indicators on one scale.
    #[error("a {kind} chart shows one indicator, not {count}; compare several with --kind rebase")]
    SeveralIndicators {
        /// The kind that was asked for.
        kind: &'static str,
        /// How many indicators were given.
        count: usize,
    },
    /// More lines than can be labelled side by side.
    #[error("{count} lines cannot be told apart; at most {most} fit at this size")]
    TooManyLines {
        /// How many indicators were given.
        count: usize,
        /// How many can be drawn.
        most: usize,
    },
    /// A level of zero cannot be scaled to 100.
    #[error("{label} begins at zero and cannot be rebased to 100")]
    ZeroBase {
        /// The indicator.
        label: String,
    },
    /// A moving average that is longer than the series, or of nothing.
    #[error(
        "a moving average of {count} bars needs at least {count} bars, and there are {bars}; try a shorter one or smaller bars"
    )]
    MovingAverage {
        /// Bars to average.
        count: usize,
        /// Bars that there are.
        bars: usize,
    },
    /// A moving average over something that is no level.
    #[error("a {kind} chart has no moving average; --ma belongs to line and candle")]
    NoAverage {
        /// The kind that was asked for.
        kind: &'static str,
    },
    /// Derived closes beside something that is no level.
    #[error("a {kind} chart has no derived closes; --derived belongs to line and candle")]
    NoDerived {
        /// The kind that was asked for.
        kind: &'static str,
    },
    /// The fonts that travel with the program cannot be read.
    #[error("the fonts built into the program cannot be read")]
    Fonts,
    /// The drawing library gave up.
    #[error("failed to draw the chart: {0}")]
    Drawing(String),
    /// The picture could not be made from the drawing.
    #[error("failed to turn the drawing into pixels: {0}")]
    Pixels(String),
    /// A text that cannot stand in a PNG, or an encoder that gave up.
    #[error("failed to encode the PNG")]
    Encode(#[source] png::EncodingError),
    /// The file could not be written; whatever stood there before still does.
    #[error("failed to write {path}")]
    Write {
        /// The file that was asked for.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl ChartError {
    /// Whether a wider range, or more polls, would give a chart.
    #[must_use]
    pub fn is_no_data(&self) -> bool {
        matches!(self, Self::NoData { .. } | Self::OnePoint { .. })
    }

    /// Whether something else has to be asked for.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::CandleOfReturn { .. }
                | Self::SeveralIndicators { .. }
                | Self::TooManyLines { .. }
                | Self::ZeroBase { .. }
                | Self::MovingAverage { .. }
                | Self::NoAverage { .. }
                | Self::NoDerived { .. }
        )
    }
}
