//! Instants in a time zone, as Python's `datetime.isoformat` writes them.

use jiff::tz::{Offset, TimeZone};

use super::json::NOT_A_TIME;

/// `2026-01-31T12:00:00+01:00`; `None` outside the years 1 to 9999, and for Feast's mark of a missing
/// instant.
///
/// A zone that is neither an IANA name nor an offset counts as UTC, as in Feast (`feast/type_map.py`,
/// `_zone_from_name`, of Feast 0.67).
pub(super) fn iso_8601(unix_timestamp: i64, zone: &str) -> Option<String> {
    if unix_timestamp == NOT_A_TIME {
        return None;
    }
    let instant = jiff::Timestamp::from_second(unix_timestamp).ok()?;
    let zone = time_zone(zone);
    let civil = zone.to_datetime(instant);
    if civil.year() < 1 {
        return None;
    }
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        offset_text(zone.to_offset(instant))
    ))
}

fn time_zone(name: &str) -> TimeZone {
    if name.is_empty() {
        return TimeZone::UTC;
    }
    if let Ok(zone) = TimeZone::get(name) {
        return zone;
    }
    fixed_offset(name.trim()).map_or(TimeZone::UTC, Offset::to_time_zone)
}

/// `UTC-07:00`, `GMT+0530`, `+05:30`
fn fixed_offset(text: &str) -> Option<Offset> {
    let bare = text
        .strip_prefix("UTC")
        .or_else(|| text.strip_prefix("GMT"))
        .unwrap_or(text);
    let (sign, digits) = match bare.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let (hours, rest) = digits.split_at_checked(2)?;
    let minutes = rest.strip_prefix(':').unwrap_or(rest);
    let all_digits = |text: &str| text.len() == 2 && text.bytes().all(|c| c.is_ascii_digit());
    if !all_digits(hours) || !all_digits(minutes) {
        return None;
    }
    let seconds = (hours.parse::<i32>().ok()? * 60 + minutes.parse::<i32>().ok()?) * 60;
    Offset::from_seconds(sign * seconds).ok()
}

/// `+01:00`, and `+00:19:32` where seconds are needed, as for Amsterdam before 1937.
fn offset_text(offset: Offset) -> String {
    let seconds = offset.seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let all = seconds.unsigned_abs();
    let (hours, minutes, rest) = (all / 3600, all / 60 % 60, all % 60);
    if rest == 0 {
        format!("{sign}{hours:02}:{minutes:02}")
    } else {
        format!("{sign}{hours:02}:{minutes:02}:{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::iso_8601;

    /// The expected texts are what Feast 0.67's `_zoned_timestamp_to_str` gave.
    #[test]
    fn instants_are_told_in_their_zone_as_feast_tells_them() {
        for (seconds, zone, text) in [
            (1_700_000_000, "", "2023-11-14T22:13:20+00:00"),
            (1_700_000_000, "UTC", "2023-11-14T22:13:20+00:00"),
            (
                1_700_000_000,
                "America/Los_Angeles",
                "2023-11-14T14:13:20-08:00",
            ),
            (1_690_000_000, "Europe/Berlin", "2023-07-22T06:26:40+02:00"),
            (1_700_000_000, "UTC-07:00", "2023-11-14T15:13:20-07:00"),
            (1_700_000_000, "+05:30", "2023-11-15T03:43:20+05:30"),
            (1_700_000_000, "+0530", "2023-11-15T03:43:20+05:30"),
            (1_700_000_000, "no/such", "2023-11-14T22:13:20+00:00"),
            (
                -2_500_000_000,
                "Europe/Paris",
                "1890-10-11T19:42:41+00:09:21",
            ),
            (-1, "", "1969-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(iso_8601(seconds, zone).as_deref(), Some(text), "{zone}");
        }
    }

    #[test]
    fn what_python_has_no_datetime_for_is_nothing() {
        for seconds in [i64::MIN, i64::MAX, -70_000_000_000] {
            assert_eq!(iso_8601(seconds, ""), None);
        }
    }
}
