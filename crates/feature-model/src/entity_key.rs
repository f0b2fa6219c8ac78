use std::fmt;

/// The layout of serialized entity keys (`entity_key_serialization_version`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EntityKeyVersion {
    /// Feast's layout before 0.50 of keys without counts: can be looked up, not listed.
    V2,
    /// Feast's default since 0.50.
    #[default]
    V3,
}

impl fmt::Display for EntityKeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V2 => "2",
            Self::V3 => "3",
        })
    }
}
