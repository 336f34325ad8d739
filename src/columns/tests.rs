//! Rows out and in again: whatever the rows, whatever happened to the file.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta};
use parquet::file::reader::{FileReader, SerializedFileReader};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::domain::{
    CATALOGUE, Change, Digest, Figures, Kind, Level, Percent, Quantity, Quote, Run, Slug, Timestamp, Verdict,
};

/// A folder with one file.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("rows.parquet")
    }

    fn read<R: Row>(&self, bytes: &[u8]) -> Result<Vec<R>, ColumnsError> {
        fs::write(self.path(), bytes).unwrap();
        Reader::open(File::open(self.path()).unwrap(), &self.path())?.collect()
    }

    /// What is said of a file that is not right.
    fn refusal<R: Row + std::fmt::Debug>(&self, bytes: &[u8]) -> String {
        let said = self.read::<R>(bytes).unwrap_err().to_string();
        let (file, problem) = said.split_once(": ").unwrap();
        assert_eq!(file, self.path().display().to_string());
        problem.to_owned()
    }
}

fn bytes<R: Row>(rows: &[R]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes).unwrap();
    rows.iter().for_each(|row| writer.write(row).unwrap());
    writer.finish().unwrap();
    bytes
}

fn quantity(mantissa: i64, scale: u32) -> Quantity {
    Quantity::new(mantissa, scale).unwrap()
}

