//! JSON in which no object has a member twice, at any depth: two parsers would otherwise see two tokens.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Deeper than any claim that an identity provider makes.
const MAX_DEPTH: usize = 16;

/// Reads an object.
///
/// # Errors
/// What is wrong with it, in words.
pub(crate) fn object(json: &[u8]) -> Result<Map<String, Value>, String> {
    let mut parser = serde_json::Deserializer::from_slice(json);
    let value = Strict { depth: 0 }
        .deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value))
        .map_err(|error| without_place(&error))?;
    match value {
        Value::Object(members) => Ok(members),
        _ => Err("not a JSON object".to_owned()),
    }
}

/// The message alone: the column would tell nobody anything, as the text is encoded in a token.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((message, _)) => message.to_owned(),
        None => text,
    }
}

/// Any value, `depth` containers deep.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self {
            depth: self.depth + 1,
        })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom("a member is given twice"));
            }
            let value = object.next_value_seed(inner)?;
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::object;

    #[test]
    fn plain_json_is_read() {
        let json = br#"{"a": [1, -2, 0.5, "x", null, true, {"a": {}}], "b": {"a": 1}}"#;
        let read = serde_json::Value::Object(object(json).unwrap());
        assert_eq!(
            read,
            serde_json::from_slice::<serde_json::Value>(json).unwrap()
        );
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_refused() {
        for (json, why) in [
            (r#"{"a": 1, "a": 1}"#, "twice"),
            (r#"{"a": 1, "\u0061": 2}"#, "twice"),
            (r#"{"x": [{"y": {"a": 1, "b": 2, "a": 3}}]}"#, "twice"),
            (r#"{"a": 1e400}"#, "out of range"),
            (r#"{"a": -1e400}"#, "out of range"),
            (r#"{"a": NaN}"#, "expected"),
            (r#"{"a": 1} {}"#, "trailing"),
            (r#"{"a": 1"#, "EOF"),
            ("[]", "not a JSON object"),
            ("\"a\"", "not a JSON object"),
            ("", "EOF"),
            ("\u{feff}{}", "expected"),
        ] {
            let error = object(json.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{json}: {error}");
        }
        assert!(object(b"{\"a\": \"\xff\"}").is_err());
    }

    #[test]
    fn deep_nesting_is_refused_before_it_costs_anything() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let nested = |depth: usize| {
                let (open, close) = (open.repeat(depth), close.repeat(depth));
                object(format!(r#"{{"a":{open}0{close}}}"#).as_bytes())
            };
            assert!(nested(15).is_ok());
            assert!(nested(16).unwrap_err().contains("too deeply"));
            assert!(nested(100_000).unwrap_err().contains("too deeply"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            let _ = object(&bytes);
        }
    }
}
