//! The middle of what was measured several times.

/// Not a number where there are no values.
pub(super) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The value that this share of all is at most.
pub(super) fn percentile(values: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )] // a place in the list
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.max(1) - 1).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{median, percentile};

    #[test]
    fn the_median_is_in_the_middle_and_of_nothing_there_is_none() {
        assert_eq!(median([3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values = (1..=100).map(f64::from);
        assert_eq!(
            percentile(values.clone(), 0.99).to_bits(),
            99.0_f64.to_bits()
        );
        assert_eq!(percentile(values, 1.0).to_bits(), 100.0_f64.to_bits());
        assert_eq!(percentile([7.0], 0.5).to_bits(), 7.0_f64.to_bits());
        assert!(percentile([], 0.5).is_nan());
    }
}
