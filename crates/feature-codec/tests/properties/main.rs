//! What holds for any value, key and timestamp, and for any bytes at all.
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod arbitrary;

use arbitrary::{key_values, timestamps, values};
use feature_codec::{
    DecodeError, decode_entity_key, decode_timestamp, decode_value, encode_entity_key,
    encode_timestamp, encode_value, parse_redis_key, redis_key,
};
use feature_model::{EntityKeyVersion, ProjectName, Value};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
};

fn encoded(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    encode_value(value, &mut out);
    out
}

fn encoded_key(keys: &[(String, Value)]) -> Vec<u8> {
    let borrowed: Vec<_> = keys.iter().map(|(key, value)| (&**key, value)).collect();
    encode_entity_key(EntityKeyVersion::V3, &borrowed).unwrap()
}

fn entity_keys() -> impl Strategy<Value = Vec<(String, Value)>> {
    btree_map(any::<String>(), key_values(), 0..4).prop_map(|keys| keys.into_iter().collect())
}

fn projects() -> impl Strategy<Value = ProjectName> {
    "[a-z0-9][a-z0-9_-]{0,8}".prop_map(|name| name.parse().unwrap())
}

proptest! {
    #[test]
    fn a_value_comes_back_from_its_bytes(value in values()) {
        let bytes = encoded(&value);
        let decoded = decode_value(&bytes).unwrap();
        prop_assert_eq!(encoded(&decoded), bytes);
        prop_assert_eq!(format!("{decoded:?}"), format!("{value:?}"));
    }

    #[test]
    fn encoding_appends(value in values(), before in vec(any::<u8>(), 0..9)) {
        let mut out = before.clone();
        encode_value(&value, &mut out);
        prop_assert_eq!(out, [before, encoded(&value)].concat());
    }

    #[test]
    fn an_entity_key_comes_back_with_what_follows_it(keys in entity_keys(), after in vec(any::<u8>(), 0..9)) {
        let bytes = [encoded_key(&keys), after.clone()].concat();
        prop_assert_eq!(decode_entity_key(&bytes).unwrap(), (keys, &after[..]));
    }

    #[test]
    fn the_order_of_join_keys_makes_no_difference(keys in entity_keys()) {
        let reversed: Vec<_> = keys.iter().rev().cloned().collect();
        prop_assert_eq!(encoded_key(&reversed), encoded_key(&keys));
    }

    #[test]
    fn a_redis_key_belongs_to_one_project(keys in entity_keys(), one in projects(), other in projects()) {
        let entity_key = encoded_key(&keys);
        let key = redis_key(&entity_key, &one);
        prop_assert_eq!(parse_redis_key(&key, &one), Some(&entity_key[..]));
        if one != other {
            prop_assert_eq!(parse_redis_key(&key, &other), None);
        }
    }

    #[test]
    fn a_timestamp_comes_back(timestamp in timestamps()) {
        prop_assert_eq!(decode_timestamp(&encode_timestamp(timestamp)).unwrap(), timestamp);
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300)) {
        let _ = decode_timestamp(&bytes);
        let _ = parse_redis_key(&bytes, &"prj".parse().unwrap());
        if let Ok((keys, rest)) = decode_entity_key(&bytes) {
            prop_assert_eq!([&encoded_key(&keys), rest].concat(), bytes.clone());
        }
        if let Ok(value) = decode_value(&bytes) {
            prop_assert!(decode_value(&encoded(&value)).is_ok());
        }
    }

    #[test]
    fn a_value_that_is_cut_or_changed_is_answered(
        value in values(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(),
    ) {
        let mut bytes = encoded(&value);
        if !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
        }
        let _ = decode_value(&bytes);
    }
}

/// `depth` lists (`list_val`, and in it `val`) within each other.
fn nested_lists(depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for level in 0..2 * depth {
        let tag: &[u8] = if level % 2 == 0 {
            &[0x0a]
        } else {
            &[0xd2, 0x02]
        };
        let mut outer = tag.to_vec();
        prost::encode_length_delimiter(bytes.len(), &mut outer).unwrap();
        outer.append(&mut bytes);
        bytes = outer;
    }
    bytes
}

#[test]
fn lists_within_lists_are_read_as_deep_as_feast_reads_them() {
    let list_of_one = |inner: Value| Value::ValueList(vec![inner]);
    let lists = |depth| (0..depth).fold(Value::Int64(1), |value, _| list_of_one(value));
    assert_eq!(decode_value(&encoded(&lists(50))).unwrap(), lists(50));
    assert!(matches!(
        decode_value(&encoded(&lists(51))),
        Err(DecodeError::Corrupt { .. })
    ));
}

#[test]
fn endless_nesting_is_an_error() {
    let unknown_groups = [0xa3, 0x06].repeat(100_000);
    for bytes in [nested_lists(51), nested_lists(5_000), unknown_groups] {
        assert!(decode_value(&bytes).is_err());
    }
}

#[test]
fn keys_of_another_project_are_not_this_ones() {
    let (prj, xprj): (ProjectName, ProjectName) = ("prj".parse().unwrap(), "xprj".parse().unwrap());
    let entity_key = encoded_key(&[("driver_id".into(), Value::String("x".into()))]);
    assert_eq!(parse_redis_key(&redis_key(&entity_key, &xprj), &prj), None);
    assert_eq!(parse_redis_key(&redis_key(&entity_key, &prj), &xprj), None);
    // Another program's key, and one that ends early.
    assert_eq!(parse_redis_key(b"session:prj", &prj), None);
    assert_eq!(parse_redis_key(b"prj", &prj), None);
    assert_eq!(parse_redis_key(b"\x01\0\0\0prj", &prj), None);
}

#[test]
fn an_entity_key_of_floats_or_nulls_is_refused() {
    for value in [Value::Double(1.0), Value::Null, Value::Bool(true)] {
        let error = encode_entity_key(EntityKeyVersion::V3, &[("id", &value)]).unwrap_err();
        assert!(error.to_string().contains("`id`"), "{error}");
    }
    let twice = [("id", &Value::Int64(1)), ("id", &Value::Int64(2))];
    assert!(encode_entity_key(EntityKeyVersion::V3, &twice).is_err());
}

#[test]
fn nanoseconds_beyond_a_second_are_corrupt() {
    for bytes in [
        &b"\x10\x80\x94\xeb\xdc\x03"[..],
        b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ] {
        assert!(matches!(
            decode_timestamp(bytes),
            Err(DecodeError::Corrupt { .. })
        ));
    }
}

#[test]
fn unknown_fields_are_skipped_and_the_last_case_counts() {
    // Field 9999 with a varint, then int64_val 1, then int32_val 1.
    let bytes = b"\xf8\xf0\x04\x05\x20\x01\x18\x01";
    assert_eq!(decode_value(bytes).unwrap(), Value::Int32(1));
    assert_eq!(decode_value(&bytes[..6]).unwrap(), Value::Int64(1));
    assert_eq!(decode_value(&bytes[..4]).unwrap(), Value::Null);
}
