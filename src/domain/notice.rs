//! The words of alerts: how a rule stands, what people are told of it, and what became of the telling.

/// How the rule of an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AlertState {
    /// It is not true.
    Quiet,
    /// It is true, but not for long enough.
    Pending,
    /// It is true, and people were told.
    Fired,
}

impl AlertState {
    /// Every state, for reading its word back.
    pub const ALL: [Self; 3] = [Self::Quiet, Self::Pending, Self::Fired];

    /// The word in SQL, logs and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Pending => "pending",
            Self::Fired => "fired",
        }
    }
}

/// What people are told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notice {
    /// Its rule became true.
    Fired,
    /// Its rule is not true any more.
    Recovered,
    /// Nothing happened: somebody wants to see whether messages arrive.
    Test,
}

impl Notice {
    /// Every notice, for reading its word back.
    pub const ALL: [Self; 3] = [Self::Fired, Self::Recovered, Self::Test];

    /// The word in SQL, JSON, logs and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Recovered => "recovered",
            Self::Test => "test",
        }
    }
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryFate {
    /// Still to be tried, for the first time or again.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// The receiver said no for good.
    Refused,
    /// No attempt succeeded for so long that it would be old news.
    GivenUp,
    /// The configuration does not name its channel any more.
    Dropped,
}

impl DeliveryFate {
    /// Every fate, for reading its word back.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Delivered, Self::Refused, Self::GivenUp, Self::Dropped];

    /// The word in SQL, logs and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Dropped => "dropped",
        }
    }
}
