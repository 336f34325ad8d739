//! The address of one capture in an archive of the Wayback kind: `https://web.archive.org/web/20240423123456id_/` and
//! the address that was captured. Asks nobody.

use std::fmt;

use super::stamp::Stamp;

/// A capture of a page at a time, by its address. Both are read from the address: a plan needs nothing beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memento {
    /// What stands ahead of the digits, with its slash: `https://web.archive.org/web/`.
    pub base: String,
    /// When the archive says that it was captured.
    pub stamp: Stamp,
    /// The address that was captured.
    pub original: String,
}

impl Memento {
    /// Reads the address of a memento, whatever it says of how the page is to be shown (`if_`, `im_`, nothing).
    #[must_use]
    pub fn read(address: &str) -> Option<Self> {
        if address.contains(|c: char| c.is_control() || c == ' ') {
            return None;
        }
        let scheme = ["http://", "https://"].iter().find(|scheme| address.starts_with(**scheme))?;
        let mut at = scheme.len();
        loop {
            at += address[at..].find('/')? + 1;
            let segment = address[at..].split('/').next()?;
            if let Some(stamp) = digits(segment).and_then(Stamp::read) {
                let original = address.get(at + segment.len() + 1..).filter(|rest| is_web(rest))?;
                return Some(Self { base: address[..at].to_owned(), stamp, original: original.to_owned() });
            }
            if is_web(&address[at..]) {
                return None;
            }
        }
    }
}

/// Whether an address is one of the web.
pub(super) fn is_web(address: &str) -> bool {
    let scheme = address.split(':').next().unwrap_or_default();
    scheme.len() < address.len()
        && (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
}

/// The digits ahead of the two letters and the underscore that say how a page is to be shown.
fn digits(segment: &str) -> Option<&str> {
    let Some(flagged) = segment.strip_suffix('_') else { return Some(segment) };
    let digits = flagged.trim_end_matches(|c: char| c.is_ascii_lowercase());
    (flagged.len() - digits.len() == 2).then_some(digits)
}

/// The address that gives the page as it was captured, without links that lead into the archive and without a
/// banner. A `#` would end what is sent.
impl fmt::Display for Memento {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}id_/{}", self.base, self.stamp, self.original.replace('#', "%23"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_and_the_page_are_in_the_address() {
        for (address, base, original) in [
            (
                "https://web.archive.org/web/20240423123456id_/https://www.example.com/?a=b&c=/20200101000000/",
                "https://web.archive.org/web/",
                "https://www.example.com/?a=b&c=/20200101000000/",
            ),
            ("http://127.0.0.1:8080/20240423123456/http://a.id/", "http://127.0.0.1:8080/", "http://a.id/"),
            (
                "https://arquivo.pt/wayback/20240423123456if_/HTTP://A.id/x",
                "https://arquivo.pt/wayback/",
                "HTTP://A.id/x",
            ),
            ("https://web.archive.org/web/20240423123456id_/http%3A//a.id", "", ""),
            ("https://web.archive.org/web/20240023123456id_/https://a.id/", "", ""),
            ("https://web.archive.org/web/2024id_/https://a.id/", "", ""),
            ("https://web.archive.org/web/20240423123456_/https://a.id/", "", ""),
            ("https://web.archive.org/web/20240423123456id_/ftp://a.id/", "", ""),
            ("https://web.archive.org/web/20240423123456id_", "", ""),
            ("https://www.example.com/https://b/20240423123456id_/https://a.id/", "", ""),
            ("ftp://web.archive.org/web/20240423123456id_/https://a.id/", "", ""),
            ("https://web.archive.org/web/20240423123456id_/https://a.id/ b", "", ""),
            ("https://web.archive.org/web/20240423123456id_/https://a.id/\rb", "", ""),
            ("crawl-data/CC-MAIN-2024-18/x.warc.gz", "", ""),
            ("", "", ""),
        ] {
            let memento = Memento::read(address);
            let parts = memento.as_ref().map(|memento| (memento.base.as_str(), memento.original.as_str()));
            assert_eq!(parts, Some((base, original)).filter(|(base, _)| !base.is_empty()), "{address}");
            if let Some(memento) = memento {
                assert_eq!(memento.stamp.to_string(), "20240423123456");
                assert_eq!(Memento::read(&memento.to_string()), Some(memento));
            }
        }
    }

    #[test]
    fn a_fragment_is_part_of_the_page() {
        let memento = Memento::read("https://web.archive.org/web/20240423123456/http://a.id/#!x").unwrap();
        assert_eq!(memento.to_string(), "https://web.archive.org/web/20240423123456id_/http://a.id/%23!x");
    }
}
