//! What a file says about itself: its columns and how many rows it has.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use feature_model::FileFormat;
use object_store::ObjectStore;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

use crate::{
    Error, csv,
    location::{File, Files},
    ranges::Ranges,
};

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
            FileFormat::Csv => csv::footer(files.store.as_ref(), file).await,
        }
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
