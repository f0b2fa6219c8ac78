//! The stage before a body is read: from a token to a [`Caller`] who has some business in the project.
//!
//! A request without a good token gets 401, one whose token nobody can check just now 503, and one whose caller has no
//! business in the project 403. That is the very same 403 as for a project that isn't served, and a refusal
//! depends on the token alone, not on the project: names can't be guessed. A project whose registry hasn't come yet knows
//! nobody; but as long as that is so of all projects, whoever has a good token is told to come back, whatever they ask for.

mod checkers;
mod source;

use std::sync::Arc;

use access::{Verified, Verifier, VerifyError, bearer_token};
use feature_model::access::Action;
use http::{HeaderMap, HeaderValue, header};

use crate::{
    app::App,
    audit::{self, Decided, Object},
    authorise::{Access, Caller, Guard},
    error::ApiError,
    project::ServedProject,
    projects::Addressed,
    request_id::RequestId,
};
pub use checkers::{KeyTender, TokenChecker, TokenCheckers};

/// What there is of a request to a project before anything of its body.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The request's name.
    pub id: &'a RequestId,
    /// Which project it is about.
    pub addressed: &'a Addressed,
    /// Where the token is.
    pub headers: &'a HeaderMap,
}

/// Who asks.
///
/// # Errors
/// 401, 403 and 503; where nobody is asked also what [`Projects::project`](crate::projects::Projects::project) says.
pub fn authenticate(app: &App, head: Head<'_>) -> Result<Caller, ApiError> {
    let known = match head.addressed.served() {
        Some(project) => caller(app, project, head),
        None => Err(stranger(app, head)),
    };
    if let Err(error) = &known
        && error.challenge.is_some()
    {
        audit::refused(head.id.as_str(), &error.detail);
    }
    known
}

/// Which served projects the sender of these headers may see: those that ask nobody, and those that its token shows
/// it. Nobody sees one whose settings of tokens can't work.
pub fn visible<'a>(
    app: &'a App,
    headers: &HeaderMap,
) -> impl Iterator<Item = &'a Arc<ServedProject>> {
    let token = token(headers).unwrap_or_default();
    let projects = app.projects.all().iter();
    projects.filter(move |project| shows(project, token))
}

/// Nothing, where the sender of these headers may see every served project, and what is in it.
///
/// # Errors
/// 401, 403 and 503.
pub fn sees_all(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let is_closed = app.projects.all().iter().any(|one| one.access.is_closed());
    for project in app.projects.all() {
        let Some(guard) = project.access.guard() else {
            continue;
        };
        let token = token(headers)?;
        guard.verify(token)?;
        if !shows(project, token) {
            return Err(ApiError::forbidden());
        }
    }
    if is_closed {
        return Err(ApiError::forbidden());
    }
    Ok(())
}

fn shows(project: &ServedProject, token: &str) -> bool {
    let Some(guard) = project.access.guard() else {
        return matches!(project.access, Access::Open(_));
    };
    let (Ok(verified), Some(snapshot)) = (guard.verify(token), project.snapshot()) else {
        return false;
    };
    guard.rules(&snapshot).shows_project(&verified.principal)
}

fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    let given = headers.get_all(header::AUTHORIZATION).into_iter();
    bearer_token(given.map(HeaderValue::as_bytes)).map_err(ApiError::from)
}

fn caller(app: &App, project: &ServedProject, head: Head<'_>) -> Result<Caller, ApiError> {
    let guard = match &project.access {
        Access::Open(_) => return Ok(Caller::Anybody),
        Access::Guarded(guard) => guard,
        Access::Closed => return Err(closed(app, project, head)),
    };
    let token = token(head.headers)?;
    let verified = match guard.verify(token) {
        Ok(verified) => verified,
        Err(error) => return Err(refused(app, project, head, token, error)),
    };
    let mut rule = None;
    if let Some(snapshot) = project.snapshot() {
        let book = guard.rules(&snapshot);
        if book.admits(&verified.principal) {
            return Ok(Caller::Known(verified));
        }
        rule = audit::nearest_rule_of_project(book.rules(), &verified.principal);
    }
    let name = project.name.as_str();
    Err(turned_away(app, name, &verified, head, rule))
}

