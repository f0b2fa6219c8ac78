//! Serialized entity keys. Source: `feast/infra/key_encoding_utils.py` of Feast 0.67.
//!
//! Version 3, all integers little-endian and 32 bits wide: the number of join keys; for each, in byte
//! order, `2` (STRING), its length and its name; for each value in the same order its type id, its length
//! and its bytes. Version 2 has neither the number nor the lengths of the names, so that it can't be read.

use feature_model::{EntityKeyVersion, Value};

use crate::{DecodeError, EncodeKeyError};

/// Ids of `feast.types.ValueType.Enum`.
const BYTES: u32 = 1;
const STRING: u32 = 2;
const INT32: u32 = 3;
const INT64: u32 = 4;
const UNIX_TIMESTAMP: u32 = 8;

/// Serializes the entity keys of one set of join keys: what doesn't depend on their values is done once.
#[derive(Clone, Debug)]
pub struct EntityKeyEncoder<'n> {
    /// What all keys begin with.
    names: Vec<u8>,
    /// In byte order, each with its place among the values.
    join_keys: Vec<(&'n str, usize)>,
}

impl<'n> EntityKeyEncoder<'n> {
    /// Of join keys in whatever order.
    ///
    /// # Errors
    /// Where a join key is given twice or is 4 GiB long.
    pub fn new(
        version: EntityKeyVersion,
        join_keys: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, EncodeKeyError> {
        let places = join_keys.into_iter().zip(0..);
        let mut join_keys: Vec<(&str, usize)> = places.collect();
        join_keys.sort_unstable();
        if let Some(pair) = join_keys.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(EncodeKeyError::Duplicate {
                join_key: pair[0].0.to_owned(),
            });
        }
        let with_lengths = version == EntityKeyVersion::V3;
        let mut names = Vec::with_capacity(64);
        if with_lengths {
            names.extend_from_slice(&length_bytes(join_keys.len(), "")?);
        }
        for (join_key, _) in &join_keys {
            names.extend_from_slice(&STRING.to_le_bytes());
            if with_lengths {
                names.extend_from_slice(&length_bytes(join_key.len(), join_key)?);
            }
            names.extend_from_slice(join_key.as_bytes());
        }
        Ok(Self { names, join_keys })
    }

    /// The key of these values, which stand in the order in which the join keys were given. A value that isn't
    /// there counts as null.
    ///
    /// # Errors
    /// Where a value is of a type that no entity key has (null too), or is 4 GiB long.
    pub fn encode(&self, values: &[&Value]) -> Result<Vec<u8>, EncodeKeyError> {
        const BYTES_OF_A_NUMBER: usize = 16;
        let expected = self.names.len() + self.join_keys.len() * BYTES_OF_A_NUMBER;
        let mut key = Vec::with_capacity(expected);
        key.extend_from_slice(&self.names);
        for (join_key, place) in &self.join_keys {
            let value = values.get(*place).copied().unwrap_or(&Value::Null);
            put_value(&mut key, join_key, value)?;
        }
        Ok(key)
    }
}

/// The serialized entity key of some join keys, in whatever order they are given.
///
/// A view without entities has the one join key `__dummy_id` with the empty text.
///
/// # Errors
/// Where a value is of a type that no entity key has (null too), a join key is given twice, or
/// something is 4 GiB long.
pub fn encode_entity_key(
    version: EntityKeyVersion,
    keys: &[(&str, &Value)],
) -> Result<Vec<u8>, EncodeKeyError> {
    let (names, values): (Vec<&str>, Vec<&Value>) = keys.iter().copied().unzip();
    EntityKeyEncoder::new(version, names)?.encode(&values)
}

fn put_value(out: &mut Vec<u8>, join_key: &str, value: &Value) -> Result<(), EncodeKeyError> {
    match value {
        Value::Bytes(bytes) => put_sized(out, join_key, BYTES, bytes),
        Value::String(text) => put_sized(out, join_key, STRING, text.as_bytes()),
        Value::Int32(number) => put_sized(out, join_key, INT32, &number.to_le_bytes()),
        Value::Int64(number) => put_sized(out, join_key, INT64, &number.to_le_bytes()),
        Value::UnixTimestamp(seconds) => {
            put_sized(out, join_key, UNIX_TIMESTAMP, &seconds.to_le_bytes())
        }
        other => Err(EncodeKeyError::UnsupportedType {
            join_key: join_key.to_owned(),
            found: kind(other),
        }),
    }
}

