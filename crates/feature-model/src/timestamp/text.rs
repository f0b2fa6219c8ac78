use super::Timestamp;

const LONGEST: usize = "\"0000-00-00T00:00:00.000000000Z\"".len();
const WITHOUT_NANOS: usize = "\"0000-00-00T00:00:00Z\"".len();
/// Where a fraction begins.
const FRACTION: usize = "\"0000-00-00T00:00:00.".len();
const SECONDS_PER_DAY: i64 = 86_400;

/// Writes instants one after the other. Those of one day have its date in common, which is worked out once for the days of
/// a month.
#[derive(Clone, Debug)]
pub struct TimestampWriter {
    /// Days since 1970-01-01, and their dates, at the places that the days' lowest bits say.
    dates: [(i64, Date); DAYS],
}

const DAYS: usize = 32;
/// In a place that is empty: no instant is of that day.
const NO_DAY: (i64, Date) = (i64::MIN, [0; 10]);

type Date = [u8; "0000-00-00".len()];

/// The RFC 3339 text of an instant, without an allocation. It is kept in quotes, as JSON has it.
#[derive(Clone, Copy, Debug)]
pub struct TimestampText {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Default for TimestampWriter {
    fn default() -> Self {
        Self {
            dates: [NO_DAY; DAYS],
        }
    }
}

impl TimestampWriter {
    /// What an instant is printed as, where it has a date.
    #[must_use]
    #[inline]
    pub fn text(&mut self, time: Timestamp) -> Option<TimestampText> {
        if !time.has_date() {
            return None;
        }
        let (day, of_day) = day_of(time);
        let known = &mut self.dates[day as usize % DAYS];
        if known.0 != day {
            *known = (day, date_text(day));
        }
        Some(TimestampText::of(known.1, of_day, time.subsecond_nanos()))
    }
}

impl TimestampText {
    /// Of an instant that has a date.
    pub(super) fn alone(time: Timestamp) -> Self {
        let (day, of_day) = day_of(time);
        Self::of(date_text(day), of_day, time.subsecond_nanos())
    }

    #[inline]
    fn of(date: Date, of_day: u32, nanos: u32) -> Self {
        let [d0, d1, d2, d3, d4, d5, d6, d7, d8, d9] = date;
        let [h0, h1] = two_digits(of_day / 3600);
        let [n0, n1] = two_digits(of_day / 60 % 60);
        let [s0, s1] = two_digits(of_day % 60);
        let whole: [u8; WITHOUT_NANOS] = [
            b'"', d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, b'T', h0, h1, b':', n0, n1, b':', s0, s1,
            b'Z', b'"',
        ];
        let mut bytes = [0; LONGEST];
        bytes[..WITHOUT_NANOS].copy_from_slice(&whole);
        let mut text = Self {
            bytes,
            length: WITHOUT_NANOS,
        };
        match nanos {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => text.put_millis(nanos / 1_000_000),
            nanos if nanos % 1_000 == 0 => text.put_fraction(nanos / 1_000, 6),
            nanos => text.put_fraction(nanos, 9),
        }
        text
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(1..self.length - 1).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    /// Appends the text in quotes.
    #[inline]
    pub fn write_json(&self, out: &mut Vec<u8>) {
        // a copy of a length that is known before takes two instructions
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }

    /// Three digits behind the seconds, as most fractions have.
    #[inline]
    fn put_millis(&mut self, millis: u32) {
        let [tens, ones] = two_digits(millis % 100);
        let [_, hundreds] = two_digits(millis / 100);
        let fraction = [b'.', hundreds, tens, ones, b'Z', b'"'];
        if let Some(place) = self.bytes[FRACTION - 1..].first_chunk_mut() {
            *place = fraction;
        }
        self.length = WITHOUT_NANOS + ".000".len();
    }

    /// The last digits of a number, behind the seconds.
    fn put_fraction(&mut self, mut number: u32, digits: usize) {
        let end = FRACTION + digits;
        for place in self.bytes[FRACTION..end].iter_mut().rev() {
            *place = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.bytes[FRACTION - 1] = b'.';
        self.bytes[end] = b'Z';
        self.bytes[end + 1] = b'"';
        self.length = end + 2;
    }
}

/// The day since 1970-01-01, and the seconds of it.
#[inline]
fn day_of(time: Timestamp) -> (i64, u32) {
    let seconds = time.seconds();
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY) as u32;
    (seconds.div_euclid(SECONDS_PER_DAY), of_day)
}

fn date_text(days: i64) -> Date {
    let (year, month, day) = date(days);
    let [y0, y1] = two_digits(year / 100);
    let [y2, y3] = two_digits(year % 100);
    let [m0, m1] = two_digits(month);
    let [d0, d1] = two_digits(day);
    [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1]
}

/// Of a number below 100.
fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]
}

/// Year, month and day of a day since 1970-01-01, in the years 0001 to 9999. Source: Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `civil_from_days`.
fn date(days: i64) -> (u32, u32, u32) {
    const DAYS_PER_ERA: u32 = 146_097;
    // counted from 0000-03-01
    let days = (days + 719_468) as u32;
    let era = days / DAYS_PER_ERA;
    let day_of_era = days % DAYS_PER_ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // months are counted from March, so that the leap day is a year's last
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    (year, month, day)
}
