//! The bytes of this crate are those that the real Feast writes: `tests/golden.json` is what
//! `tests/feast/record_golden.py` printed.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod described;

use described::{bytes_of, described, text_of};
use feature_codec::{
    decode_entity_key, decode_timestamp, decode_value, encode_entity_key, encode_timestamp,
    encode_value, parse_redis_key, redis_key, timestamp_field, value_field, value_text,
};
use feature_model::{EntityKeyVersion, ProjectName, Timestamp, Value};
use serde_json::Value as Json;

fn golden(part: &str) -> Vec<Json> {
    let document: Json = serde_json::from_str(include_str!("../golden.json")).unwrap();
    document[part].as_array().unwrap().clone()
}

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_value(value, &mut out);
    out
}

#[test]
fn every_value_of_feast_is_encoded_to_feasts_bytes() {
    for case in golden("values") {
        let value = described(&case["value"]);
        assert_eq!(encoded(&value), bytes_of(&case["bytes"]), "{case}");
    }
}

#[test]
fn every_value_of_feast_is_decoded() {
    for case in golden("values") {
        let value = decode_value(&bytes_of(&case["bytes"])).unwrap();
        // By their text, because NaN is not equal to itself.
        let wanted = format!("{:?}", described(&case["value"]));
        assert_eq!(format!("{value:?}"), wanted, "{case}");
    }
}

#[test]
fn the_recording_has_every_case_of_the_value_message() {
    let recorded: std::collections::BTreeSet<String> = golden("values")
        .iter()
        .filter_map(|case| Some(case["value"].as_object()?.keys().next()?.clone()))
        .collect();
    // Value has 44 cases; `null_val` is described as null.
    assert_eq!(recorded.len(), 43, "{recorded:?}");
}

#[test]
fn value_text_is_feasts() {
    for case in golden("values") {
        let text = value_text(&described(&case["value"]));
        assert_eq!(text.as_deref(), case["text"].as_str(), "{case}");
    }
}

#[test]
fn entity_keys_are_feasts_in_both_versions_in_any_order() {
    for case in golden("entity_keys") {
        let owned = key_parts(&case);
        let mut keys: Vec<_> = owned.iter().map(|(key, value)| (&**key, value)).collect();
        for _ in 0..2 {
            for (version, field) in [(EntityKeyVersion::V2, "v2"), (EntityKeyVersion::V3, "v3")] {
                let key = encode_entity_key(version, &keys).unwrap();
                assert_eq!(key, bytes_of(&case[field]), "{version} {case}");
            }
            keys.reverse();
        }
    }
}

#[test]
fn entity_keys_of_feast_are_decoded() {
    for case in golden("entity_keys") {
        let mut wanted = key_parts(&case);
        wanted.sort_by(|one, other| one.0.cmp(&other.0));
        let key = bytes_of(&case["v3"]);
        let (parts, rest) = decode_entity_key(&key).unwrap();
        assert_eq!((parts, rest), (wanted, &b""[..]), "{case}");
    }
}

#[test]
fn redis_keys_are_feasts() {
    let project: ProjectName = "prj".parse().unwrap();
    for case in golden("entity_keys") {
        let (entity_key, key) = (bytes_of(&case["v3"]), bytes_of(&case["redis"]));
        assert_eq!(redis_key(&entity_key, &project), key);
        assert_eq!(parse_redis_key(&key, &project), Some(&entity_key[..]));
    }
}

fn key_parts(case: &Json) -> Vec<(String, Value)> {
    let pairs = case["keys"].as_array().unwrap().iter();
    pairs
        .map(|pair| (text_of(&pair[0]), described(&pair[1])))
        .collect()
}

#[test]
fn hash_fields_are_feasts() {
    for case in golden("fields") {
        let field = value_field(&text_of(&case["view"]), &text_of(&case["feature"]));
        assert_eq!(field[..], bytes_of(&case["bytes"]), "{case}");
    }
    assert_eq!(timestamp_field("stats"), b"_ts:stats");
}

#[test]
fn timestamps_are_feasts_before_1970_too() {
    for case in golden("timestamps") {
        let nanos = u32::try_from(case["nanos"].as_u64().unwrap()).unwrap();
        let timestamp = Timestamp::new(case["seconds"].as_i64().unwrap(), nanos);
        let bytes = bytes_of(&case["bytes"]);
        assert_eq!(encode_timestamp(timestamp), bytes, "{case}");
        assert_eq!(decode_timestamp(&bytes).unwrap(), timestamp, "{case}");
    }
}
