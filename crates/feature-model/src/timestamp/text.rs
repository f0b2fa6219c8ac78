const LONGEST: usize = "0000-00-00T00:00:00.000000000Z".len();
const SECONDS_PER_DAY: i64 = 86_400;

/// The RFC 3339 text of an instant, without an allocation.
#[derive(Clone, Copy, Debug)]
pub struct TimestampText {
    bytes: [u8; LONGEST],
    length: usize,
}

impl TimestampText {
    /// Of an instant in the years 0000 to 9999.
    pub(super) fn of(seconds: i64, nanos: u32) -> Self {
        let (year, month, day) = date(seconds.div_euclid(SECONDS_PER_DAY));
        let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
        let mut text = Self {
            bytes: [0; LONGEST],
            length: 0,
        };
        text.put(year, 4, b'-');
        text.put(month, 2, b'-');
        text.put(day, 2, b'T');
        text.put(of_day / 3600, 2, b':');
        text.put(of_day / 60 % 60, 2, b':');
        let end = if nanos == 0 { b'Z' } else { b'.' };
        text.put(of_day % 60, 2, end);
        match i64::from(nanos) {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => text.put(nanos / 1_000_000, 3, b'Z'),
            nanos if nanos % 1_000 == 0 => text.put(nanos / 1_000, 6, b'Z'),
            nanos => text.put(nanos, 9, b'Z'),
        }
        text
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let written = self.bytes.get(..self.length).unwrap_or_default();
        std::str::from_utf8(written).unwrap_or_default()
    }

    /// The last digits of a number, and what stands after them.
    fn put(&mut self, mut number: i64, digits: usize, after: u8) {
        let end = self.length + digits;
        for place in self.bytes[self.length..end].iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.bytes[end] = after;
        self.length = end + 1;
    }
}

/// Year, month and day of a day since 1970-01-01, in the years 0000 to 9999. Source: Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `civil_from_days`.
fn date(days: i64) -> (i64, i64, i64) {
    const DAYS_PER_ERA: i64 = 146_097;
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // months are counted from March, so that the leap day is a year's last
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}
