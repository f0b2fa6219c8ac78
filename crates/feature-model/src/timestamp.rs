mod text;

use std::{fmt, str::FromStr, time::SystemTime};

use jiff::{
    SignedDuration,
    civil::{DateTime, ISOWeekDate},
    fmt::temporal::Pieces,
};
use serde::{Deserialize, Serialize};
pub use text::{TimestampText, TimestampWriter};

/// An instant: seconds and nanoseconds since 1970-01-01T00:00:00Z, with protobuf's meaning
/// (`google.protobuf.Timestamp`): `nanos` counts forward, also before 1970. Ordering is by time.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const UNIX_EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Timestamp {
    /// 1970-01-01T00:00:00Z
    pub const EPOCH: Self = Self {
        seconds: 0,
        nanos: 0,
    };

    /// `nanos` past `seconds`; nanos of a whole second and more are carried into the seconds.
    #[must_use]
    pub fn new(seconds: i64, nanos: u32) -> Self {
        let carried = i64::from(nanos / 1_000_000_000);
        Self {
            seconds: seconds.saturating_add(carried),
            nanos: nanos % 1_000_000_000,
        }
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn from_nanos(nanos: i128) -> Self {
        let seconds = nanos.div_euclid(NANOS_PER_SECOND);
        let rest = nanos.rem_euclid(NANOS_PER_SECOND);
        Self {
            seconds: i64::try_from(seconds).unwrap_or(if seconds < 0 {
                i64::MIN
            } else {
                i64::MAX
            }),
            nanos: u32::try_from(rest).unwrap_or_default(),
        }
    }

    /// The present, by the system's clock.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }

    /// Whether it lies in the years 0001 to 9999, as a `google.protobuf.Timestamp` does, and so can be written as RFC 3339
    /// has it.
    #[must_use]
    pub fn has_date(self) -> bool {
        const YEAR_1: i64 = -62_135_596_800;
        const YEAR_10000: i64 = 253_402_300_800;
        (YEAR_1..YEAR_10000).contains(&self.seconds)
    }

    /// Date and time in UTC. jiff's own instants end some hours before the year 10000.
    fn civil(self) -> Option<DateTime> {
        let since = SignedDuration::from_secs(self.seconds);
        UNIX_EPOCH.checked_add(since).ok()
    }

    /// What it is printed as, where it has a date: a reply tells thousands of them, and a formatter takes 100 ns for
    /// each. [`TimestampWriter`] is for many.
    #[must_use]
    pub fn text(self) -> Option<TimestampText> {
        self.has_date().then(|| TimestampText::alone(self))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds past [`Self::seconds`], below 1,000,000,000.
    #[must_use]
    pub fn subsecond_nanos(self) -> u32 {
        self.nanos
    }

    /// Nanoseconds since the epoch.
    #[must_use]
    pub fn as_nanos(self) -> i128 {
        i128::from(self.seconds) * NANOS_PER_SECOND + i128::from(self.nanos)
    }

    /// This instant moved back by `seconds`, at most to the earliest that can be expressed.
    #[must_use]
    pub fn minus_seconds(self, seconds: i64) -> Self {
        Self {
            seconds: self.seconds.saturating_sub(seconds),
            nanos: self.nanos,
        }
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => Self::from_nanos(after.as_nanos().try_into().unwrap_or(i128::MAX)),
            Err(before) => {
                let nanos: i128 = before.duration().as_nanos().try_into().unwrap_or(i128::MAX);
                Self::from_nanos(-nanos)
            }
        }
    }
}

/// RFC 3339 in UTC with 0, 3, 6 or 9 digits of fraction, as protobuf's JSON mapping writes it.
/// An instant outside the years -9999 to 9999 is printed as its seconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return f.write_str(text.as_str());
        }
        let Some(civil) = self.civil() else {
            return write!(f, "{}s", self.seconds);
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
            civil.year(),
            civil.month(),
            civil.day(),
            civil.hour(),
            civil.minute(),
            civil.second()
        )?;
        match self.nanos {
            0 => {}
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000)?,
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000)?,
            n => write!(f, ".{n:09}")?,
        }
        f.write_str("Z")
    }
}

/// The text is no date and time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no date and time; write ISO 8601, such as `2026-01-31T12:00:00` or `2026-01-31`"
)]
pub struct ParseTimestampError {
    text: String,
}

/// ISO 8601: a date, or a date and a time with `T` or a space between; UTC when no zone is given. A date may be a
/// week date.
impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let trimmed = text.trim();
        let with_zone = trimmed.parse::<jiff::Timestamp>().ok();
        let nanos = with_zone.map(jiff::Timestamp::as_nanosecond);
        nanos
            .or_else(|| without_zone_or_late(trimmed))
            .map(Self::from_nanos)
            .ok_or_else(|| ParseTimestampError {
                text: text.to_owned(),
            })
    }
}

