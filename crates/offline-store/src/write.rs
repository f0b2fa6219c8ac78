use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use feature_model::Timestamp;
use parquet::arrow::ArrowWriter;

use crate::Error;

/// A column to be written, without nulls.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    /// 64-bit integers.
    Int64(Vec<i64>),
    /// 32-bit floats.
    Float32(Vec<f32>),
    /// 64-bit floats.
    Float64(Vec<f64>),
    /// Text.
    String(Vec<String>),
    /// Instants in microseconds, in UTC.
    Timestamp(Vec<Timestamp>),
}

impl ColumnData {
    fn array(&self) -> ArrayRef {
        match self {
            Self::Int64(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Float32(values) => Arc::new(Float32Array::from(values.clone())),
            Self::Float64(values) => Arc::new(Float64Array::from(values.clone())),
            Self::String(values) => Arc::new(StringArray::from(values.clone())),
            Self::Timestamp(values) => {
                let micros = values.iter().map(|at| {
                    let micros = at.as_nanos().div_euclid(1_000);
                    i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
                });
                let array = TimestampMicrosecondArray::from_iter_values(micros);
                Arc::new(array.with_timezone("UTC"))
            }
        }
    }
}

/// Writes a small Parquet file with those columns, all of the same length, in place of one that is there.
///
/// # Errors
/// Where the lengths differ or the file cannot be written.
pub fn write_parquet(path: &Path, columns: &[(&str, ColumnData)]) -> Result<(), Error> {
    let shown = path.display().to_string();
    let failed = |error: &dyn std::fmt::Display| Error::unavailable(&shown, error);
    let arrays = columns.iter().map(|(name, data)| (*name, data.array()));
    let batch = RecordBatch::try_from_iter(arrays).map_err(|error| failed(&error))?;
    let file = std::fs::File::create(path).map_err(|error| failed(&error))?;
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), None).map_err(|error| failed(&error))?;
    writer.write(&batch).map_err(|error| failed(&error))?;
    writer.close().map_err(|error| failed(&error))?;
    Ok(())
}
