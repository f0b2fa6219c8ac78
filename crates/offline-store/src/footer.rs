//! What a file says about itself: its columns and how many rows it has.

use std::sync::Arc;

use arrow::csv::reader::Format;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use feature_model::FileFormat;
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::{
    Error,
    location::{File, Files},
    ranges::Ranges,
};

/// How much of a CSV file is read to infer its types.
const CSV_SAMPLE_BYTES: u64 = 256 * 1024;
const CSV_SAMPLE_ROWS: usize = 1000;

/// Columns and number of rows of one file.
pub(crate) struct Footer {
    pub(crate) schema: SchemaRef,
    /// Exact for Parquet, estimated for CSV.
    pub(crate) rows: u64,
}

impl Footer {
    pub(crate) async fn read(
        files: &Files,
        file: &File,
        format: FileFormat,
    ) -> Result<Self, Error> {
        match format {
            FileFormat::Parquet | FileFormat::Delta => {
                let metadata = parquet_metadata(&files.store, file).await?;
                let rows = metadata.metadata().file_metadata().num_rows();
                Ok(Self {
                    schema: Arc::clone(metadata.schema()),
                    rows: u64::try_from(rows).unwrap_or_default(),
                })
            }
            FileFormat::Csv => Self::of_csv(files, file).await,
        }
    }

    async fn of_csv(files: &Files, file: &File) -> Result<Self, Error> {
        let sample = csv_sample(&files.store, file).await?;
        let (schema, rows) = Format::default()
            .with_header(true)
            .with_truncated_rows(true)
            .infer_schema(sample.as_ref(), Some(CSV_SAMPLE_ROWS))
            .map_err(|error| Error::corrupt(&file.name, "CSV", error))?;
        if schema.fields().is_empty() {
            return Err(Error::corrupt(
                &file.name,
                "CSV",
                "it has no header line with the names of its columns",
            ));
        }
        let lines = sample.iter().filter(|byte| **byte == b'\n').count().max(1);
        let bytes_per_line = sample.len() / lines;
        Ok(Self {
            schema: Arc::new(schema),
            rows: if rows < CSV_SAMPLE_ROWS {
                rows as u64
            } else {
                file.meta.size / (bytes_per_line.max(1) as u64)
            },
        })
    }
}

/// Footer and schema of a Parquet file.
pub(crate) async fn parquet_metadata(
    store: &Arc<dyn ObjectStore>,
    file: &File,
) -> Result<ArrowReaderMetadata, Error> {
    let mut reader = Ranges {
        store: Arc::clone(store),
        file: file.clone(),
    };
    ArrowReaderMetadata::load_async(&mut reader, ArrowReaderOptions::new())
        .await
        .map_err(|error| Error::corrupt(&file.name, "Parquet", error))
}

/// The beginning of a CSV file, up to the end of a line.
async fn csv_sample(store: &Arc<dyn ObjectStore>, file: &File) -> Result<Bytes, Error> {
    if file.meta.size == 0 {
        return Err(Error::corrupt(&file.name, "CSV", "it is empty"));
    }
    let range = 0..file.meta.size.min(CSV_SAMPLE_BYTES);
    let sample = store
        .get_range(&file.meta.location, range)
        .await
        .map_err(|error| Error::unavailable(&file.name, error))?;
    if (sample.len() as u64) < file.meta.size
        && let Some(end) = sample.iter().rposition(|byte| *byte == b'\n')
    {
        return Ok(sample.slice(..=end));
    }
    Ok(sample)
}
