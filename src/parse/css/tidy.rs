//! Makes any HTML safe to build a tree from, in linear time: bounded, well nested, without scripts,
//! drawings and comments. Knows nothing of selectors.
//!
//! html5ever needs time in proportion to the square of the nesting depth and of the attributes of a tag
//! (html5ever#788: 250 kB of `<div>` take 14 s), and repeats unclosed formatting in every paragraph.
//! Judging the depth from outside would mean knowing when it ignores an end tag; writing every end tag
//! ourselves, innermost first, leaves it nothing to ignore.

use std::collections::BTreeMap;

use html5gum::{DefaultEmitter, HtmlString, Spanned, StartTag, Token, Tokenizer};

use super::element::{Class, ended_by, keeps_open};
use crate::parse::problem::Problem;

/// The most bytes of HTML that are read.
pub(super) const MAX_BYTES: usize = 2 * 1024 * 1024;
/// The most elements that may be open at once.
pub(super) const MAX_DEPTH: usize = 256;
/// The most attributes a tag may have.
pub(super) const MAX_ATTRIBUTES: usize = 64;
/// The most tags, start and end, a page may have.
pub(super) const MAX_TAGS: usize = 200_000;

/// The same page, well nested.
///
/// # Errors
/// A page beyond one of the bounds.
pub(super) fn tidy(html: &str) -> Result<String, Problem> {
    at_most(MAX_BYTES, html.len(), "bytes of HTML")?;
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut tidy = Tidy::default();
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        tidy.take(&token)?;
    }
    tidy.close_down_to(0);
    Ok(tidy.html)
}

fn at_most(limit: usize, count: usize, of: &'static str) -> Result<(), Problem> {
    if count > limit { Err(Problem::TooMany { of, limit }) } else { Ok(()) }
}

#[derive(Default)]
struct Tidy {
    html: String,
    open: Vec<String>,
    hidden: Option<Hidden>,
    roots: Vec<String>,
    tags: usize,
}

/// An element whose content is left out, and how often it is open within itself.
struct Hidden {
    name: String,
    depth: usize,
}

impl Tidy {
    fn take(&mut self, token: &Token) -> Result<(), Problem> {
        match token {
            Token::StartTag(tag) => self.start(tag),
            Token::EndTag(tag) => self.end(&text(&tag.name)),
            Token::String(piece) => {
                self.text(&text(piece));
                Ok(())
            }
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => Ok(()),
        }
    }

