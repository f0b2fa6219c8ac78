//! Feast's bytes: what Feast 0.67 writes into an online store and a registry, read and written exactly.
//!
//! A row goes into a store as an entity key ([`encode_entity_key`]; in Redis [`redis_key`] and, for each
//! feature, [`value_field`]), a value for each feature ([`encode_value`]) and an event time
//! ([`encode_timestamp`]); it comes back through the functions that begin with `decode`.
//!
//! Bytes from a store are outside input: every decoder answers any bytes with a value or a
//! [`DecodeError`], in bounded stack, and reads no further than it is told.
//!
//! What this crate deliberately does not do: talk to a store, keep a registry, or judge whether a value has
//! the type that its view declares.

mod entity_key;
mod error;
mod messages;
mod redis_layout;
pub mod registry;
mod timestamp;
mod value;
mod wire;

pub use entity_key::{EntityKeyEncoder, EntityKeyParts, decode_entity_key, encode_entity_key};
pub use error::{DecodeError, EncodeKeyError};
pub use redis_layout::{parse_redis_key, put_redis_key, redis_key, timestamp_field, value_field};
pub use timestamp::{decode_timestamp, encode_timestamp};
pub use value::{
    Scalar, ShortInteger, decode_scalar, decode_short_integer, decode_value, encode_value,
    value_text,
};
