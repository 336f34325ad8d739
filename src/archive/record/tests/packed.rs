//! WACZ files.

use std::io::Cursor;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::super::read_wacz;
use super::*;

fn wacz(entries: &[(&str, &[u8], CompressionMethod)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes, method) in entries {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(*method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What is found, by the name of the archive inside.
fn inside(file: &[u8]) -> Vec<(String, Found)> {
    let mut all: Vec<(String, Found)> = Vec::new();
    read_wacz(Cursor::new(file), &mut |name, event| {
        if all.last().is_none_or(|(last, _)| last != name) {
            all.push((name.to_owned(), Found::default()));
        }
        all.last_mut().unwrap().1.take(&event);
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

const STORED: CompressionMethod = CompressionMethod::Stored;
const DEFLATED: CompressionMethod = CompressionMethod::Deflated;

#[test]
fn the_archives_inside_are_read_and_named() {
    let archive = parts(3, Form::WarcGz).concat();
    let plain = parts(3, Form::Warc).concat();
    let file = wacz(&[
        ("datapackage.json", b"{}", DEFLATED),
        ("archive/data.warc.gz", &archive, STORED),
        ("archive/more.warc", &plain, DEFLATED),
        ("indexes/index.cdx.gz", &gzip(b"x"), STORED),
    ]);
    let expected = |name: &str, bytes: &[u8]| (name.to_owned(), found(bytes));
    assert_eq!(
        inside(&file),
        [expected("archive/data.warc.gz", &archive), expected("archive/more.warc", &plain)]
    );
}

#[test]
fn a_zip_file_that_is_no_wacz_is_told() {
    let all = inside(&wacz(&[("pages/pages.jsonl", b"{}", STORED)]));
    assert_eq!(
        all[0].1.damage,
        [(0, "the zip file holds no archive/*.warc.gz: it is no WACZ file".to_owned())]
    );
}

#[test]
fn a_file_that_lost_its_directory_gives_its_records_all_the_same() {
    let archive = parts(3, Form::WarcGz).concat();
    let file = wacz(&[("archive/data.warc.gz", &archive, STORED), ("pages/pages.jsonl", b"{}", STORED)]);
    let all = inside(&file[..file.len() - 60]);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].1.names(), expected(3));
    let (offset, what) = &all[0].1.damage[0];
    assert!(*offset == 0 && what.starts_with("the directory of the zip file cannot be read"), "{what}");
}

#[test]
fn a_damaged_archive_inside_is_told_with_its_name() {
    let archive = parts(3, Form::WarcGz).concat();
    let mut file = wacz(&[("archive/data.warc.gz", &archive, STORED)]);
    file[100] ^= 1;
    let all = inside(&file);
    assert_eq!(all[0].0, "archive/data.warc.gz");
    assert!(!all[0].1.damage.is_empty());
    assert_eq!(all[0].1.names(), expected(3)[1..]);
}
