use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// How long a row counts as fresh after its event time; always longer than zero.
///
/// Feast reads a ttl of 0 as "no limit": here that is the absence of a `Ttl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ttl {
    seconds: i64,
    nanos: u32,
}

impl Ttl {
    /// `None` for zero and for negative durations, which mean "no limit".
    #[must_use]
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        (seconds > 0 || (seconds == 0 && nanos > 0)).then_some(Self { seconds, nanos })
    }

    /// Whole seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds past the whole seconds.
    #[must_use]
    pub fn subsecond_nanos(self) -> u32 {
        self.nanos
    }

    /// The whole duration in nanoseconds.
    #[must_use]
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }
}

const UNITS: [(&str, i64); 5] = [
    ("w", 604_800),
    ("d", 86_400),
    ("h", 3_600),
    ("m", 60),
    ("s", 1),
];

/// The shortest of `2w`, `1d`, `90m`, `45s` that is exact, with a fraction of seconds where needed.
impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nanos > 0 {
            let fraction = format!("{:09}", self.nanos);
            return write!(f, "{}.{}s", self.seconds, fraction.trim_end_matches('0'));
        }
        let (unit, size) = UNITS
            .iter()
            .skip(1)
            .find(|(_, size)| self.seconds % size == 0)
            .unwrap_or(&("s", 1));
        write!(f, "{}{unit}", self.seconds / size)
    }
}

/// The text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no duration; write a number and a unit, such as `1d`, `90m`, `1h30m`, or `0` for no limit"
)]
pub struct ParseDurationError {
    text: String,
}

impl Ttl {
    /// Reads `1d`, `90m`, `1h30m`, `2w`, `0.5s`, and `0` for no limit (`None`).
    ///
    /// # Errors
    /// Where the text is anything else, a negative duration, or longer than 292 years.
    pub fn parse(text: &str) -> Result<Option<Self>, ParseDurationError> {
        let error = || ParseDurationError {
            text: text.to_owned(),
        };
        let trimmed = text.trim();
        if trimmed == "0" {
            return Ok(None);
        }
        let mut nanos: i128 = 0;
        let mut rest = trimmed;
        while !rest.is_empty() {
            let number_end = rest
                .find(|c: char| !c.is_ascii_digit() && c != '.')
                .ok_or_else(error)?;
            let (number, tail) = rest.split_at(number_end);
            let unit_end = tail
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(unit_end);
            nanos = nanos
                .checked_add(part_nanos(number, unit).ok_or_else(error)?)
                .ok_or_else(error)?;
            rest = tail.trim_start();
        }
        if trimmed.is_empty() || nanos > i128::from(i64::MAX) {
            return Err(error());
        }
        let seconds = i64::try_from(nanos / 1_000_000_000).map_err(|_| error())?;
        let rest = u32::try_from(nanos % 1_000_000_000).map_err(|_| error())?;
        Ok(Self::new(seconds, rest))
    }
}

impl FromStr for Ttl {
    type Err = ParseDurationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)?.ok_or_else(|| ParseDurationError {
            text: text.to_owned(),
        })
    }
}

fn part_nanos(number: &str, unit: &str) -> Option<i128> {
    let nanos_per_unit = match unit {
        "ms" => 1_000_000,
        "us" => 1_000,
        _ => i128::from(UNITS.iter().find(|(name, _)| *name == unit)?.1) * 1_000_000_000,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || fraction.len() > 9 || number.ends_with('.') {
        return None;
    }
    let whole = whole.parse::<i64>().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let fraction = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<i64>().ok()?
    };
    let scaled = nanos_per_unit.checked_mul(i128::from(fraction))?;
    nanos_per_unit
        .checked_mul(i128::from(whole))?
        .checked_add(scaled / scale)
}

#[cfg(test)]
mod tests {
    use super::Ttl;

    fn seconds(text: &str) -> Option<i64> {
        Ttl::parse(text).unwrap().map(Ttl::seconds)
    }

    #[test]
    fn reads_units_and_their_sums() {
        assert_eq!(seconds("1d"), Some(86_400));
        assert_eq!(seconds("90m"), Some(5_400));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("2w"), Some(1_209_600));
        assert_eq!(seconds("1.5h"), Some(5_400));
        assert_eq!(seconds("0"), None);
        assert_eq!(seconds("0s"), None);
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for text in [
            "",
            "d",
            "1",
            "1y",
            "-1d",
            "1..5h",
            "1 day",
            "99999999999999w",
            "1.",
            "1d2",
        ] {
            assert!(Ttl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn prints_in_the_largest_exact_unit() {
        for text in ["1d", "90m", "45s", "36h", "0.5s", "14d"] {
            assert_eq!(text.parse::<Ttl>().unwrap().to_string(), text);
        }
    }
}
