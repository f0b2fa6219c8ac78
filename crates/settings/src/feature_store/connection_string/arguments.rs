use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::Findings;

/// The keyword arguments of a connection string: their text, and what Python makes of it.
#[derive(Default)]
pub(super) struct Arguments(BTreeMap<String, (String, Value)>);

impl Arguments {
    /// False where the name was given before.
    pub(super) fn insert(&mut self, name: &str, text: &str) -> bool {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let previous = self.0.insert(name.to_owned(), (text.to_owned(), value));
        previous.is_none()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first name that begins so.
    pub(super) fn given(&self, prefix: &str) -> Option<&str> {
        self.0
            .keys()
            .map(String::as_str)
            .find(|name| name.starts_with(prefix))
    }

    /// A text. What looks like something else to Python (`password=1.50`) is taken as it is written, with a
    /// warning, for Feast would send another text.
    pub(super) fn text(&self, name: &str, found: &mut Findings<'_>) -> Option<String> {
        let (written, value) = self.0.get(name)?;
        match value {
            Value::String(text) => return Some(text.clone()),
            // Python sends an integer as its digits, but for 0, which it takes for "none".
            Value::Number(number) if number.is_i64() && number.to_string() == *written && written != "0" => {}
            Value::Number(number) if number.is_u64() && written != "0" => {}
            _ => found.warning(&format!(
                "Feast does not take the `{name}` for a text; write `{name}=\"...\"`, with double quotes"
            )),
        }
        Some(written.clone())
    }

    /// A truth as Python sees it.
    pub(super) fn bool(&self, name: &str, found: &mut Findings<'_>) -> Option<bool> {
        let (written, value) = self.0.get(name)?;
        match (&**written, value) {
            (_, Value::Bool(truth)) => return Some(*truth),
            (_, Value::Null) | ("0", _) => return Some(false),
            ("1" | "True", _) => return Some(true),
            _ => found.error(&format!(
                "`{name}` is `true` or `false`; Feast takes any other word, `False` too, for true"
            )),
        }
        None
    }

    /// Whether the server's certificate is checked (`ssl_cert_reqs`; redis-py's default is `required`).
    pub(super) fn certificate_required(&self, found: &mut Findings<'_>) -> bool {
        let value = self.0.get("ssl_cert_reqs").map(|(_, value)| value);
        match value {
            Some(Value::Null) => false,
            Some(Value::String(word)) if word == "none" => false,
            Some(Value::String(word)) if word == "required" || word == "optional" => true,
            None => true,
            Some(_) => {
                found.error("`ssl_cert_reqs` is one of `required`, `optional`, `none`");
                true
            }
        }
    }

    /// The number of the database.
    pub(super) fn database(&self, found: &mut Findings<'_>) -> i64 {
        let Some((_, value)) = self.0.get("db") else {
            return 0;
        };
        let number = match value {
            Value::Null => Some(0),
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| *number >= 0).unwrap_or_else(|| {
            found.error("`db` is the number of a database, such as `0`");
            0
        })
    }

    /// A time in seconds, above zero.
    pub(super) fn seconds(&self, name: &str, found: &mut Findings<'_>) -> Option<Duration> {
        let (_, value) = self.0.get(name)?;
        if value.is_null() {
            return None;
        }
        let seconds = value
            .as_f64()
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let seconds = seconds.filter(|seconds| !seconds.is_zero());
        if seconds.is_none() {
            found.error(&format!(
                "`{name}` is a time in seconds above zero, such as `0.5`"
            ));
        }
        seconds
    }
}