    fn start(&mut self, tag: &StartTag<()>) -> Result<(), Problem> {
        self.count_tag()?;
        at_most(MAX_ATTRIBUTES, tag.attributes.len(), "attributes on a tag")?;
        let name = text(&tag.name);
        if let Some(hidden) = &mut self.hidden {
            hidden.depth += usize::from(hidden.name == name && !tag.self_closing);
            return Ok(());
        }
        match Class::of(&name) {
            Class::Frame => {}
            Class::Hidden if tag.self_closing && matches!(&*name, "svg" | "math") => {}
            Class::Hidden => self.hidden = Some(Hidden { name, depth: 1 }),
            Class::Root => self.root(name, tag),
            class => self.element(name, class, tag)?,
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), Problem> {
        self.count_tag()?;
        if let Some(hidden) = &mut self.hidden {
            hidden.depth -= usize::from(hidden.name == name);
            if hidden.depth == 0 {
                self.hidden = None;
            }
            return Ok(());
        }
        let class = Class::of(name);
        self.close_nearest(&[name], |open| class.is_stopped_by(open));
        Ok(())
    }

    fn text(&mut self, piece: &str) {
        if self.hidden.is_none() {
            escape(piece, &mut self.html);
        }
    }

    fn count_tag(&mut self) -> Result<(), Problem> {
        self.tags += 1;
        at_most(MAX_TAGS, self.tags, "tags")
    }

    /// Selectors may speak of `body.home`; a second `<body>` would only add attributes to the first.
    fn root(&mut self, name: String, tag: &StartTag<()>) {
        if self.open.is_empty() && !self.roots.contains(&name) {
            self.write_start(&name, tag);
            self.roots.push(name);
        }
    }

    fn element(&mut self, name: String, class: Class, tag: &StartTag<()>) -> Result<(), Problem> {
        if !is_plain(&name) {
            return Ok(());
        }
        self.close_nearest(ended_by(&name), |open| keeps_open(&name, open));
        if class == Class::Block {
            self.close_nearest(&["p"], |open| class.is_stopped_by(open));
        }
        if class.stands_apart(&name) {
            self.html.push(' ');
        }
        self.write_start(&name, tag);
        if class != Class::Void {
            self.open.push(name);
            at_most(MAX_DEPTH, self.open.len(), "elements within each other")?;
        }
        Ok(())
    }

    fn close_nearest(&mut self, names: &[&str], stops: impl Fn(&str) -> bool) {
        for (depth, open) in self.open.iter().enumerate().rev() {
            if names.contains(&open.as_str()) {
                return self.close_down_to(depth);
            }
            if stops(open) {
                return;
            }
        }
    }

    fn close_down_to(&mut self, depth: usize) {
        for name in self.open.drain(depth..).rev() {
            self.html.push_str("</");
            self.html.push_str(&name);
            self.html.push('>');
            if Class::of(&name).stands_apart(&name) {
                self.html.push(' ');
            }
        }
    }

    fn write_start(&mut self, name: &str, tag: &StartTag<()>) {
        self.html.push('<');
        self.html.push_str(name);
        write_attributes(&tag.attributes, &mut self.html);
        self.html.push('>');
    }
}

fn write_attributes(attributes: &BTreeMap<HtmlString, Spanned<HtmlString, ()>>, html: &mut String) {
    for (name, value) in attributes {
        let name = text(name);
        if is_plain(&name) {
            html.push(' ');
            html.push_str(&name);
            html.push_str("=\"");
            escape(&text(value), html);
            html.push('"');
        }
    }
}

/// Names that cannot be mistaken for anything else when they are written again.
fn is_plain(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.'))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn escape(text: &str, html: &mut String) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            _ => html.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scraper::Html;

    use super::*;

    fn tidied(html: &str, expected: &str) {
        assert_eq!(tidy(html).unwrap(), expected, "{html}");
    }

    fn refused(html: &str, of: &str) {
        match tidy(html) {
            Err(Problem::TooMany { of: found, .. }) => assert_eq!(found, of),
            other => panic!("{:?}", other.map(|html| html.len())),
        }
    }

    #[test]
    fn unsaid_ends_are_said() {
        tidied("<ul><li>a<li>b</ul>c", " <ul> <li>a</li>  <li>b</li> </ul> c");
        tidied("<p>a<div>b", " <p>a</p>  <div>b</div> ");
        tidied(
            "<table><tr><td>1<td>2<tr><th>3</table>",
            " <table> <tr> <td>1</td>  <td>2</td> </tr>  <tr> <th>3</th> </tr> </table> ",
        );
        tidied("<li>a<ul><li>b</ul></li>", " <li>a <ul> <li>b</li> </ul> </li> ");
    }

    #[test]
    fn ends_without_a_beginning_are_dropped() {
        tidied("a</div>b</p>", "ab");
        tidied("<div><td>x</div>y", " <div> <td>xy</td> </div> ");
        tidied("<span><div>x</span>y</div>", "<span> <div>xy</div> </span>");
    }

    #[test]
    fn what_no_reader_sees_is_left_out() {
        tidied("a<script>if (a<b) '<div>'</script>b<!-- <i> -->c", "abc");
        tidied("a<svg><path/><svg></svg><title>LQ45</title></svg>b<style>p{}</style>", "ab");
        tidied("<template><template></template><b>1</b></template>2", "2");
    }

    #[test]
    fn texts_and_attributes_survive() {
        tidied(
            "<b title='a&quot;b' x<y=1>R&amp;D &lt;1&gt; &nbsp;</b>",
            "<b title=\"a&quot;b\">R&amp;D &lt;1&gt; \u{a0}</b>",
        );
        tidied("<html lang=id><body class=home><body class=b>x", "<html lang=\"id\"><body class=\"home\">x");
    }

    #[test]
    fn hostile_pages_are_refused() {
        refused(&"<div>".repeat(50_000), "elements within each other");
        refused(&"<div></p>".repeat(50_000), "elements within each other");
        refused(&"<div><object></div>".repeat(257), "elements within each other");
        refused(
            &format!("<p {}>", (0..100_000).map(|n| format!("a{n} ")).collect::<String>()),
            "attributes on a tag",
        );
        refused(&"<b></b>".repeat(100_001), "tags");
        refused(&" ".repeat(MAX_BYTES + 1), "bytes of HTML");
    }

    fn depth(html: &str) -> usize {
        let tree = Html::parse_document(html);
        tree.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or_default()
    }

    /// Each of these makes a tree thousands of elements deep or large when it is built as it stands.
    #[test]
    fn no_known_trick_makes_a_deep_or_large_tree() {
        let many_formats: String = (0..200).map(|n| format!("<b id=x{n}>")).collect();
        for html in [
            "<div><select></div></select>".repeat(20_000),
            "<b><object></b></object>".repeat(20_000),
            "<td><div>".repeat(20_000),
            "<select><table><td><div>".repeat(20_000),
            format!("<svg><style>{}", "<div>".repeat(50_000)),
            format!("<svg><title>{}", "<div>".repeat(50_000)),
            format!("<script><!--</script>{}", "<div>".repeat(50_000)),
            format!("<p>{many_formats}</p>{}", "<p>x</p>".repeat(50_000)),
            "<a>".repeat(50_000),
            "<table>x".repeat(200),
            "<p><b>x<div>".repeat(100),
        ] {
            if let Ok(tidy) = tidy(&html) {
                assert!(depth(&tidy) <= MAX_DEPTH + 10, "{}", &html[..40]);
                assert!(Html::parse_document(&tidy).tree.nodes().count() < 500_000);
            }
        }
    }

    const PIECES: [&str; 44] = [
        "<div>",
        "</div>",
        "<p>",
        "</p>",
        "<b id=1>",
        "<b id=2>",
        "</b>",
        "<a>",
        "</a>",
        "<table>",
        "</table>",
        "<tr>",
        "</tr>",
        "<td>",
        "</td>",
        "<li>",
        "<ul>",
        "</ul>",
        "<select>",
        "</select>",
        "<option>",
        "<object>",
        "</object>",
        "<button>",
        "</button>",
        "<form>",
        "</form>",
        "<h1>",
        "</h1>",
        "<title>",
        "</title>",
        "<svg>",
        "</svg>",
        "<template>",
        "</template>",
        "<caption>",
        "<colgroup>",
        "<frameset>",
        "<body>",
        "</body>",
        "<nobr>",
        "<span>",
        "</span>",
        "x",
    ];

    proptest! {
        #[test]
        fn the_tree_is_no_deeper_than_what_was_written(picks in prop::collection::vec(0..PIECES.len(), 0..300)) {
            let soup: String = picks.into_iter().map(|pick| PIECES[pick]).collect();
            if let Ok(tidy) = tidy(&soup) {
                let (mut open, mut deepest) = (0usize, 0);
                for tag in tidy.split('<').skip(1) {
                    open = if tag.starts_with('/') { open.saturating_sub(1) } else { open + 1 };
                    deepest = deepest.max(open);
                }
                prop_assert!(depth(&tidy) <= deepest + 8, "{} {deepest} {tidy}", depth(&tidy));
            }
        }

        #[test]
        fn any_text_can_be_tidied(text in "(<|>|/|=|\"|'|&|!|-|[a-e]|\\PC){0,200}") {
            let _ = tidy(&text).map(|tidy| depth(&tidy));
        }
    }
}
