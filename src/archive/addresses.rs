//! Which addresses are wanted, by globs. The only user of globset.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use url::Url;

/// Why a glob is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GlobsError(#[from] globset::Error);

/// Globs over whole addresses: `*` stands for any characters, slashes too. One without a scheme takes every scheme.
/// Without any, every address is wanted.
#[derive(Debug, Clone, Default)]
pub struct Globs(Option<GlobSet>);

impl Globs {
    /// Reads globs.
    ///
    /// # Errors
    /// A glob cannot be read.
    pub fn new(globs: &[String]) -> Result<Self, GlobsError> {
        if globs.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            let whole = if glob.contains("://") { glob.clone() } else { format!("*://{glob}") };
            set.add(GlobBuilder::new(&whole).literal_separator(false).build()?);
        }
        Ok(Self(Some(set.build()?)))
    }

    /// Whether an address is wanted: as it is written, or without what may be left out of it (`:80`, capitals in the
    /// host). Lists of the Wayback Machine write `http://www.example.com:80/`.
    #[must_use]
    pub fn want(&self, url: Option<&str>) -> bool {
        let Some(set) = &self.0 else { return true };
        let plain =
            |url| Url::parse(url).is_ok_and(|plain| plain.as_str() != url && set.is_match(plain.as_str()));
        url.is_some_and(|url| set.is_match(url) || plain(url))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(globs: &[&str]) -> Globs {
        Globs::new(&globs.iter().map(|&glob| glob.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_glob_means_whole_addresses() {
        for (glob, address, expected) in [
            ("https://www.kontan.co.id/", "https://www.kontan.co.id/", true),
            ("https://www.kontan.co.id/", "https://www.kontan.co.id/news", false),
            ("https://www.kontan.co.id/*", "https://www.kontan.co.id/news/a?b=[1]", true),
            ("*://www.kontan.co.id/*", "https://www.kontan.co.id/news/a?b=[1]", true),
            ("www.kontan.co.id/", "http://www.kontan.co.id:80/", true),
            ("*.kontan.co.id/*", "https://Investasi.Kontan.co.id/x/y", true),
            ("*.kontan.co.id/*", "https://kontan.co.id/", false),
            ("{www,investasi}.kontan.co.id/*", "https://investasi.kontan.co.id/", true),
            ("*", "https://anything/", true),
            ("www.kontan.co.id/", "not an address", false),
        ] {
            assert_eq!(globs(&[glob]).want(Some(address)), expected, "{glob} {address}");
        }
        assert!(globs(&["nothing", "https://*"]).want(Some("https://a.id/")));
        assert!(globs(&[]).want(Some("anything")) && globs(&[]).want(None));
        assert!(!globs(&["*"]).want(None));
        assert!(Globs::new(&["https://[".to_owned()]).is_err());
    }
}
