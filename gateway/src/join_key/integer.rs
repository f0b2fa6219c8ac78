//! Decimal text as an exact 64-bit integer.

/// What a decimal number is as an integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Integral {
    /// Exactly this one.
    Exact(i64),
    /// None: it lies between two.
    Fraction,
    /// One that 64 bits can't hold.
    OutOfRange,
    /// The text is no decimal number.
    NoNumber,
}

/// Reads `[+-]digits[.digits][e[+-]digits]` without going through a float.
pub(super) fn integral(text: &str) -> Integral {
    // what nearly all keys are
    if let Ok(exact) = text.parse() {
        return Integral::Exact(exact);
    }
    let Some(decimal) = Decimal::parse(text) else {
        return Integral::NoNumber;
    };
    let digits = decimal.significant();
    if digits.is_empty() {
        return Integral::Exact(0);
    }
    // value = 0.DIGITS * 10^point, without trailing zeros in DIGITS
    let point = decimal.point();
    let count = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    if point < count {
        return Integral::Fraction;
    }
    if point > 19 {
        return Integral::OutOfRange;
    }
    let zeros = usize::try_from(point - count).unwrap_or_default();
    let all = digits.into_iter().chain(std::iter::repeat_n(b'0', zeros));
    let magnitude = all.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
    let signed = if decimal.negative {
        -magnitude
    } else {
        magnitude
    };
    i64::try_from(signed).map_or(Integral::OutOfRange, Integral::Exact)
}

struct Decimal<'t> {
    negative: bool,
    whole: &'t [u8],
    fraction: &'t [u8],
    exponent: i64,
}

impl<'t> Decimal<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let good =
            !(whole.is_empty() && fraction.is_empty()) && all_digits(whole) && all_digits(fraction);
        good.then_some(Self {
            negative: text.starts_with('-'),
            whole: whole.as_bytes(),
            fraction: fraction.as_bytes(),
            exponent,
        })
    }

    fn digits(&self) -> impl DoubleEndedIterator<Item = u8> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// The digits from the first to the last that isn't zero.
    fn significant(&self) -> Vec<u8> {
        let leading = self.leading_zeros();
        let trailing = self
            .digits()
            .rev()
            .take_while(|digit| *digit == b'0')
            .count();
        let all = self.whole.len() + self.fraction.len();
        let end = all.saturating_sub(trailing);
        self.digits().take(end).skip(leading).collect()
    }

    fn leading_zeros(&self) -> usize {
        self.digits().take_while(|digit| *digit == b'0').count()
    }

    /// Where the decimal point stands, counted from the first significant digit.
    fn point(&self) -> i64 {
        let count = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        (count(self.whole.len()) - count(self.leading_zeros())).saturating_add(self.exponent)
    }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|c| c.is_ascii_digit())
}

/// An exponent beyond 18 digits counts as the largest: no number is written that long.
fn parse_exponent(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.is_empty() || !all_digits(unsigned) {
        return None;
    }
    let magnitude = unsigned
        .parse::<i64>()
        .unwrap_or(i64::MAX / 2)
        .min(i64::MAX / 2);
    Some(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Integral, integral};

    #[test]
    fn integral_numbers_are_exact_in_any_spelling() {
        for (text, value) in [
            ("0", 0),
            ("-0", 0),
            ("0.000", 0),
            ("0e999999999999999999999", 0),
            ("1001", 1001),
            ("+1001", 1001),
            ("1001.0", 1001),
            ("1e3", 1000),
            ("1.5E1", 15),
            ("100e-2", 1),
            ("0.001e3", 1),
            ("00012", 12),
            (".5e1", 5),
            ("9007199254740993.0", 9_007_199_254_740_993),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
            ("-9.223372036854775808e18", i64::MIN),
        ] {
            assert_eq!(integral(text), Integral::Exact(value), "{text}");
        }
    }

    #[test]
    fn everything_else_is_told_apart() {
        for text in [
            "1.5",
            "1e-1",
            "0.1",
            "1e-99999999999999999999",
            "-2.0000000000000000001",
        ] {
            assert_eq!(integral(text), Integral::Fraction, "{text}");
        }
        for text in [
            "9223372036854775808",
            "-9223372036854775809",
            "1e19",
            "1e999999999999999999999",
            "123456789012345678901234567890",
        ] {
            assert_eq!(integral(text), Integral::OutOfRange, "{text}");
        }
        for text in [
            "", "-", ".", "1e", "abc", "1_000", "0x10", "1.2.3", "--1", "NaN", "1 2", "١",
        ] {
            assert_eq!(integral(text), Integral::NoNumber, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_integer_is_read_back(value: i64, zeros in 0_usize..30) {
            prop_assert_eq!(integral(&value.to_string()), Integral::Exact(value));
            let with_fraction = format!("{value}.{}", "0".repeat(zeros));
            prop_assert_eq!(integral(&with_fraction), Integral::Exact(value));
            let shifted = format!("{value}{}e-{zeros}", "0".repeat(zeros));
            prop_assert_eq!(integral(&shifted), Integral::Exact(value));
        }
    }
}
