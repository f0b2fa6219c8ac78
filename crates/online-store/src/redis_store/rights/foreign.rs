//! Keys that aren't the project's.

use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, Value};
use uuid::Uuid;

use super::commands::Try;
use crate::Tried;

/// No project's name ends like this.
const NOBODY: &str = "!";

/// Reads of such keys, each of none that is there: nobody's and other projects', in shapes that a pattern may be made for.
pub(super) fn reads(tried: &Tried, nonce: Uuid) -> Vec<Try> {
    let owners = std::iter::once(("other projects".to_owned(), NOBODY));
    let others = tried.others.iter();
    let others = others.map(|name| (format!("project `{name}`"), name.as_str()));
    let mut reads = Vec::new();
    for (whose, end) in owners.chain(others) {
        for key in keys(tried, nonce, end) {
            let told = |command: &str| format!("`{command}` of keys of {whose}");
            reads.push(Try::about(told("HMGET"), &[b"HMGET", &key, b"f"]));
            reads.push(Try::about(told("HGETALL"), &[b"HGETALL", &key]));
        }
    }
    reads
}

fn keys(tried: &Tried, nonce: Uuid, end: &str) -> Vec<Vec<u8>> {
    let project = tried.project.as_str();
    let mut keys = vec![
        format!("salver-doctor:{nonce}:{end}").into_bytes(),
        format!("{project}:{nonce}:{end}").into_bytes(),
    ];
    for join_key in &tried.join_keys {
        keys.push(format!("{join_key}:{nonce}:{end}").into_bytes());
        keys.extend(stored(join_key, nonce, end));
    }
    keys
}

/// As an entity's rows are kept, in both layouts.
fn stored<'a>(join_key: &'a str, nonce: Uuid, end: &'a str) -> impl Iterator<Item = Vec<u8>> + 'a {
    let value = Value::String(nonce.to_string());
    let versions = [EntityKeyVersion::V2, EntityKeyVersion::V3].into_iter();
    versions.filter_map(move |version| {
        let mut key = encode_entity_key(version, &[(join_key, &value)]).ok()?;
        key.extend_from_slice(end.as_bytes());
        Some(key)
    })
}
