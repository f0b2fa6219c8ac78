//! Keys that stand twice in a value that nothing looks at otherwise.

use std::{borrow::Cow, collections::HashSet};

use super::{AskError, body::string};

/// The first key that an object in `text` has twice. `text` is JSON: one pass, whatever its depth.
pub(super) fn repeated_key(text: &str) -> Result<Option<Cow<'_, str>>, AskError> {
    let mut seen = HashSet::new();
    let mut objects = 0_usize;
    // the number of each object that is open, `None` for a list
    let mut open: Vec<Option<usize>> = Vec::new();
    let mut key_of = None;
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[', '}', ']', ',', '"']) {
        let token = rest.as_bytes()[at];
        rest = &rest[at..];
        let mut len = 1;
        match token {
            b'{' => {
                objects += 1;
                open.push(Some(objects));
            }
            b'[' => open.push(None),
            b'}' | b']' => {
                open.pop();
            }
            b'"' => len = string_len(rest),
            _ => {}
        }
        if token != b'"' {
            let begins_key = matches!(token, b'{' | b',');
            key_of = open.last().copied().flatten().filter(|_| begins_key);
        } else if let Some(object) = key_of.take() {
            let key = string(&rest[..len])?;
            if !seen.insert((object, key.clone())) {
                return Ok(Some(key));
            }
        }
        rest = &rest[len..];
    }
    Ok(None)
}

/// Bytes of the string that `text` begins with, quotes included.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    let inside = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    inside.map_or(text.len(), |inside| inside + 2)
}

#[cfg(test)]
mod tests {
    use super::repeated_key;

    #[test]
    fn a_key_may_come_once_in_each_object() {
        for text in [
            "5",
            r#""a""#,
            "{}",
            r#"{"a": 1, "b": "a", "c": ["a", "a"]}"#,
            r#"{"a": {"a": {"a": 1}}, "b": {"a": 1}}"#,
            r#"[{"a": 1}, {"a": 1}, "{\"a\", \"a\"}"]"#,
            r#"{"a\\": ",\"a", "a": "\\"}"#,
        ] {
            assert_eq!(repeated_key(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn the_first_key_that_comes_twice_is_found_at_any_depth() {
        for (text, key) in [
            (r#"{"a": 1, "a": 2}"#, "a"),
            (r#"{"a": {"x": [], "b": 1}, "b": {}, "a": 2}"#, "a"),
            (r#"[[{"x": [{"y": 1, "z": {}, "y": 2}]}]]"#, "y"),
            (r#"{"\u0061": 1, "a": 2}"#, "a"),
            (r#"{"": [1, {}], "": 2}"#, ""),
        ] {
            assert_eq!(repeated_key(text), Ok(Some(key.into())), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_comes_to_an_end(text: String) {
            let _ = repeated_key(&text);
        }
    }
}
