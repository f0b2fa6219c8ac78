use tokio::sync::mpsc::Sender;

use crate::{Error, RowBatch, arrange::Found};

/// Where rows go: bounded channels, so that reading waits for whoever writes them.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) found: Sender<Found>,
    pub(crate) batches: Sender<Result<RowBatch, Error>>,
}

impl Output {
    /// # Errors
    /// Where nobody takes rows any more, which ends the reading.
    pub(crate) async fn send(&self, found: Found) -> Result<(), Error> {
        self.found.send(found).await.map_err(|_| Error::abandoned())
    }

    /// As [`Self::send`], from a thread that may wait.
    pub(crate) fn blocking_send(&self, found: Found) -> Result<(), Error> {
        self.found
            .blocking_send(found)
            .map_err(|_| Error::abandoned())
    }

    /// Tells of rows that can't be read.
    pub(crate) async fn reject(&self, rejected: RowBatch) -> Result<(), Error> {
        if rejected.rejected_count == 0 {
            return Ok(());
        }
        let told = self.batches.send(Ok(rejected)).await;
        told.map_err(|_| Error::abandoned())
    }
}
