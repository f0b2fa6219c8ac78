use crate::{DataType, Tags};

/// The entity of views that have none, as Feast stores it.
pub const DUMMY_ENTITY: &str = "__dummy";
/// The join key of [`DUMMY_ENTITY`]; its one value is the empty string.
pub const DUMMY_JOIN_KEY: &str = "__dummy_id";

/// A thing that features describe, such as a driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    /// Unique among the entities of a project.
    pub name: String,
    /// The column and request field that identifies one; often not the same as the name.
    pub join_key: String,
    /// Type of the join key; `Unknown(0)` where Feast was left to infer it.
    pub value_type: DataType,
    /// For people.
    pub description: String,
    /// Free-form labels.
    pub tags: Tags,
    /// Whom to ask.
    pub owner: String,
}
