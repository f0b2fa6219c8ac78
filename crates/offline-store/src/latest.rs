use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use arrow::datatypes::{DataType as ArrowType, Schema};
use feature_model::{DataType, Field, FileFormat, FileSource, Timestamp};
use futures::{FutureExt as _, Stream};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::{
    Error, RowBatch, ScanProgress, SortKey,
    arrange::Arranging,
    columns::{Column, Columns, missing},
    footer::Footer,
    keys::is_key_type,
    location::Files,
    output::Output,
    reading::Reading,
    window::Window,
};

/// Batches that may wait between reading and arranging, and between that and whoever writes them.
const BATCHES_AHEAD: usize = 2;

/// Which rows to read, and how.
#[derive(Clone, Debug)]
pub struct LatestRowsRequest {
    /// The files.
    pub source: FileSource,
    /// The feature repository, to which a relative path of the source belongs.
    pub base_dir: PathBuf,
    /// Join keys with the names that the view uses; none for a view without entities, which has one row.
    /// A type that the registry doesn't know is inferred from the files.
    pub join_keys: Vec<Field>,
    /// Features with the names that the view uses.
    pub features: Vec<Field>,
    /// First event time that counts.
    pub start: Timestamp,
    /// Last event time that counts.
    pub end: Timestamp,
    /// Memory for keys and times of entities; beyond it they go to temporary files. Decoding and the
    /// batches that wait come on top: some pages of each column and some batches, or a run that is sorted.
    pub memory_limit_bytes: usize,
    /// Most rows in a batch, at least 1.
    pub batch_rows: usize,
    /// Sorts rows before they are handed over, as many at a time as some 100 MB hold; none leaves them in
    /// the order of the source.
    pub sort_key: Option<SortKey>,
}

impl LatestRowsRequest {
    /// A memory limit with which a whole materialization stays well below 600 MB.
    pub const DEFAULT_MEMORY_LIMIT_BYTES: usize = 192 * 1024 * 1024;
    /// Rows in a batch.
    pub const DEFAULT_BATCH_ROWS: usize = 2048;
}

/// The latest rows as they are read. Dropping it ends the reading.
#[derive(Debug)]
pub struct LatestRows {
    batches: Receiver<Result<RowBatch, Error>>,
    reading: Option<JoinHandle<Result<(), Error>>>,
    progress: Arc<ScanProgress>,
}

/// Reads the latest row of each entity: of the rows with `start <= event time <= end` the one with the
/// greatest event time, then the greatest created time, then the first in the source.
///
/// The source is read twice: keys and times of all rows to find the latest ones, then all columns of just
/// those. Memory depends neither on the number of rows nor, because of spilling to disk, on the number of
/// entities. A row that cannot be read is told of in [`RowBatch::rejected`]; when it is the latest of its
/// entity, no older one takes its place.
///
/// # Errors
/// Here, where the source's files or columns aren't what the view needs; in the stream, where reading
/// fails or a file changes meanwhile. Nothing follows an error.
pub async fn latest_rows(request: LatestRowsRequest) -> Result<LatestRows, Error> {
    let files = Files::find(&request.source, &request.base_dir).await?;
    let mut columns = Columns::new(&request.source, &request.join_keys, &request.features);
    let mut schemas = Vec::with_capacity(files.files.len());
    let progress = Arc::new(ScanProgress::default());
    for file in &files.files {
        let footer = Footer::read(&files, file, request.source.format).await?;
        columns.check(&footer.schema, &file.name, request.source.format)?;
        progress.total.fetch_add(footer.rows, Ordering::Relaxed);
        schemas.push(footer.schema);
    }
    check_features(&columns, &schemas, &files)?;
    resolve_keys(
        &mut columns.join_keys,
        &schemas[0],
        &files,
        request.source.format,
    )?;
    let columns = Arc::new(columns);
    let (out, batches) = channel(BATCHES_AHEAD);
    let (found, arriving) = channel(BATCHES_AHEAD);
    let batch_rows = request.batch_rows.max(1);
    let arranging = Arranging {
        columns: Arc::clone(&columns),
        sort_key: request.sort_key,
        batch_rows,
        out: out.clone(),
    };
    let reading = Reading {
        files,
        schemas,
        columns,
        format: request.source.format,
        window: Window {
            start: request.start,
            end: request.end,
        },
        memory_limit_bytes: request.memory_limit_bytes,
        batch_rows,
        progress: Arc::clone(&progress),
    };
    Ok(LatestRows {
        batches,
        reading: Some(tokio::spawn(async move {
            let arranged = spawn_blocking(move || arranging.run(arriving));
            let batches = out;
            let read = reading.run(Output { found, batches }).await;
            // What keeps the one from taking rows is the reason why the other can't hand them over.
            let arranged = arranged.await;
            arranged.map_err(|panic| Error::unavailable("the source", panic))??;
            read
        })),
        progress,
    })
}

