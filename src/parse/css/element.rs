//! What tidying must know of an element by its name: a short version of the HTML standard's categories.

/// How an element takes part in nesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Never has an end tag.
    Void,
    /// Holds no text that a reader sees, or text with rules of its own.
    Hidden,
    /// Stands once around everything, whether written or not.
    Root,
    /// Replaces the body of the page; ignored.
    Frame,
    /// A table or a group of rows.
    Table,
    /// A cell: what is open outside cannot be closed from inside.
    Cell,
    /// Other elements that cannot be closed from inside.
    Fence,
    /// Begins a line of its own, and ends a paragraph.
    Block,
    /// Everything else.
    Inline,
}

impl Class {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "area" | "base" | "basefont" | "bgsound" | "br" | "col" | "embed" | "hr" | "img" | "input"
            | "keygen" | "link" | "meta" | "param" | "source" | "track" | "wbr" => Self::Void,
            "script" | "style" | "template" | "noscript" | "svg" | "math" | "iframe" | "noembed"
            | "noframes" | "xmp" | "plaintext" | "textarea" => Self::Hidden,
            "html" | "head" | "body" => Self::Root,
            "frameset" | "frame" => Self::Frame,
            "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup" => Self::Table,
            "td" | "th" | "caption" => Self::Cell,
            "applet" | "object" | "marquee" | "button" | "select" => Self::Fence,
            "address" | "article" | "aside" | "blockquote" | "center" | "dd" | "details" | "dialog"
            | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer" | "form"
            | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "header" | "hgroup" | "li" | "listing" | "main"
            | "menu" | "nav" | "ol" | "p" | "pre" | "search" | "section" | "summary" | "ul" => Self::Block,
            _ => Self::Inline,
        }
    }

    /// Whether a reader sees a gap between this element and its neighbours.
    pub(super) fn stands_apart(self, name: &str) -> bool {
        matches!(self, Self::Table | Self::Cell | Self::Block) || matches!(name, "br" | "hr" | "option")
    }

    /// Whether an end tag of this class cannot reach past an open element.
    pub(super) fn is_stopped_by(self, open: &str) -> bool {
        match self {
            Self::Table | Self::Cell => open == "table",
            Self::Inline => Self::of(open) != Self::Inline,
            _ => matches!(Self::of(open), Self::Table | Self::Cell | Self::Fence),
        }
    }
}

/// Which open elements a start tag ends without saying so: `<li>` the `<li>` before it.
pub(super) fn ended_by(start: &str) -> &'static [&'static str] {
    match start {
        "li" => &["li"],
        "dt" | "dd" => &["dt", "dd"],
        "option" => &["option"],
        "optgroup" => &["option", "optgroup"],
        "td" | "th" => &["td", "th"],
        "tr" => &["tr"],
        "thead" | "tbody" | "tfoot" => &["thead", "tbody", "tfoot"],
        "a" => &["a"],
        _ => &[],
    }
}

/// Whether such an unsaid end cannot reach past an open element.
pub(super) fn keeps_open(start: &str, open: &str) -> bool {
    match start {
        "td" | "th" => matches!(open, "table" | "tr"),
        "tr" | "thead" | "tbody" | "tfoot" => open == "table",
        "a" => Class::of(open) != Class::Inline,
        _ => {
            matches!(open, "ul" | "ol" | "menu" | "dir" | "dl")
                || matches!(Class::of(open), Class::Table | Class::Cell | Class::Fence)
        }
    }
}
