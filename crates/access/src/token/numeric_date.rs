use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// How far the clocks of two machines may be apart.
const LEEWAY_SECONDS: f64 = 10.0;
/// 2^64: from here on `jsonwebtoken` takes a date for none.
const END_OF_TIME_SECONDS: f64 = 18_446_744_073_709_551_616.0;

/// Seconds since 1970, perhaps with a fraction: `NumericDate` of RFC 7519. Never negative, and below 2^64.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct NumericDate(f64);

impl NumericDate {
    /// `None` where it is no such number.
    pub(crate) fn of(claim: &Value) -> Option<Self> {
        let seconds = claim.as_f64()?;
        let is_date = (0.0..END_OF_TIME_SECONDS).contains(&seconds) && !seconds.is_sign_negative();
        is_date.then_some(Self(seconds))
    }

    /// A clock before 1970 is taken for 1970.
    pub(crate) fn at(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs_f64())
    }

    /// Whether something that ends at this time has ended.
    pub(crate) fn is_past(self, now: Self) -> bool {
        now.0 >= self.0 + LEEWAY_SECONDS
    }

    /// Whether something that begins at this time has yet to begin.
    pub(crate) fn is_ahead(self, now: Self) -> bool {
        now.0 + LEEWAY_SECONDS < self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::NumericDate;

    #[test]
    fn only_numbers_from_zero_are_dates() {
        for date in [json!(0), json!(1), json!(1.5), json!(1e19)] {
            assert!(NumericDate::of(&date).is_some(), "{date}");
        }
        for other in [
            json!("1"),
            json!(-1),
            json!(-0.5),
            json!(-0.0),
            json!([1]),
            json!(null),
            json!(true),
            json!(u64::MAX),
            json!(1e300),
        ] {
            assert!(NumericDate::of(&other).is_none(), "{other}");
        }
    }

    #[test]
    fn ten_seconds_are_forgiven_and_no_more() {
        let date = |seconds: f64| NumericDate(seconds);
        assert!(!date(100.0).is_past(date(109.9)));
        assert!(date(100.0).is_past(date(110.0)));
        assert!(!date(100.5).is_ahead(date(90.5)));
        assert!(date(100.5).is_ahead(date(90.4)));
    }
}
