//! Texts that stand for values of other kinds: which of them Feast's SDK reads.

/// Whether Python's `uuid.UUID` reads a text: 32 hexadecimal digits, hyphens anywhere, in braces or with `urn:uuid:`
/// or not.
#[must_use]
pub fn is_uuid(text: &str) -> bool {
    let bare = match text.contains("u") {
        true => &*text.replace("urn:", "").replace("uuid:", ""),
        false => text,
    };
    let mut digits = 0;
    for byte in bare.trim_matches(['{', '}']).bytes() {
        match byte {
            b'-' => {}
            digit if digit.is_ascii_hexdigit() => digits += 1,
            _ => return false,
        }
    }
    digits == 32
}

/// Whether a text is a decimal number that Python's `Decimal` reads.
#[must_use]
pub fn is_decimal(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_as_many_digits_as_python_wants() {
        for text in [
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "{6BA7B8109DAD11D180B400C04FD430C8}",
            "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        ] {
            assert!(is_uuid(text), "{text}");
        }
        for text in [
            "",
            "banana",
            "6ba7b810-9dad-11d1-80b4-00c04fd430c",
            "6ba7b810 9dad",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }

    #[test]
    fn a_decimal_is_a_number() {
        for text in ["1.10", " -7 ", "1e400", "NaN"] {
            assert!(is_decimal(text), "{text}");
        }
        for text in ["", "True", "banana", "1,5", "sNaN123"] {
            assert!(!is_decimal(text), "{text}");
        }
    }
}
