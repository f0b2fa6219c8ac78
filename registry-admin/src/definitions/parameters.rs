//! YAML -> JSON text. Numbers keep their digits, so that an integer of any size is exact.

use settings::{
    Problems,
    yaml::{Kind, Node, Scalar, Style},
};

/// The node as JSON. What JSON has no word for is reported, and is null.
pub(crate) fn json(node: &Node, problems: &mut Problems) -> String {
    match &node.kind {
        Kind::Scalar(scalar) => match self::scalar(scalar) {
            Ok(text) => text,
            Err(reason) => {
                problems.push(node.mark.error(format!("`parameters`: {reason}")));
                "null".to_owned()
            }
        },
        Kind::List(items) => {
            let items: Vec<String> = items.iter().map(|item| json(item, problems)).collect();
            format!("[{}]", items.join(","))
        }
        Kind::Mapping(entries) => {
            let entries = entries.iter();
            let members: Vec<String> = entries
                .map(|(key, entry)| format!("{}:{}", quoted(key), json(&entry.value, problems)))
                .collect();
            format!("{{{}}}", members.join(","))
        }
    }
}

fn scalar(scalar: &Scalar) -> Result<String, String> {
    let text = &*scalar.text;
    if scalar.style == Style::Quoted {
        return Ok(quoted(text));
    }
    if scalar.is_null() {
        return Ok("null".to_owned());
    }
    if let Some(truth) = scalar.bool() {
        return Ok(truth.to_string());
    }
    number(text).unwrap_or_else(|| Ok(quoted(text)))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The number that a plain scalar is; absent where it is none.
fn number(text: &str) -> Option<Result<String, String>> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return Some(Err(format!(
            "`{text}` can't be told in JSON; write it in quotes if the transform takes a text"
        )));
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = unsigned.strip_prefix(prefix) {
            let value = u128::from_str_radix(&digits.replace('_', ""), radix).ok()?;
            return Some(Ok(format!("{sign}{value}")));
        }
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let digits = unsigned.replace('_', "");
    decimal(&digits).map(|number| match number {
        Number::Exact(number) => Ok(format!("{sign}{number}")),
        Number::LeadingZero => Err(format!(
            "`{text}` is an octal number to some readers of YAML; write it without the leading zero, or in quotes"
        )),
        Number::TooLarge => Err(format!(
            "`{text}` is too large for a JSON number; write it in quotes"
        )),
    })
}

enum Number {
    Exact(String),
    LeadingZero,
    TooLarge,
}

/// `12`, `1.5`, `.5`, `1.`, `1e3`: as JSON writes it.
fn decimal(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let power = exponent.map(|text| text.strip_prefix(['-', '+']).unwrap_or(text));
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    if !has_digits
        || !is_digits(whole)
        || !fraction.is_none_or(is_digits)
        || !power.is_none_or(|power| !power.is_empty() && is_digits(power))
    {
        return None;
    }
    if whole.len() > 1 && whole.starts_with('0') {
        return Some(Number::LeadingZero);
    }
    let mut json = if whole.is_empty() { "0" } else { whole }.to_owned();
    if let Some(fraction) = fraction.filter(|fraction| !fraction.is_empty()) {
        json.push('.');
        json.push_str(fraction);
    }
    if let Some(exponent) = exponent {
        json.push('e');
        json.push_str(exponent);
    }
    let is_integer = fraction.is_none() && exponent.is_none();
    let is_finite = json.parse::<f64>().is_ok_and(f64::is_finite);
    Some(match is_integer || is_finite {
        true => Number::Exact(json),
        false => Number::TooLarge,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use settings::{Problems, yaml};

    use super::json;

    fn told(text: &str) -> (String, Vec<String>) {
        let node = yaml::parse(text, Path::new("f.yaml")).unwrap();
        let mut problems = Problems::default();
        let json = json(&node, &mut problems);
        (json, problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn scalars_are_what_feast_would_read() {
        for (yaml, wanted) in [
            ("a", r#""a""#),
            ("'1'", r#""1""#),
            ("~", "null"),
            ("yes", "true"),
            ("Off", "false"),
            ("1", "1"),
            ("+1", "1"),
            ("-0", "-0"),
            ("9007199254740993", "9007199254740993"),
            (
                "-123456789012345678901234567890",
                "-123456789012345678901234567890",
            ),
            ("1_000", "1000"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1.50", "1.50"),
            (".5", "0.5"),
            ("1.", "1"),
            ("1.5e+3", "1.5e+3"),
            ("1e3", "1e3"),
            ("1.2.3", r#""1.2.3""#),
            ("1e", r#""1e""#),
            ("2026-01-01", r#""2026-01-01""#),
            ("0xfg", r#""0xfg""#),
            (".", r#"".""#),
            ("e5", r#""e5""#),
            ("\"a\\n\\\"b\"", r#""a\n\"b""#),
        ] {
            assert_eq!(told(yaml), (wanted.to_owned(), vec![]), "{yaml}");
        }
    }

    #[test]
    fn mappings_and_lists_keep_their_order() {
        let (json, problems) = told("z: [1, {a: b}]\na: {}\n");
        assert_eq!(json, r#"{"z":[1,{"a":"b"}],"a":{}}"#);
        assert_eq!(problems, [""; 0]);
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    }

    #[test]
    fn what_json_cannot_tell_is_told_with_its_line() {
        let (_, problems) = told("a: .nan\nb: -.inf\nc: 1.0e999\nd: 010\n");
        let lines: Vec<&str> = problems.iter().map(|text| &text[..9]).collect();
        assert_eq!(lines, ["f.yaml:1:", "f.yaml:2:", "f.yaml:3:", "f.yaml:4:"]);
    }
}
