//! Lines of a list, one at a time, in bounded memory.

use std::io::{self, BufRead, Read};

use super::Malformed;

/// The most bytes of a line that are read. A JSON list of 100,000 captures on one line has 15 MB.
pub(super) const LONGEST: u64 = 32 << 20;

/// A line, or why there is none.
pub(super) type Text<'a> = Result<&'a str, Malformed>;

/// Hands on each line with its number, without its end and without the mark that some files begin with.
pub(super) fn each<E: From<io::Error>>(
    mut input: impl BufRead,
    sink: &mut dyn FnMut(u64, Text<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if (&mut input).take(LONGEST).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST;
        if !is_whole {
            line = Vec::new();
            input.skip_until(b'\n')?;
            sink(number, Err(Malformed::TooLong))?;
            continue;
        }
        sink(number, text(&line, number))?;
    }
    Ok(())
}

fn text(line: &[u8], number: u64) -> Text<'_> {
    let text = std::str::from_utf8(line).map_err(|_| Malformed::NotText)?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    Ok(if number == 1 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<(u64, Result<String, Malformed>)> {
        let mut lines = Vec::new();
        each(input, &mut |number, text| {
            lines.push((number, text.map(str::to_owned)));
            Ok::<_, io::Error>(())
        })
        .unwrap();
        lines
    }

    #[test]
    fn every_line_is_handed_on_with_its_number() {
        let text = |text: &str| Ok(text.to_owned());
        assert_eq!(
            lines(b"\xef\xbb\xbfa\r\n\n\xff\nlast"),
            [(1, text("a")), (2, text("")), (3, Err(Malformed::NotText)), (4, text("last"))]
        );
        assert_eq!(lines(b""), []);
    }

    #[test]
    fn a_line_without_end_is_not_held() {
        let longest = usize::try_from(LONGEST).unwrap();
        let mut input = vec![b'x'; longest + 5];
        input.extend_from_slice(b"\nnext\n");
        assert_eq!(lines(&input), [(1, Err(Malformed::TooLong)), (2, Ok("next".to_owned()))]);
        input.truncate(longest);
        assert_eq!(lines(&input), [(1, Err(Malformed::TooLong))]);
    }
}
