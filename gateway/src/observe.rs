//! The outermost layer: gives each request an id and a span, writes the body of error replies, counts, and
//! logs what went wrong inside.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, Method, StatusCode, header};
use tracing::Instrument;

use crate::{
    app::App,
    error::ApiError,
    metrics::{InFlight, Metrics},
    names::{field, span, target},
    request_id::{self, RequestId},
    router::Route,
};

/// Status in metrics of a request whose client went away before the reply (nginx's number).
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Surrounds everything else, so that each reply has an id and is counted, whichever layer made it.
pub async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let mut observation = Observation::begin(&app.metrics, &request);
    request.extensions_mut().insert(observation.id.clone());
    let span = tracing::debug_span!(
        span::REQUEST,
        { field::REQUEST_ID } = observation.id.as_str(),
        { field::ROUTE } = observation.route.path(),
    );
    let mut response = next.run(request).instrument(span).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        observation.failed(&error);
        tell(&error, &observation.id, &mut response);
    }
    let id = observation.id.header_value();
    response.headers_mut().insert(request_id::HEADER, id);
    observation.status = response.status().as_u16();
    response
}

/// Writes the JSON that the error promised, now that the id is known.
fn tell(error: &ApiError, id: &RequestId, response: &mut Response) {
    *response.body_mut() = Body::from(error.body(id.as_str()));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    // the empty body's length, where somebody has set it already
    response.headers_mut().remove(header::CONTENT_LENGTH);
}

/// One request on its way. Counted when dropped, so that those are counted too whose client went away.
struct Observation<'a> {
    metrics: &'a Metrics,
    id: RequestId,
    route: Route,
    method: Method,
    began: Instant,
    status: u16,
    _in_flight: InFlight,
}

impl<'a> Observation<'a> {
    fn begin(metrics: &'a Metrics, request: &Request) -> Self {
        Self {
            metrics,
            id: RequestId::of(request.headers()),
            route: Route::of(request.uri().path()),
            method: request.method().clone(),
            began: Instant::now(),
            status: CLIENT_CLOSED_REQUEST,
            _in_flight: metrics.request_began(),
        }
    }

    /// A mistake of ours is logged once, here. Trouble of a store is logged where its state changes, and
    /// turning requests away must stay cheap, so both are only counted.
    fn failed(&self, error: &ApiError) {
        self.metrics.request_failed(self.route, error.code);
        let cause = error.cause.as_deref().unwrap_or_default();
        if error.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(
                { field::REQUEST_ID } = self.id.as_str(),
                { field::ROUTE } = self.route.path(),
                { field::CAUSE } = cause,
                "a request failed"
            );
        } else {
            tracing::debug!(
                { field::REQUEST_ID } = self.id.as_str(),
                { field::CODE } = error.code,
                { field::CAUSE } = cause,
                { field::DETAIL } = error.detail,
                "answered with an error"
            );
        }
    }
}

impl Drop for Observation<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        self.metrics.request_ended(self.route, self.status, took);
        tracing::debug!(
            target: target::ACCESS,
            {
                { field::REQUEST_ID } = self.id.as_str(),
                { field::METHOD } = self.method.as_str(),
                { field::ROUTE } = self.route.path(),
                { field::STATUS } = self.status,
                { field::DURATION_MICROS } = u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
            },
            "answered"
        );
    }
}