fn at(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn run(index: usize) -> RunRow {
    let known = CATALOGUE[index % CATALOGUE.len()];
    let first_seen = at("2024-04-19T03:00:00Z") + TimeDelta::minutes(i64::try_from(index).unwrap());
    let step = i64::try_from(index % 977).unwrap();
    let figures = Figures {
        level: (known.kind != Kind::Return).then(|| Level(quantity(91920 + step, 2))),
        change: (!index.is_multiple_of(3)).then(|| Change(quantity(-1632, 2))),
        percent: Some(Percent(quantity(-174, 2))),
    };
    RunRow {
        slug: Slug::of(known.label),
        label: known.label.to_owned(),
        kind: known.kind,
        unit: known.unit.to_owned(),
        run: Run {
            first_seen,
            last_seen: first_seen + TimeDelta::seconds(59),
            figures,
            verdict: Verdict::of(&figures),
        },
        source: "kontan".to_owned(),
    }
}

fn quote(index: usize) -> QuoteRow {
    let figures = Figures {
        level: Some(Level(quantity(777, 0))),
        change: Some(Change(quantity(230, 2))),
        percent: Some(Percent(quantity(30, 2))),
    };
    QuoteRow {
        source: "kontan".to_owned(),
        url: (!index.is_multiple_of(2)).then(|| format!("https://www.kontan.co.id/?{index}")),
        captured_at: (!index.is_multiple_of(2)).then(|| at("2025-05-07T05:00:00Z")),
        quote: Quote {
            label: "LQ45".to_owned(),
            slug: Slug::of("LQ45"),
            figures,
            verdict: Verdict::of(&figures),
            text: "LQ45 777 2,30 0,30%".to_owned(),
        },
        digest: Digest::of(&index.to_le_bytes()),
        file: "part-0.warc.gz".to_owned(),
        offset: u64::try_from(index).unwrap() * 4711,
    }
}

prop_compose! {
    fn any_quantity()(mantissa in -999_999_999_999_999i64..=999_999_999_999_999, scale in 0u32..=15) -> Quantity {
        quantity(mantissa, scale)
    }
}

prop_compose! {
    fn any_figures()(
        level in proptest::option::of(any_quantity()),
        change in proptest::option::of(any_quantity()),
        percent in proptest::option::of(any_quantity()),
    ) -> Figures {
        Figures { level: level.map(Level), change: change.map(Change), percent: percent.map(Percent) }
    }
}

prop_compose! {
    fn any_instant()(micros in -8_000_000_000_000_000_000i64..8_000_000_000_000_000_000) -> Timestamp {
        DateTime::from_timestamp_micros(micros).unwrap()
    }
}

prop_compose! {
    fn any_run()(
        label in "\\PC{0,20}",
        kind in proptest::sample::select(&Kind::ALL[..]),
        unit in ".{0,8}",
        figures in any_figures(),
        first in any_instant(),
        length in 0i64..4_000_000_000,
        source in "[a-z\u{0}-]{0,9}",
    ) -> RunRow {
        let last_seen = first + TimeDelta::seconds(length);
        let slug = Slug::of(Slug::of(&label).as_str());
        let run = Run { first_seen: first, last_seen, figures, verdict: Verdict::of(&figures) };
        RunRow { slug, label, kind, unit, run, source }
    }
}

prop_compose! {
    fn any_quote()(
        source in "[a-z]{1,9}",
        url in proptest::option::of(".{0,30}"),
        captured_at in proptest::option::of(any_instant()),
        label in ".{0,20}",
        figures in any_figures(),
        text in ".{0,40}",
        digest in any::<[u8; 32]>(),
        file in ".{0,20}",
        offset in 0..=i64::MAX.unsigned_abs(),
    ) -> QuoteRow {
        let slug = Slug::of(Slug::of(&label).as_str());
        let quote = Quote { label, slug, figures, verdict: Verdict::of(&figures), text };
        QuoteRow { source, url, captured_at, quote, digest: Digest(digest), file, offset }
    }
}

proptest! {
    #[test]
    fn any_runs_come_back_as_they_were(runs in proptest::collection::vec(any_run(), 0..40)) {
        prop_assert_eq!(Bench::new().read::<RunRow>(&bytes(&runs)).unwrap(), runs);
    }

    #[test]
    fn any_quotes_come_back_as_they_were(quotes in proptest::collection::vec(any_quote(), 0..40)) {
        prop_assert_eq!(Bench::new().read::<QuoteRow>(&bytes(&quotes)).unwrap(), quotes);
    }
}

#[test]
fn rows_of_several_groups_come_back_in_their_order() {
    let runs: Vec<RunRow> = (0..150_000).map(run).collect();
    let bytes = bytes(&runs);
    let bench = Bench::new();
    assert!(bench.read::<RunRow>(&bytes).unwrap() == runs);
    let file = SerializedFileReader::new(File::open(bench.path()).unwrap()).unwrap();
    assert_eq!(file.num_row_groups(), 3);
}

#[test]
fn long_texts_end_a_row_group_early() {
    let mut row = quote(0);
    let rows: Vec<QuoteRow> = (0..40u8)
        .map(|index| {
            row.quote.text = char::from(b'a' + index % 26).to_string().repeat(1 << 20);
            row.clone()
        })
        .collect();
    let bench = Bench::new();
    assert!(bench.read::<QuoteRow>(&bytes(&rows)).unwrap() == rows);
    let file = SerializedFileReader::new(File::open(bench.path()).unwrap()).unwrap();
    assert_eq!(file.num_row_groups(), 5);
}

/// The same rows give the same bytes, here and now and in every version that writes this schema: a file of an earlier
/// one lies in the fixtures, and is read.
fn expect_golden<R: Row + PartialEq + std::fmt::Debug>(name: &str, rows: &[R]) {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/parquet").join(name);
    let written = bytes(rows);
    assert_eq!(written, bytes(rows));
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::create_dir_all(golden.parent().unwrap()).unwrap();
        fs::write(&golden, &written).unwrap();
    }
    let kept = fs::read(&golden).unwrap();
    assert_eq!(Bench::new().read::<R>(&kept).unwrap(), rows);
    assert!(kept == written, "{name} is not what is written now; UPDATE_GOLDENS=1 writes it anew");
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    expect_golden("runs.parquet", &(0..100).map(run).collect::<Vec<_>>());
    expect_golden("quotes.parquet", &(0..100).map(quote).collect::<Vec<_>>());
}

