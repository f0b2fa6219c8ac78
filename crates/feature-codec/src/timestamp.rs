use feature_model::Timestamp;
use prost::Message;

use crate::{DecodeError, messages::ProtoTimestamp};

const NANOS_PER_SECOND: u32 = 1_000_000_000;

/// The `google.protobuf.Timestamp` of a row's event time; the epoch is no bytes at all.
///
/// Before 1970 the seconds are negative and the nanoseconds still count forward.
#[must_use]
pub fn encode_timestamp(timestamp: Timestamp) -> Vec<u8> {
    ProtoTimestamp {
        seconds: timestamp.seconds(),
        nanos: timestamp.subsecond_nanos().cast_signed(),
    }
    .encode_to_vec()
}

/// Reads a `google.protobuf.Timestamp`; no bytes are the epoch.
///
/// # Errors
/// [`DecodeError::Corrupt`] where the bytes are no such message, or its nanoseconds are below zero or
/// a second and more.
pub fn decode_timestamp(bytes: &[u8]) -> Result<Timestamp, DecodeError> {
    const WHAT: &str = "timestamp";
    let decoded = ProtoTimestamp::decode(bytes)
        .map_err(|error| DecodeError::corrupt(WHAT, error.to_string()))?;
    match u32::try_from(decoded.nanos) {
        Ok(nanos) if nanos < NANOS_PER_SECOND => Ok(Timestamp::new(decoded.seconds, nanos)),
        _ => {
            let reason = format!("`{}` nanoseconds are no part of a second", decoded.nanos);
            Err(DecodeError::corrupt(WHAT, reason))
        }
    }
}
