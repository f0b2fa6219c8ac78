//! Characters that can't be seen, and that make text look like what it isn't.

use std::{borrow::Cow, fmt::Write as _};

/// Controls, line ends of Unicode's own, and what Unicode calls format characters, such as those that turn the
/// direction of text around.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            u32::from(c),
            0xAD | 0x600..=0x605
                | 0x61C
                | 0x6DD
                | 0x70F
                | 0x890..=0x891
                | 0x8E2
                | 0x180E
                | 0x200B..=0x200F
                | 0x2028..=0x202E
                | 0x2060..=0x206F
                | 0xFEFF
                | 0xFFF9..=0xFFFB
                | 0x110BD
                | 0x110CD
                | 0x13430..=0x1343F
                | 0x1BCA0..=0x1BCA3
                | 0x1D173..=0x1D17A
                | 0xE0000..=0xE007F
        )
}

/// The text with such characters written as `\n` or `\u{202e}`, but for those of `kept`.
#[must_use]
pub fn escape_unseen<'t>(text: &'t str, kept: &[char]) -> Cow<'t, str> {
    let is_escaped = |c: char| is_unseen(c) && !kept.contains(&c);
    if !text.contains(is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match is_escaped(c) {
            true if matches!(c, '\n' | '\r' | '\t') => escaped.extend(c.escape_default()),
            true => escaped.extend(c.escape_unicode()),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// A JSON document with such characters of its texts written as JSON's `\u202e`. It means the same.
#[must_use]
pub fn escape_unseen_in_json(json: &str) -> Cow<'_, str> {
    // between texts, JSON has line ends and blanks only; within them, it escapes those itself
    let is_escaped = |c: char| is_unseen(c) && c != '\n';
    if !json.contains(is_escaped) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if !is_escaped(c) {
            escaped.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            // a `String` takes everything
            let _ = write!(escaped, "\\u{unit:04x}");
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_written_out_and_everything_else_stays() {
        let text = "a\u{202e}b\u{1b}[2Jc\nd\u{2028}e\u{85}f\u{e0041}";
        assert_eq!(
            escape_unseen(text, &['\n']),
            "a\\u{202e}b\\u{1b}[2Jc\nd\\u{2028}e\\u{85}f\\u{e0041}"
        );
        assert_eq!(escape_unseen("a\nb", &[]), "a\\nb");
        for plain in ["plain", "größer 数字 😀 e\u{301}", ""] {
            assert!(matches!(escape_unseen(plain, &[]), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn an_escaped_document_means_the_same() {
        let value = serde_json::json!({"\u{202e}": ["a\u{2028}\u{e0041}", "\n\"\\", 1]});
        for json in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let escaped = escape_unseen_in_json(&json);
            let seen = escaped.chars().filter(|c| *c != '\n');
            assert!(!seen.clone().any(is_unseen), "{escaped}");
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&escaped).unwrap(),
                value
            );
        }
    }
}
