//! What a user of Redis may do, found out by trying: a user who may only read may not ask `ACL` either.
//!
//! Redis looks whether a user may send a command before it looks at what the command is about. So each try is a command
//! that would do nothing: of a key that isn't there, or with an argument that the command itself refuses.

use feature_model::ProjectName;
use redis::{Pipeline, Value};
use settings::RedisStore;
use uuid::Uuid;

use super::{address::Address, link::Link, reader::RESPONSE_TIMEOUT};
use crate::{Error, Rights};

/// A try: what it stands for, and the words of the command.
struct Try {
    right: &'static str,
    words: Vec<String>,
}

/// See [`crate::try_rights`].
///
/// # Errors
/// Where the server is away or refuses the login.
pub(crate) async fn try_rights(store: &RedisStore, project: &ProjectName) -> Result<Rights, Error> {
    let address = Address::new(store, RESPONSE_TIMEOUT).await?;
    let link = Link::for_reads(address);
    let nonce = Uuid::new_v4();
    let (own, foreign) = (
        format!("salver-doctor:{nonce}:{project}"),
        // no project's name ends like this
        format!("salver-doctor:{nonce}:!"),
    );
    let (needed, unneeded) = (needed(&own), unneeded(&own, &foreign));
    let mut pipeline = Pipeline::new();
    for attempt in needed.iter().chain(&unneeded) {
        for (place, word) in attempt.words.iter().enumerate() {
            match place {
                0 => pipeline.cmd(word),
                _ => pipeline.arg(word.as_str()),
            };
        }
    }
    let mut replies = link.run(&pipeline).await?.into_iter();
    let mut of = |tries: &[Try], wanted: bool| -> Vec<String> {
        let told = tries.iter().zip(replies.by_ref());
        let told = told.filter(|(_, reply)| is_allowed(reply) == wanted);
        told.map(|(attempt, _)| attempt.right.to_owned()).collect()
    };
    Ok(Rights {
        missing: of(&needed, false),
        excess: of(&unneeded, true),
    })
}

fn needed(own: &str) -> Vec<Try> {
    vec![
        attempt("`PING`", &["PING"]),
        attempt("`HMGET` of the project's keys", &["HMGET", own, "f"]),
    ]
}

fn unneeded(own: &str, foreign: &str) -> Vec<Try> {
    vec![
        attempt(
            "`HMGET` of keys of other projects",
            &["HMGET", foreign, "f"],
        ),
        // a value is missing
        attempt("`HSET`", &["HSET", own, "f", "v", "g"]),
        attempt("`HDEL`", &["HDEL", own, "f"]),
        attempt("`DEL`", &["DEL", own]),
        attempt("`UNLINK`", &["UNLINK", own]),
        // only where there is one
        attempt("`SET`", &["SET", own, "v", "XX"]),
        attempt("`EXPIRE`", &["EXPIRE", own, "1"]),
        attempt("`RENAMENX`", &["RENAMENX", own, own]),
        attempt("`EVAL`", &["EVAL", "return 1", "0"]),
        attempt("`EVALSHA`", &["EVALSHA", &"0".repeat(40), "0"]),
        attempt("`SCAN`: names of all keys", &["SCAN", "0", "COUNT", "1"]),
        attempt("`RANDOMKEY`", &["RANDOMKEY"]),
        attempt("`PUBLISH`", &["PUBLISH", own, "v"]),
        attempt("`INFO`", &["INFO", "server"]),
        attempt("`CONFIG GET`", &["CONFIG", "GET", "maxmemory"]),
        // there is no such parameter
        attempt("`CONFIG SET`", &["CONFIG", "SET", "salver-doctor", "1"]),
        attempt("`ACL LIST`", &["ACL", "LIST"]),
        attempt("`ACL DELUSER`", &["ACL", "DELUSER", own]),
        attempt("`CLIENT LIST`", &["CLIENT", "LIST"]),
        // no client has this number
        attempt("`CLIENT KILL`", &["CLIENT", "KILL", "ID", "0"]),
    ]
}

fn attempt(right: &'static str, words: &[&str]) -> Try {
    Try {
        right,
        words: words.iter().map(|word| (*word).to_owned()).collect(),
    }
}

/// A command that the server doesn't know, or no longer under this name, is nobody's right.
fn is_allowed(reply: &Value) -> bool {
    let Value::ServerError(error) = reply else {
        return true;
    };
    let is_unknown = error.details().is_some_and(|details| {
        details.starts_with("unknown command") || details.starts_with("unknown subcommand")
    });
    !(matches!(error.code(), "NOPERM" | "NOAUTH") || (error.code() == "ERR" && is_unknown))
}
