//! Ratios that tell the unusual from the usual: how much of a day's activity is in its last hour, how an amount
//! compares with the average.

use plugin_sdk::{Outputs, transform};
use serde::Deserialize;

/// Parameters of all transforms.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ByZero {
    /// What a ratio to nothing is; null where none is given.
    pub by_zero: Option<f64>,
}

impl ByZero {
    fn ratio(self, part: f64, whole: f64) -> Option<f64> {
        if whole == 0.0 {
            self.by_zero
        } else {
            Some(part / whole)
        }
    }
}

/// How activity has changed.
#[derive(Clone, Copy, Debug, PartialEq, Outputs)]
pub struct Velocity {
    /// The part of a day's activity that is in its last hour.
    pub ratio_1h_24h: Option<f64>,
    /// The part of a week's activity that is in its last day.
    pub ratio_24h_7d: Option<f64>,
}

/// Which part of the activity of a longer time is in a shorter one. A count that is missing makes the ratios null that need
/// it; a count of 0 makes them `by_zero`.
#[transform]
pub fn velocity_ratios(
    /// How many there were in the last hour.
    count_1h: Option<i64>,
    /// How many there were in the last day.
    count_24h: Option<i64>,
    /// How many there were in the last week.
    count_7d: Option<i64>,
    #[parameters] options: &ByZero,
) -> Velocity {
    let ratio = |part: Option<i64>, whole: Option<i64>| options.ratio(part? as f64, whole? as f64);
    Velocity {
        ratio_1h_24h: ratio(count_1h, count_24h),
        ratio_24h_7d: ratio(count_24h, count_7d),
    }
}

/// How many times the average an amount is; `by_zero` where the average is 0.
#[transform]
pub fn amount_over_average(
    /// The amount, from the request.
    amount: f64,
    /// The average that is known.
    average: f64,
    #[parameters] options: &ByZero,
) -> Option<f64> {
    options.ratio(amount, average)
}

plugin_sdk::export!(velocity_ratios, amount_over_average);

#[cfg(test)]
mod tests {
    use super::{ByZero, Velocity, amount_over_average, velocity_ratios};

    const NULL: ByZero = ByZero { by_zero: None };
    const ONE: ByZero = ByZero { by_zero: Some(1.0) };

    #[test]
    fn ratios_are_of_the_shorter_to_the_longer_time() {
        let ratios = velocity_ratios(Some(3), Some(12), Some(48), &NULL);
        let wanted = Velocity {
            ratio_1h_24h: Some(0.25),
            ratio_24h_7d: Some(0.25),
        };
        assert_eq!(ratios, wanted);
        assert_eq!(amount_over_average(30.0, 12.0, &NULL), Some(2.5));
    }

    #[test]
    fn a_ratio_to_nothing_is_what_the_parameters_say() {
        let ratios = velocity_ratios(Some(0), Some(0), Some(5), &ONE);
        let wanted = Velocity {
            ratio_1h_24h: Some(1.0),
            ratio_24h_7d: Some(0.0),
        };
        assert_eq!(ratios, wanted);
        assert_eq!(amount_over_average(3.0, 0.0, &NULL), None);
        assert_eq!(amount_over_average(3.0, -0.0, &ONE), Some(1.0));
    }

    #[test]
    fn a_missing_count_concerns_only_what_needs_it() {
        let ratios = velocity_ratios(None, Some(2), Some(8), &ONE);
        let wanted = Velocity {
            ratio_1h_24h: None,
            ratio_24h_7d: Some(0.25),
        };
        assert_eq!(ratios, wanted);
    }
}
