//! The present in the calendar, without a crate for it.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in UTC, as the programs take dates: `2026-11-20T23:59:59`.
pub(crate) fn now() -> String {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format(since.as_secs())
}

/// Seconds since 1970 in UTC.
pub(crate) fn format(seconds: u64) -> String {
    let (year, month, day) = date(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Days since 1970-01-01 as year, month and day: years begin in March, so that the leap day is the last,
/// and 400 of them have 146,097 days.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468; // since 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153; // from March
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year_of_era;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
    }
}

#[cfg(test)]
mod tests {
    use super::format;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(format(0), "1970-01-01T00:00:00");
        assert_eq!(format(951_782_399), "2000-02-28T23:59:59");
        assert_eq!(format(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(format(1_709_251_199), "2024-02-29T23:59:59");
        assert_eq!(format(1_798_761_599), "2026-12-31T23:59:59");
        assert_eq!(format(4_107_542_400), "2100-03-01T00:00:00");
    }
}
