//! Reading files through DataFusion, batch by batch, each row with its number in its file.

use std::sync::Arc;

use arrow::array::{AsArray as _, RecordBatch};
use arrow::datatypes::{Field, Int64Type, Schema, SchemaRef};
use datafusion::common::config::CsvOptions;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{
    CsvSource, FileScanConfigBuilder, FileSource, ParquetSource,
};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::{TableSchema, TableSchemaBuilder};
use datafusion::execution::TaskContext;
use datafusion::physical_plan::{ExecutionPlan as _, SendableRecordBatchStream};
use feature_model::FileFormat;
use futures::{Stream, TryStreamExt as _};
use parquet::arrow::RowNumber;

use crate::{
    Error,
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
}

/// What to read of a file.
pub(crate) struct Scan<'a> {
    pub(crate) files: &'a Files,
    pub(crate) file: &'a File,
    pub(crate) format: FileFormat,
    pub(crate) schema: SchemaRef,
    pub(crate) columns: Vec<&'a str>,
    /// Rows outside may be left out by the scan.
    pub(crate) window: Option<(Window, &'a str)>,
    pub(crate) context: Arc<TaskContext>,
}

impl Scan<'_> {
    /// The rows in the order of the file. Parquet: row groups and pages outside the window are not read,
    /// and rows outside it are dropped as they are decoded.
    pub(crate) fn rows(
        self,
    ) -> Result<impl Stream<Item = Result<Rows, Error>> + Send + use<>, Error> {
        let name = self.file.name.clone();
        let numbered = self.format != FileFormat::Csv;
        let stream = self
            .plan()
            .map_err(|error| Error::unavailable(&name, error))?;
        let mut next = 0;
        Ok(stream
            .map_err(move |error| failure(&name, numbered, &error))
            .map_ok(move |batch| {
                let rows = if numbered {
                    Rows::split(&batch)
                } else {
                    Rows::counted(batch, next)
                };
                next += rows.numbers.len() as u64;
                rows
            }))
    }

    fn plan(&self) -> datafusion::error::Result<SendableRecordBatchStream> {
        let (table, source) = match self.format {
            FileFormat::Parquet | FileFormat::Delta => self.parquet(),
            FileFormat::Csv => self.csv(),
        };
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

    fn parquet(&self) -> (TableSchema, Arc<dyn FileSource>) {
        let number = Field::new(ROW_NUMBER, arrow::datatypes::DataType::Int64, false)
            .with_extension_type(RowNumber);
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

    /// All columns are read as text, so that one odd value spoils its row and not the file; a row that
    /// ends early has nulls.
    fn csv(&self) -> (TableSchema, Arc<dyn FileSource>) {
        let fields = self.schema.fields().iter();
        let texts: Vec<Field> = fields
            .map(|field| Field::new(field.name(), arrow::datatypes::DataType::Utf8, true))
            .collect();
        let table = TableSchemaBuilder::new(Arc::new(Schema::new(texts))).build();
        let options = CsvOptions {
            has_header: Some(true),
            newlines_in_values: Some(true),
            truncated_rows: Some(true),
            ..CsvOptions::default()
        };
        let source = CsvSource::new(table.clone()).with_csv_options(options);
        (table, Arc::new(source))
    }
}

fn failure(path: &str, parquet: bool, error: &datafusion::error::DataFusionError) -> Error {
    use datafusion::error::DataFusionError;
    match error.find_root() {
        DataFusionError::ParquetError(_) | DataFusionError::ArrowError(..) => {
            Error::corrupt(path, if parquet { "Parquet" } else { "CSV" }, error)
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
        }
    }

    fn counted(batch: RecordBatch, first: u64) -> Self {
        let count = batch.num_rows() as u64;
        Self {
            numbers: (first..first + count).collect(),
            batch,
        }
    }
}
