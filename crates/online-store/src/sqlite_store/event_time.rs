//! What Feast puts into `event_ts` and `created_ts`.

use feature_model::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::types::ValueRef;

use crate::Error;

/// Turns instants into a table's numbers and back.
///
/// Feast takes an instant's UTC date and time, reads these digits as local time of the writer's zone and
/// stores whole seconds since the epoch (`adapt_datetime_epoch`): the true ones only where the zone is
/// UTC. In a zone with summer time the hour that spring skips can't be told from the next one.
#[derive(Clone)]
pub(crate) struct EventTime {
    zone: TimeZone,
}

impl EventTime {
    /// `name` is an IANA name.
    pub(crate) fn in_zone(name: &str) -> Result<Self, Error> {
        let zone = if name.eq_ignore_ascii_case("utc") {
            TimeZone::UTC
        } else {
            TimeZone::get(name).map_err(|_| {
                Error::config(format!(
                    "`sqlite_timezone: {name}` is no time zone; write an IANA name such as `Europe/Berlin`"
                ))
            })?
        };
        Ok(Self { zone })
    }

    /// The number to store, fractions dropped towards zero as Python's `int` does.
    pub(crate) fn column_of(&self, instant: Timestamp) -> i64 {
        let seconds = self.local_as_seconds(instant.seconds());
        seconds + i64::from(seconds < 0 && instant.subsecond_nanos() > 0)
    }

    fn local_as_seconds(&self, seconds: i64) -> i64 {
        if self.zone == TimeZone::UTC {
            return seconds;
        }
        // Instants beyond the years -9999 to 9999 have no local time; Python fails there.
        jiff::Timestamp::from_second(seconds)
            .and_then(|instant| self.zone.to_timestamp(TimeZone::UTC.to_datetime(instant)))
            .map_or(seconds, jiff::Timestamp::as_second)
    }

    /// The instant in a column. Feast before 0.42 stored text, in UTC. `None` where it is no time.
    pub(crate) fn instant_in(&self, value: ValueRef<'_>) -> Option<Timestamp> {
        match value {
            ValueRef::Integer(seconds) => Some(self.instant_of(seconds)),
            ValueRef::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            ValueRef::Null => Some(Timestamp::EPOCH),
            ValueRef::Real(_) | ValueRef::Blob(_) => None,
        }
    }

    fn instant_of(&self, seconds: i64) -> Timestamp {
        if self.zone == TimeZone::UTC {
            return Timestamp::from_seconds(seconds);
        }
        let utc = jiff::Timestamp::from_second(seconds)
            .and_then(|instant| TimeZone::UTC.to_timestamp(self.zone.to_datetime(instant)))
            .map_or(seconds, jiff::Timestamp::as_second);
        Timestamp::from_seconds(utc)
    }
}

#[cfg(test)]
mod tests {
    use feature_model::Timestamp;
    use rusqlite::types::ValueRef;

    use super::EventTime;

    fn stored(zone: &str, instant: &str) -> i64 {
        let instant: Timestamp = instant.parse().unwrap();
        EventTime::in_zone(zone).unwrap().column_of(instant)
    }

    /// Expected numbers from Feast 0.67: `int(naive_utc.timestamp())` under that `TZ`.
    #[test]
    fn numbers_are_those_of_feast_in_that_zone() {
        assert_eq!(stored("UTC", "2026-01-01T00:00:00Z"), 1_767_225_600);
        assert_eq!(
            stored("America/New_York", "2026-01-01T00:00:00Z"),
            1_767_243_600
        );
        assert_eq!(
            stored("America/New_York", "2026-07-01T00:00:00Z"),
            1_782_878_400
        );
        // In the hour that occurs twice Python takes the first, in the hour that is skipped it counts on.
        assert_eq!(
            stored("America/New_York", "2026-11-01T01:30:00Z"),
            1_793_511_000
        );
        assert_eq!(
            stored("America/New_York", "2026-03-08T02:30:00Z"),
            1_772_955_000
        );
        assert_eq!(stored("Asia/Kolkata", "1969-12-31T23:59:59.5Z"), -19_800);
    }

    #[test]
    fn what_was_written_in_a_zone_is_read_in_that_zone() {
        for zone in ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata"] {
            let time = EventTime::in_zone(zone).unwrap();
            for text in [
                "2026-01-01T00:00:00Z",
                "2026-07-01T12:34:56Z",
                "1950-02-03T00:00:00Z",
            ] {
                let instant: Timestamp = text.parse().unwrap();
                let column = time.column_of(instant);
                assert_eq!(
                    time.instant_in(ValueRef::Integer(column)),
                    Some(instant),
                    "{zone}"
                );
            }
        }
    }

    #[test]
    fn fractions_are_dropped_towards_zero() {
        assert_eq!(stored("UTC", "1970-01-01T00:00:01.9Z"), 1);
        assert_eq!(stored("UTC", "1969-12-31T23:59:58.1Z"), -1);
        assert_eq!(stored("UTC", "1969-12-31T23:59:58Z"), -2);
    }

    #[test]
    fn old_text_is_read_as_utc_in_every_zone() {
        let time = EventTime::in_zone("America/New_York").unwrap();
        let read = |text: &str| time.instant_in(ValueRef::Text(text.as_bytes()));
        let expected = "2024-01-01T00:00:00.25Z".parse().ok();
        assert_eq!(read("2024-01-01 00:00:00.250000"), expected);
        assert_eq!(read("yesterday"), None);
    }
}
