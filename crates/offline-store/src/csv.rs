//! Reads CSV files in bounded memory, every value as text. A record that is no row of the file (fields too
//! many or too few, bytes that are no text) keeps its number and is told of, and the others go on.

use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream};
use object_store::{ObjectStore, ObjectStoreExt as _};

use crate::{Error, location::File, scan::Rows};

mod records;
mod sample;
mod table;

pub(crate) use sample::footer;
pub(crate) use table::Layout;
use table::Table;

/// How much of a file is read at once, and becomes one batch of rows.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks that are on their way while another one is looked at.
const CHUNKS_AHEAD: usize = 4;

/// The rows in the order of the file.
pub(crate) fn rows(
    store: &Arc<dyn ObjectStore>,
    file: &File,
    layout: Layout,
) -> impl Stream<Item = Result<Rows, Error>> + Send + use<> {
    let mut table = Table::new(layout);
    let end = stream::once(ready(Ok(Bytes::new())));
    chunks(store, file)
        .chain(end)
        .map_ok(move |chunk| table.rows(&chunk))
}

fn chunks(
    store: &Arc<dyn ObjectStore>,
    file: &File,
) -> impl Stream<Item = Result<Bytes, Error>> + Send + use<> {
    let (store, file) = (Arc::clone(store), Arc::new(file.clone()));
    let begins = (0..file.meta.size).step_by(CHUNK_BYTES);
    stream::iter(begins)
        .map(move |begin| {
            let (store, file) = (Arc::clone(&store), Arc::clone(&file));
            async move {
                let end = file.meta.size.min(begin + CHUNK_BYTES as u64);
                let chunk = store.get_range(&file.meta.location, begin..end).await;
                chunk.map_err(|error| Error::unavailable(&file.name, error))
            }
        })
        .buffered(CHUNKS_AHEAD)
}

#[cfg(test)]
mod tests;
