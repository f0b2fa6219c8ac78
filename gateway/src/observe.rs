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
    metrics::{InFlight, Metrics, RequestMeter},
    names::{field, span, target},
    panic,
    project::ServedProject,
    projects::Addressed,
    request_id::{self, RequestId},
    router::{Route, Target},
};

/// Status in metrics of a request whose client went away before the reply (nginx's number).
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// What was found out of a request to a project before anything else looks at it.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its name.
    pub id: RequestId,
    /// Which project it is about.
    pub addressed: Addressed,
}

/// Surrounds everything else, so that each reply has an id and is counted, whichever layer made it.
pub async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let target = Target::of(request.uri().path());
    let (route, headers) = (target.route, request.headers());
    let addressed = route
        .is_of_a_project()
        .then(|| app.projects.addressed(target.project, headers));
    let project = addressed.as_ref().and_then(Addressed::served);
    let mut observation = Observation::begin(&app.metrics, route, project, &request);
    let span = tracing::debug_span!(
        span::REQUEST,
        { field::REQUEST_ID } = observation.id.as_str(),
        { field::ROUTE } = observation.route.path(),
        { field::PROJECT } = observation.project_name(),
    );
    if let Some(addressed) = addressed {
        let id = observation.id.clone();
        request.extensions_mut().insert(Arrival { id, addressed });
    }
    let mut response = panic::caught(next.run(request)).instrument(span).await;
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
    /// The one that it is about, where that is served.
    project: Option<Arc<ServedProject>>,
    method: Method,
    began: Instant,
    status: u16,
    _in_flight: (InFlight, Option<InFlight>),
}

impl<'a> Observation<'a> {
    fn begin(
        metrics: &'a Metrics,
        route: Route,
        project: Option<&Arc<ServedProject>>,
        request: &Request,
    ) -> Self {
        let of_project = project.map(|project| project.meter.request_began());
        Self {
            metrics,
            id: RequestId::of(request.headers()),
            route,
            project: project.cloned(),
            method: request.method().clone(),
            began: Instant::now(),
            status: CLIENT_CLOSED_REQUEST,
            _in_flight: (metrics.request_began(), of_project),
        }
    }

    fn meter(&self) -> Option<&RequestMeter> {
        self.project.as_ref().map(|project| &project.meter)
    }

    fn project_name(&self) -> &str {
        let project = self.project.as_ref();
        project.map_or("", |project| project.name.as_str())
    }

    /// A mistake of ours is logged once, here. Trouble of a store is logged where its state changes, and
    /// turning requests away must stay cheap, so both are only counted.
    fn failed(&self, error: &ApiError) {
        self.metrics
            .request_failed(self.meter(), self.route, error.code);
        let cause = error.cause.as_deref().unwrap_or_default();
        if error.status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(
                { field::REQUEST_ID } = self.id.as_str(),
                { field::ROUTE } = self.route.path(),
                { field::PROJECT } = self.project_name(),
                { field::CAUSE } = cause,
                "a request failed"
            );
        } else {
            tracing::debug!(
                { field::REQUEST_ID } = self.id.as_str(),
                { field::PROJECT } = self.project_name(),
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
        self.metrics
            .request_ended(self.meter(), self.route, self.status, took);
        tracing::debug!(
            target: target::ACCESS,
            {
                { field::REQUEST_ID } = self.id.as_str(),
                { field::METHOD } = self.method.as_str(),
                { field::ROUTE } = self.route.path(),
                { field::PROJECT } = self.project_name(),
                { field::STATUS } = self.status,
                { field::DURATION_MICROS } = u64::try_from(took.as_micros()).unwrap_or(u64::MAX)
            },
            "answered"
        );
    }
}
