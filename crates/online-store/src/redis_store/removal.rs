use feature_codec::{decode_entity_key, parse_redis_key, timestamp_field, value_field};
use redis::{Pipeline, Value};

use super::{fault, link::Link, masters::Masters, script::StoredScript};
use crate::{Error, StoredView};

/// Keys that Redis looks at in one step of a scan.
const KEYS_PER_STEP: usize = 1000;

/// Whether any hash has a row of the view.
pub(super) async fn has_data(masters: &Masters, view: &StoredView) -> Result<bool, Error> {
    let timestamp = timestamp_field(&view.name);
    for link in masters.links().await? {
        let mut scan = Scan::new(view);
        while let Some(keys) = scan.step(&link).await? {
            let mut pipeline = Pipeline::new();
            for key in &keys {
                pipeline.cmd("HEXISTS").arg(key).arg(&timestamp);
            }
            let replies = masters.run(None, &pipeline).await?;
            if counted(&link, &keys, &replies)? > 0 {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Removes the view's rows, hash by hash, each atomically.
pub(super) async fn remove(masters: &Masters, view: &StoredView) -> Result<u64, Error> {
    let script = StoredScript::remove_row();
    let timestamp = timestamp_field(&view.name);
    let field = |feature: &String| value_field(&view.name, feature).to_vec();
    let values: Vec<Vec<u8>> = view.features.iter().map(field).collect();
    let mut removed = 0;
    for link in masters.links().await? {
        let mut scan = Scan::new(view);
        while let Some(keys) = scan.step(&link).await? {
            let mut calls = Pipeline::with_capacity(keys.len());
            for key in &keys {
                let mut call = script.call(key);
                call.arg(&timestamp).arg(&values);
                calls.add_command(call);
            }
            let replies = masters.run(Some(&script), &calls).await?;
            removed += counted(&link, &keys, &replies)?;
        }
    }
    Ok(removed)
}

/// How many of the keys the server answered 1 for. A key of another type than a hash is nobody's row.
fn counted(link: &Link, keys: &[Vec<u8>], replies: &[Value]) -> Result<u64, Error> {
    let mut count = 0;
    for (key, reply) in keys.iter().zip(replies) {
        match reply {
            Value::Int(1) => count += 1,
            Value::Int(_) => {}
            other => return Err(fault::unexpected(link.name(), key, other, "number")),
        }
    }
    Ok(count)
}

/// Goes through the keys that may hold rows of a view. A key may come twice; none that is there all the
/// while is missed.
struct Scan<'v> {
    view: &'v StoredView,
    join_keys: Vec<&'v str>,
    pattern: Vec<u8>,
    cursor: Option<Vec<u8>>,
}

impl<'v> Scan<'v> {
    fn new(view: &'v StoredView) -> Self {
        let mut join_keys: Vec<&str> = view.join_keys.iter().map(String::as_str).collect();
        join_keys.sort_unstable();
        Self {
            view,
            pattern: pattern(&join_keys, view.project.as_str()),
            join_keys,
            cursor: Some(b"0".to_vec()),
        }
    }

    /// The next keys, or `None` after the last. No keys at all may be a step too.
    async fn step(&mut self, link: &Link) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let Some(cursor) = self.cursor.take() else {
            return Ok(None);
        };
        let mut pipeline = Pipeline::new();
        pipeline
            .cmd("SCAN")
            .arg(cursor)
            .arg("MATCH")
            .arg(&self.pattern);
        pipeline
            .arg("COUNT")
            .arg(KEYS_PER_STEP)
            .arg("TYPE")
            .arg("hash");
        let reply = link.run(&pipeline).await?.pop().unwrap_or(Value::Nil);
        if let Value::ServerError(error) = &reply {
            return Err(fault::of_reply(link.name(), b"", error));
        }
        let Ok((cursor, keys)) = redis::from_redis_value::<(Vec<u8>, Vec<Vec<u8>>)>(reply) else {
            return Err(fault::unexpected(
                link.name(),
                b"",
                &Value::Nil,
                "scan of keys",
            ));
        };
        self.cursor = (cursor != b"0").then_some(cursor);
        Ok(Some(
            keys.into_iter().filter(|key| self.owns(key)).collect(),
        ))
    }

    /// Whether the whole key is an entity key of the view's join keys and then exactly its project. The
    /// pattern alone would let in project `xprj` for `prj`.
    fn owns(&self, key: &[u8]) -> bool {
        let Some(entity_key) = parse_redis_key(key, &self.view.project) else {
            return false;
        };
        decode_entity_key(entity_key).is_ok_and(|(pairs, _)| {
            let names = pairs.iter().map(|(name, _)| name.as_str());
            names.eq(self.join_keys.iter().copied())
        })
    }
}

/// The glob of all keys that begin as entity keys (version 3) of these join keys do, and end as the
/// project does.
fn pattern(join_keys: &[&str], project: &str) -> Vec<u8> {
    const STRING: u32 = 2;
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let count = u32::try_from(join_keys.len()).unwrap_or(u32::MAX);
    let mut prefix = count.to_le_bytes().to_vec();
    for name in join_keys {
        prefix.extend(STRING.to_le_bytes());
        prefix.extend(length(name.as_bytes()));
        prefix.extend(name.as_bytes());
    }
    let mut pattern = escaped(&prefix);
    pattern.push(b'*');
    pattern.extend(escaped(project.as_bytes()));
    pattern
}

/// Bytes that match themselves in a Redis glob.
fn escaped(bytes: &[u8]) -> Vec<u8> {
    let mut glob = Vec::with_capacity(bytes.len());
    for &byte in bytes {
        if b"*?[]\\".contains(&byte) {
            glob.push(b'\\');
        }
        glob.push(byte);
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::{escaped, pattern};

    #[test]
    fn a_pattern_takes_its_own_bytes_literally() {
        assert_eq!(escaped(b"a*b?[c]\\"), b"a\\*b\\?\\[c\\]\\\\");
        // A join key of 42 or 63 letters has a glob character as its length.
        let name = "k".repeat(42);
        let found = pattern(&[&name], "prj");
        assert!(found.windows(2).any(|pair| pair == b"\\*"));
        assert!(found.ends_with(b"*prj"));
    }
}
