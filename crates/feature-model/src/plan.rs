//! The difference between what a registry holds and what definition files declare.

use serde::{Deserialize, Serialize};

use crate::ObjectId;

/// What `apply` would do to one project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Creates and updates in the order in which one object may refer to another, then deletes.
    pub changes: Vec<Change>,
    /// Objects in the registry that Salver didn't create and that no file declares: left alone.
    pub unmanaged: Vec<ObjectId>,
}

/// What happens to one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object.
    pub object: ObjectId,
    /// What happens to it.
    pub action: Action,
}

/// The kinds of change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// It is declared and not in the registry.
    Create,
    /// It is in the registry and declared otherwise.
    Update {
        /// Every field that differs.
        fields: Vec<FieldChange>,
    },
    /// Salver created it, and no file declares it any more.
    Delete,
}

/// One field of an object before and after; absent where it doesn't exist on that side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Where in the object, such as `features.conv_rate.type` or `ttl`.
    pub path: String,
    /// What the registry says.
    pub before: Option<String>,
    /// What the files say.
    pub after: Option<String>,
}
