//! What state each project is in, and whether this process should get traffic.

use serde::Serialize;

/// The state of one project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It has no registry yet, or its store has not answered yet. Mends itself.
    Waiting,
    /// It is served.
    Ready,
    /// It is served, but its registry can't be read again or its store doesn't answer just now.
    Degraded,
    /// Somebody has to mend it: the store refuses us, or the registry no longer has the project.
    Failed,
}

impl State {
    /// Every state there is.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Ready, Self::Degraded, Self::Failed];

    /// As it is told, in JSON and in labels.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
        }
    }
}

/// How a project's registry is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistryCondition {
    /// It was never read.
    Absent(String),
    /// It was read, and it has the project. The error is that of the last look, where that failed.
    Loaded(Option<String>),
    /// It was read, and it has not got the project (any more).
    WithoutProject,
}

/// How a project's online store is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreCondition {
    /// It has not answered yet.
    Silent(String),
    /// It doesn't answer, and waiting will not help.
    Refusing(String),
    /// It answers.
    Answering,
    /// It has answered before, and now it doesn't.
    Failing(String),
}

/// The state of one project, with the reason where it isn't ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// The state.
    pub state: State,
    /// Why it isn't ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Readiness {
    /// The worst that registry and store have to say.
    #[must_use]
    pub fn of(registry: RegistryCondition, store: StoreCondition) -> Self {
        use {RegistryCondition as Registry, StoreCondition as Store};
        match (registry, store) {
            (Registry::WithoutProject, _) => Self::because(
                State::Failed,
                "the registry does not have this project; run `registry-admin apply`",
            ),
            (_, Store::Refusing(reason)) => {
                Self::because(State::Failed, format!("online store: {reason}"))
            }
            (Registry::Absent(reason), _) => {
                Self::because(State::Waiting, format!("registry: {reason}"))
            }
            (_, Store::Silent(reason)) => {
                Self::because(State::Waiting, format!("online store: {reason}"))
            }
            (_, Store::Failing(reason)) => {
                Self::because(State::Degraded, format!("online store: {reason}"))
            }
            (Registry::Loaded(Some(reason)), Store::Answering) => {
                Self::because(State::Degraded, format!("registry: {reason}"))
            }
            (Registry::Loaded(None), Store::Answering) => Self {
                state: State::Ready,
                reason: None,
            },
        }
    }

    fn because(state: State, reason: impl Into<String>) -> Self {
        Self {
            state,
            reason: Some(reason.into()),
        }
    }
}

/// One line of the body of `GET /ready`.
#[derive(Clone, Debug, Serialize)]
pub struct ProjectStatus {
    /// The project's name.
    pub project: String,
    /// Its state.
    #[serde(flatten)]
    pub readiness: Readiness,
    /// The version of the registry document that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_version: Option<String>,
}

/// Whether this process should get traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A project has a registry, and its store has answered once.
    Ready,
    /// None has.
    Waiting,
    /// The process is on its way out.
    Draining,
}

/// The body of `GET /ready`.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What the status code says, in a word.
    pub status: Status,
    /// Each project, in the order of the command line.
    pub projects: Vec<ProjectStatus>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(registry: RegistryCondition, store: StoreCondition) -> State {
        Readiness::of(registry, store).state
    }

    #[test]
    fn a_project_waits_for_what_comes_by_itself_and_fails_where_somebody_must_act() {
        let loaded = RegistryCondition::Loaded(None);
        let away = || StoreCondition::Silent("connection refused".into());
        let denied = || StoreCondition::Refusing("wrong password".into());
        assert_eq!(
            state(loaded.clone(), StoreCondition::Answering),
            State::Ready
        );
        assert_eq!(state(loaded.clone(), away()), State::Waiting);
        assert_eq!(state(loaded, denied()), State::Failed);
        assert_eq!(
            state(
                RegistryCondition::Absent("away".into()),
                StoreCondition::Answering
            ),
            State::Waiting
        );
        assert_eq!(
            state(RegistryCondition::WithoutProject, StoreCondition::Answering),
            State::Failed
        );
    }

    #[test]
    fn later_trouble_degrades_and_says_why() {
        let registry = RegistryCondition::Loaded(Some("`registry.db` is torn".into()));
        let readiness = Readiness::of(registry, StoreCondition::Answering);
        assert_eq!(readiness.state, State::Degraded);
        assert_eq!(
            readiness.reason.as_deref(),
            Some("registry: `registry.db` is torn")
        );
        let store = StoreCondition::Failing("timed out".into());
        let readiness = Readiness::of(RegistryCondition::Loaded(None), store);
        assert_eq!(readiness.state, State::Degraded);
    }
}
