use crate::Scopes;

/// Who is asking, as a verified token says it. Two equal principals may do the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    /// The token's subject.
    pub subject: String,
    /// The identity provider's roles, sorted, each once.
    pub roles: Vec<String>,
    /// Groups, sorted, each once.
    pub groups: Vec<String>,
    /// What the token is narrowed to; absent: to nothing, so that the subject's rights all count.
    pub scopes: Option<Scopes>,
}

impl Principal {
    /// A subject without roles and groups, and not narrowed.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            roles: Vec::new(),
            groups: Vec::new(),
            scopes: None,
        }
    }

    /// The same with these roles.
    #[must_use]
    pub fn with_roles<S: Into<String>>(self, roles: impl IntoIterator<Item = S>) -> Self {
        Self {
            roles: sorted(roles),
            ..self
        }
    }

    /// The same with these groups.
    #[must_use]
    pub fn with_groups<S: Into<String>>(self, groups: impl IntoIterator<Item = S>) -> Self {
        Self {
            groups: sorted(groups),
            ..self
        }
    }

    /// The same, narrowed.
    #[must_use]
    pub fn with_scopes(self, scopes: Option<Scopes>) -> Self {
        Self { scopes, ..self }
    }
}

fn sorted<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Vec<String> {
    let mut names: Vec<String> = names.into_iter().map(Into::into).collect();
    names.sort_unstable();
    names.dedup();
    names
}
