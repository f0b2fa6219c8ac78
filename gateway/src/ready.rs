//! What state each project is in, and whether this process should get traffic.

use access::KeysUnavailable;
use serde::Serialize;

use crate::{plugins::PluginTable, projects::UnusableRepository};

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
    /// Somebody has to mend it: its settings can't work, the store refuses us, or the registry does not have the
    /// project.
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

/// How a project's plugins are doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginsCondition {
    /// Not all of the first registry have been tried.
    Loading(String),
    /// Some don't serve what the registry asks for.
    Troubled(String),
    /// All serve, or there are none.
    Serving,
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
    /// Its settings can't work, or what they name can't be used.
    #[must_use]
    pub fn broken(reason: String) -> Self {
        Self::because(State::Failed, reason)
    }

    /// The worst that registry, store and plugins have to say.
    #[must_use]
    pub fn of(
        registry: RegistryCondition,
        store: StoreCondition,
        plugins: PluginsCondition,
    ) -> Self {
        use {PluginsCondition as Plugins, RegistryCondition as Registry, StoreCondition as Store};
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
            (Registry::Loaded(None), Store::Answering) => match plugins {
                Plugins::Loading(reason) => Self::because(State::Waiting, reason),
                Plugins::Troubled(reason) => Self::because(State::Degraded, reason),
                Plugins::Serving => Self {
                    state: State::Ready,
                    reason: None,
                },
            },
        }
    }

    /// The same, or what the keys that tokens are checked with have to say, where that is worse.
    #[must_use]
    pub fn with_keys(self, keys: Result<(), KeysUnavailable>) -> Self {
        let (worse, state) = match keys {
            Ok(()) => return self,
            Err(reason @ KeysUnavailable::NotYet) => (reason, State::Waiting),
            Err(reason @ (KeysUnavailable::Stale | KeysUnavailable::NoneLeft)) => {
                (reason, State::Degraded)
            }
        };
        match self.state {
            State::Ready | State::Degraded => Self::because(state, worse.to_string()),
            State::Waiting | State::Failed => self,
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
    /// The plugins that don't serve what the registry asks for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginStatus>,
}

/// A plugin that doesn't serve what the registry asks for.
#[derive(Clone, Debug, Serialize)]
pub struct PluginStatus {
    /// The on-demand feature view.
    pub feature_view: String,
    /// The component that the registry asks for.
    pub wanted: String,
    /// The component that serves meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving: Option<String>,
    /// Why it doesn't serve.
    pub reason: String,
}

impl PluginStatus {
    /// All of a table.
    #[must_use]
    pub fn all(table: &PluginTable) -> Vec<Self> {
        let statuses = table.troubled().map(|(view, slot, trouble)| Self {
            feature_view: view.to_owned(),
            wanted: slot.wanted.binding.digest.to_string(),
            serving: slot
                .serving
                .as_ref()
                .map(|plugin| plugin.binding.digest.to_string()),
            reason: trouble.reason(),
        });
        statuses.collect()
    }
}

/// Whether this process should get traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A project has a registry, its store has answered once, and its plugins have been tried.
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
    /// Repositories whose settings are wrong.
    #[serde(
        rename = "unusable_repositories",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub unusable: Vec<UnusableRepository>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(registry: RegistryCondition, store: StoreCondition) -> State {
        Readiness::of(registry, store, PluginsCondition::Serving).state
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
        let readiness = Readiness::of(
            registry,
            StoreCondition::Answering,
            PluginsCondition::Serving,
        );
        assert_eq!(readiness.state, State::Degraded);
        assert_eq!(
            readiness.reason.as_deref(),
            Some("registry: `registry.db` is torn")
        );
        let store = StoreCondition::Failing("timed out".into());
        let readiness = Readiness::of(
            RegistryCondition::Loaded(None),
            store,
            PluginsCondition::Serving,
        );
        assert_eq!(readiness.state, State::Degraded);
    }

    #[test]
    fn a_project_waits_for_its_first_plugins_and_is_degraded_by_later_ones() {
        let of = |plugins| {
            let loaded = RegistryCondition::Loaded(None);
            Readiness::of(loaded, StoreCondition::Answering, plugins).state
        };
        assert_eq!(
            of(PluginsCondition::Loading("compiling".into())),
            State::Waiting
        );
        assert_eq!(
            of(PluginsCondition::Troubled("trapped".into())),
            State::Degraded
        );
    }
}
