//! How an address looks in messages: no user, no password, no control characters, no endless text.

use url::{Position, Url};

const LONGEST: usize = 200;

/// An address for a person to read.
pub(super) fn shown(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) if url.has_host() => shown_url(&url),
        _ => shortened(&without_userinfo(url)),
    }
}

/// A parsed address for a person to read.
pub(super) fn shown_url(url: &Url) -> String {
    shortened(bare(url).as_str())
}

/// The part of an address that robots.txt speaks of, for a person to read.
pub(super) fn shown_path(url: &str) -> String {
    let path = Url::parse(url).map(|url| url[Position::BeforePath..Position::AfterQuery].to_owned());
    shortened(&path.unwrap_or_else(|_| url.to_owned()))
}

/// The address without user and password.
pub(super) fn bare(url: &Url) -> Url {
    let mut bare = url.clone();
    // Both refuse addresses that cannot have a user, which then have none to hide.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare
}

/// For texts that are not an address: everything between `//` and the last `@` could be a password.
fn without_userinfo(text: &str) -> String {
    let Some(at) = text.rfind('@') else { return text.to_owned() };
    let start = text.find("//").map_or(0, |slashes| slashes + 2).min(at);
    format!("{}{}", &text[..start], &text[at + 1..])
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).flat_map(escaped).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push_str("...");
    }
    short
}

fn escaped(character: char) -> impl Iterator<Item = char> {
    let (plain, escape) = if character.is_control() {
        (None, Some(character.escape_default()))
    } else {
        (Some(character), None)
    };
    plain.into_iter().chain(escape.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn user_and_password_are_never_shown() {
        for (url, expected) in [
            ("https://me:secret@example.com/a", "https://example.com/a"),
            ("https://me@example.com/a?b=c@d", "https://example.com/a?b=c@d"),
            ("https://me:sec/ret@exa mple", "https://exa mple"),
            ("me:secret@host", "host"),
            ("//me:secret@host", "//host"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn control_characters_are_escaped_and_long_addresses_cut() {
        assert_eq!(shown("not a\u{1b}[2J url"), "not a\\u{1b}[2J url");
        assert_eq!(shown(&"x".repeat(300)).len(), 203);
    }
}
