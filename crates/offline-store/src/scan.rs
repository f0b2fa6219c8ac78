//! Reading files batch by batch, Parquet through DataFusion, each row with its number in its file.

use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, SchemaRef};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::{TableSchema, TableSchemaBuilder};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan as _, SendableRecordBatchStream};
use feature_model::FileFormat;
use futures::{StreamExt as _, TryStreamExt as _, stream::BoxStream};
use parquet::arrow::RowNumber;

use crate::{
    Error,
    convert::Unreadable,
    csv,
    location::{File, Files},
    window::Window,
};

/// Name of the column with row numbers, which no file has.
const ROW_NUMBER: &str = "\u{0}row";

/// Some rows of one file.
pub(crate) struct Rows {
    /// The wanted columns that the file has.
    pub(crate) batch: RecordBatch,
    /// The number of each row in its file, ascending.
    pub(crate) numbers: Vec<u64>,
    /// Those of them (by their place here) that are damaged, with the reason. The batch may have nulls there.
    pub(crate) unreadable: Unreadable,
}

/// What to read of a file.
pub(crate) struct Scan<'a> {
    pub(crate) files: &'a Files,
    pub(crate) file: &'a File,
    pub(crate) format: FileFormat,
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<&'a str>,
    /// Columns without which a row is damaged.
    pub(crate) needed: Vec<&'a str>,
    /// Rows outside may be left out by the scan.
    pub(crate) window: Option<(Window, &'a str)>,
    pub(crate) context: Arc<TaskContext>,
}

impl Scan<'_> {
    /// The rows in the order of the file. Parquet: row groups and pages outside the window are not read,
    /// and rows outside it are dropped as they are decoded.
    pub(crate) fn rows(self) -> Result<BoxStream<'static, Result<Rows, Error>>, Error> {
        match self.format {
            FileFormat::Parquet | FileFormat::Delta => self.parquet(),
            FileFormat::Csv => {
                let layout = csv::Layout::new(&self.schema, &self.columns, &self.needed);
                Ok(csv::rows(&self.files.store, self.file, layout).boxed())
            }
        }
    }

    fn parquet(self) -> Result<BoxStream<'static, Result<Rows, Error>>, Error> {
        let name = self.file.name.clone();
        let stream = self
            .plan()
            .map_err(|error| Error::unavailable(&name, error))?;
        Ok(stream
            .map_err(move |error| failure(&name, &error))
            .map_ok(|batch| Rows::split(&batch))
            .boxed())
    }

    fn plan(&self) -> datafusion::error::Result<SendableRecordBatchStream> {
        let (table, source) = self.source();
        let mut indices: Vec<usize> = self
            .columns
            .iter()
            .filter_map(|name| table.table_schema().index_of(name).ok())
            .collect();
        indices.extend(table.table_schema().index_of(ROW_NUMBER).ok());
        let config = FileScanConfigBuilder::new(self.files.store_url.clone(), source)
            .with_file(PartitionedFile::new_from_meta(self.file.meta.clone()))
            .with_projection_indices(Some(indices))?
            .with_preserve_order(true)
            .build();
        DataSourceExec::from_data_source(config).execute(0, Arc::clone(&self.context))
    }

    fn source(&self) -> (TableSchema, Arc<dyn FileSource>) {
        let number = Field::new(ROW_NUMBER, DataType::Int64, false).with_extension_type(RowNumber);
        let table = TableSchemaBuilder::new(Arc::clone(&self.schema))
            .with_virtual_columns(vec![Arc::new(number)])
            .build();
        let mut source = ParquetSource::new(table.clone()).with_pushdown_filters(true);
        if let Some((window, column)) = &self.window
            && let Some(filter) = window.filter(&self.schema, column)
        {
            source = source.with_predicate(filter);
        }
        (table, Arc::new(source))
    }
}

fn failure(path: &str, error: &datafusion::error::DataFusionError) -> Error {
    use datafusion::error::DataFusionError;
    match error.find_root() {
        DataFusionError::ParquetError(_) | DataFusionError::ArrowError(..) => {
            Error::corrupt(path, "Parquet", error)
        }
        _ => Error::unavailable(path, error),
    }
}

impl Rows {
    /// Takes the row numbers, which are the last column, off the others.
    fn split(batch: &RecordBatch) -> Self {
        let last = batch.num_columns() - 1;
        let numbers = batch.column(last).as_primitive::<Int64Type>().values();
        let others: Vec<usize> = (0..last).collect();
        Self {
            numbers: numbers
                .iter()
                .map(|n| u64::try_from(*n).unwrap_or_default())
                .collect(),
            batch: batch
                .project(&others)
                .expect("a batch has all columns before its last"),
            unreadable: Unreadable::new(),
        }
    }
}
