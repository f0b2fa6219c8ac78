//! Where Feast's Redis store keeps a row: one hash for each entity key and project, shared by all
//! views with those join keys. Source: `feast/infra/online_stores/redis.py` and `helpers.py`, 0.67.

use std::io::Cursor;

use feature_model::ProjectName;

use crate::decode_entity_key;

/// The key of the hash that holds an entity's rows: the serialized entity key, then the project's name.
#[must_use]
pub fn redis_key(entity_key: &[u8], project: &ProjectName) -> Vec<u8> {
    let mut key = Vec::with_capacity(entity_key.len() + project.as_str().len());
    put_redis_key(&mut key, entity_key, project);
    key
}

/// Appends a [`redis_key`].
pub fn put_redis_key(out: &mut Vec<u8>, entity_key: &[u8], project: &ProjectName) {
    out.extend_from_slice(entity_key);
    out.extend_from_slice(project.as_str().as_bytes());
}

/// The entity key within a Redis key, if the whole key is an entity key of version 3 and then exactly
/// this project's name. `None` for every other key: project `xprj`'s is none of `prj`'s.
#[must_use]
pub fn parse_redis_key<'k>(key: &'k [u8], project: &ProjectName) -> Option<&'k [u8]> {
    let entity_key = key.strip_suffix(project.as_str().as_bytes())?;
    let (_, rest) = decode_entity_key(entity_key).ok()?;
    rest.is_empty().then_some(entity_key)
}

/// The field that holds a feature: murmur3 (x86, 32 bits, seed 0) of `view:feature`, little-endian.
///
/// `view` is the view's stored name: without an alias, with `_vN` where Feast stores versions apart.
#[must_use]
pub fn value_field(view: &str, feature: &str) -> [u8; 4] {
    let name = format!("{view}:{feature}");
    murmur3::murmur3_32(&mut Cursor::new(name), 0)
        .expect("reading from memory never fails")
        .to_le_bytes()
}

/// The field that holds the event time of a view's row: `_ts:` and the view's stored name.
#[must_use]
pub fn timestamp_field(view: &str) -> Vec<u8> {
    [b"_ts:", view.as_bytes()].concat()
}
