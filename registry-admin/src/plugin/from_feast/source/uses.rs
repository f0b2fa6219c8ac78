//! What a function does with its argument, and what its defaults name.

use super::{Function, logical_end, string, until};

/// How a function uses its argument.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Uses {
    /// What it reads by a name: `inputs["conv_rate"]`, `inputs.get("conv" "_rate", 0)`.
    pub(crate) keys: Vec<String>,
    /// The lines of all other uses.
    pub(crate) others: Vec<String>,
}

impl Function {
    /// Comments and texts don't count, except for those with values in them: `f"{inputs['a']}"`.
    pub(crate) fn uses_of_argument(&self) -> Uses {
        let text = &self.text;
        let body = logical_end(text);
        let silent = silent(text);
        let mut uses = Uses::default();
        for (at, found) in text.match_indices(self.argument.as_str()) {
            let (before, after) = (&text[..at], &text[at + found.len()..]);
            let is_whole = !before.ends_with(is_name) && !after.starts_with(is_name);
            let is_member = before.trim_end().ends_with('.');
            if at < body || !is_whole || is_member || silent.iter().any(|span| span.contains(&at)) {
                continue;
            }
            match key(after) {
                Some(key) if uses.keys.contains(&key) => {}
                Some(key) => uses.keys.push(key),
                None => uses.others.push(line(text, at)),
            }
        }
        uses
    }

    /// What its arguments' defaults name: objects that stand outside of it.
    pub(crate) fn names_of_defaults(&self) -> Vec<String> {
        let signature = &self.text[..logical_end(&self.text)];
        let silent = silent(signature);
        let mut names = Vec::new();
        for (at, _) in signature.match_indices('=') {
            let is_default = !silent.iter().any(|span| span.contains(&at));
            let value = signature[at + 1..].trim_start();
            let end = value.find(|c| !is_name(c)).unwrap_or(value.len());
            let name = &value[..end];
            let is_constant = ["None", "True", "False", ""].contains(&name)
                || name.starts_with(|c: char| c.is_ascii_digit())
                || value[end..].starts_with(['"', '\'']);
            if is_default && !is_constant && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where comments and plain texts are.
fn silent(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length = match byte {
            b'#' => until(&bytes[at..], b"\n"),
            b'"' | b'\'' => string(&bytes[at..]),
            b'\\' => 2,
            _ => 1,
        };
        if byte == b'#' || (matches!(byte, b'"' | b'\'') && !has_values(&bytes[..at])) {
            spans.push(at..at + length);
        }
        at += length;
    }
    spans
}

/// Whether a string that begins behind this is one of `f"{values}"`.
fn has_values(before: &[u8]) -> bool {
    let letters = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_alphabetic());
    letters.take(2).any(|byte| matches!(byte, b'f' | b'F'))
}

/// The key behind the argument: of `["conv" "_rate"]` it is `conv_rate`.
fn key(after: &str) -> Option<String> {
    let after = after.trim_start();
    let (mut rest, ends): (_, &[char]) = match after.strip_prefix('[') {
        Some(rest) => (rest, &[']']),
        None => (
            after.strip_prefix('.')?.trim_start().strip_prefix("get")?,
            &[',', ')'],
        ),
    };
    if ends.len() > 1 {
        rest = rest.trim_start().strip_prefix('(')?;
    }
    let mut key = String::new();
    let mut found = false;
    loop {
        rest = rest.trim_start();
        if found && rest.starts_with(ends) {
            return Some(key);
        }
        if !rest.starts_with(['"', '\'']) {
            return None;
        }
        let length = string(rest.as_bytes());
        let literal = rest.get(..length)?;
        let triple = literal.starts_with("\"\"\"") || literal.starts_with("'''");
        let quotes = if triple { 3 } else { 1 };
        let inner = literal.get(quotes..length.checked_sub(quotes)?)?;
        if inner.contains('\\') {
            return None;
        }
        key.push_str(inner);
        found = true;
        rest = &rest[length..];
    }
}

/// The line that something stands in, without its indentation.
fn line(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::function;

    const TEXT: &str = r#"def f(x, rate=RATE, more=[], kind="a = b", other=math.pi, none = None, n=-1):
    """Reads x and x["no"]."""
    a = x["conv" "_rate"]  # né x["that"]
    b = x.get( 'by', 0 ) + y.x["no"]
    c = f"{x['text']}" + max_x["no"]
    return {"a": x["""three"""], "d": x["by"]}"#;

    #[test]
    fn keys_are_read_as_python_reads_them() {
        let uses = function(TEXT).unwrap().uses_of_argument();
        assert_eq!(uses.keys, ["conv_rate", "by", "text", "three"]);
        assert_eq!(uses.others, Vec::<String>::new());
    }

    #[test]
    fn what_is_no_constant_is_told_with_its_line() {
        let text = "def f(x):\n    a = x[key]\n    return g(x)\n";
        let uses = function(text).unwrap().uses_of_argument();
        assert_eq!(uses.others, ["a = x[key]", "return g(x)"]);
        for (cut, _) in TEXT.char_indices() {
            if let Ok(found) = function(&TEXT[..cut]) {
                let _ = found.uses_of_argument();
            }
        }
    }

    #[test]
    fn defaults_that_name_something_are_found() {
        let found = function(TEXT).unwrap();
        assert_eq!(found.names_of_defaults(), ["RATE", "math"]);
    }
}
