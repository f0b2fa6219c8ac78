use tokio::sync::mpsc::Sender;

use crate::{Error, RowBatch};

/// Where batches go: a bounded channel, so that reading waits for whoever writes them.
#[derive(Clone, Debug)]
pub(crate) struct Output(pub(crate) Sender<Result<RowBatch, Error>>);

impl Output {
    /// # Errors
    /// Where nobody takes batches any more, which ends the reading.
    pub(crate) async fn send(&self, batch: RowBatch) -> Result<(), Error> {
        self.0.send(Ok(batch)).await.map_err(|_| abandoned())
    }

    /// As [`Self::send`], from a thread that may wait.
    pub(crate) fn blocking_send(&self, batch: RowBatch) -> Result<(), Error> {
        self.0.blocking_send(Ok(batch)).map_err(|_| abandoned())
    }
}

fn abandoned() -> Error {
    Error::unavailable("the source", "its reader is gone")
}