#[test]
fn the_document_states_the_columns() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/parquet.md")).unwrap();
    for schema in [schema::schema::<RunRow>(), schema::schema::<QuoteRow>()] {
        let mut stated = Vec::new();
        parquet::schema::printer::print_schema(&mut stated, &schema.unwrap());
        let stated = String::from_utf8(stated).unwrap();
        assert!(document.contains(&stated), "docs/parquet.md does not have\n{stated}");
    }
}

/// A file that something else wrote: texts where the column says, one row each.
fn foreign(
    columns: &str,
    write: impl Fn(&str, &mut parquet::file::writer::SerializedColumnWriter<'_>),
) -> Vec<u8> {
    let schema =
        parquet::schema::parser::parse_message_type(&format!("message foreign {{ {columns} }}")).unwrap();
    let mut bytes = Vec::new();
    let mut file =
        parquet::file::writer::SerializedFileWriter::new(&mut bytes, schema.into(), Default::default())
            .unwrap();
    let names: Vec<String> =
        file.schema_descr().columns().iter().map(|column| column.name().to_owned()).collect();
    let mut group = file.next_row_group().unwrap();
    for name in names {
        let mut column = group.next_column().unwrap().unwrap();
        write(&name, &mut column);
        column.close().unwrap();
    }
    group.close().unwrap();
    file.close().unwrap();
    bytes
}

/// The columns of quotes, each of which may be NULL and is, but for the texts.
const ALL_OPTIONAL: &str = "optional binary source (UTF8); optional binary url (UTF8); \
    optional int96 captured_at; optional binary label (UTF8); optional binary indicator (UTF8); \
    optional int64 level (DECIMAL(18, 2)); optional int32 change (DECIMAL(9, 4)); optional binary percent (DECIMAL(20, 20)); \
    optional binary verdict (UTF8); optional binary text (UTF8); optional binary digest (UTF8); \
    optional binary file (UTF8); optional int32 offset; optional double level_scale; optional int64 change_scale; \
    optional int32 percent_scale; optional int32 year;";

/// A row of such columns, with a NULL in some.
fn foreign_row(nulls: &[&str]) -> Vec<u8> {
    use parquet::data_type::{ByteArrayType, DoubleType, Int32Type, Int64Type, Int96, Int96Type};
    let digest = Digest::of(b"x").to_string();
    foreign(ALL_OPTIONAL, |name, column| {
        let is_null = nulls.contains(&name);
        let levels: &[i16] = &[i16::from(!is_null)];
        let count = usize::from(!is_null);
        let done = match name {
            "captured_at" => {
                let mut noon = Int96::new();
                noon.set_data(0x48a7_8000, 0x274a, 2_460_438);
                column.typed::<Int96Type>().write_batch(&[noon][..count], Some(levels), None)
            }
            "level" => column.typed::<Int64Type>().write_batch(&[91920][..count], Some(levels), None),
            "change_scale" => column.typed::<Int64Type>().write_batch(&[2][..count], Some(levels), None),
            "level_scale" => column.typed::<DoubleType>().write_batch(&[2.0][..count], Some(levels), None),
            "change" => column.typed::<Int32Type>().write_batch(&[-163_200][..count], Some(levels), None),
            "percent_scale" => column.typed::<Int32Type>().write_batch(&[2][..count], Some(levels), None),
            "offset" | "year" => column.typed::<Int32Type>().write_batch(&[7][..count], Some(levels), None),
            "percent" => {
                let units = (-174i128 * 10i128.pow(18)).to_be_bytes().to_vec();
                column.typed::<ByteArrayType>().write_batch(&[units.into()][..count], Some(levels), None)
            }
            text => {
                let text = match text {
                    "verdict" => "verified",
                    "digest" => &digest,
                    other => other,
                };
                column.typed::<ByteArrayType>().write_batch(&[text.into()][..count], Some(levels), None)
            }
        };
        done.unwrap();
    })
}

#[test]
fn what_other_writers_make_of_the_columns_is_read() {
    let rows = Bench::new().read::<QuoteRow>(&foreign_row(&[])).unwrap();
    let figures = rows[0].quote.figures;
    let expected = [quantity(91920, 2), quantity(-1632, 2), quantity(-174, 2)];
    assert_eq!([figures.level.unwrap().0, figures.change.unwrap().0, figures.percent.unwrap().0], expected);
    assert_eq!((rows[0].quote.verdict, rows[0].offset), (Verdict::Verified, 7));
    assert_eq!(rows[0].captured_at.unwrap(), at("2024-05-07T12:00:00Z"));
    let rows =
        Bench::new().read::<QuoteRow>(&foreign_row(&["url", "captured_at", "level", "level_scale"])).unwrap();
    assert_eq!((rows[0].url.as_ref(), rows[0].captured_at, rows[0].quote.figures.level), (None, None, None));
}

#[test]
fn a_null_where_none_may_be_is_named_with_its_row() {
    for column in ["source", "label", "text", "digest", "file", "offset", "verdict", "level_scale"] {
        let said = Bench::new().refusal::<QuoteRow>(&foreign_row(&[column]));
        assert_eq!(said, format!("column '{column}' is NULL in row 1"));
    }
}

#[test]
fn a_column_that_is_missing_or_of_another_type_is_named() {
    let refusal = |columns: &str| {
        let bytes = foreign(columns, |_, _| {});
        Bench::new().refusal::<QuoteRow>(&bytes)
    };
    assert_eq!(refusal("required int32 a;"), "there is no column 'source'");
    let without_digest = ALL_OPTIONAL.replace("optional binary digest (UTF8);", "");
    assert_eq!(refusal(&without_digest), "there is no column 'digest'");
    for (right, wrong, said) in [
        ("int64 level (DECIMAL(18, 2))", "double level", "column 'level' is DOUBLE, not a decimal"),
        ("int96 captured_at", "int64 captured_at", "column 'captured_at' is INT64, not an instant in UTC"),
        (
            "int96 captured_at",
            "int64 captured_at (TIMESTAMP(MICROS, false))",
            "column 'captured_at' is a time without a zone, not an instant in UTC",
        ),
        ("binary text (UTF8)", "int32 text", "column 'text' is INT32, not a text"),
        ("int32 offset", "int32 offset (DATE)", "column 'offset' is INT32 as DATE, not a whole number"),
    ] {
        assert_eq!(refusal(&ALL_OPTIONAL.replace(right, wrong)), said);
    }
}

#[test]
fn what_is_no_parquet_is_named_so() {
    let bench = Bench::new();
    for other in [&b""[..], b"PAR", b"{\"source\":\"kontan\"}\n", b"WARC/1.0\r\n and much more of it"] {
        assert_eq!(bench.refusal::<QuoteRow>(other), "this is no Parquet file", "{other:?}");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_refused() {
    let whole = bytes(&(0..20).map(quote).collect::<Vec<_>>());
    let bench = Bench::new();
    for length in 4..whole.len() {
        let said = bench.refusal::<QuoteRow>(&whole[..length]);
        assert!(said.contains("cut short") || said.contains("damaged"), "{length}: {said}");
    }
}

#[test]
fn a_file_of_the_other_rows_says_which_it_holds() {
    let runs = bytes(&[run(0)]);
    assert_eq!(Bench::new().refusal::<QuoteRow>(&runs), "the file holds runs/1, not quotes/1");
}

#[test]
fn no_flipped_bit_makes_it_crash_or_changes_a_row() {
    let rows: Vec<QuoteRow> = (0..30).map(quote).collect();
    let whole = bytes(&rows);
    let bench = Bench::new();
    let mut harmless = 0;
    for index in (0..whole.len()).step_by(4) {
        let mut flipped = whole.clone();
        flipped[index] ^= 1 << (index % 8);
        match bench.read::<QuoteRow>(&flipped) {
            Ok(read) => {
                assert!(read == rows, "byte {index}");
                harmless += 1;
            }
            Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{error}"),
        }
    }
    // What the footer says of sizes and encodings is not always looked at.
    assert!(harmless * 8 < whole.len(), "{harmless} of {}", whole.len() / 4);
}
