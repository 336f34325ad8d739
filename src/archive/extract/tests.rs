//! That cutting inputs for several threads changes nothing, whatever the bytes are.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

/// A record that is a member of its own or plain, and may hold whole records in its own block.
fn record(number: usize, is_compressed: bool) -> Vec<u8> {
    let body = match number % 5 {
        0 => b"| INDIKATOR | LQ45 919,20 -16,32 -1.74%".to_vec(),
        1 => vec![b'x'; number * 37 % 900],
        2 => [b"an archive in an archive\r\n\r\n".to_vec(), record(0, false), b"\r\n".to_vec()].concat(),
        3 => [record(0, true), b"and more".to_vec()].concat(),
        _ => Vec::new(),
    };
    let kind = if number % 7 == 6 { "revisit" } else { "resource" };
    let mut bytes = format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{number}>\r\nWARC-Refers-To: <{}>\r\n\
         WARC-Date: 2024-04-19T03:30:00Z\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n",
        number / 2,
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    bytes.extend(b"\r\n\r\n");
    if is_compressed { gzip(&bytes, number) } else { bytes }
}

/// Some are stored as they are, so that members inside them look like members of the file.
fn gzip(bytes: &[u8], number: usize) -> Vec<u8> {
    let level = if number.is_multiple_of(2) { Compression::fast() } else { Compression::none() };
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn archive(numbers: &[usize], is_compressed: bool) -> Vec<u8> {
    numbers.iter().flat_map(|&number| record(number, is_compressed)).collect()
}

/// Everything that is found.
fn found(paths: &[&Path], threads: usize, length: u64) -> (Vec<String>, Vec<Tally>) {
    let inputs: Vec<Input> = paths.iter().map(|path| Input::file(path)).collect();
    let globs = Globs::default();
    let (layout, time, progress) = (Layout::Kontan, TimeRule::Auto, None);
    let options = Options { layout: &layout, globs: &globs, time, threads, progress };
    let mut found = Vec::new();
    let mut sink = |one: Found| {
        found.push(format!("{one:?}"));
        ControlFlow::Continue(())
    };
    let tallies = extract_in_pieces(&inputs, &options, &mut sink, length);
    (found, tallies)
}

fn check(bytes: &[u8], length: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    fs::write(&one, bytes).unwrap();
    fs::write(&two, record(0, false)).unwrap();
    let paths = [one.as_path(), &two, &one];
    let whole = found(&paths, 1, length);
    assert_eq!(whole.1.len(), 3);
    assert_eq!(found(&paths, 2, length), whole, "pieces of {length}");
}

#[test]
fn pieces_meet_although_records_hold_what_looks_like_records() {
    for is_compressed in [true, false] {
        let bytes = archive(&(0..60).collect::<Vec<_>>(), is_compressed);
        (1..400).step_by(13).for_each(|length| check(&bytes, length));
    }
}

#[test]
fn what_was_read_is_told_and_reading_can_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.warc.gz");
    let bytes = archive(&(0..500).collect::<Vec<_>>(), true);
    fs::write(&path, &bytes).unwrap();
    let inputs = [Input::file(&path), Input::file(&path)];
    assert_eq!(inputs[0].bytes(), Some(bytes.len() as u64));
    let (globs, progress) = (Globs::default(), AtomicU64::new(0));
    let options = Options {
        layout: &Layout::Kontan,
        globs: &globs,
        time: TimeRule::Auto,
        threads: 1,
        progress: Some(&progress),
    };
    let tallies = extract(&inputs, &options, &mut |_| ControlFlow::Continue(()));
    assert_eq!(tallies[0].counts.records, 500);
    assert!(tallies[0].counts.rows >= 100);
    let read = progress.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(read, 2 * bytes.len() as u64);
    let mut count = 0;
    let stopped = extract(&inputs, &Options { threads: 2, ..options }, &mut |_| {
        count += 1;
        if count == 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!((count, stopped.len()), (20, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn pieces_meet_in_damaged_files_too(
        numbers in prop::collection::vec(0_usize..200, 1..40),
        is_compressed: bool,
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        kept in 1_usize..=100,
        length in 1_u64..3000,
    ) {
        let mut bytes = archive(&numbers, is_compressed);
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let kept = bytes.len() * kept / 100;
        check(&bytes[..kept], length);
    }
}
