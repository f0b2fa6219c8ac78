//! The on-demand feature view of Feast's documentation: a driver's conversion rate, and two numbers of the request
//! added to it.

use plugin_sdk::transform;

/// Adds each of two numbers of the request to a driver's conversion rate.
#[transform(outputs("conv_rate_plus_val1", "conv_rate_plus_val2"))]
pub fn driver_conv_rate(
    /// The driver's conversion rate, which may be unknown.
    conv_rate: Option<f64>,
    /// From the request.
    val_to_add: i64,
    /// From the request.
    val_to_add_2: i64,
) -> (Option<f64>, Option<f64>) {
    let plus = |value: i64| conv_rate.map(|rate| rate + value as f64);
    (plus(val_to_add), plus(val_to_add_2))
}

plugin_sdk::export!(driver_conv_rate);

#[cfg(test)]
mod tests {
    use super::driver_conv_rate;

    #[test]
    fn both_numbers_are_added() {
        assert_eq!(driver_conv_rate(Some(0.5), 1, 2), (Some(1.5), Some(2.5)));
    }

    #[test]
    fn an_unknown_rate_stays_unknown() {
        assert_eq!(driver_conv_rate(None, 1, 2), (None, None));
    }
}
