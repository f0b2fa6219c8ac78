use feature_model::{ObjectId, ObjectKind};

use crate::DecodeError;

/// A plan or a record that doesn't fit the document. The document is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// The registry has moved since the plan was made: plan again.
    #[error("plan doesn't fit the registry: {object} {found}; plan again")]
    Outdated {
        /// The object that the plan would change.
        object: ObjectId,
        /// What the registry says of it.
        found: &'static str,
    },
    /// The plan was made from other files: plan again.
    #[error("plan doesn't fit the definitions: {object} isn't declared; plan again")]
    Undeclared {
        /// The object that the plan would create or update.
        object: ObjectId,
    },
    /// Views of all kinds share one space of names: rename the object, or remove the other with Feast.
    #[error(
        "{object} can't be created: the registry has a {kind} of that name, which isn't managed here"
    )]
    NameTaken {
        /// The object that the plan would create.
        object: ObjectId,
        /// The kind that has the name.
        kind: ObjectKind,
    },
    /// Something that isn't declared here would be left with a reference to nothing: declare it, or remove it
    /// with Feast.
    #[error("{object} is still used by {user}, which isn't managed here")]
    StillUsed {
        /// What the plan would remove, such as `feature view `stats`` or a feature of it.
        object: String,
        /// What uses it.
        user: ObjectId,
    },
    /// The registry would be one that nobody can read: mend it with the program that wrote it.
    #[error("registry can't be changed, because nobody could read it afterwards: {source}")]
    Unreadable {
        /// What would be wrong with it.
        source: DecodeError,
    },
    /// There is no such object: apply the definitions first.
    #[error("registry has no {object}; apply the definitions first")]
    NotFound {
        /// The object.
        object: ObjectId,
    },
}
