//! Which addresses are wanted, by globs. The only user of globset.

use globset::{Glob, GlobMatcher};
use url::Url;

/// A glob over whole addresses: `*` stands for any characters, slashes too. One without a scheme takes every scheme.
#[derive(Debug, Clone)]
pub struct AddressGlob {
    matcher: GlobMatcher,
}

impl AddressGlob {
    /// Reads a glob.
    ///
    /// # Errors
    /// It is none; the text says why.
    pub fn read(text: &str) -> Result<Self, String> {
        let whole = if text.contains("://") { text.to_owned() } else { format!("*://{text}") };
        let glob = Glob::new(&whole).map_err(|error| error.kind().to_string())?;
        Ok(Self { matcher: glob.compile_matcher() })
    }

    /// Whether an address is meant: as it is written, or without what may be left out of it (`:80`, capitals in the
    /// host). Lists of the Wayback Machine write `http://www.example.com:80/`.
    #[must_use]
    pub fn matches(&self, address: &str) -> bool {
        let plain = || Url::parse(address).is_ok_and(|url| self.matcher.is_match(url.as_str()));
        self.matcher.is_match(address) || plain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_means_whole_addresses() {
        for (glob, address, expected) in [
            ("https://www.kontan.co.id/", "https://www.kontan.co.id/", true),
            ("https://www.kontan.co.id/", "https://www.kontan.co.id/news", false),
            ("https://www.kontan.co.id/*", "https://www.kontan.co.id/news/a?b", true),
            ("www.kontan.co.id/", "http://www.kontan.co.id:80/", true),
            ("*.kontan.co.id/*", "https://Investasi.Kontan.co.id/x/y", true),
            ("*.kontan.co.id/*", "https://kontan.co.id/", false),
            ("{www,investasi}.kontan.co.id/*", "https://investasi.kontan.co.id/", true),
            ("*", "https://anything/", true),
            ("www.kontan.co.id/", "not an address", false),
        ] {
            assert_eq!(AddressGlob::read(glob).unwrap().matches(address), expected, "{glob} {address}");
        }
        assert!(AddressGlob::read("https://[").is_err());
    }
}