/// A feature may be missing from some files, but not from all.
fn check_features(columns: &Columns, schemas: &[Arc<Schema>], files: &Files) -> Result<(), Error> {
    for column in &columns.features {
        let known = |schema: &Arc<Schema>| schema.field_with_name(&column.name).is_ok();
        if !schemas.iter().any(known) {
            return Err(missing(&column.name, &schemas[0], &files.files[0].name));
        }
    }
    Ok(())
}

/// Infers the types of join keys that the registry doesn't know, as Feast does, and refuses those that no
/// store key can be made of.
fn resolve_keys(
    join_keys: &mut [Column],
    schema: &Schema,
    files: &Files,
    format: FileFormat,
) -> Result<(), Error> {
    for key in join_keys {
        let found = schema
            .field_with_name(&key.name)
            .map(arrow::datatypes::Field::data_type);
        if let (DataType::Unknown(_), Ok(found)) = (&key.declared, found) {
            key.declared = inferred(found);
        }
        if !is_key_type(&key.declared) {
            return Err(Error::WrongType {
                column: key.name.clone(),
                path: files.files[0].name.clone(),
                reason: format!(
                    "it is a join key of type {}; join keys are String, Bytes, Int32, Int64 or UnixTimestamp{}",
                    key.declared,
                    if format == FileFormat::Csv {
                        ", and must be declared for CSV"
                    } else {
                        ""
                    },
                ),
            });
        }
    }
    Ok(())
}

fn inferred(found: &ArrowType) -> DataType {
    match found {
        ArrowType::Dictionary(_, values) => inferred(values),
        ArrowType::Int8 | ArrowType::Int16 | ArrowType::Int32 => DataType::Int32,
        ArrowType::Utf8 | ArrowType::LargeUtf8 | ArrowType::Utf8View => DataType::String,
        ArrowType::Timestamp(..) => DataType::UnixTimestamp,
        other if other.is_integer() => DataType::Int64,
        other if other.is_binary() => DataType::Bytes,
        _ => DataType::Unknown(0),
    }
}

impl LatestRows {
    /// How far reading has come.
    #[must_use]
    pub fn progress(&self) -> Arc<ScanProgress> {
        Arc::clone(&self.progress)
    }
}

impl Stream for LatestRows {
    type Item = Result<RowBatch, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(batch) = ready!(self.batches.poll_recv(context)) {
            return Poll::Ready(Some(batch));
        }
        // The channel is closed: only the reading itself knows whether all has been read.
        let Some(reading) = self.reading.as_mut() else {
            return Poll::Ready(None);
        };
        let ended = ready!(reading.poll_unpin(context));
        self.reading = None;
        Poll::Ready(match ended {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(panic) => Some(Err(Error::unavailable("the source", panic))),
        })
    }
}

impl Drop for LatestRows {
    fn drop(&mut self) {
        if let Some(reading) = &self.reading {
            reading.abort();
        }
    }
}

/// A value that a stream inside DataFusion and its owner share.
pub(crate) type Shared<T> = Arc<Mutex<T>>;

/// What a [`Shared`] holds, leaving its default behind.
pub(crate) fn take<T: Default>(shared: &Shared<T>) -> T {
    std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner))
}
