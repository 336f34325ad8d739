//! The words of the trade: values only. No IO, no async, no SQL, no HTML, no command line.

mod attempt;
mod digest;
mod fact;
mod gap;
mod hidden;
mod indicator;
mod interval;
mod moment;
mod notice;
mod observation;
mod page;
mod previous;
mod quantity;
mod quote;
mod rollup;
mod verdict;

pub use attempt::{Attempt, Drift, Outcome};
pub use digest::{Digest, Digester, Sha256};
pub use fact::{Aspect, Fact, Facts, Term};
pub use gap::{Cause, Gap, Look};
pub use hidden::Hidden;
pub use indicator::{CATALOGUE, Indicator, Kind, Known, Slug, known, known_or_index};
pub use interval::{Interval, IntervalError, TimeRange, Window};
pub use moment::{MomentError, Span, parse_moment};
pub use notice::{AlertState, DeliveryFate, Notice};
pub use observation::{Observation, Run};
pub use page::{Origin, Page, Validators};
pub use quantity::{Bounds, Change, Level, MAX_DIGITS, Percent, Quantity, QuantityError};
pub use quote::{Figures, Quote};
pub use rollup::{Grain, Ohlc, Roll, Rollup};
pub use verdict::{Contradiction, Verdict};

/// An instant. Stored as whole UTC seconds, shown in a zone only where a person reads it.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
