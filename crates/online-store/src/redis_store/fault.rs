use std::fmt::Write as _;

use redis::{Arg, Cmd, ErrorKind, RedisError, ServerError, Value};

use crate::Error;

/// What the failure of a connection or a whole pipeline means to the caller.
pub(crate) fn of_connection(store: &str, error: &RedisError) -> Error {
    let store = store.to_owned();
    let reason = error.to_string();
    match error.kind() {
        ErrorKind::AuthenticationFailed => Error::Denied { store, reason },
        ErrorKind::Parse | ErrorKind::UnexpectedReturnType => Error::Corrupt { store, reason },
        ErrorKind::InvalidClientConfig => Error::Config { reason },
        ErrorKind::Server(_) | ErrorKind::Extension => {
            of_code(store, error.code().unwrap_or_default(), reason)
        }
        _ => Error::Unavailable { store, reason },
    }
}

/// What one command's error reply means to the caller; `key` is the key that was asked for.
pub(crate) fn of_reply(store: &str, key: &[u8], error: &ServerError) -> Error {
    let mut reason = match error.details() {
        Some(details) => format!("{} {details}", error.code()),
        None => error.code().to_owned(),
    };
    if error.code() == "WRONGTYPE" {
        reason = format!("key `{}` is no hash: {reason}", hexadecimal(key));
    }
    of_code(store.to_owned(), error.code(), reason)
}

/// What the refusal of a command means with which a connection begins.
pub(crate) fn of_login(store: &str, command: &Cmd, error: &ServerError) -> Error {
    let is_login = matches!(command.args_iter().next(), Some(Arg::Simple(b"AUTH")));
    match of_reply(store, b"", error) {
        Error::Unavailable { store, reason } if is_login && error.code() == "ERR" => {
            Error::Denied { store, reason }
        }
        error => error,
    }
}

fn of_code(store: String, code: &str, reason: String) -> Error {
    match code {
        "WRONGTYPE" => Error::Corrupt { store, reason },
        "NOAUTH" | "WRONGPASS" | "NOPERM" => Error::Denied { store, reason },
        // LOADING, MASTERDOWN, READONLY, OOM, BUSY and others pass by themselves.
        _ => Error::Unavailable { store, reason },
    }
}

/// Whether a new connection may do better after this reply: to the server that is the master now, or
/// with a login that is good again.
pub(crate) fn needs_new_connection(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if matches!(error.code(), "READONLY" | "NOAUTH" | "LOADING" | "MASTERDOWN"))
}

/// Whether a command was refused because of its key or channel, and may be sent about others.
pub(crate) fn is_of_key(code: &str, details: &str) -> bool {
    code == "NOPERM" && details.contains("access") && !details.contains("to run the")
}

/// What a reply of an unexpected shape means to the caller.
pub(crate) fn unexpected(store: &str, key: &[u8], reply: &Value, wanted: &str) -> Error {
    if let Value::ServerError(error) = reply {
        return of_reply(store, key, error);
    }
    Error::Corrupt {
        store: store.to_owned(),
        reason: format!("the answer for key `{}` is no {wanted}", hexadecimal(key)),
    }
}

/// Bytes as `redis-cli` users can search for them.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
