//! The cells of one column of a row group, read a page at a time. Takes each sort of value in every form that common
//! writers give it: what pandas, DuckDB and Spark make of a file of ours can be read again.

use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::DataType;
use parquet::schema::types::ColumnDescriptor;

use super::cell::{Cell, DECIMALS};
use super::row::Holds;

/// Rows that are decoded at once.
const BATCH: usize = 1024;

/// How a column spells what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    /// A number in units of its decimal at this place.
    Decimal(u32),
    /// So many of these make a microsecond, or a microsecond makes so many.
    Instant(TimeUnit),
    /// Days and nanoseconds, as Spark writes them.
    JulianInstant,
    Whole,
}

/// The form of a column that is to hold something; `None` where it holds something else.
pub(super) fn form(holds: Holds, column: &ColumnDescriptor) -> Option<Form> {
    if column.path().parts().len() != 1 || column.max_rep_level() != 0 {
        return None;
    }
    match holds {
        Holds::Text => is_text(column).then_some(Form::Text),
        Holds::Decimal => decimal(column),
        Holds::Instant => instant(column),
        Holds::Scale | Holds::Count => is_whole(column).then_some(Form::Whole),
    }
}

fn is_text(column: &ColumnDescriptor) -> bool {
    let is_plain = matches!(column.logical_type_ref(), None | Some(LogicalType::String | LogicalType::Enum))
        && matches!(column.converted_type(), ConvertedType::NONE | ConvertedType::UTF8 | ConvertedType::ENUM);
    column.physical_type() == Physical::BYTE_ARRAY && is_plain
}

fn decimal(column: &ColumnDescriptor) -> Option<Form> {
    let is_decimal = matches!(column.logical_type_ref(), Some(LogicalType::Decimal(_)))
        || column.converted_type() == ConvertedType::DECIMAL;
    let scale = u32::try_from(column.type_scale()).ok()?;
    // 38 digits are what an i128 holds, and the most that engines know.
    (is_decimal && scale <= 38).then_some(Form::Decimal(scale))
}

fn instant(column: &ColumnDescriptor) -> Option<Form> {
    match (column.physical_type(), column.logical_type_ref(), column.converted_type()) {
        (Physical::INT64, Some(LogicalType::Timestamp(of)), _) if of.is_adjusted_to_u_t_c => {
            Some(Form::Instant(of.unit))
        }
        (Physical::INT64, None, ConvertedType::TIMESTAMP_MILLIS) => Some(Form::Instant(TimeUnit::MILLIS)),
        (Physical::INT64, None, ConvertedType::TIMESTAMP_MICROS) => Some(Form::Instant(TimeUnit::MICROS)),
        (Physical::INT96, ..) => Some(Form::JulianInstant),
        _ => None,
    }
}

/// Whole numbers; pandas makes floats of those among which some are absent.
fn is_whole(column: &ColumnDescriptor) -> bool {
    let is_number = matches!(column.logical_type_ref(), None | Some(LogicalType::Integer(_)))
        && !matches!(
            column.converted_type(),
            ConvertedType::DECIMAL | ConvertedType::TIMESTAMP_MILLIS | ConvertedType::TIMESTAMP_MICROS
        );
    is_number && matches!(column.physical_type(), Physical::INT32 | Physical::INT64 | Physical::DOUBLE)
}

/// What a column is to hold, for who brought something else.
pub(super) fn wanted(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "a text",
        Holds::Decimal => "a decimal",
        Holds::Instant => "an instant in UTC",
        Holds::Scale | Holds::Count => "a whole number",
    }
}

/// What a column holds, in the words of the format.
pub(super) fn described(column: &ColumnDescriptor) -> String {
    if matches!(column.logical_type_ref(), Some(LogicalType::Timestamp(of)) if !of.is_adjusted_to_u_t_c) {
        return "a time without a zone".to_owned();
    }
    match column.converted_type() {
        ConvertedType::NONE => column.physical_type().to_string(),
        converted => format!("{} as {converted}", column.physical_type()),
    }
}

/// The cells of a column, from first to last.
pub(super) struct ColumnCells {
    reader: ColumnReader,
    form: Form,
    /// Whether rows may lack a value.
    is_optional: bool,
    batch: std::vec::IntoIter<Cell<'static>>,
}

impl ColumnCells {
    pub(super) fn new(reader: ColumnReader, form: Form, column: &ColumnDescriptor) -> Self {
        Self { reader, form, is_optional: column.max_def_level() > 0, batch: Vec::new().into_iter() }
    }

