//! Gzip in every arrangement.

use super::super::{MAX_BLOCK, read};
use super::*;

fn check(file: &[u8], count: u32) {
    let read = found(file);
    assert_eq!(
        (read.names(), &read.damage[..]),
        (expected(count).iter().map(String::as_str).collect(), &[][..])
    );
}

#[test]
fn records_are_the_same_in_members_of_their_own_and_in_one() {
    for form in [Form::Warc, Form::Arc] {
        check(&parts(50, form).concat(), 50);
        check(&gzip(&parts(50, form).concat()), 50);
        check(&gzip(&gzip(&parts(50, form).concat())), 50);
        check(&parts(50, form).iter().map(|part| gzip(&gzip(part))).collect::<Vec<_>>().concat(), 50);
    }
    check(&parts(50, Form::WarcGz).concat(), 50);
    check(&parts(50, Form::ArcGz).concat(), 50);
    check(&gzip(&parts(50, Form::WarcGz).concat()), 50);
}

#[test]
fn the_place_of_a_record_is_that_of_its_member() {
    let parts = parts(3, Form::WarcGz);
    let places: Vec<u64> = found(&parts.concat()).records.iter().map(|record| record.0).collect();
    let second = parts[0].len() as u64;
    assert_eq!(places, [0, second, second + parts[1].len() as u64]);
    let whole = gzip(&super::parts(3, Form::Warc).concat());
    assert_eq!(found(&whole).records.iter().map(|record| record.0).collect::<Vec<_>>(), [0, 0, 0]);
}

#[test]
fn a_record_may_go_on_in_the_next_member() {
    let plain = parts(20, Form::Warc).concat();
    for size in [1, 7, 100, 1000, 3000] {
        let file: Vec<u8> = plain.chunks(size).flat_map(gzip).collect();
        check(&file, 20);
    }
}

#[test]
fn members_may_be_empty_and_padded() {
    let parts = parts(3, Form::WarcGz);
    let file =
        [&gzip(b"")[..], &parts[0], &gzip(b""), &gzip(b""), &parts[1], &[0; 700], &parts[2], &[0; 10_000]]
            .concat();
    check(&file, 3);
}

#[test]
fn bytes_that_look_like_a_member_inside_a_member_change_nothing() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    let block =
        [&[0x1f, 0x8b, 8, 0][..], &gzip(b"WARC/1.0\r\n\r\n"), &parts(5, Form::WarcGz).concat()].concat();
    encoder.write_all(&warc("resource", "http://a/", &block)).unwrap();
    let file = [encoder.finish().unwrap(), parts(2, Form::WarcGz).concat()].concat();
    let read = found(&file);
    assert_eq!(read.names()[0], name("Resource", "http://a/", &block));
    assert_eq!(read.names()[1..], expected(2));
    assert_eq!(read.damage, []);
}

#[test]
fn members_too_large_for_one_go_are_read_as_streams() {
    let mut block = Vec::new();
    let mut seed = 7_u32;
    while block.len() < 3_000_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        block.extend(seed.to_le_bytes());
    }
    let large = gzip(&warc("response", "http://a/", &block));
    assert!(large.len() > 2_000_000, "it does not compress");
    let inflating = gzip(&warc("response", "http://b/", &vec![b'x'; 20_000_000]));
    let file = [&large[..], &parts(1, Form::WarcGz)[0], &inflating, &large].concat();
    let read = found(&file);
    let (a, b) =
        (name("Response", "http://a/", &block), name("Response", "http://b/", &vec![b'x'; 20_000_000]));
    assert_eq!((read.names(), &read.damage[..]), (vec![&a[..], &expected(1)[0], &b, &a], &[][..]));
}

#[test]
fn gzip_in_gzip_in_gzip_ends_somewhere() {
    let mut file = parts(1, Form::Warc).concat();
    for _ in 0..20 {
        file = gzip(&file);
    }
    let file = [file, parts(2, Form::WarcGz).concat()].concat();
    let read = found(&file);
    assert_eq!(read.names(), expected(2));
    assert_eq!(read.damage, [(0, "gzip lies in gzip more than 3 times".to_owned())]);
}

/// Zeros that are compressed for as long as somebody reads.
fn bomb(head: &[u8], size: u64) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(head).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..size >> 20 {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_is_given_up_and_what_is_behind_it_is_read() {
    let head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://a/\r\nContent-Length: 10000000000\r\n\r\n";
    let rest = parts(2, Form::WarcGz).concat();
    let size = 400 << 20;
    for (head, what) in [
        (head, format!("the record has 10000000000 bytes, of which the first {MAX_BLOCK} are read")),
        ("", "no record begins here: ".to_owned()),
        (
            "WARC/1.0\r\nWARC-Type: x\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
            "no record begins here: ".to_owned(),
        ),
        ("WARC/1.0\r\nWARC-Type: ", "the head of a record has more than 1048576 bytes: ".to_owned()),
    ] {
        let file = [bomb(head.as_bytes(), size), rest.clone()].concat();
        assert!((file.len() as u64) < size / 100);
        let read = found(&file);
        assert!(read.damage.iter().any(|(_, said)| said.starts_with(&what)), "{:?}", read.damage);
        assert!(read.damage.len() <= 2, "{:?}", read.damage);
        assert_eq!(read.names()[read.names().len() - 2..], expected(2));
    }
}

#[test]
fn a_record_beyond_the_cap_is_cut_and_told_and_the_next_one_read() {
    let length = MAX_BLOCK + 5_000_000;
    let block = vec![b'x'; usize::try_from(length).unwrap()];
    let record = warc("response", "http://a/", &block);
    let (cut, _) = block.split_at(usize::try_from(MAX_BLOCK).unwrap());
    let what = format!("the record has {length} bytes, of which the first {MAX_BLOCK} are read");
    for file in [
        [&record[..], &parts(2, Form::Warc).concat()].concat(),
        [&gzip(&record)[..], &parts(2, Form::WarcGz).concat()].concat(),
        gzip(&[&record[..], &parts(2, Form::Warc).concat()].concat()),
    ] {
        let read = found(&file);
        assert_eq!(read.damage, [(0, what.clone())]);
        assert_eq!(read.names()[0], name("Response", "http://a/", cut));
        assert_eq!(read.names()[1..], expected(2));
    }
}

#[test]
fn bytes_that_cannot_be_had_are_an_error_and_no_damage() {
    struct Breaks;
    impl std::io::Read for Breaks {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    for form in [Form::Warc, Form::WarcGz, Form::ArcGz] {
        let file = parts(3, form).concat();
        for length in [0, 5, 100, file.len() - 100, file.len() - 1, file.len()] {
            let mut damage = Vec::new();
            let outcome = read(std::io::Read::chain(&file[..length], Breaks), 0, &mut |event| {
                if let super::super::Event::Damage(said) = event {
                    damage.push(said);
                }
                ControlFlow::Continue(())
            });
            assert_eq!(outcome.unwrap_err().to_string(), "the disk is gone", "{form:?} {length}");
            assert_eq!(damage, [], "{form:?} {length}");
        }
    }
}
