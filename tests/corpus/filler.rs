//! Markup and text of our own that compresses as real pages do: the same navigation and scripts on every page, articles
//! of words of which few are frequent, and links with numbers that never return. It has no word of the header.

use super::random::Random;

const SYLLABLES: [&str; 24] = [
    "ba", "ca", "da", "ga", "ha", "ja", "ka", "la", "ma", "na", "pa", "ra", "sa", "ta", "wa", "ber", "men",
    "per", "kan", "ngan", "lah", "nya", "si", "tu",
];
const WORDS: usize = 3000;

/// Makes filler.
#[derive(Debug)]
pub(crate) struct Filler {
    words: Vec<String>,
    navigation: String,
}

impl Filler {
    pub(crate) fn new(random: &mut Random) -> Self {
        let word = |random: &mut Random| (0..1 + random.below(4)).map(|_| *random.one(&SYLLABLES)).collect();
        let words: Vec<String> = (0..WORDS).map(|_| word(random)).collect();
        let mut filler = Self { words, navigation: String::new() };
        for item in 0..60 {
            let title = filler.sentence(3, random);
            filler.navigation.push_str(&format!(
                "<li class=\"nav-item nav-item-{item}\"><a class=\"nav-link\" href=\"/rubrik/{}\" title=\"{title}\">{title}</a></li>\n",
                title.replace(' ', "-")
            ));
        }
        filler
    }

    /// Frequent words are frequent: the smaller of three numbers.
    fn word(&self, random: &mut Random) -> &str {
        let at = (0..3).map(|_| random.below(WORDS)).min().unwrap();
        &self.words[at]
    }

    fn sentence(&self, words: usize, random: &mut Random) -> String {
        let words: Vec<&str> = (0..words).map(|_| self.word(random)).collect();
        words.join(" ")
    }

    /// Markup, at least so many bytes.
    pub(crate) fn markup(&self, bytes: usize, random: &mut Random) -> String {
        let mut text = String::with_capacity(bytes + 2000);
        text.push_str("<nav><ul class=\"navbar-nav\">\n");
        text.push_str(&self.navigation);
        text.push_str("</ul></nav>\n");
        while text.len() < bytes {
            let (id, title) = (random.below(1_000_000), self.sentence(6, random));
            text.push_str(&format!(
                "<div class=\"card card-berita mb-3\" data-id=\"{id}\">\n  <div class=\"row no-gutters\">\n    \
                 <div class=\"col-4\"><a href=\"/news/{}-{id}\"><img class=\"img-fluid lazyload\" \
                 data-src=\"/foto/2024/{id}.jpg\" alt=\"{title}\" width=\"240\" height=\"160\"></a></div>\n    \
                 <div class=\"col-8\"><h3 class=\"judul\"><a href=\"/news/{}-{id}\">{title}</a></h3>\n",
                title.replace(' ', "-"),
                title.replace(' ', "-"),
            ));
            for _ in 0..1 + random.below(2) {
                text.push_str("      <p class=\"ringkasan\">");
                text.push_str(&self.sentence(14, random));
                text.push_str(".</p>\n");
            }
            text.push_str("    </div>\n  </div>\n</div>\n");
        }
        text
    }

    /// Text without markup, at least so many bytes.
    pub(crate) fn text(&self, bytes: usize, random: &mut Random) -> String {
        let mut text = String::new();
        while text.len() < bytes {
            text.push_str(&self.sentence(12, random));
            text.push('\n');
        }
        text
    }
}
