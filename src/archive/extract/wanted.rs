//! Which records are pages to be read: by address, status and kind of content. Knows no page's text.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::parse::Layout;

/// Why a pattern is none.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct GlobsError(#[from] globset::Error);

/// Patterns of addresses: `*` stands for any characters, slashes too. Without any, every address is wanted.
#[derive(Debug, Clone, Default)]
pub struct Globs(Option<GlobSet>);

impl Globs {
    /// Reads patterns.
    ///
    /// # Errors
    /// A pattern cannot be read.
    pub fn new(patterns: &[String]) -> Result<Self, GlobsError> {
        if patterns.is_empty() {
            return Ok(Self(None));
        }
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            set.add(GlobBuilder::new(pattern).literal_separator(false).build()?);
        }
        Ok(Self(Some(set.build()?)))
    }

    /// Whether an address is wanted.
    #[must_use]
    pub fn want(&self, url: Option<&str>) -> bool {
        self.0.as_ref().is_none_or(|set| url.is_some_and(|url| set.is_match(url)))
    }
}

/// Whether an answer can be a page: an archived refusal or redirection is none.
pub(super) fn is_page(status: Option<u16>, content_type: Option<&str>, layout: &Layout) -> bool {
    status == Some(200) && is_kind_of_page(content_type, layout)
}

/// Whether content of a kind can be a page. Content of no named kind can.
pub(super) fn is_kind_of_page(content_type: Option<&str>, layout: &Layout) -> bool {
    let Some(content_type) = content_type else { return true };
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_text = matches!(kind.as_str(), "" | "text/plain");
    let is_layout = match layout {
        Layout::Kontan | Layout::Css(_) => matches!(kind.as_str(), "text/html" | "application/xhtml+xml"),
        Layout::Json(_) => {
            matches!(kind.as_str(), "application/json" | "text/json") || kind.ends_with("+json")
        }
    };
    is_text || is_layout
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::JsonRules;

    #[test]
    fn a_star_stands_for_slashes_too() {
        let globs = |patterns: &[&str]| {
            Globs::new(&patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>()).unwrap()
        };
        let url = Some("https://www.kontan.co.id/news/a?b=[1]");
        assert!(globs(&[]).want(url) && globs(&[]).want(None));
        assert!(globs(&["*://www.kontan.co.id/*"]).want(url));
        assert!(globs(&["nothing", "https://*"]).want(url));
        assert!(!globs(&["www.kontan.co.id/*"]).want(url));
        assert!(!globs(&["*"]).want(None));
        assert!(Globs::new(&["a[".to_owned()]).is_err());
    }

    #[test]
    fn only_a_whole_answer_of_the_layout_s_kind_is_a_page() {
        let json = Layout::Json(JsonRules { indicators: Vec::new() });
        for (status, kind, html, document) in [
            (Some(200), Some("text/html; charset=UTF-8"), true, false),
            (Some(200), Some("Application/XHTML+xml"), true, false),
            (Some(200), Some("text/plain"), true, true),
            (Some(200), Some("application/json"), false, true),
            (Some(200), Some("application/ld+json;x"), false, true),
            (Some(200), Some("image/png"), false, false),
            (Some(200), None, true, true),
            (Some(429), Some("text/html"), false, false),
            (Some(301), Some("text/html"), false, false),
            (None, Some("text/html"), false, false),
        ] {
            assert_eq!(is_page(status, kind, &Layout::Kontan), html, "{status:?} {kind:?}");
            assert_eq!(is_page(status, kind, &json), document, "{status:?} {kind:?}");
        }
    }
}
