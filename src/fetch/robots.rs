//! What a site asks robots to leave alone: reads robots.txt as RFC 9309 says. The only user of `texting_robots`.
//! Knows neither how long a copy is good nor what to do about a page that is forbidden.

use std::time::Duration;

use texting_robots::Robot;

/// So much of a robots.txt is read; RFC 9309 wants 500 KiB at least.
pub(super) const MOST_BYTES: u64 = 512 * 1024;

/// A longer `Crawl-delay` is no delay but a refusal in other words; this much of it is kept.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// The rules of one site for one robot.
#[derive(Debug, Default)]
pub struct Robots {
    /// Absent where the site has no rules at all.
    rules: Option<Robot>,
}

impl Robots {
    /// Reads the rules for a robot of this name. What follows the last line within the cap is not read.
    ///
    /// # Errors
    /// A rule that cannot be held in bounds.
    pub fn read(name: &str, text: &[u8]) -> Result<Self, String> {
        let rules = Robot::new(name, text).map_err(|error| error.to_string())?;
        Ok(Self { rules: Some(rules) })
    }

    /// Whether a page may be asked for.
    #[must_use]
    pub fn allows(&self, url: &str) -> bool {
        self.rules.as_ref().is_none_or(|rules| rules.allowed(url))
    }

    /// The time that is to pass between two requests.
    #[must_use]
    pub fn crawl_delay(&self) -> Option<Duration> {
        let seconds = self.rules.as_ref()?.delay?;
        Some(Duration::try_from_secs_f32(seconds).unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY))
    }
}

/// What a robot calls itself in robots.txt: the letters that its user agent begins with.
pub(super) fn name(user_agent: &str) -> &str {
    let is_name = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
    let end = user_agent.bytes().position(|byte| !is_name(byte)).unwrap_or(user_agent.len());
    &user_agent[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_rule_for_us_or_else_for_everybody_holds() {
        let text = b"User-agent: *\nDisallow: /\n\nUser-agent: Pantau\nUser-agent: other\n\
                     Disallow: /private\nAllow: /private/ticker\nDisallow: /*.json$\nCrawl-delay: 2.5\n";
        let (ours, theirs) = (Robots::read("pantau", text).unwrap(), Robots::read("nobody", text).unwrap());
        for (path, expected) in [
            ("/", true),
            ("/private", false),
            ("/private/else?a=b", false),
            ("/private/ticker", true),
            ("/a.json", false),
            ("/a.json?x", true),
            ("/robots.txt", true),
        ] {
            assert_eq!(ours.allows(&format!("https://example.org{path}")), expected, "{path}");
        }
        assert!(!theirs.allows("https://example.org/"));
        assert_eq!(ours.crawl_delay(), Some(Duration::from_millis(2500)));
        assert_eq!(theirs.crawl_delay(), None);
    }

    #[test]
    fn whatever_a_site_sends_is_read() {
        let everything = Robots::default();
        assert!(everything.allows("https://example.org/") && everything.crawl_delay().is_none());
        for (text, allowed, delay) in [
            (&b""[..], true, None),
            (b"<html><body>Not here</body></html>", true, None),
            (b"\xef\xbb\xbfUser-agent: *\r\nDisallow: /\r\n", false, None),
            (b"User-agent: *\nDisallow:\n", true, None),
            (b"User-agent: *\nCrawl-delay: 1e30\n", true, Some(3600)),
            (b"User-agent: *\nCrawl-delay: inf\n", true, Some(3600)),
            (b"User-agent: *\nCrawl-delay: NaN\nDisallow: /\n", false, None),
            (b"\xff\xfe\x00\x00User-agent\xff: \x80\n*:*:*\n", true, None),
        ] {
            let robots = Robots::read("pantau", text).unwrap();
            let shown = String::from_utf8_lossy(text);
            assert_eq!(robots.allows("https://example.org/page"), allowed, "{shown}");
            assert_eq!(robots.crawl_delay().map(|delay| delay.as_secs()), delay, "{shown}");
        }
    }

    #[test]
    fn the_name_is_the_first_word_of_the_user_agent() {
        for (user_agent, expected) in
            [("pantau/0.1.0 (market)", "pantau"), ("My-Bot", "My-Bot"), ("", ""), ("ünï", "")]
        {
            assert_eq!(name(user_agent), expected);
        }
    }
}
