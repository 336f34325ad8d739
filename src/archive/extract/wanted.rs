//! Which records are pages to be read: by status and kind of content. Knows no page's text.

use crate::parse::Layout;

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
