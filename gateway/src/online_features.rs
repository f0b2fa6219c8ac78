//! `POST /get-online-features`: runs the stages, each in a span of its own.
//!
//! One registry snapshot is taken when the body is there and used to the end, and so are the plugins. The stages but `read` only
//! compute: where a request is large, they run off the reactor, so that one of them doesn't hold up the others.

mod compression;
mod format;
mod reply;
mod report;
mod weighted;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    time::SystemTime,
};

use access::Refusal;
use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use bytes::Bytes;
use feature_model::Timestamp;
use online_store::ReadOptions;
use tokio::sync::SemaphorePermit;
use tracing::{Instrument, Span, debug_span};

pub use format::LAYOUT_HEADER;
pub use reply::Wanted;

use crate::{
    admission::{self, Deadline},
    app::App,
    ask::{Ask, Metadata, Shape},
    audit,
    authenticate::{Head, authenticate},
    authorise::{Caller, Names, Rulebook, Unpermitted},
    error::ApiError,
    names::span,
    observe::Arrival,
    project::ServedProject,
    read::{self, ReadError},
    request_id::RequestId,
    resolve::ServingPlan,
    rows::{RowOptions, Rows},
    transform::{self, Computed, Work},
};
use reply::{Answered, ReplyBody, reply};

/// Bodies of more bytes than this are worked on off the reactor: parsing them takes some 300 us.
const LARGE_BODY_BYTES: usize = 64 * 1024;

/// Replies of more values than this are written off the reactor: writing them takes some 500 us.
const LARGE_REPLY_VALUES: usize = 8 * 1024;

/// Answers a request for features.
///
/// # Errors
/// Every way in which a stage can fail, as [`ApiError`] maps it.
pub async fn get_online_features(
    State(app): State<Arc<App>>,
    Extension(arrival): Extension<Arrival>,
    request: Request,
) -> Result<Response, ApiError> {
    let let_in = match let_in(&app, &arrival, &request) {
        Ok(let_in) => let_in.turn().await,
        Err(error) => Err(error),
    };
    let let_in = match let_in {
        Ok(let_in) => let_in,
        Err(error) => {
            admission::discard(request).await;
            return Err(error);
        }
    };
    let LetIn {
        project, deadline, ..
    } = let_in;
    let salver = &project.config.salver;
    let (head, body) = request.into_parts();
    let body = admission::receive(body, salver.limits.max_body_bytes, deadline).await?;
    let wanted = Wanted::by(&head.headers, salver.response_layout)?;
    let asker = Asker {
        caller: let_in.caller,
        request_id: arrival.id.clone(),
    };
    let mut answer = pin!(answer(project, asker, body, wanted, deadline));
    let answered = poll_fn(|cx| project.charged(|| answer.as_mut().poll(cx))).await?;
    Ok(reply(answered, wanted.format, head.headers))
}

/// A request whose body may be read.
struct LetIn<'a> {
    project: &'a Arc<ServedProject>,
    caller: Caller,
    deadline: Deadline,
    /// Held until the reply is there.
    _place: SemaphorePermit<'a>,
}

/// Who asks is known before anything is kept for somebody who has no business here.
fn let_in<'a>(app: &App, arrival: &'a Arrival, request: &Request) -> Result<LetIn<'a>, ApiError> {
    let head = Head {
        id: &arrival.id,
        addressed: &arrival.addressed,
        headers: request.headers(),
    };
    let caller = authenticate(app, head)?;
    let project = app.projects.project(&arrival.addressed)?;
    let _place = admission::admit(project, request)?;
    let deadline = Deadline::after(project.config.salver.limits.request_timeout);
    Ok(LetIn {
        project,
        caller,
        deadline,
        _place,
    })
}

impl LetIn<'_> {
    /// Waits until the request may begin.
    async fn turn(self) -> Result<Self, ApiError> {
        let turn = self.project.begin();
        let turn = self.deadline.bound(turn, ApiError::deadline_exceeded);
        let Err(overloaded) = turn.await? else {
            return Ok(self);
        };
        // others may have its place while it is held back
        drop(self);
        overloaded.held_back().await;
        Err(overloaded.into())
    }
}

/// Who asks, and under which id.
struct Asker {
    caller: Caller,
    request_id: RequestId,
}

