//! What is served where, with one layer around everything. What a request for features goes through besides is called by
//! its handler, as every layer boxes a request and moves it.

mod target;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::{
    admission::{self, Deadline},
    app::App,
    authenticate::{sees_all, visible},
    error::ApiError,
    metrics,
    observe::observe,
    online_features::get_online_features,
    openapi, ready,
};
pub use target::{Route, Target};

/// Everything that is served on the main address.
pub fn router(app: Arc<App>) -> Router {
    let mut all = Router::new();
    for path in paths_of(Route::GetOnlineFeatures, &app) {
        all = all.route(&path, post(get_online_features));
    }
    all = all
        .route(Route::Health.path(), get(health))
        .route(Route::Ready.path(), get(readiness))
        .route(Route::OpenApi.path(), get(open_api));
    if app.metrics_address().is_none() {
        all = all.route(Route::Metrics.path(), get(guarded_exposition));
    }
    with_surroundings(all, app)
}

/// What is served on the address of its own that `salver.metrics.address` names: to whoever reaches that.
pub fn metrics_router(app: Arc<App>) -> Router {
    let all = Router::new().route(Route::Metrics.path(), get(exposition));
    with_surroundings(all, app)
}

/// A route of projects, under its plain path and below every project. Those that are served are known, and a path
/// that is known as a whole is found without taking parts of it out; others get here as well, to be told so.
fn paths_of(route: Route, app: &App) -> Vec<String> {
    let below = |project: &str| format!("{}{project}{}", target::PROJECTS, route.path());
    let served = app.projects.all().iter();
    let served = served.map(|project| below(project.name.as_str()));
    [route.path().to_owned(), below("{project}")]
        .into_iter()
        .chain(served)
        .collect()
}

fn with_surroundings(routes: Router<Arc<App>>, app: Arc<App>) -> Router {
    routes
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        // what anybody answers has an id, and errors get their body
        .layer(from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

/// The process lives: this answers while everything else may be away.
async fn health() -> Response {
    Json(json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})).into_response()
}

/// 200 once a project has a registry and its store has answered once, but for draining. A probe needs no token; what
/// is told of a project is for those who may see it.
async fn readiness(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    let report = app.report(visible(&app, &headers));
    let status = match report.status {
        ready::Status::Ready => StatusCode::OK,
        ready::Status::Waiting | ready::Status::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(report)).into_response()
}

/// Metrics name projects and their views.
async fn guarded_exposition(
    app: State<Arc<App>>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    sees_all(&app, &headers)?;
    exposition(app).await
}

async fn exposition(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let deadline = Deadline::after(app.limits.request_timeout);
    let text = app.exposition.text().into_bytes();
    let held = app.unsent.hold(text, deadline.at()).await;
    let max_unsent = app.limits.max_unsent_bytes;
    let held = held.map_err(|_| ApiError::replies_not_taken(max_unsent))?;
    let content_type = [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)];
    Ok((content_type, held).into_response())
}

async fn open_api() -> Response {
    let content_type = [(header::CONTENT_TYPE, "application/json")];
    (content_type, openapi::json()).into_response()
}

/// Feast's server takes a path with a slash too many, by a redirect that keeps method and body.
async fn no_such_path(uri: Uri, request: Request) -> Response {
    admission::discard(request).await;
    let path = uri.path();
    match path.strip_suffix('/') {
        Some(right) if Target::of(right).route != Route::Unmatched => {
            Redirect::temporary(right).into_response()
        }
        _ => ApiError::not_found(path).into_response(),
    }
}

async fn no_such_method(request: Request) -> ApiError {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    admission::discard(request).await;
    ApiError::method_not_allowed(&method, &path)
}

#[cfg(test)]
mod tests;
