use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::TryStreamExt as _;
use object_store::ObjectStore;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderBuilder, ArrowReaderMetadata, ParquetRecordBatchReaderBuilder, RowSelection,
    RowSelectionPolicy,
};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;

use super::Wanted;
use crate::{
    Error, arrange::Found, footer::parquet_metadata, location::File, output::Output, ranges::Ranges,
};

/// Beyond this the rows between the wanted ones are skipped one run after the other: 50 columns of 8
/// bytes are 13 MB then.
const MOST_ROWS_DECODED_FOR_A_BATCH: u64 = 32 * 1024;

/// Reads the wanted rows of a Parquet file and sends them on.
///
/// A file of this machine is read page by page, so that a row group of any size costs a page of each
/// column. From an object store, a whole row group is held (its wanted columns, compressed).
pub(crate) async fn fetch_parquet(
    store: &Arc<dyn ObjectStore>,
    file: &File,
    wanted: Wanted,
    out: &Output,
) -> Result<(), Error> {
    let metadata = parquet_metadata(store, file).await?;
    let corrupt = |error: ParquetError| Error::corrupt(&file.name, "Parquet", error);
    let Some(path) = &file.local else {
        let reader = Ranges {
            store: Arc::clone(store),
            file: file.clone(),
        };
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
        let mut stream = selected(builder, &wanted).build().map_err(corrupt)?;
        let mut rest = Rest::of(&wanted);
        while let Some(batch) = stream.try_next().await.map_err(corrupt)? {
            out.send(rest.next(batch)?).await?;
        }
        return rest.end();
    };
    let opened = std::fs::File::open(path).map_err(|e| Error::unavailable(&file.name, e))?;
    let (out, name) = (out.clone(), file.name.clone());
    let reading = move || read_pages(opened, metadata, &wanted, &name, &out);
    tokio::task::spawn_blocking(reading)
        .await
        .map_err(|error| Error::unavailable(&file.name, error))?
}

fn read_pages(
    file: std::fs::File,
    metadata: ArrowReaderMetadata,
    wanted: &Wanted,
    name: &str,
    out: &Output,
) -> Result<(), Error> {
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let reader = selected(builder, wanted)
        .build()
        .map_err(|error| Error::corrupt(name, "Parquet", error))?;
    let mut rest = Rest::of(wanted);
    for batch in reader {
        let batch = batch.map_err(|error| Error::corrupt(name, "Parquet", error))?;
        out.blocking_send(rest.next(batch)?)?;
    }
    rest.end()
}

/// The wanted rows that were not read yet.
struct Rest<'a> {
    wanted: &'a Wanted,
    numbers: &'a [u64],
}

impl<'a> Rest<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            numbers: &wanted.rows,
        }
    }

    /// The next rows in the order of the file are the next of those that are wanted.
    fn next(&mut self, batch: RecordBatch) -> Result<Found, Error> {
        let (here, later) = self
            .numbers
            .split_at_checked(batch.num_rows())
            .ok_or_else(|| self.wanted.changed())?;
        self.numbers = later;
        self.wanted.found(batch, here)
    }

    fn end(self) -> Result<(), Error> {
        if self.numbers.is_empty() {
            Ok(())
        } else {
            Err(self.wanted.changed())
        }
    }
}

/// Only the wanted columns, only row groups with wanted rows, and in them only those rows.
fn selected<T>(builder: ArrowReaderBuilder<T>, wanted: &Wanted) -> ArrowReaderBuilder<T> {
    let names = wanted.columns.all();
    let fields = builder.schema().fields().iter().enumerate();
    let roots = fields.filter(|(_, field)| names.contains(&field.name().as_str()));
    let mask = ProjectionMask::roots(builder.parquet_schema(), roots.map(|(index, _)| index));
    let mut groups = Vec::new();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut begin, mut selected_begin, mut rest) = (0_u64, 0_usize, wanted.rows.as_ref());
    for (index, group) in builder.metadata().row_groups().iter().enumerate() {
        let rows = u64::try_from(group.num_rows()).unwrap_or_default();
        let inside = rest.partition_point(|row| *row < begin + rows);
        if inside > 0 {
            let (here, later) = rest.split_at(inside);
            for row in here {
                let at = selected_begin + usize::try_from(row - begin).unwrap_or(usize::MAX);
                match ranges.last_mut() {
                    Some(last) if last.end == at => last.end = at + 1,
                    _ => ranges.push(at..at + 1),
                }
            }
            groups.push(index);
            selected_begin += usize::try_from(rows).unwrap_or(usize::MAX);
            rest = later;
        }
        begin += rows;
    }
    builder
        .with_projection(mask)
        .with_row_groups(groups)
        .with_row_selection(RowSelection::from_consecutive_ranges(
            ranges.into_iter(),
            selected_begin,
        ))
        .with_row_selection_policy(policy(wanted))
        .with_batch_size(wanted.batch_rows)
}

/// How the reader gets over the rows between the wanted ones. Decoding and dropping them (a mask) is
/// faster where they are few, but it holds all that lies between the first and the last row of a batch.
fn policy(wanted: &Wanted) -> RowSelectionPolicy {
    let size = wanted.batch_rows.min(wanted.rows.len()).max(1);
    let mut batches = wanted.rows.windows(size);
    let is_sparse = batches.any(|rows| match (rows.first(), rows.last()) {
        (Some(first), Some(last)) => last - first > MOST_ROWS_DECODED_FOR_A_BATCH,
        _ => false,
    });
    if is_sparse {
        RowSelectionPolicy::Selectors
    } else {
        RowSelectionPolicy::default()
    }
}