async fn answer(
    project: &Arc<ServedProject>,
    asker: Asker,
    body: Bytes,
    wanted: Wanted,
    deadline: Deadline,
) -> Result<Answered, ApiError> {
    let is_large = body.len() > LARGE_BODY_BYTES;
    let asked = Arc::clone(project);
    let work = move || prepare(&body, &asked, &asker);
    let Prepared {
        plan,
        rows,
        metadata,
    } = compute(project, is_large, deadline, work).await??;
    let options = ReadOptions {
        freshness: wanted.freshness,
        deadline: Some(deadline.at()),
        ..ReadOptions::default()
    };
    let read = read::read(project.reader.as_ref(), &plan, &rows, options);
    let read = read.instrument(debug_span!(span::READ)).await;
    let reading = read.map_err(|error| unread(error, deadline))?;
    if let Some((cache, report)) = project.cache.as_ref().zip(reading.origin.cache.as_ref()) {
        cache.answered(report);
    }
    // rows of many requests come at once
    let turn = deadline.bound(project.turn(), ApiError::deadline_exceeded);
    turn.await?;
    let now = Timestamp::now();
    let work = Work {
        plan,
        rows,
        stored: reading.rows,
        now,
    };
    let computed = compute_features(project, &work, deadline).await?;
    let non_finite = project.config.salver.non_finite;
    let is_large = work.plan.outputs.len().saturating_mul(work.rows.len) > LARGE_REPLY_VALUES;
    let write = move || {
        let encode = || wanted.format.encode(&work, &computed, metadata, non_finite);
        debug_span!(span::ENCODE).in_scope(encode)
    };
    let encoded = compute(project, is_large, deadline, write).await?;
    let encoded = encoded.map_err(ApiError::internal)?;
    report::corrupt(project, &encoded);
    let body = ReplyBody::coded(project, encoded.body, wanted.coding, deadline).await?;
    Ok(Answered {
        body,
        origin: reading.origin,
    })
}

/// A store that is away must look so however little time a request has.
fn unread(error: ReadError, deadline: Deadline) -> ApiError {
    match error {
        ReadError::Store(online_store::Error::Late { .. }) => deadline.passed(ApiError::store_late),
        error => error.into(),
    }
}

/// Runs the plugins that the plan needs, if any.
async fn compute_features(
    project: &ServedProject,
    work: &Work,
    deadline: Deadline,
) -> Result<Computed, ApiError> {
    if work.plan.transforms.is_empty() {
        return Ok(Computed::default());
    }
    let span = debug_span!(span::TRANSFORM);
    let mut computed = span.in_scope(|| transform::transform_at_once(work))?;
    if !computed.is_whole() {
        let transforms = transform::transform(work, &mut computed).instrument(span);
        let transforms = deadline.bound(transforms, ApiError::deadline_exceeded);
        transforms.await??;
    }
    report::failures(project, &computed);
    Ok(computed)
}

/// What an ask became, without its body.
struct Prepared {
    plan: Arc<ServingPlan>,
    rows: Rows,
    metadata: Metadata,
}

/// The stages before the store is read.
fn prepare(body: &[u8], project: &ServedProject, asker: &Asker) -> Result<Prepared, ApiError> {
    let Some(registry) = project.snapshot() else {
        return Err(ApiError::not_ready(&project.name));
    };
    let plugins = project.plugins();
    let limits = &project.config.salver.limits;
    let is_known = |features: &str| project.has_planned(features);
    let parse = || Ask::parse_knowing(body, limits.max_entities, &is_known);
    let ask = debug_span!(span::ASK).in_scope(parse)?;
    let _resolving = debug_span!(span::RESOLVE).entered();
    asker.check_time()?;
    let plan = project.plan(&ask.shape, &registry, &plugins, &asker.caller);
    let wants_report = plan.is_err() || project.config.salver.audit.reads;
    if let Some(guard) = project.access.guard().filter(|_| wants_report) {
        asker.report(&guard.rules(&registry), &ask.shape, &plan);
    }
    let plan = plan?;
    let options = RowOptions {
        key_version: project.config.entity_key_version,
        max_values: limits.max_values,
    };
    let rows = Rows::new(&plan, &ask.rows, options)?;
    Ok(Prepared {
        plan,
        rows,
        metadata: ask.metadata,
    })
}

impl Asker {
    /// A token may expire while its request's body arrives.
    fn check_time(&self) -> Result<(), ApiError> {
        match &self.caller {
            Caller::Known(verified) if verified.has_expired(SystemTime::now()) => {
                Err(Refusal::Expired.into())
            }
            Caller::Known(_) | Caller::Anybody => Ok(()),
        }
    }

    /// Tells the audit log what was decided.
    fn report<T>(&self, book: &Rulebook, shape: &Shape<'_>, plan: &Result<T, Unpermitted>) {
        let read = audit::Read {
            request_id: &self.request_id,
            caller: &self.caller,
            book,
        };
        match (plan, Names::of(shape)) {
            (Err(error), _) => read.denied(error),
            (Ok(_), Ok(names)) => read.allowed(&names),
            (Ok(_), Err(_)) => {}
        }
    }
}

/// Runs `work` here, or on a thread for such work where it is large.
async fn compute<T: Send + 'static>(
    project: &ServedProject,
    is_large: bool,
    deadline: Deadline,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    if !is_large {
        return Ok(work());
    }
    let turn = deadline.bound(project.long_turn(), ApiError::deadline_exceeded);
    let turn = turn.await?;
    let span = Span::current();
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        span.in_scope(work)
    });
    let done = deadline.bound(done, ApiError::deadline_exceeded).await?;
    done.map_err(ApiError::internal)
}

#[cfg(test)]
mod tests;
