//! The named fields of a head: `Name: value` lines, in their order. Knows no record and no answer.

/// Named fields, in their order; names are compared without regard to case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads lines of `Name: value` up to an empty one. Returns the fields and how many bytes they took.
    #[must_use]
    pub fn read(bytes: &[u8]) -> (Self, usize) {
        let mut fields = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |offset| at + offset + 1);
            let line = String::from_utf8_lossy(&bytes[at..end]);
            let line = line.trim_end_matches(['\r', '\n']);
            at = end;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                fields.push((name.trim().to_owned(), value.trim().to_owned()));
            }
        }
        (Self(fields), at)
    }

    /// The first field of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every field.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