/// The answer of a project that can't know anybody: as if it weren't there.
fn closed(app: &App, project: &ServedProject, head: Head<'_>) -> ApiError {
    if verifiers(app).is_empty() {
        return ApiError::nobody_is_known();
    }
    match token(head.headers).and_then(|token| known(app, token)) {
        Ok(verified) => turned_away(app, project.name.as_str(), &verified, head, None),
        Err(error) => error,
    }
}

/// The answer to a request about no project that is served. Who is nobody here isn't told which there are.
fn stranger(app: &App, head: Head<'_>) -> ApiError {
    let told = match app.projects.project(head.addressed) {
        Ok(project) => return ApiError::internal(format!("`{}` is served", project.name)),
        Err(told) => told,
    };
    if verifiers(app).is_empty() {
        let is_closed = app.projects.all().iter().any(|one| one.access.is_closed());
        return match head.addressed {
            Addressed::Unknown(_) if is_closed => ApiError::nobody_is_known(),
            _ => told,
        };
    }
    let token = match token(head.headers) {
        Ok(token) => token,
        Err(error) => return error,
    };
    match (known(app, token), head.addressed) {
        (Err(error), _) => error,
        (Ok(verified), Addressed::Unknown(name)) => turned_away(app, name, &verified, head, None),
        (Ok(_), _) => told,
    }
}

/// What is told of a token that a project doesn't take: the same for every project.
fn refused(
    app: &App,
    project: &ServedProject,
    head: Head<'_>,
    token: &str,
    error: VerifyError,
) -> ApiError {
    if verifiers(app).len() == 1 {
        return error.into();
    }
    match known(app, token) {
        // somebody's token, so its bearer gets what one gets who asks for a project that isn't there
        Ok(verified) => turned_away(app, project.name.as_str(), &verified, head, None),
        Err(error) => error,
    }
}

/// Whose token it is, for any of the projects. Of several refusals, one that isn't about the issuer says most.
fn known(app: &App, token: &str) -> Result<Verified, ApiError> {
    let mut refusal = None;
    for guard in verifiers(app) {
        match guard.verify(token) {
            Ok(verified) => return Ok(verified),
            Err(error) => {
                let is_foreign = error == VerifyError::Refused(access::Refusal::WrongIssuer);
                if refusal.is_none() || !is_foreign {
                    refusal = Some(error);
                }
            }
        }
    }
    Err(refusal.map_or_else(ApiError::forbidden, ApiError::from))
}

/// One guard for each different way to check tokens, in the order of the command line.
fn verifiers(app: &App) -> Vec<&Guard> {
    let mut seen: Vec<&Arc<Verifier>> = Vec::new();
    let guards = app.projects.all().iter();
    let guards = guards.filter_map(|project| project.access.guard());
    let different = guards.filter(|guard| {
        let is_new = !seen.iter().any(|one| guard.shares_checker(one));
        seen.push(guard.verifier());
        is_new
    });
    different.collect()
}

/// The answer to somebody who has no business in the project as far as anybody knows: the same for every name. `rule` is
/// the one that comes nearest, where there are rules.
fn turned_away(
    app: &App,
    project: &str,
    verified: &Verified,
    head: Head<'_>,
    rule: Option<String>,
) -> ApiError {
    let mut guarded = app.projects.all().iter();
    if !guarded.any(|one| one.access.guard().is_some() && one.snapshot().is_some()) {
        return ApiError::no_rules_yet();
    }
    audit::denied(&Decided {
        request_id: head.id.as_str(),
        project,
        subject: &verified.principal.subject,
        action: Action::ReadOnline,
        objects: vec![Object {
            kind: access::ResourceKind::Project,
            name: project.to_owned(),
        }],
        rule,
    });
    ApiError::forbidden()
}
