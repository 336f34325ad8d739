//! The known word nearest to one that is not known. Knows nothing of what the words are for.

/// Below this similarity (0 to 1) a suggestion would only confuse.
const LIKE_ENOUGH: f64 = 0.6;

/// The known word most like an unknown one, if any is like enough. Case does not matter, and of a word
/// such as `Asia/Jakarta` its last part may be meant.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (similarity(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= LIKE_ENOUGH)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

fn similarity(word: &str, candidate: &str) -> f64 {
    let (word, candidate) = (word.to_lowercase(), candidate.to_lowercase());
    let whole = strsim::normalized_damerau_levenshtein(&word, &candidate);
    let last = candidate.rsplit('/').next().unwrap_or_default();
    whole.max(strsim::normalized_damerau_levenshtein(&word, last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let keys = ["name", "url", "every", "every_closed"];
        for (word, near) in [
            ("evry", Some("every")),
            ("every-closed", Some("every_closed")),
            ("URL", Some("url")),
            ("nmae", Some("name")),
            ("alert", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, keys), near, "{word}");
        }
    }

    #[test]
    fn a_city_is_enough_to_find_its_zone() {
        let zones = ["Asia/Jakarta", "Asia/Jayapura", "Europe/Paris"];
        assert_eq!(nearest("jakarta", zones), Some("Asia/Jakarta"));
        assert_eq!(nearest("Asia/Jakata", zones), Some("Asia/Jakarta"));
    }
}
