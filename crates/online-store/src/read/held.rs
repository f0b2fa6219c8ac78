use feature_codec::{DecodeError, decode_short_integer, decode_value};
use feature_model::Value;

/// What a row holds for a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held<'a> {
    /// A short integer of 32 bits, as most are: from 0 to 2,097,151.
    Int32(u32),
    /// A short integer of 64 bits.
    Int64(u32),
    /// Any other value: a serialized `feast.types.Value`, without bytes where it is null.
    Serialized(&'a [u8]),
}

impl<'a> Held<'a> {
    /// What these bytes of a serialized `feast.types.Value` are.
    #[must_use]
    #[inline]
    pub fn of(bytes: &'a [u8]) -> Self {
        match decode_short_integer(bytes) {
            Some(integer) if integer.is_64_bits => Self::Int64(integer.value),
            Some(integer) => Self::Int32(integer.value),
            None => Self::Serialized(bytes),
        }
    }

    /// The value.
    ///
    /// # Errors
    /// Where the bytes are no value.
    pub fn decode(self) -> Result<Value, DecodeError> {
        match self {
            // all of them are below 2^31
            Self::Int32(number) => Ok(Value::Int32(number.cast_signed())),
            Self::Int64(number) => Ok(Value::Int64(number.into())),
            Self::Serialized(bytes) => decode_value(bytes),
        }
    }
}
