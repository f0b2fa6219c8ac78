//! What a reply is besides its values: what the request's headers want of it, its headers, and how its body is coded.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use online_store::Freshness;
use settings::ResponseLayout;

use super::{
    compression::{self, Coding},
    compute,
    format::Format,
};
use crate::{
    admission::Deadline,
    error::ApiError,
    origin_headers::{self, wanted_freshness},
    project::ServedProject,
    read::Origin,
};

/// The request headers by which replies differ (RFC 9110, 12.5.5). Errors are JSON whatever these say.
const VARIES_BY: HeaderValue =
    HeaderValue::from_static("accept, salver-response-layout, salver-project");
/// The same of a reply that is long enough to be compressed.
const VARIES_BY_CODING: HeaderValue =
    HeaderValue::from_static("accept, salver-response-layout, salver-project, accept-encoding");

/// Room for more headers than this isn't kept by a connection: clients send some ten.
const MOST_RECYCLED_HEADERS: usize = 64;

/// What a request's headers ask of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub(super) format: Format,
    pub(super) freshness: Freshness,
    pub(super) coding: Option<Coding>,
}

impl Wanted {
    /// Reads the headers; without one for it, the layout is as configured.
    ///
    /// # Errors
    /// Where the layout is one that there is not.
    pub fn by(headers: &HeaderMap, configured: ResponseLayout) -> Result<Self, ApiError> {
        Ok(Self {
            format: Format::wanted(headers, configured)?,
            freshness: wanted_freshness(headers),
            coding: Coding::wanted(headers),
        })
    }
}

/// A body, and where its rows came from.
pub(super) struct Answered {
    pub(super) body: ReplyBody,
    pub(super) origin: Origin,
}

/// The body of a reply, perhaps compressed, for which there is room until it is sent.
pub(super) struct ReplyBody {
    bytes: Bytes,
    coding: Option<Coding>,
    /// Whether it is compressed for clients that ask for it.
    varies_by_coding: bool,
}

impl ReplyBody {
    /// Compresses a large reply where the client asks for it, and takes room for what is sent.
    pub(super) async fn coded(
        project: &ServedProject,
        body: Vec<u8>,
        coding: Option<Coding>,
        deadline: Deadline,
    ) -> Result<Self, ApiError> {
        let varies_by_coding = body.len() >= compression::LEAST_BYTES;
        let coding = coding.filter(|_| varies_by_coding);
        let sent = match coding {
            Some(coding) => compressed(project, body, coding, deadline).await?,
            None => body,
        };
        let held = project.unsent.hold(sent, deadline.at()).await;
        let max_unsent = project.config.salver.limits.max_unsent_bytes;
        Ok(Self {
            bytes: held.map_err(|_| ApiError::replies_not_taken(max_unsent))?,
            coding,
            varies_by_coding,
        })
    }
}

async fn compressed(
    project: &ServedProject,
    body: Vec<u8>,
    coding: Coding,
    deadline: Deadline,
) -> Result<Vec<u8>, ApiError> {
    let is_large = body.len() > compression::LARGE_BYTES;
    let work = move || coding.compress(&body);
    let compressed = compute(project, is_large, deadline, work).await?;
    compressed.map_err(ApiError::internal)
}

/// The reply to a request that had these headers.
pub(super) fn reply(answered: Answered, format: Format, headers: HeaderMap) -> Response {
    let Answered { body, origin } = answered;
    let mut headers = recycled(headers);
    format.tell(&mut headers);
    origin_headers::tell(&mut headers, &origin);
    let varies_by = match body.varies_by_coding {
        true => VARIES_BY_CODING,
        false => VARIES_BY,
    };
    headers.insert(header::VARY, varies_by);
    if let Some(coding) = body.coding {
        let coding = HeaderValue::from_static(coding.name());
        headers.insert(header::CONTENT_ENCODING, coding);
    }
    let mut reply = Response::new(Body::from(body.bytes));
    *reply.headers_mut() = headers;
    reply
}

/// An empty map, in the memory of the request's own. hyper takes the reply's map for the connection's next request, which
/// has as many headers as this one: with the seventh (a token, say) it would move to a larger one each time.
fn recycled(mut headers: HeaderMap) -> HeaderMap {
    if headers.capacity() > MOST_RECYCLED_HEADERS {
        return HeaderMap::new();
    }
    headers.clear();
    headers
}
