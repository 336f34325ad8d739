//! The labels of the header that every bench makes up, in the order of the page.

/// Eleven, as the real header has.
pub(crate) const LABELS: [&str; 11] = [
    "EMAS",
    "USD/IDR",
    "IDX",
    "KOMPAS100",
    "LQ45",
    "ISSI",
    "IDX30",
    "IDXHIDIV20",
    "IDX80",
    "IDXV30",
    "IDXQ30",
];
