//! What changed between two texts, as a unified diff: the only user of similar. Lines that differ only in their
//! numbers count as the same.

use similar::{Algorithm, ChangeTag, capture_diff_slices, group_diff_ops};

use crate::parse::Line;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// The most lines that are shown.
const MAX_LINES: usize = 120;

/// The lines of a diff, each with its sign; none when both texts say the same.
pub(super) fn diff(before: &[Line], after: &[Line]) -> Vec<String> {
    let ops = capture_diff_slices(Algorithm::Patience, &shapes(before), &shapes(after));
    let mut lines: Vec<String> = Vec::new();
    for (at, group) in group_diff_ops(ops, CONTEXT).iter().enumerate() {
        if at > 0 {
            lines.push("@@".to_owned());
        }
        let changes = group.iter().flat_map(|op| op.iter_changes(before, after));
        lines.extend(changes.map(|change| {
            // Of two lines that say the same the page's is the one to find in the page.
            let line = change.new_index().map_or(change.value_ref().text.as_str(), |at| &after[at].text);
            format!("{}{line}", sign(change.tag()))
        }));
    }
    if lines.len() > MAX_LINES {
        let left_out = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(format!("@@ {left_out} more lines"));
    }
    lines
}

fn shapes(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.shape.as_str()).collect()
}

fn sign(tag: ChangeTag) -> char {
    match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(texts: &[(&str, &str)]) -> Vec<Line> {
        texts
            .iter()
            .map(|(text, shape)| Line { text: (*text).to_owned(), shape: (*shape).to_owned() })
            .collect()
    }

    #[test]
    fn only_what_is_no_number_counts_as_changed() {
        let before =
            lines(&[("| INDIKATOR |", "| INDIKATOR |"), ("LQ45 777", "LQ45 #"), ("EMAS 1", "EMAS #")]);
        let after = lines(&[("| INDEKS |", "| INDEKS |"), ("LQ45 778", "LQ45 #"), ("EMAS 2", "EMAS #")]);
        assert_eq!(diff(&before, &after), ["-| INDIKATOR |", "+| INDEKS |", " LQ45 778", " EMAS 2"]);
        assert_eq!(diff(&after[1..], &before[1..]), [""; 0]);
    }

    #[test]
    fn a_diff_has_a_bounded_length() {
        let many: Vec<Line> =
            (0..400).map(|at| Line { text: format!("{at}"), shape: format!("{at}") }).collect();
        let shown = diff(&[], &many);
        assert_eq!((shown.len(), shown[MAX_LINES].as_str()), (MAX_LINES + 1, "@@ 280 more lines"));
    }
}
