//! Folders that stand for a column, as Spark, Hive and DuckDB make them: `source=kontan/year=2024/part-0.parquet`.

use std::path::Path;

/// The text that the folders of a path give a column.
pub(super) fn value(path: &Path, column: &str) -> Option<String> {
    let folders = path.parent()?.components();
    let found = folders.rev().find_map(|folder| {
        let (name, value) = folder.as_os_str().to_str()?.split_once('=')?;
        (name == column).then_some(value)
    });
    found.and_then(unescape)
}

/// What is no plain character in the name of a folder is written there as `%` and two hexadecimal digits.
fn unescape(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok())?;
        bytes.push(code);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_a_column() {
        let of = |path: &str| value(Path::new(path), "source");
        assert_eq!(of("rows/source=kontan/year=2024/part-0.parquet").as_deref(), Some("kontan"));
        assert_eq!(of("source=a%2Fb%3D%C3%A9/x").as_deref(), Some("a/b=é"));
        assert_eq!(of("source=outer/source=inner/x").as_deref(), Some("inner"));
        for path in
            ["rows/part-0.parquet", "source=file.parquet", "resource=a/x", "source=a%2/x", "source=%FF/x"]
        {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
