//! Who may do what in a project, by the rules of the registry snapshot that a request is answered from.
//!
//! From the names that an ask holds comes a [`Permit`], without which nothing is resolved. What was decided for a
//! caller is remembered for as long as the registry stays the same: by the plans of its shape
//! ([`ServedProject::plan`](crate::project::ServedProject::plan)), so that a repeated ask costs a look-up.

mod guard;
mod principals;

use std::sync::Arc;

use access::{Denied, Permit, Verified, Wanted};
use feature_model::{FeatureRef, Project, ProjectName};

use crate::{
    ask::{self, Shape},
    nearest::shown,
    resolve::ResolveError,
};
pub use guard::{Guard, Rulebook};
pub(crate) use principals::Principals;

/// How a project knows its callers.
#[derive(Clone, Debug)]
pub enum Access {
    /// Not at all: its configuration says that nobody is asked.
    Open(Permit),
    /// By their tokens.
    Guarded(Arc<Guard>),
    /// Not at all, because what it says of tokens can't work: nobody gets in.
    Closed,
}

impl Access {
    /// Everything is permitted to everybody.
    #[must_use]
    pub fn open(project: ProjectName) -> Self {
        Self::Open(Permit::without_authentication(project))
    }

    /// Whether nobody gets in, whatever token they have.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed)
    }

    /// Who asks for tokens, where somebody does.
    #[must_use]
    pub fn guard(&self) -> Option<&Guard> {
        match self {
            Self::Open(_) | Self::Closed => None,
            Self::Guarded(guard) => Some(guard),
        }
    }
}

/// Who asks, as far as the project wants to know.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody: the project asks nobody.
    Anybody,
    /// Whom a token names, and who has some business in the project.
    Known(Verified),
}

/// Nothing is read for this caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpermitted {
    /// Something is missing that the caller needs.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The ask can't be understood, or what it names can't be served.
    #[error(transparent)]
    Unresolved(#[from] ResolveError),
}

/// What was asked for, by name.
#[derive(Debug)]
pub enum Names {
    /// A feature service.
    Service(String),
    /// One for each reference.
    References(Vec<FeatureRef>),
}

impl Names {
    /// # Errors
    /// Where something isn't a feature reference. That is told of the text alone: nothing is looked up.
    pub(crate) fn of(shape: &Shape<'_>) -> Result<Self, ResolveError> {
        let references = match &shape.wanted {
            ask::Wanted::Service(name) => return Ok(Self::Service(name.clone().into_owned())),
            ask::Wanted::Features(list) => list.references(),
        };
        let parsed = references.iter().map(|text| {
            text.parse().map_err(|_| ResolveError::BadReference {
                reference: shown(text).into_owned(),
            })
        });
        parsed.collect::<Result<_, _>>().map(Self::References)
    }

    /// Calls `then` with the names as `access` takes them.
    pub(crate) fn wanted<T>(&self, then: impl FnOnce(Wanted<'_>) -> T) -> T {
        match self {
            Self::Service(name) => then(Wanted::FeatureService(name)),
            Self::References(references) => {
                let views: Vec<&str> = references.iter().map(FeatureRef::view).collect();
                then(Wanted::FeatureViews(&views))
            }
        }
    }
}

/// A project that the registry doesn't have (any more).
pub(crate) fn no_objects() -> &'static Project {
    static NONE: std::sync::LazyLock<Project> = std::sync::LazyLock::new(Project::default);
    &NONE
}
