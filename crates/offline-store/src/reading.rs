use std::sync::{Arc, PoisonError};

use arrow::datatypes::Schema;
use datafusion::error::DataFusionError;
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;
use feature_model::FileFormat;
use futures::{StreamExt as _, TryStreamExt as _, pin_mut};

use crate::{
    Error, RowBatch, ScanProgress,
    columns::Columns,
    decide::{Decider, deciding_schema, file_and_row},
    fetch::{Wanted, fetch_csv, fetch_parquet},
    latest::{Shared, take},
    location::Files,
    output::Output,
    scan::Scan,
    window::Window,
    winners::{Deciding, winners},
};

/// Rows to keep in mind of one file at once. Each part of a Parquet file is opened anew, but read only
/// from its first row group; a CSV file must be read from its beginning.
const PARQUET_ROWS_AT_ONCE: usize = 256 * 1024;
const CSV_ROWS_AT_ONCE: usize = 4 * 1024 * 1024;
const SCAN_BATCH_ROWS: usize = 8192;

/// All that is known before the first row is read.
pub(crate) struct Reading {
    pub(crate) files: Files,
    /// Of each file.
    pub(crate) schemas: Vec<Arc<Schema>>,
    pub(crate) columns: Arc<Columns>,
    pub(crate) format: FileFormat,
    pub(crate) window: Window,
    pub(crate) memory_limit_bytes: usize,
    pub(crate) batch_rows: usize,
    pub(crate) progress: Arc<ScanProgress>,
}

impl Reading {
    pub(crate) async fn run(self, out: Output) -> Result<(), Error> {
        let this = Arc::new(self);
        let context = this.context()?;
        let rejected = Shared::<RowBatch>::default();
        let failed = Shared::<Option<Error>>::default();
        let schema = deciding_schema(&this.columns);
        let deciding = this.deciding(&context, &rejected, &failed);
        let failure = |error: DataFusionError| match take(&failed) {
            Some(error) => error,
            None => Error::unavailable(this.files.files[0].name.as_str(), error),
        };
        let progress = Arc::clone(&this.progress);
        let ids = winners(deciding, &schema, Arc::clone(&context), progress).map_err(failure)?;
        pin_mut!(ids);
        let mut part = Part::default();
        while let Some(ids) = ids.try_next().await.map_err(failure)? {
            out.reject(take(&rejected)).await?;
            for id in ids {
                let (file, row) = file_and_row(id);
                if file != part.file || part.rows.len() >= this.rows_at_once() {
                    this.fetch(part.replaced_by(file), &context, &out).await?;
                }
                part.rows.push(row);
            }
        }
        this.fetch(part, &context, &out).await?;
        out.reject(take(&rejected)).await
    }

    /// Where plans run: in one partition, which keeps the order of rows, with bounded memory.
    fn context(&self) -> Result<Arc<TaskContext>, Error> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(self.memory_limit_bytes)))
            .build_arc()
            .map_err(|error| Error::unavailable(self.files.files[0].name.as_str(), error))?;
        runtime.register_object_store(self.files.store_url.as_ref(), Arc::clone(&self.files.store));
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .with_batch_size(SCAN_BATCH_ROWS)
            .with_sort_spill_reservation_bytes(self.memory_limit_bytes / 16);
        let context = TaskContext::default()
            .with_session_config(config)
            .with_runtime(runtime);
        Ok(Arc::new(context))
    }

    /// Keys and times of all rows in the window, file after file.
    fn deciding(
        self: &Arc<Self>,
        context: &Arc<TaskContext>,
        rejected: &Shared<RowBatch>,
        failed: &Shared<Option<Error>>,
    ) -> Deciding {
        let decider = Arc::new(Decider {
            columns: self.columns.as_ref().clone(),
            window: self.window,
            schema: deciding_schema(&self.columns),
            progress: Arc::clone(&self.progress),
        });
        let (this, context) = (Arc::clone(self), Arc::clone(context));
        let (rejected, failed) = (Arc::clone(rejected), Arc::clone(failed));
        futures::stream::iter(0..self.files.files.len())
            .map(move |file| {
                let (this, decider) = (Arc::clone(&this), Arc::clone(&decider));
                let rejected = Arc::clone(&rejected);
                let rows = this.scan(file, this.columns.deciding(), true, &context);
                let rows = rows.rows()?;
                Ok::<_, Error>(rows.and_then(move |rows| {
                    let name = this.files.files[file].name.as_str();
                    let mut rejected = rejected.lock().unwrap_or_else(PoisonError::into_inner);
                    let decided = decider.deciding(&rows, (file, name), &mut rejected);
                    std::future::ready(decided)
                }))
            })
            .try_flatten()
            .map_err(move |error| {
                let text = error.to_string();
                *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                DataFusionError::Execution(text)
            })
            .boxed()
    }

    fn scan<'a>(
        &'a self,
        file: usize,
        columns: Vec<&'a str>,
        in_window: bool,
        context: &Arc<TaskContext>,
    ) -> Scan<'a> {
        Scan {
            files: &self.files,
            file: &self.files.files[file],
            format: self.format,
            schema: Arc::clone(&self.schemas[file]),
            columns,
            needed: self.columns.all(),
            window: in_window.then_some((self.window, self.columns.timestamp.as_str())),
            context: Arc::clone(context),
        }
    }

    fn rows_at_once(&self) -> usize {
        match self.format {
            FileFormat::Csv => CSV_ROWS_AT_ONCE,
            FileFormat::Parquet | FileFormat::Delta => PARQUET_ROWS_AT_ONCE,
        }
    }

    async fn fetch(
        &self,
        part: Part,
        context: &Arc<TaskContext>,
        out: &Output,
    ) -> Result<(), Error> {
        if part.rows.is_empty() {
            return Ok(());
        }
        let file = &self.files.files[part.file];
        let wanted = Wanted {
            rows: part.rows.into(),
            columns: Arc::clone(&self.columns),
            file: file.name.as_str().into(),
            batch_rows: self.batch_rows,
        };
        match self.format {
            FileFormat::Parquet | FileFormat::Delta => {
                fetch_parquet(&self.files.store, file, wanted, out).await?;
            }
            FileFormat::Csv => {
                let rows = self.scan(part.file, self.columns.all(), false, context);
                fetch_csv(rows.rows()?, wanted, out).await?;
            }
        }
        file.check_unchanged(self.files.store.as_ref()).await
    }
}

/// Some wanted rows of one file.
#[derive(Default)]
struct Part {
    file: usize,
    rows: Vec<u64>,
}

impl Part {
    fn replaced_by(&mut self, file: usize) -> Self {
        std::mem::replace(
            self,
            Self {
                file,
                rows: Vec::new(),
            },
        )
    }
}