/// What is no instant of jiff's, in nanoseconds since the epoch: one without a zone, or one in the last hours of the
/// year 9999.
fn without_zone_or_late(text: &str) -> Option<i128> {
    let pieces = Pieces::parse(text).ok();
    let offset = pieces.as_ref().and_then(Pieces::to_numeric_offset);
    let Some((pieces, offset)) = pieces.zip(offset) else {
        return Some(civil(text)?.duration_since(UNIX_EPOCH).as_nanos());
    };
    let local = pieces.date().to_datetime(pieces.time()?);
    let offset = SignedDuration::from_secs(offset.seconds().into());
    let nanos = (local.duration_since(UNIX_EPOCH) - offset).as_nanos();
    Timestamp::from_nanos(nanos).has_date().then_some(nanos)
}

fn civil(text: &str) -> Option<DateTime> {
    let week_date = || Some(text.parse::<ISOWeekDate>().ok()?.date().into());
    text.parse().ok().or_else(week_date)
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, TimestampWriter};

    fn parsed(text: &str) -> String {
        text.parse::<Timestamp>().unwrap().to_string()
    }

    #[test]
    fn prints_as_few_groups_of_three_digits_as_are_exact() {
        assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(
            Timestamp::new(0, 120_000_000).to_string(),
            "1970-01-01T00:00:00.120Z"
        );
        assert_eq!(
            Timestamp::new(0, 123_450_000).to_string(),
            "1970-01-01T00:00:00.123450Z"
        );
        assert_eq!(
            Timestamp::new(0, 1).to_string(),
            "1970-01-01T00:00:00.000000001Z"
        );
        assert_eq!(
            Timestamp::new(-1, 500_000_000).to_string(),
            "1969-12-31T23:59:59.500Z"
        );
    }

    #[test]
    fn every_day_of_ten_thousand_years_is_printed_as_jiff_does() {
        let (first, last) = (-62_135_596_800_i64, 253_402_300_799);
        let mut writer = TimestampWriter::default();
        // steps of a day and a second visit all times of a day, too
        for seconds in (first..=last).step_by(86_401).chain([last]) {
            let civil = Timestamp::from_seconds(seconds).civil().unwrap();
            let expected = format!("{}Z", civil.strftime("%Y-%m-%dT%H:%M:%S"));
            assert_eq!(Timestamp::from_seconds(seconds).to_string(), expected);
            let text = writer.text(Timestamp::from_seconds(seconds)).unwrap();
            assert_eq!(text.as_str(), expected);
        }
    }

    #[test]
    fn one_writer_writes_what_writers_of_their_own_do() {
        let mut writer = TimestampWriter::default();
        let days = [0, -1, 20_000, 20_000, 20_032, 0, 31, 32];
        let fractions = [0, 500_000_000, 120_000, 1, 0];
        for (day, nanos) in days.iter().flat_map(|day| fractions.map(|it| (*day, it))) {
            let time = Timestamp::new(day * 86_400 + 7, nanos);
            let mut json = b"[".to_vec();
            writer.text(time).unwrap().write_json(&mut json);
            assert_eq!(String::from_utf8(json).unwrap(), format!("[\"{time}\""));
        }
        for far in [-62_135_596_801, 253_402_300_800] {
            assert!(writer.text(Timestamp::from_seconds(far)).is_none());
        }
    }

    #[test]
    fn reads_what_feast_reads_and_takes_utc_where_no_zone_is_given() {
        assert_eq!(parsed("2026-01-31"), "2026-01-31T00:00:00Z");
        assert_eq!(parsed("2026-01-31T12:00:00"), "2026-01-31T12:00:00Z");
        assert_eq!(parsed("2026-01-31 12:00:00.5"), "2026-01-31T12:00:00.500Z");
        assert_eq!(parsed("2026-01-31T12:00:00+02:00"), "2026-01-31T10:00:00Z");
        assert_eq!(parsed("2026-01-31T12:00:00Z"), "2026-01-31T12:00:00Z");
        assert_eq!(parsed("2026-W10-1"), "2026-03-02T00:00:00Z");
        assert_eq!(parsed("0001-01-01"), "0001-01-01T00:00:00Z");
        assert_eq!(parsed("9999-12-31T23:59:59"), "9999-12-31T23:59:59Z");
        assert_eq!(parsed("1969-12-31 23:59:59.5"), "1969-12-31T23:59:59.500Z");
    }

    #[test]
    fn reads_instants_up_to_the_end_of_the_year_9999() {
        for text in [
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59+00:00",
            "9999-12-31T18:59:59-05:00",
        ] {
            assert_eq!(parsed(text), "9999-12-31T23:59:59Z", "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "1767225600",
            "9999-12-31T23:59:59-05:00",
            "9999-12-31Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }

    #[test]
    fn nanoseconds_before_the_epoch_count_forward() {
        let instant = Timestamp::from_nanos(-1);
        assert_eq!(
            (instant.seconds(), instant.subsecond_nanos()),
            (-1, 999_999_999)
        );
        assert_eq!(instant.as_nanos(), -1);
    }
}
