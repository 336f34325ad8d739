//! How columns are declared in a file: their physical and logical types.

use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::errors::Result;
use parquet::file::metadata::{KeyValue, ParquetMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::{ColumnPath, Type};

use super::cell::DECIMALS;
use super::row::{Column, Holds, Row};

/// What a file says of itself under this name.
pub(super) const SCHEMA_KEY: &str = "pantau.schema";

/// What the name of the writer begins with, ahead of its version.
pub(super) const WRITER: &str = "pantau version ";

/// As many digits before the mark as after it.
const PRECISION: u32 = 2 * DECIMALS;

/// The bytes of a number of 30 digits and its sign.
pub(super) const DECIMAL_BYTES: u8 = 13;

/// What a file says of itself.
pub(super) fn said<'a>(metadata: &'a ParquetMetaData, key: &str) -> Option<&'a str> {
    let entries = metadata.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == key)?.value.as_deref()
}

/// The schema of rows.
pub(super) fn schema<R: Row>() -> Result<Type> {
    let fields = R::COLUMNS.iter().map(|column| field(column).map(Arc::new)).collect::<Result<Vec<_>>>()?;
    Type::group_type_builder("pantau").with_fields(fields).build()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, logical) = match column.holds {
        Holds::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Holds::Decimal => {
            (Physical::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::decimal(DECIMALS as i32, PRECISION as i32)))
        }
        Holds::Instant => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
        Holds::Scale => (Physical::INT32, Some(LogicalType::integer(8, true))),
        Holds::Count => (Physical::INT64, None),
    };
    let repetition = if column.may_be_null { Repetition::OPTIONAL } else { Repetition::REQUIRED };
    let field = Type::primitive_type_builder(column.name, physical)
        .with_repetition(repetition)
        .with_logical_type(logical);
    let field = match column.holds {
        Holds::Decimal => field
            .with_length(DECIMAL_BYTES.into())
            .with_precision(PRECISION as i32)
            .with_scale(DECIMALS as i32),
        _ => field,
    };
    field.build()
}

/// How rows are encoded: texts and numbers by a dictionary, which gives way where it grows too long; instants, which
/// mostly rise, by their differences.
pub(super) fn properties<R: Row>() -> WriterProperties {
    let says = vec![KeyValue::new(SCHEMA_KEY.to_owned(), R::SCHEMA.to_owned())];
    let mut properties = WriterProperties::builder()
        .set_created_by(format!("{WRITER}{}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(says))
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        // Nothing stands between the values, which are sealed, and the footer.
        .set_offset_index_disabled(true)
        .set_dictionary_enabled(true);
    for column in R::COLUMNS.iter().filter(|column| matches!(column.holds, Holds::Instant | Holds::Count)) {
        let path = ColumnPath::from(column.name);
        properties = properties
            .set_column_dictionary_enabled(path.clone(), false)
            .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
    }
    properties.build()
}
