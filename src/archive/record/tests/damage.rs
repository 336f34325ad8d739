//! Archives that were cut, or have wrong bytes: every record whose bytes are all there comes out as it was, every loss is
//! told, and it takes no more time or memory than an archive that is whole.

use super::super::MAX_BLOCK;
use super::*;

const COUNT: u32 = 12;

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl Iterator<Item = usize> {
    let mut state = seed;
    std::iter::from_fn(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((state >> 33) as usize)
    })
}

/// Where each part begins, and the end of the last.
fn edges(parts: &[Vec<u8>]) -> Vec<usize> {
    let mut edges = vec![0];
    for part in parts {
        edges.push(edges[edges.len() - 1] + part.len());
    }
    edges
}

/// Every one of these, in this order, is among those.
fn is_within(some: &[&str], all: &[&str]) -> bool {
    let mut rest = all.iter();
    some.iter().all(|name| rest.any(|other| other == name))
}

#[test]
fn a_file_that_is_cut_gives_every_whole_record_and_tells_the_cut() {
    for (form, seed) in [(Form::Warc, 1), (Form::WarcGz, 2), (Form::Arc, 3), (Form::ArcGz, 4)] {
        let parts = parts(COUNT, form);
        let (file, edges, whole) = (parts.concat(), edges(&parts), expected(COUNT));
        let near = edges
            .iter()
            .flat_map(|edge| (edge.saturating_sub(12)..edge + 12).filter(|cut| *cut < file.len()));
        for cut in near.chain(numbers(seed).take(250).map(|number| number % file.len())) {
            let read = found(&file[..cut]);
            let complete = edges.iter().filter(|edge| **edge > 0 && **edge <= cut).count();
            // The bytes behind a block are no part of its record.
            let separators = match form {
                Form::Warc => 4,
                Form::Arc => 1,
                Form::WarcGz | Form::ArcGz => 0,
            };
            let may_be_complete =
                edges.iter().filter(|edge| **edge > 0 && **edge <= cut + separators).count();
            let count = read.records.len();
            assert_eq!(read.names(), whole[..count], "{form:?} {cut}");
            assert!(count == complete || count == may_be_complete, "{form:?} {cut}");
            let is_at_edge = edges.contains(&cut) || may_be_complete > complete;
            assert_eq!(read.damage.len(), usize::from(!is_at_edge), "{form:?} {cut} {:?}", read.damage);
            if !is_at_edge {
                assert_eq!(read.damage[0].0, edges[complete] as u64, "{form:?} {cut}");
            }
        }
    }
}

#[test]
fn one_long_member_that_is_cut_gives_the_records_before_the_cut() {
    let plain = parts(COUNT, Form::Warc);
    let file = gzip(&plain.concat());
    let whole = expected(COUNT);
    for cut in (1..12)
        .chain(numbers(5).take(250).map(|number| number % file.len()))
        .chain(file.len() - 12..file.len())
    {
        let mut decoded = Vec::new();
        let mut decoder = flate2::read::GzDecoder::new(&file[..cut]);
        let _cut = std::io::Read::read_to_end(&mut decoder, &mut decoded);
        let complete = edges(&plain).iter().filter(|edge| **edge > 0 && **edge <= decoded.len() + 4).count();
        let read = found(&file[..cut]);
        let count = read.records.len();
        assert_eq!(read.names(), whole[..count], "{cut}");
        assert!(count >= complete.saturating_sub(1) && count <= complete, "{cut}: {count} of {complete}");
        assert_eq!(read.damage.len(), 1, "{cut} {:?}", read.damage);
    }
}

#[test]
fn a_wrong_byte_costs_the_record_it_is_in_and_is_told() {
    for (form, seed) in [(Form::Warc, 6), (Form::WarcGz, 7), (Form::Arc, 8), (Form::ArcGz, 9)] {
        let parts = parts(COUNT, form);
        let (file, edges, whole) = (parts.concat(), edges(&parts), expected(COUNT));
        for (at, bit) in numbers(seed).zip(numbers(seed + 50)).take(250) {
            let (at, bit) = (at % file.len(), bit % 8);
            let mut wrong = file.clone();
            wrong[at] ^= 1 << bit;
            let read = found(&wrong);
            let hit = edges.iter().filter(|edge| **edge <= at).count() - 1;
            let others: Vec<&str> =
                whole.iter().enumerate().filter(|(n, _)| *n != hit).map(|(_, name)| name.as_str()).collect();
            assert!(is_within(&others, &read.names()), "{form:?} {at} {bit}: {:?}", read.damage);
            assert!(read.damage.len() <= 2, "{form:?} {at} {bit}: {:?}", read.damage);
            let has_all = is_within(&whole.iter().map(String::as_str).collect::<Vec<_>>(), &read.names());
            let is_gzip = matches!(form, Form::WarcGz | Form::ArcGz);
            // Without gzip there is no checksum: what a page says is then only vouched for by the record's own digest.
            assert!(has_all || !is_gzip || !read.damage.is_empty(), "{form:?} {at} {bit} {read:?}");
            assert!(
                read.records.len() == COUNT as usize || !read.damage.is_empty(),
                "{form:?} {at} {bit} {read:?}"
            );
            assert!(
                !is_gzip || read.names().iter().all(|name| whole.iter().any(|right| right == name)),
                "{form:?} {at} {bit}"
            );
        }
    }
}

