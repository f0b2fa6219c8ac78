use std::fmt::Write as _;

use feature_codec::{timestamp_field, value_field};
use redis::{Cmd, Pipeline, Script, Value};

use super::{fault, link::Link};
use crate::{Error, StoredView};

/// Pairs of field and value in one `HSET` of a script. Lua 5.1 gives a function 250 registers, and each
/// argument of a call takes one.
const PAIRS_PER_CALL: usize = 100;

/// A script that is kept in the server and called by its hash, one call for each key.
pub(super) struct StoredScript {
    script: Script,
    text: String,
}

impl StoredScript {
    fn new(text: String) -> Self {
        Self {
            script: Script::new(&text),
            text,
        }
    }

    /// Writes one row of the view. `KEYS[1]`: the hash; `ARGV`: the event time, then a value for each
    /// feature. Replies 1 if the row was written, 0 if a newer one is there.
    ///
    /// The text holds the names of the fields: a call carries half as many arguments then, and half of a
    /// call's price are its arguments. So each view has a script of its own.
    pub(super) fn write_if_newer(view: &StoredView, key_ttl_seconds: Option<u64>) -> Self {
        let timestamp = lua_string(&timestamp_field(&view.name));
        let mut text = include_str!("write_if_newer.lua").replace("TIMESTAMP_FIELD", &timestamp);
        let values = view.features.iter().enumerate().map(|(index, feature)| {
            let field = lua_string(&value_field(&view.name, feature));
            format!(",{field},row[{}]", index + 2)
        });
        let pairs: Vec<String> = std::iter::once(format!(",{timestamp},row[1]"))
            .chain(values)
            .collect();
        for pairs in pairs.chunks(PAIRS_PER_CALL) {
            let _ = writeln!(text, "redis.call('HSET',key{})", pairs.concat());
        }
        if let Some(seconds) = key_ttl_seconds {
            let _ = writeln!(text, "redis.call('EXPIRE',key,{seconds})");
        }
        text.push_str("return 1\n");
        Self::new(text)
    }

    /// Removes one row of a view. `KEYS[1]`: the hash; `ARGV`: the fields of the view, its event time
    /// first. Replies 1 if the row was there, else 0.
    pub(super) fn remove_row() -> Self {
        Self::new(include_str!("remove_row.lua").to_owned())
    }

    /// A call for `key`, to which the arguments are to be added.
    pub(super) fn call(&self, key: &[u8]) -> Cmd {
        let mut call = redis::cmd("EVALSHA");
        call.arg(self.script.get_hash()).arg(1).arg(key);
        call
    }

    /// Runs the calls and gives their replies, after loading the script if the server doesn't have it.
    pub(super) async fn run(&self, link: &Link, calls: &Pipeline) -> Result<Vec<Value>, Error> {
        let replies = link.run(calls).await?;
        if !replies.iter().any(is_unknown_script) {
            return Ok(replies);
        }
        self.load(link).await?;
        link.run(calls).await
    }

    /// Keeps the script in the server until it restarts.
    pub(super) async fn load(&self, link: &Link) -> Result<(), Error> {
        let mut load = Pipeline::new();
        load.cmd("SCRIPT").arg("LOAD").arg(&self.text);
        match link.run(&load).await?.first() {
            Some(Value::ServerError(error)) => Err(fault::of_reply(link.name(), b"", error)),
            _ => Ok(()),
        }
    }
}

fn is_unknown_script(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// Any bytes as a Lua literal.
fn lua_string(bytes: &[u8]) -> String {
    let mut literal = String::with_capacity(bytes.len() * 4 + 2);
    literal.push('"');
    for byte in bytes {
        let _ = write!(literal, "\\{byte:03}");
    }
    literal.push('"');
    literal
}
