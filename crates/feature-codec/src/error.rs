/// Bytes from a store that are not what their place in the store says.
///
/// Reading the same bytes again gives the same error: only whoever wrote them can mend them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are cut short, malformed, nested too deeply, or hold something out of range.
    #[error("stored bytes are no {what}: {reason}")]
    Corrupt {
        /// What they should have been, such as `feature value`.
        what: &'static str,
        /// What is wrong with them.
        reason: String,
    },
    /// An entity key with a value of a type that Feast's keys can't have.
    #[error(
        "entity key holds a value of type id `{value_type}`; keys are Bytes (1), String (2), Int32 (3), \
         Int64 (4) or UnixTimestamp (8)"
    )]
    UnsupportedKeyType {
        /// The id, of `feast.types.ValueType.Enum`.
        value_type: u32,
    },
}

impl DecodeError {
    pub(crate) fn corrupt(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Corrupt {
            what,
            reason: reason.into(),
        }
    }
}

/// Join keys and values that make no entity key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeKeyError {
    /// Feast's entity keys have no such values; null is none of them either.
    #[error(
        "join key `{join_key}` can't be {found}; use Int64, Int32, String, Bytes or UnixTimestamp"
    )]
    UnsupportedType {
        /// Which join key.
        join_key: String,
        /// The kind of value that was given.
        found: &'static str,
    },
    /// One join key was given twice.
    #[error("join key `{join_key}` is given twice; give each join key one value")]
    Duplicate {
        /// Which join key.
        join_key: String,
    },
    /// A name or value of 4 GiB or more.
    #[error("join key `{join_key}` or its value is longer than 4 GiB")]
    TooLong {
        /// Which join key.
        join_key: String,
    },
}