#[test]
fn a_wrong_byte_in_a_plain_record_is_seen_by_its_digest() {
    let file = parts(1, Form::Warc).concat();
    let body = file.windows(9).position(|window| window == b"INDIKATOR").unwrap();
    let agrees = |file: &[u8]| {
        let mut agrees = None;
        read(file, 0, &mut |event| {
            if let Event::Record(record) = event {
                agrees = digest::agrees(&record);
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        agrees
    };
    assert_eq!(agrees(&file), Some(true));
    let mut wrong = file.clone();
    wrong[body] ^= 1;
    assert_eq!(agrees(&wrong), Some(false));
}

#[test]
fn a_wrong_byte_in_one_long_member_is_told_and_no_wrong_block_is_handed_on() {
    let file = gzip(&parts(COUNT, Form::Warc).concat());
    let whole = expected(COUNT);
    for (at, bit) in numbers(10).zip(numbers(60)).take(250) {
        let (at, bit) = (at % file.len(), bit % 8);
        let mut wrong = file.clone();
        wrong[at] ^= 1 << bit;
        let read = found(&wrong);
        let is_harmless = (4..10).contains(&at) || at == 3;
        assert!(is_harmless || !read.damage.is_empty(), "{at} {bit}");
        assert!(
            read.names().iter().all(|name| whole.iter().any(|right| right == name)),
            "{at} {bit} {read:?}"
        );
    }
}

#[test]
fn whatever_a_length_says_the_other_records_are_read() {
    let record = String::from_utf8(parts(1, Form::Warc).concat()).unwrap();
    let stated = format!("Content-Length: {}\r\n", page(0).len());
    let lie = |length: &str| record.replace(&stated, &format!("Content-Length: {length}\r\n")).into_bytes();
    let others = parts(COUNT, Form::Warc)[1..].concat();
    for length in [
        "0",
        "1",
        "100",
        "-1",
        "99999",
        "4294967296",
        "9223372036854775808",
        "18446744073709551615",
        "1e3",
        "",
    ] {
        let plain = [&lie(length)[..], &others].concat();
        let members = [&gzip(&lie(length))[..], &parts(COUNT, Form::WarcGz)[1..].concat()].concat();
        for file in [plain.clone(), gzip(&plain), members] {
            let read = found(&file);
            let names = read.names();
            assert_eq!(
                names[names.len() + 1 - COUNT as usize..],
                expected(COUNT)[1..],
                "{length} {:?}",
                read.damage
            );
            assert_eq!(read.damage.len(), 1, "{length} {:?}", read.damage);
            assert_eq!(read.damage[0].0, 0, "{length} {:?}", read.damage);
        }
    }
}

#[test]
fn a_length_of_gigabytes_hides_no_record_far_behind_it() {
    let head =
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nContent-Length: 4294967296\r\n\r\n";
    let long = vec![b'x'; usize::try_from(MAX_BLOCK).unwrap() + 1_000_000];
    let file = [head.as_bytes(), &long, b"\r\n\r\n", &parts(2, Form::Warc).concat()].concat();
    let read = found(&file);
    assert_eq!(read.names()[1..], expected(2));
    assert_eq!(read.damage.len(), 1);
}

#[test]
fn garbage_between_members_and_behind_them_is_told_once() {
    let parts = parts(3, Form::WarcGz);
    let file = [&parts[0][..], b"garbage", &parts[1], &parts[2], b"more \x1f\x8b\x08\x00 garbage"].concat();
    let read = found(&file);
    assert_eq!(read.names(), expected(3));
    let places = edges(&parts);
    assert_eq!(
        read.damage,
        [
            (places[1] as u64, "no record begins here: 7 bytes are passed over".to_owned()),
            (places[3] as u64 + 7, "no record begins here: 17 bytes are passed over".to_owned()),
        ]
    );
}

#[test]
fn many_false_beginnings_cost_no_more_than_their_bytes() {
    // Members that begin well, hold each other, and are all damaged.
    let mut file = Vec::new();
    while file.len() < 2_000_000 {
        file.extend(
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\x00\xff\xff\x00\x00WARC/1.0\r\nWARC-Type: x\r\n\r\n",
        );
    }
    let read = found(&file);
    assert!(!read.damage.is_empty());
    // Lines that could begin a record, and never do.
    for line in
        ["\nWARC/1.0\nWARC-Type\n", "\nhttp://a/ 1.2.3.4 20240419033000 text/html x\n", "\nWARC/", "\n"]
    {
        let file = [b"junk", line.repeat(2_000_000 / line.len()).as_bytes()].concat();
        assert!(found(&file).damage.len() <= 1, "{line:?}");
    }
    // Lengths that reach into each other.
    let record = "WARC/1.0\r\nWARC-Type: metadata\r\nContent-Length: 60000000\r\n\r\nabc\r\n\r\n";
    let read = found(record.repeat(20_000).as_bytes());
    assert_eq!(read.damage.len(), 20_000);
}
