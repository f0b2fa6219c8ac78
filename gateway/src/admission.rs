//! What stands between a request's head and the handler of `/get-online-features`: how many at once, how long a
//! body, how much time.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Extension, Request, State},
    middleware::Next,
    response::Response,
};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{app::App, error::ApiError, nearest::shown, projects::Addressed};

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

    /// The work's result, as long as there is time.
    ///
    /// # Errors
    /// What `late` makes of the limit, where it ran out.
    pub async fn bound<T>(
        self,
        work: impl Future<Output = T>,
        late: impl FnOnce(Duration) -> ApiError,
    ) -> Result<T, ApiError> {
        timeout_at(self.at, work)
            .await
            .map_err(|_| late(self.limit))
    }
}

/// Turns away what can't be read or is too much, before anything of it is kept: a request for no project, a
/// compressed body, one that says it is too long, and a request past the number that its project may have worked on
/// at once. That number times the longest body bounds the memory that the project's bodies take.
///
/// # Errors
/// 400, 404, 413, 415 and 503.
pub async fn admit(
    State(app): State<Arc<App>>,
    Extension(addressed): Extension<Addressed>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let project = match app.projects.project(&addressed) {
        Ok(project) => project,
        Err(error) => {
            discard(request).await;
            return Err(error);
        }
    };
    let limits = &project.config.salver.limits;
    let max_bytes = limits.max_body_bytes;
    if let Some(encoding) = foreign_encoding(request.headers()) {
        let error = ApiError::unsupported_encoding(&encoding);
        discard(request).await;
        return Err(error);
    }
    if declared_bytes(&request).is_some_and(|declared| declared > max_bytes as u64) {
        discard(request).await;
        return Err(ApiError::body_too_large(max_bytes));
    }
    let Ok(_place) = project.places.try_acquire() else {
        discard(request).await;
        return Err(ApiError::overloaded(limits.max_concurrent_requests));
    };
    if let Some(lane) = project.lane.get() {
        lane.request_came();
        lane.turn().await;
    }
    Ok(next.run(request).await)
}

/// Reads the body whole and passes it on with the request's [`Deadline`], which the body must meet as well.
///
/// # Errors
/// 400, 404, 408 and 413.
pub async fn bound(
    State(app): State<Arc<App>>,
    Extension(addressed): Extension<Addressed>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let limits = &app.projects.project(&addressed)?.config.salver.limits;
    let deadline = Deadline::after(limits.request_timeout);
    let (mut parts, mut body) = request.into_parts();
    let read = read(&mut body, limits.max_body_bytes);
    let bytes = match deadline.bound(read, ApiError::body_timeout).await? {
        Err(Unread::TooLarge) => {
            discard_body(body).await;
            return Err(ApiError::body_too_large(limits.max_body_bytes));
        }
        Err(Unread::Broken(error)) => return Err(ApiError::body_incomplete(error)),
        Ok(bytes) => bytes,
    };
    parts.extensions.insert(deadline);
    Ok(next
        .run(Request::from_parts(parts, Body::from(bytes)))
        .await)
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
