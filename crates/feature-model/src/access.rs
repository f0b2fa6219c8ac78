//! Who may do what: access rules as definitions and registries hold them. What they mean for a request is decided
//! in the crate `access`.

mod permission;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub(crate) use permission::exact_list;
pub use permission::{ParseResourceTypeError, Permission, Policy, ResourceType};

/// What somebody does with an object. Feast's actions (`AuthzedAction`), and one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See that the object exists, and its definition.
    Describe,
    /// Read feature values from the online store.
    ReadOnline,
    /// Read feature values from the offline store.
    ReadOffline,
    /// Write feature values to the online store.
    WriteOnline,
    /// Write feature values to the offline store.
    WriteOffline,
    /// Declare a new object.
    Create,
    /// Change an object's definition.
    Update,
    /// Remove an object.
    Delete,
    /// Change who may do what. Salver's own: Feast has no such action.
    ManageAccess,
}

/// The text names no action.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no action; `{}` would be", list(&Action::ALL.map(Action::as_str)))]
pub struct ParseActionError {
    text: String,
}

impl Action {
    /// Every action there is.
    pub const ALL: [Self; 9] = [
        Self::Describe,
        Self::ReadOnline,
        Self::ReadOffline,
        Self::WriteOnline,
        Self::WriteOffline,
        Self::Create,
        Self::Update,
        Self::Delete,
        Self::ManageAccess,
    ];

    /// The name in definitions, scopes and messages: Feast's, in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Describe => "describe",
            Self::ReadOnline => "read_online",
            Self::ReadOffline => "read_offline",
            Self::WriteOnline => "write_online",
            Self::WriteOffline => "write_offline",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::ManageAccess => "manage_access",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|action| action.as_str() == text)
            .ok_or_else(|| ParseActionError {
                text: text.to_owned(),
            })
    }
}

/// A built-in role within one project, as in Feathr. Each holds what the one before it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Describes and reads.
    Consumer,
    /// And writes feature values.
    Producer,
    /// And changes definitions and access.
    Admin,
}

/// The text names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no role; `{}` would be", list(&Role::ALL.map(Role::as_str)))]
pub struct ParseRoleError {
    text: String,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 3] = [Self::Consumer, Self::Producer, Self::Admin];

    /// The name in definitions and messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consumer => "consumer",
            Self::Producer => "producer",
            Self::Admin => "admin",
        }
    }

    /// What the role may do with every object of its project, and with the project.
    #[must_use]
    pub fn actions(self) -> &'static [Action] {
        match self {
            Self::Consumer => &Action::ALL[..3],
            Self::Producer => &Action::ALL[..5],
            Self::Admin => &Action::ALL,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = ParseRoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.as_str() == text)
            .ok_or_else(|| ParseRoleError {
                text: text.to_owned(),
            })
    }
}

fn list(names: &[&str]) -> String {
    names.join("`, `")
}

/// Gives a [`Role`] in one project to everybody whom one of its lists names. Names are compared as they are
/// written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleBinding {
    /// Unique among the role bindings of a project.
    pub name: String,
    /// What is given.
    pub role: Role,
    /// Subjects of tokens.
    pub subjects: Vec<String>,
    /// Groups that tokens name.
    pub groups: Vec<String>,
    /// Roles that tokens name: the identity provider's, not those of [`Role`].
    pub token_roles: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::{Action, Role};

    #[test]
    fn names_are_read_as_they_are_printed() {
        for action in Action::ALL {
            assert_eq!(action.to_string().parse(), Ok(action));
        }
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        let refused = "READ_ONLINE".parse::<Action>().unwrap_err().to_string();
        assert!(refused.contains("`read_online`"), "{refused}");
    }

    #[test]
    fn each_role_holds_what_the_weaker_one_holds() {
        let names = |role: Role| {
            role.actions()
                .iter()
                .map(|a| a.as_str())
                .collect::<Vec<_>>()
        };
        let consumer = ["describe", "read_online", "read_offline"];
        let producer = [&consumer[..], &["write_online", "write_offline"]].concat();
        let rest = ["create", "update", "delete", "manage_access"];
        assert_eq!(names(Role::Consumer), consumer);
        assert_eq!(names(Role::Producer), producer);
        assert_eq!(names(Role::Admin), [&producer[..], &rest].concat());
    }
}
