use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Semaphore,
    time::timeout,
};

use crate::{
    error::ApiError,
    request_id::{self, RequestId},
};

/// Refusals that are being said at once. Past it a connection is dropped without a word: being polite must
/// not cost more than serving.
const MAX_AT_ONCE: usize = 64;

/// How long one refusal may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Says no to connections past the cap.
pub(super) struct Refusals {
    places: Arc<Semaphore>,
}

impl Default for Refusals {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_AT_ONCE)),
        }
    }
}

impl Refusals {
    /// Answers 503 and closes, in the background.
    pub(super) fn refuse(&self, stream: TcpStream) {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            tokio::spawn(async move {
                // whether the client hears it is the client's affair
                let _ = timeout(PATIENCE, answer(stream)).await;
                drop(place);
            });
        }
    }
}

async fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.write_all(&reply()).await?;
    stream.shutdown().await?;
    // closing with unread bytes makes the system send a reset, which can overtake the reply
    let mut sink = [0; 4096];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}

fn reply() -> Vec<u8> {
    let error = ApiError::too_many_connections();
    let id = RequestId::fresh();
    let body = error.body(id.as_str());
    let head = format!(
        "HTTP/1.1 {}\r\ncontent-type: application/json\r\n{}: {}\r\nretry-after: {}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n",
        error.status,
        request_id::HEADER,
        id.as_str(),
        error.retry_after.unwrap_or(1),
        body.len()
    );
    [head.into_bytes(), body].concat()
}
