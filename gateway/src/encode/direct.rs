//! From the stored bytes of a scalar straight to JSON, without a `Value` in between.
//!
//! Nearly all values of a reply are such, and a reply has thousands. What isn't one takes the long way; that both write the
//! same is what the test at the end holds.

use feature_codec::{Scalar, decode_scalar, decode_value};
use settings::NonFinite;

use super::{Status, json};
use crate::stored_values::is_null;

/// Writes a stored value and says how it stands. Bytes that can't be decoded are told as null, and why they can't.
#[inline]
pub(super) fn stored(
    out: &mut Vec<u8>,
    bytes: &[u8],
    non_finite: NonFinite,
) -> Result<Status, String> {
    match decode_scalar(bytes) {
        Some(scalar) => Ok(write(out, scalar, non_finite)),
        None => long_way(out, bytes, non_finite),
    }
}

#[inline]
fn write(out: &mut Vec<u8>, scalar: Scalar<'_>, non_finite: NonFinite) -> Status {
    match scalar {
        Scalar::Int64(number) => json::integer(out, number),
        Scalar::Int32(number) => json::integer(out, number),
        Scalar::Double(number) => json::double(out, number, non_finite),
        Scalar::Float(number) => json::float(out, number, non_finite),
        Scalar::String(text) => json::string(out, text),
        Scalar::Bool(flag) => json::boolean(out, flag),
        Scalar::Bytes(bytes) => json::base64(out, bytes),
        Scalar::UnixTimestamp(seconds) if seconds != json::NOT_A_TIME => {
            json::integer(out, seconds);
        }
        Scalar::UnixTimestamp(_) | Scalar::Null => {
            json::null(out);
            return Status::NullValue;
        }
    }
    Status::Present
}

#[cold]
fn long_way(out: &mut Vec<u8>, bytes: &[u8], non_finite: NonFinite) -> Result<Status, String> {
    match decode_value(bytes) {
        Ok(value) if is_null(&value) => {
            json::null(out);
            Ok(Status::NullValue)
        }
        Ok(value) => {
            json::value(out, &value, non_finite);
            Ok(Status::Present)
        }
        Err(error) => {
            json::null(out);
            Err(error.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use feature_codec::encode_value;
    use feature_model::{List, Map, Value};
    use proptest::{collection::vec, prelude::*};
    use settings::NonFinite;

    use super::{long_way, stored};

    fn scalars() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<Vec<u8>>().prop_map(Value::Bytes),
            any::<String>().prop_map(Value::String),
            any::<i32>().prop_map(Value::Int32),
            any::<i64>().prop_map(Value::Int64),
            any::<u64>().prop_map(|bits| Value::Double(f64::from_bits(bits))),
            any::<u32>().prop_map(|bits| Value::Float(f32::from_bits(bits))),
            Just(Value::Double(f64::NEG_INFINITY)),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::UnixTimestamp),
            Just(Value::UnixTimestamp(i64::MIN)),
            any::<String>().prop_map(Value::Json),
            any::<String>().prop_map(Value::Decimal),
            (any::<i64>(), "UTC|Europe/Berlin|x").prop_map(|(unix_timestamp, zone)| {
                Value::ZonedTimestamp {
                    unix_timestamp,
                    zone,
                }
            }),
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        prop_oneof![
            scalars(),
            vec(any::<i64>(), 0..4).prop_map(|all| Value::List(List::Int64(all))),
            vec(any::<String>(), 0..4).prop_map(|all| Value::Set(List::String(all))),
            vec((any::<String>(), scalars()), 0..3)
                .prop_map(|entries| Value::Map(entries.into_iter().collect::<Map>())),
            vec(scalars(), 0..3).prop_map(Value::ValueList),
        ]
    }

    /// Bytes of values, most of them with something wrong.
    fn damaged() -> impl Strategy<Value = Vec<u8>> {
        let value = values().prop_map(|value| bytes_of(&value));
        let cut = (value, any::<u16>(), any::<u8>(), vec(any::<u8>(), 0..3));
        let cut = cut.prop_map(|(mut bytes, at, byte, more)| {
            if let Some(last) = bytes.len().checked_sub(1) {
                let at = usize::from(at) % (last + 1);
                match byte % 4 {
                    0 => bytes.truncate(at),
                    1 => bytes[at] = byte,
                    2 => bytes.extend_from_slice(&more),
                    _ => bytes[0] = byte & 0x7f,
                }
            }
            bytes
        });
        prop_oneof![cut, vec(any::<u8>(), 0..12)]
    }

    fn bytes_of(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        encode_value(value, &mut bytes);
        bytes
    }

    fn check(bytes: &[u8]) -> Result<(), TestCaseError> {
        for non_finite in [NonFinite::Null, NonFinite::String] {
            let (mut short, mut long) = (Vec::new(), Vec::new());
            let short_status = stored(&mut short, bytes, non_finite);
            let long_status = long_way(&mut long, bytes, non_finite);
            prop_assert_eq!(short_status, long_status);
            prop_assert_eq!(short, long);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn both_ways_write_the_same_of_any_value(value in values()) {
            check(&bytes_of(&value))?;
        }

        #[test]
        fn both_ways_write_the_same_of_any_bytes(bytes in damaged()) {
            check(&bytes)?;
        }
    }
}
