//! Where in an SQLite file each stored value lies: the b-tree of a table, its records, and the bytes of their columns.
//! See sqlite.org/fileformat2.html. Of a record only what lies on its own page is looked at.

use std::ops::Range;

/// The bytes of each value of a record, in the order in which they are stored. What takes no bytes is not among them.
pub(crate) type Record = Vec<Value>;

/// One stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    /// Its place in the record; `None` for the key of the row.
    pub(crate) column: Option<usize>,
    pub(crate) bytes: Range<usize>,
}

const INTERIOR_INDEX: u8 = 2;
const INTERIOR_TABLE: u8 = 5;
const LEAF_INDEX: u8 = 10;
const LEAF_TABLE: u8 = 13;

/// Every record of the b-tree that begins on a page.
pub(crate) fn records(file: &[u8], root: usize) -> Vec<Record> {
    let page_size = match u16::from_be_bytes([file[16], file[17]]) {
        1 => 65_536,
        size => usize::from(size),
    };
    let mut found = Vec::new();
    walk(file, page_size, root, &mut found);
    found
}

fn walk(file: &[u8], page_size: usize, page: usize, found: &mut Vec<Record>) {
    let start = (page - 1) * page_size;
    let header = start + if page == 1 { 100 } else { 0 };
    let kind = file[header];
    let is_interior = matches!(kind, INTERIOR_INDEX | INTERIOR_TABLE);
    let pointers = header + if is_interior { 12 } else { 8 };
    for cell in 0..number(file, header + 3, 2) {
        let mut at = start + number(file, pointers + 2 * cell, 2);
        if is_interior {
            walk(file, page_size, number(file, at, 4), found);
            at += 4;
        }
        match kind {
            LEAF_TABLE => found.push(record(file, page_size, at, true)),
            LEAF_INDEX | INTERIOR_INDEX => found.push(record(file, page_size, at, false)),
            INTERIOR_TABLE => {}
            other => panic!("page {page} is of kind {other}"),
        }
    }
    if is_interior {
        walk(file, page_size, number(file, header + 8, 4), found);
    }
}

fn record(file: &[u8], page_size: usize, mut at: usize, has_key: bool) -> Record {
    let payload = varint(file, &mut at);
    assert!(payload < page_size / 4, "a record that goes on on another page");
    let mut values = Vec::new();
    if has_key {
        let key = at;
        varint(file, &mut at);
        values.push(Value { column: None, bytes: key..at });
    }
    let mut header = at;
    let content = at + varint(file, &mut header);
    let mut next = content;
    let mut column = 0;
    while header < content {
        let length = length_of(varint(file, &mut header));
        if length > 0 {
            values.push(Value { column: Some(column), bytes: next..next + length });
        }
        next += length;
        column += 1;
    }
    values
}

/// The bytes that a value of a serial type takes.
fn length_of(serial: usize) -> usize {
    match serial {
        0 | 8 | 9 => 0,
        1..=4 => serial,
        5 => 6,
        6 | 7 => 8,
        text_or_blob => (text_or_blob - 12) / 2,
    }
}

fn number(file: &[u8], at: usize, bytes: usize) -> usize {
    file[at..at + bytes].iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

fn varint(file: &[u8], at: &mut usize) -> usize {
    let mut number = 0;
    for place in 0..9 {
        let byte = usize::from(file[*at]);
        *at += 1;
        if place == 8 {
            return number << 8 | byte;
        }
        number = number << 7 | byte & 0x7f;
        if byte < 0x80 {
            break;
        }
    }
    number
}
