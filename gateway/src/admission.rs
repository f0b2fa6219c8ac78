//! What stands between the head of a request for features and its answer: how many at once, how long a body, how much
//! time.

use std::{future::Future, time::Duration};

use axum::{body::Body, extract::Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, timeout, timeout_at},
};

use crate::{error::ApiError, nearest::shown, project::ServedProject};

/// How much of a body is read only to be thrown away. A client that still sends when the reply comes may see
/// a reset connection instead of the reply, so what isn't monstrous is read to its end.
const DISCARDED_BYTES: usize = 64 * 1024 * 1024;

/// How long that may take.
const DISCARD_PATIENCE: Duration = Duration::from_secs(5);

/// Until when a request must be answered.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// `limit` from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        let at = Instant::now() + limit;
        Self { at, limit }
    }

    /// When that is.
    #[must_use]
    pub fn at(self) -> Instant {
        self.at
    }

    /// What to say where it has passed.
    pub fn passed(self, late: impl FnOnce(Duration) -> ApiError) -> ApiError {
        late(self.limit)
    }

    /// The work's result, as long as there is time.
    ///
    /// # Errors
    /// What `late` makes of the limit, where it ran out.
    pub async fn bound<T>(
        self,
        work: impl Future<Output = T>,
        late: impl FnOnce(Duration) -> ApiError,
    ) -> Result<T, ApiError> {
        let done = timeout_at(self.at, work).await;
        done.map_err(|_| self.passed(late))
    }
}

/// Turns away what can't be read or is too much, before anything of it is kept: a compressed body, one that says it
/// is too long, and a request past the number that its project may have worked on at once. That number times the
/// longest body bounds the memory that the project's bodies take, so a request holds its place while its body arrives.
///
/// # Errors
/// 413, 415 and 429.
pub fn admit<'a>(
    project: &'a ServedProject,
    request: &Request,
) -> Result<SemaphorePermit<'a>, ApiError> {
    let limits = &project.config.salver.limits;
    if let Some(encoding) = foreign_encoding(request.headers()) {
        return Err(ApiError::unsupported_encoding(&encoding));
    }
    let max_bytes = limits.max_body_bytes;
    if declared_bytes(request).is_some_and(|declared| declared > max_bytes as u64) {
        return Err(ApiError::body_too_large(max_bytes));
    }
    let place = project.places.try_acquire();
    place.map_err(|_| ApiError::too_many_requests(limits.max_concurrent_requests))
}

/// Reads a body whole.
///
/// # Errors
/// 400, 408 and 413.
pub async fn receive(
    mut body: Body,
    max_bytes: usize,
    deadline: Deadline,
) -> Result<Bytes, ApiError> {
    let read = read(&mut body, max_bytes);
    match deadline.bound(read, ApiError::body_timeout).await? {
        Ok(bytes) => Ok(bytes),
        Err(Unread::TooLarge) => {
            discard_body(body).await;
            Err(ApiError::body_too_large(max_bytes))
        }
        Err(Unread::Broken(error)) => Err(ApiError::body_incomplete(error)),
    }
}

/// Reads the rest of a request that nobody will look at.
pub async fn discard(request: Request) {
    // such a client waits for a word before it sends its body, and the reply is that word
    if !request.headers().contains_key(header::EXPECT) {
        discard_body(request.into_body()).await;
    }
}

enum Unread {
    TooLarge,
    Broken(axum::Error),
}

/// One copy at most: a body that came in one piece is that piece.
async fn read(body: &mut Body, max_bytes: usize) -> Result<Bytes, Unread> {
    let mut first = Bytes::new();
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(Unread::Broken)?.into_data() else {
            continue;
        };
        if first.len().max(whole.len()) + data.len() > max_bytes {
            return Err(Unread::TooLarge);
        }
        if first.is_empty() {
            first = data;
            continue;
        }
        if whole.is_empty() {
            whole.extend_from_slice(&first);
        }
        whole.extend_from_slice(&data);
    }
    Ok(if whole.is_empty() {
        first
    } else {
        whole.freeze()
    })
}

/// What the body was changed by on its way, if anything.
fn foreign_encoding(headers: &HeaderMap) -> Option<String> {
    let told = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let told = told.map(HeaderValue::as_bytes).map(String::from_utf8_lossy);
    told.into_iter()
        .find(|told| !told.trim().is_empty() && !told.trim().eq_ignore_ascii_case("identity"))
        .map(|told| shown(&told).into_owned())
}

fn declared_bytes(request: &Request) -> Option<u64> {
    request.body().size_hint().exact()
}

async fn discard_body(mut body: Body) {
    let rest = async {
        let mut discarded = 0;
        while let Some(Ok(frame)) = body.frame().await {
            discarded += frame.data_ref().map_or(0, Bytes::len);
            if discarded > DISCARDED_BYTES {
                return;
            }
        }
    };
    // a slow client has been told enough by the closed connection
    let _ = timeout(DISCARD_PATIENCE, rest).await;
}
