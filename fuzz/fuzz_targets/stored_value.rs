//! Whatever an online store holds: every decoder answers, and what it reads it writes again.
#![no_main]

use feature_codec::{
    decode_entity_key, decode_timestamp, decode_value, encode_entity_key, encode_timestamp,
    encode_value, parse_redis_key, redis_key, value_text,
};
use feature_model::{EntityKeyVersion, ProjectName};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    value(bytes);
    timestamp(bytes);
    entity_key(bytes);
});

/// Not every message is written back byte for byte (unknown fields, unpacked lists), but what is read
/// once is read again. The texts are compared because NaN isn't equal to itself.
fn value(bytes: &[u8]) {
    let Ok(value) = decode_value(bytes) else {
        return;
    };
    let _ = value_text(&value);
    let mut written = Vec::new();
    encode_value(&value, &mut written);
    let again = decode_value(&written).expect("what was decoded can be encoded");
    assert_eq!(format!("{again:?}"), format!("{value:?}"));
}

fn timestamp(bytes: &[u8]) {
    if let Ok(timestamp) = decode_timestamp(bytes) {
        assert_eq!(
            decode_timestamp(&encode_timestamp(timestamp)),
            Ok(timestamp)
        );
    }
}

fn entity_key(bytes: &[u8]) {
    let project: ProjectName = "prj".parse().expect("a valid name");
    if let Some(entity_key) = parse_redis_key(bytes, &project) {
        assert_eq!(redis_key(entity_key, &project), bytes);
    }
    let Ok((parts, rest)) = decode_entity_key(bytes) else {
        return;
    };
    let keys: Vec<_> = parts.iter().map(|(key, value)| (&**key, value)).collect();
    let written = encode_entity_key(EntityKeyVersion::V3, &keys).expect("it was a key");
    assert_eq!([&written, rest].concat(), bytes);
}
