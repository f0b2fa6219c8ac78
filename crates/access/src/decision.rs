//! What is decided, and why, in words.

use std::fmt;

use feature_model::access::{Action, Role};

use crate::ResourceId;

/// The answer to "may they do this with that?", with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They may.
    Allowed(Grant),
    /// They may not.
    Denied(Denial),
}

impl Decision {
    /// Whether they may.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(grant) => write!(f, "allowed: {grant}"),
            Self::Denied(denial) => write!(f, "denied: {denial}"),
        }
    }
}

/// Which rule allows it, and what of the principal the rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The rule.
    pub rule: Rule,
    /// The principal's part of it.
    pub via: Via,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} names {}", self.rule, self.via)
    }
}

/// A rule of a project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A role binding.
    RoleBinding {
        /// Its name.
        name: String,
        /// The role that it gives.
        role: Role,
    },
    /// A permission of Feast's.
    Permission {
        /// Its name.
        name: String,
    },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RoleBinding { name, role } => write!(f, "role binding `{name}` ({role})"),
            Self::Permission { name } => write!(f, "permission `{name}`"),
        }
    }
}

/// By what a rule knows a principal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Via {
    /// Its subject.
    Subject(String),
    /// One of its groups.
    Group(String),
    /// One of its token's roles.
    TokenRole(String),
    /// Nothing: the rule is for everybody who is authenticated.
    Anybody,
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(name) => write!(f, "subject `{name}`"),
            Self::Group(name) => write!(f, "group `{name}`"),
            Self::TokenRole(name) => write!(f, "token role `{name}`"),
            Self::Anybody => f.write_str("everybody who is authenticated"),
        }
    }
}

/// What was missing, and how near the rules came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was missing.
    pub missing: Missing,
    /// The rule that comes nearest, and where it fails. Absent where no rule has anything in common with the
    /// question, such as where there are none.
    pub nearest: Option<NearMiss>,
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.nearest {
            None => write!(f, "{} is missing; no rule comes near it", self.missing),
            Some(near) => write!(f, "{} is missing; {near}", self.missing),
        }
    }
}

/// One action on one object that a principal may not do.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Missing {
    /// The action.
    pub action: Action,
    /// The object.
    pub object: ResourceId,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` on {}", self.action, self.object)
    }
}

/// A rule that would allow it, but for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The rule.
    pub rule: Rule,
    /// Where it fails.
    pub why: Failure,
}

/// Where a rule fails. The first comes nearest to allowing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// It allows it, and the scopes of the token don't.
    Scopes,
    /// It is for the principal and the object, and for other actions.
    Action,
    /// It is for the principal and the action, and for other objects.
    Object,
    /// It is for the action and the object, and for others.
    Principal,
}

impl fmt::Display for NearMiss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.rule)?;
        f.write_str(match self.why {
            Failure::Scopes => "allows it, but the token's scopes do not",
            Failure::Action => "names the principal, but allows other actions only",
            Failure::Object => "names the principal and the action, but not the object",
            Failure::Principal => "would allow it, but does not name the principal",
        })
    }
}

/// A rule that is probably not what its author meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// A permission is for everybody who is authenticated.
    NoPolicy {
        /// The permission.
        permission: String,
    },
    /// A permission is for nobody here.
    NamespacesOnly {
        /// The permission.
        permission: String,
    },
    /// A permission has a policy that this release doesn't know.
    UnknownPolicy {
        /// The permission.
        permission: String,
    },
    /// A pattern can't be compiled.
    BadPattern {
        /// The permission.
        permission: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A role binding names nobody.
    NamesNobody {
        /// The role binding.
        binding: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPolicy { permission } => write!(
                f,
                "permission `{permission}` has no policy: it is for everybody who has a valid token"
            ),
            Self::NamespacesOnly { permission } => write!(
                f,
                "permission `{permission}` is for Kubernetes namespaces only, which no token proves here: it is for nobody"
            ),
            Self::UnknownPolicy { permission } => write!(
                f,
                "permission `{permission}` has a policy that this release does not know: it is for nobody"
            ),
            Self::BadPattern {
                permission,
                pattern,
                reason,
            } => write!(
                f,
                "permission `{permission}`: pattern `{pattern}` matches nothing ({reason}); write a regular \
                 expression without look-around and back-references"
            ),
            Self::NamesNobody { binding } => write!(
                f,
                "role binding `{binding}` names nobody; fill `subjects`, `groups` or `token_roles`"
            ),
        }
    }
}