fn put_sized(
    out: &mut Vec<u8>,
    join_key: &str,
    value_type: u32,
    bytes: &[u8],
) -> Result<(), EncodeKeyError> {
    out.extend_from_slice(&value_type.to_le_bytes());
    out.extend_from_slice(&length_bytes(bytes.len(), join_key)?);
    out.extend_from_slice(bytes);
    Ok(())
}

fn length_bytes(length: usize, join_key: &str) -> Result<[u8; 4], EncodeKeyError> {
    let length = u32::try_from(length).map_err(|_| EncodeKeyError::TooLong {
        join_key: join_key.to_owned(),
    })?;
    Ok(length.to_le_bytes())
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Double(_) | Value::Float(_) => "a float",
        Value::Bool(_) => "a bool",
        Value::Json(_) => "a json document",
        Value::Uuid(_) | Value::TimeUuid(_) => "a uuid",
        Value::Decimal(_) => "a decimal",
        Value::ZonedTimestamp { .. } => "a zoned timestamp",
        Value::Map(_) | Value::ScalarMap(_) | Value::Struct(_) => "a map",
        _ => "a list or set",
    }
}

/// Join keys with their values, in byte order of the join keys.
pub type EntityKeyParts = Vec<(String, Value)>;

/// Reads an entity key of version 3 from the front of `bytes`: its join keys and values, and the bytes
/// that follow it.
///
/// # Errors
/// [`DecodeError::Corrupt`] where the bytes are cut short, or are nothing that [`encode_entity_key`]
/// would write: join keys out of order, a number of the wrong width, a text that isn't UTF-8.
/// [`DecodeError::UnsupportedKeyType`] where a value has a type that keys don't have.
pub fn decode_entity_key(bytes: &[u8]) -> Result<(EntityKeyParts, &[u8]), DecodeError> {
    let (count, mut rest) = take_u32(bytes)?;
    let mut join_keys: Vec<String> = Vec::new();
    for _ in 0..count {
        let (join_key, after) = take_join_key(rest)?;
        if join_keys.last().is_some_and(|last| **last >= *join_key) {
            let reason = format!("join key `{join_key}` is out of order");
            return Err(corrupt(reason));
        }
        join_keys.push(join_key.to_owned());
        rest = after;
    }
    let mut parts = Vec::with_capacity(join_keys.len());
    for join_key in join_keys {
        let (value, after) = take_value(rest)?;
        parts.push((join_key, value));
        rest = after;
    }
    Ok((parts, rest))
}

fn take_join_key(bytes: &[u8]) -> Result<(&str, &[u8]), DecodeError> {
    let (value_type, rest) = take_u32(bytes)?;
    if value_type != STRING {
        let reason = format!("a join key of type id `{value_type}` instead of `{STRING}`");
        return Err(corrupt(reason));
    }
    let (name, rest) = take_sized(rest)?;
    Ok((text(name)?, rest))
}

fn take_value(bytes: &[u8]) -> Result<(Value, &[u8]), DecodeError> {
    let (value_type, rest) = take_u32(bytes)?;
    let (body, rest) = take_sized(rest)?;
    let value = match value_type {
        BYTES => Value::Bytes(body.to_vec()),
        STRING => Value::String(text(body)?.to_owned()),
        INT32 => Value::Int32(i32::from_le_bytes(exact(body)?)),
        INT64 => Value::Int64(i64::from_le_bytes(exact(body)?)),
        UNIX_TIMESTAMP => Value::UnixTimestamp(i64::from_le_bytes(exact(body)?)),
        value_type => return Err(DecodeError::UnsupportedKeyType { value_type }),
    };
    Ok((value, rest))
}

fn take_sized(bytes: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let (length, rest) = take_u32(bytes)?;
    usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or_else(cut_short)
}

fn take_u32(bytes: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    let (head, rest) = bytes.split_first_chunk().ok_or_else(cut_short)?;
    Ok((u32::from_le_bytes(*head), rest))
}

fn exact<const N: usize>(bytes: &[u8]) -> Result<[u8; N], DecodeError> {
    let wrong_width = |_| corrupt(format!("a number of {} bytes instead of {N}", bytes.len()));
    bytes.try_into().map_err(wrong_width)
}

fn text(bytes: &[u8]) -> Result<&str, DecodeError> {
    str::from_utf8(bytes).map_err(|error| corrupt(error.to_string()))
}

fn cut_short() -> DecodeError {
    corrupt("cut short")
}

fn corrupt(reason: impl Into<String>) -> DecodeError {
    DecodeError::corrupt("entity key", reason)
}
