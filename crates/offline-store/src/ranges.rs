use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use object_store::{ObjectStore, ObjectStoreExt as _};
use parquet::arrow::arrow_reader::ArrowReaderOptions;
use parquet::arrow::async_reader::AsyncFileReader;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use crate::location::File;

/// Ranges of a Parquet file, wherever it is.
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) file: File,
}

impl AsyncFileReader for Ranges {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes>> {
        self.store
            .get_range(&self.file.meta.location, range)
            .map_err(failed)
            .boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>>> {
        async move {
            let location = &self.file.meta.location;
            self.store
                .get_ranges(location, &ranges)
                .await
                .map_err(failed)
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>>> {
        let size = self.file.meta.size;
        ParquetMetaDataReader::new()
            .with_arrow_reader_options(options)
            .load_and_finish(self, size)
            .map_ok(Arc::new)
            .boxed()
    }
}

fn failed(error: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}
