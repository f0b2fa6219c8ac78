//! How alike two embeddings are.

use plugin_sdk::{TransformError, transform};

/// The cosine of the angle between two vectors: 1 where they point the same way, 0 where they have nothing in common.
/// Null where one of them is all zeros, which points nowhere.
#[transform]
pub fn cosine_similarity(left: &[f32], right: &[f32]) -> Result<Option<f64>, TransformError> {
    check_lengths(left, right)?;
    let lengths = dot(left, left).sqrt() * dot(right, right).sqrt();
    if lengths == 0.0 {
        return Ok(None);
    }
    Ok(Some(dot(left, right) / lengths))
}

/// The sum of the products of two vectors' numbers.
#[transform]
pub fn dot_product(left: &[f32], right: &[f32]) -> Result<f64, TransformError> {
    check_lengths(left, right)?;
    Ok(dot(left, right))
}

/// The distance between the ends of two vectors.
#[transform]
pub fn l2_distance(left: &[f32], right: &[f32]) -> Result<f64, TransformError> {
    check_lengths(left, right)?;
    let squares = sum(left, right, |left, right| (left - right) * (left - right));
    Ok(squares.sqrt())
}

plugin_sdk::export!(cosine_similarity, dot_product, l2_distance);

fn check_lengths(left: &[f32], right: &[f32]) -> Result<(), TransformError> {
    if left.len() == right.len() {
        return Ok(());
    }
    let message = format!(
        "embeddings of {} and of {} numbers can't be compared",
        left.len(),
        right.len()
    );
    Err(TransformError::invalid_input(message).column("right"))
}

fn dot(left: &[f32], right: &[f32]) -> f64 {
    sum(left, right, |left, right| left * right)
}

/// Sums that are added up beside each other, so that vector instructions can do it. Double precision: a product of two
/// single-precision numbers is exact in it.
fn sum(left: &[f32], right: &[f32], of: impl Fn(f64, f64) -> f64) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            sums[lane] += of(left[lane].into(), right[lane].into());
        }
    }
    let rest = left_rest.iter().zip(right_rest);
    let rest: f64 = rest
        .map(|(left, right)| of((*left).into(), (*right).into()))
        .sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::{cosine_similarity, dot_product, l2_distance};

    /// Longer than the lanes, and no multiple of them.
    fn vector(first: f32) -> Vec<f32> {
        (0..19).map(|index| first + index as f32).collect()
    }

    #[test]
    fn known_vectors_have_their_known_similarities() {
        assert_eq!(dot_product(&[1.0, 2.0], &[3.0, 4.0]).unwrap(), 11.0);
        assert_eq!(l2_distance(&[1.0, 2.0], &[4.0, 6.0]).unwrap(), 5.0);
        assert_eq!(
            cosine_similarity(&[1.0, 0.0], &[0.0, 2.0]).unwrap(),
            Some(0.0)
        );
        assert_eq!(
            cosine_similarity(&[3.0, 4.0], &[-3.0, -4.0]).unwrap(),
            Some(-1.0)
        );
    }

    #[test]
    fn all_numbers_of_long_vectors_count() {
        let (left, right) = (vector(0.0), vector(1.0));
        let products = (0..19).map(|index| f64::from(index * (index + 1)));
        assert_eq!(dot_product(&left, &right).unwrap(), products.sum::<f64>());
        assert_eq!(l2_distance(&left, &right).unwrap(), 19_f64.sqrt());
        let same = cosine_similarity(&left, &left).unwrap().unwrap();
        assert!((same - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_vector_of_zeros_has_no_cosine() {
        assert_eq!(cosine_similarity(&[0.0, 0.0], &[1.0, 0.0]).unwrap(), None);
        assert_eq!(cosine_similarity(&[], &[]).unwrap(), None);
        assert_eq!(dot_product(&[], &[]).unwrap(), 0.0);
        assert_eq!(l2_distance(&[0.0], &[0.0]).unwrap(), 0.0);
    }

    #[test]
    fn unequal_lengths_are_told() {
        let error = dot_product(&[1.0], &[1.0, 2.0]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "embeddings of 1 and of 2 numbers can't be compared (column `right`)"
        );
    }
}
