use std::{fmt, str::FromStr};

/// A number of bytes, as people write it: `64MiB`, `512KiB`, `1000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteSize(u64);

const UNITS: [(&str, u64); 6] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
];

impl ByteSize {
    /// That many bytes.
    #[must_use]
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// How many bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// In the largest binary unit that is exact.
impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut binary = UNITS.iter().filter(|(unit, _)| unit.ends_with("iB"));
        match binary.find(|(_, size)| self.0 > 0 && self.0.is_multiple_of(*size)) {
            Some((unit, size)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}", self.0),
        }
    }
}

/// The text is no size.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no size; write whole bytes or a whole number and a unit, such as `64MiB` or `512KiB`"
)]
pub struct ParseByteSizeError {
    text: String,
}

/// A whole number, and `KiB`, `MiB`, `GiB`, `KB`, `MB`, `GB` in any case, or nothing.
impl FromStr for ByteSize {
    type Err = ParseByteSizeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseByteSizeError {
            text: text.to_owned(),
        };
        let trimmed = text.trim();
        let end = trimmed
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(end);
        let unit = unit.trim_start();
        let size = match unit {
            "" | "B" => 1,
            unit => {
                let mut units = UNITS.iter();
                let known = units.find(|(name, _)| name.eq_ignore_ascii_case(unit));
                known.ok_or_else(error)?.1
            }
        };
        let number: u64 = number.parse().map_err(|_| error())?;
        number.checked_mul(size).map(Self).ok_or_else(error)
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSize;

    #[test]
    fn a_size_is_read_as_it_is_written() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("512KiB", 512 << 10),
            ("2GiB", 2 << 30),
            ("1000", 1_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(ByteSize::new(bytes)), "{text}");
            assert_eq!(ByteSize::new(bytes).to_string(), text);
        }
        for (text, bytes) in [("16 mib", 16 << 20), ("3MB", 3_000_000), (" 7B ", 7)] {
            assert_eq!(text.parse(), Ok(ByteSize::new(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "MiB", "1.5MiB", "-1", "1 TiB", "64M", "99999999999GiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }
}
