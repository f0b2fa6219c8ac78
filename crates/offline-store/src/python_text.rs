//! Numbers, dates and JSON as Python prints them, because Feast stores `str(value)` and `json.dumps(value)`.

use feature_model::Timestamp;

/// `repr(float)`: the shortest digits that read back to the same number, in scientific notation from
/// 1e16 upwards and below 1e-4.
pub(crate) fn float(value: f64) -> String {
    written(value, &format!("{value:e}"))
}

/// `str(numpy.float32)`: as [`float`], with the digits that a 32-bit number needs.
pub(crate) fn single(value: f32) -> String {
    written(f64::from(value), &format!("{value:e}"))
}

fn written(value: f64, scientific: &str) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (sign, mantissa) = mantissa
        .strip_prefix('-')
        .map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or_default();
    format!("{sign}{}", placed(&digits, exponent))
}

/// `digits` with a point after the first and `exponent`, as Python places it.
fn placed(digits: &str, exponent: i32) -> String {
    if !(-4..16).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}e{sign}{:02}", exponent.unsigned_abs());
    }
    let places = exponent.unsigned_abs() as usize;
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat(places - 1));
    }
    if digits.len() <= places + 1 {
        return format!("{digits}{}.0", "0".repeat(places + 1 - digits.len()));
    }
    format!("{}.{}", &digits[..=places], &digits[places + 1..])
}

/// `str(decimal.Decimal)` of `digits` (with a sign) of which `scale` follow the point: scientific where
/// the number is below 1e-6, by the decimal arithmetic specification's to-scientific-string.
pub(crate) fn decimal(digits: &str, scale: i8) -> String {
    let (sign, digits) = digits
        .strip_prefix('-')
        .map_or(("", digits), |rest| ("-", rest));
    let exponent = -i32::from(scale);
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let adjusted = exponent + count - 1;
    if exponent > 0 || adjusted < -6 {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        return format!("{sign}{first}{point}{rest}E{adjusted:+}");
    }
    let after = exponent.unsigned_abs() as usize;
    if after == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = after + 1);
    let (whole, fraction) = padded.split_at(padded.len() - after);
    format!("{sign}{whole}.{fraction}")
}

/// An instant as numpy prints it: UTC without a zone, with as many digits as its column keeps.
pub(crate) fn time(at: Timestamp, digits: usize) -> String {
    let mut text = Timestamp::from_seconds(at.seconds()).to_string();
    text.truncate(text.trim_end_matches('Z').len());
    text + &fraction(at.subsecond_nanos(), digits)
}

/// `str(datetime.date)`
pub(crate) fn date(days: i64) -> String {
    let midnight = Timestamp::from_seconds(days.saturating_mul(86_400)).to_string();
    match midnight.split_once('T') {
        Some((date, _)) => date.to_owned(),
        None => midnight,
    }
}

/// `str(datetime.time)`, whose fraction is left out when it is zero.
pub(crate) fn time_of_day(nanos: i64, digits: usize) -> String {
    let seconds = nanos.div_euclid(1_000_000_000);
    let rest = u32::try_from(nanos.rem_euclid(1_000_000_000)).unwrap_or_default();
    let digits = if rest == 0 { 0 } else { digits.max(6) };
    format!(
        "{:02}:{:02}:{:02}{}",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60,
        fraction(rest, digits)
    )
}

fn fraction(nanos: u32, digits: usize) -> String {
    if digits == 0 {
        return String::new();
    }
    let all = format!("{nanos:09}");
    format!(".{}", &all[..digits.min(9)])
}

/// Appends `text` as `json.dumps` writes it: quoted, everything beyond ASCII escaped.
pub(crate) fn json_string(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use feature_model::Timestamp;

    use super::{date, decimal, float, json_string, single, time, time_of_day};

    #[test]
    fn floats_are_written_as_python_writes_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (-2.5, "-2.5"),
            (0.1, "0.1"),
            (1.9, "1.9"),
            (100.0, "100.0"),
            (123_456.75, "123456.75"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1.5e300, "1.5e+300"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.25e-7, "1.25e-07"),
            (f64::NAN, "nan"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), text);
        }
        assert_eq!(single(1.9), "1.9");
        assert_eq!(single(0.1), "0.1");
    }

    #[test]
    fn decimals_are_written_as_python_writes_them() {
        for (digits, scale, text) in [
            ("150", 2, "1.50"),
            ("-1", 2, "-0.01"),
            ("15", 0, "15"),
            ("0", 10, "0E-10"),
            ("1", 10, "1E-10"),
            ("123", 9, "1.23E-7"),
            ("0", 2, "0.00"),
            ("12", -3, "1.2E+4"),
        ] {
            assert_eq!(decimal(digits, scale), text);
        }
    }

    #[test]
    fn times_keep_the_digits_of_their_column() {
        let at = Timestamp::new(1_767_323_045, 678_901_000);
        assert_eq!(time(at, 6), "2026-01-02T03:04:05.678901");
        assert_eq!(time(at, 3), "2026-01-02T03:04:05.678");
        assert_eq!(time(at, 0), "2026-01-02T03:04:05");
        assert_eq!(date(20_455), "2026-01-02");
        assert_eq!(time_of_day(1_000, 6), "00:00:00.000001");
        assert_eq!(time_of_day(3_661_000_000_000, 6), "01:01:01");
    }

    #[test]
    fn json_text_is_plain_ascii() {
        let mut out = String::new();
        json_string("é\"\n\u{1}😀", &mut out);
        assert_eq!(out, r#""\u00e9\"\n\u0001\ud83d\ude00""#);
    }
}