    /// The cell of the next row.
    ///
    /// # Errors
    /// What is wrong with the column, in words.
    pub(super) fn next(&mut self) -> Result<Cell<'static>, String> {
        if self.batch.len() == 0 {
            self.batch = self.read()?.into_iter();
        }
        self.batch.next().ok_or_else(|| "there are fewer values than rows".to_owned())
    }

    fn read(&mut self) -> Result<Vec<Cell<'static>>, String> {
        let (form, is_optional) = (self.form, self.is_optional);
        match &mut self.reader {
            ColumnReader::ByteArrayColumnReader(reader) => {
                cells(reader, is_optional, |value| of_bytes(form, value.data()))
            }
            ColumnReader::FixedLenByteArrayColumnReader(reader) => {
                cells(reader, is_optional, |value| of_bytes(form, value.data()))
            }
            ColumnReader::Int32ColumnReader(reader) => {
                cells(reader, is_optional, |value| of_integer(form, (*value).into()))
            }
            ColumnReader::Int64ColumnReader(reader) => {
                cells(reader, is_optional, |value| of_integer(form, *value))
            }
            ColumnReader::Int96ColumnReader(reader) => {
                cells(reader, is_optional, |value| Ok(Cell::Instant(value.to_micros())))
            }
            ColumnReader::DoubleColumnReader(reader) => cells(reader, is_optional, |value| whole(*value)),
            ColumnReader::BoolColumnReader(_) | ColumnReader::FloatColumnReader(_) => {
                Err("its values have another type than the file says".to_owned())
            }
        }
    }
}

/// The next cells of a column; none at its end.
fn cells<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    is_optional: bool,
    cell: impl Fn(&T::T) -> Result<Cell<'static>, String>,
) -> Result<Vec<Cell<'static>>, String> {
    let (mut values, mut levels) = (Vec::with_capacity(BATCH), Vec::with_capacity(BATCH));
    reader
        .read_records(BATCH, is_optional.then_some(&mut levels), None, &mut values)
        .map_err(|error| error.to_string())?;
    if !is_optional {
        return values.iter().map(cell).collect();
    }
    let mut values = values.iter();
    let next = |level: &i16| match level {
        0 => Ok(Cell::Null),
        _ => values.next().map_or_else(|| Err("values are missing".to_owned()), &cell),
    };
    levels.iter().map(next).collect()
}

fn of_bytes(form: Form, bytes: &[u8]) -> Result<Cell<'static>, String> {
    match form {
        Form::Text => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cell::Text(text.to_owned().into())),
            Err(_) => Err("a text is no UTF-8".to_owned()),
        },
        Form::Decimal(scale) => of_units(big_endian(bytes)?, scale),
        _ => Err("its values have another type than the file says".to_owned()),
    }
}

fn of_integer(form: Form, value: i64) -> Result<Cell<'static>, String> {
    match form {
        Form::Whole => Ok(Cell::Whole(value)),
        Form::Decimal(scale) => of_units(value.into(), scale),
        Form::Instant(TimeUnit::MICROS) => Ok(Cell::Instant(value)),
        Form::Instant(TimeUnit::MILLIS) => {
            value.checked_mul(1000).map(Cell::Instant).ok_or_else(|| "an instant out of range".to_owned())
        }
        Form::Instant(TimeUnit::NANOS) => Ok(Cell::Instant(value.div_euclid(1000))),
        Form::Text | Form::JulianInstant => Err("its values have another type than the file says".to_owned()),
    }
}

fn big_endian(bytes: &[u8]) -> Result<i128, String> {
    let sign = if bytes.first().is_some_and(|first| first & 0x80 != 0) { 0xff } else { 0 };
    let mut wide = [sign; size_of::<i128>()];
    let start = wide.len().checked_sub(bytes.len()).ok_or("a number of more than 38 digits")?;
    wide[start..].copy_from_slice(bytes);
    Ok(i128::from_be_bytes(wide))
}

/// A number in units of one decimal, in units of ours.
fn of_units(units: i128, scale: u32) -> Result<Cell<'static>, String> {
    let scaled = if scale <= DECIMALS {
        units.checked_mul(10i128.pow(DECIMALS - scale))
    } else {
        let unit = 10i128.pow(scale - DECIMALS);
        (units % unit == 0).then_some(units / unit)
    };
    scaled.map(Cell::Decimal).ok_or_else(|| format!("a number does not fit into {DECIMALS} decimals"))
}

#[expect(clippy::cast_possible_truncation, reason = "guarded: whole and small")]
fn whole(value: f64) -> Result<Cell<'static>, String> {
    match value {
        _ if value.is_nan() => Ok(Cell::Null),
        _ if value.fract() == 0.0 && value.abs() < 9e15 => Ok(Cell::Whole(value as i64)),
        _ => Err(format!("{value} is no whole number")),
    }
}
