use plugin_sdk::{
    Failure, Outputs, Transform, TransformError, bindings::salver::transform::columns::Values,
    transform,
};

use crate::batches::{array, batch, blobs, nullable, run};

#[transform]
fn sum(left: Option<i64>, right: i64) -> Option<i64> {
    left.map(|left| left + right)
}

#[test]
fn a_null_that_is_not_taken_makes_the_row_null() {
    let inputs = batch(&[
        ("left", nullable(&[1, 0, 1], Values::Int64(vec![1, 2, 3]))),
        (
            "right",
            nullable(&[1, 1, 0], Values::Int64(vec![10, 20, 30])),
        ),
    ]);
    let out = run::<sum>("{}", 3, &inputs).unwrap();
    let wanted = nullable(&[1, 0, 0], Values::Int64(vec![11, 0, 0]));
    assert_eq!(out, [("sum".to_owned(), wanted)]);
}

#[test]
fn nothing_null_has_no_validity() {
    let inputs = batch(&[
        ("left", array(Values::Int64(vec![1]))),
        ("right", array(Values::Int64(vec![2]))),
    ]);
    let out = run::<sum>("{}", 1, &inputs).unwrap();
    assert_eq!(out, [("sum".to_owned(), array(Values::Int64(vec![3])))]);
}

#[test]
fn no_rows_are_no_rows() {
    let none = || array(Values::Int64(Vec::new()));
    let out = run::<sum>("{}", 0, &batch(&[("left", none()), ("right", none())])).unwrap();
    assert_eq!(out, [("sum".to_owned(), none())]);
}

#[transform(name = "split", outputs("whole", "rest"))]
fn divide(value: i64, by: i64) -> Result<Option<(i64, i64)>, TransformError> {
    match by {
        0 => Err(TransformError::invalid_input("can't divide by `0`").column("by")),
        by if by < 0 => Ok(None),
        by => Ok(Some((value / by, value % by))),
    }
}

#[test]
fn a_tuple_is_named_by_the_attribute_and_none_makes_all_of_it_null() {
    let inputs = batch(&[
        ("value", array(Values::Int64(vec![7, 7]))),
        ("by", array(Values::Int64(vec![2, -1]))),
    ]);
    let out = run::<divide>("{}", 2, &inputs).unwrap();
    assert_eq!(out[0].0, "whole");
    assert_eq!(out[0].1, nullable(&[1, 0], Values::Int64(vec![3, 0])));
    assert_eq!(out[1].0, "rest");
    assert_eq!(out[1].1, nullable(&[1, 0], Values::Int64(vec![1, 0])));
}

#[test]
fn an_error_names_its_row() {
    let inputs = batch(&[
        ("value", array(Values::Int64(vec![7, 7]))),
        ("by", array(Values::Int64(vec![2, 0]))),
    ]);
    let error = run::<divide>("{}", 2, &inputs).unwrap_err();
    assert_eq!(
        error.to_string(),
        "can't divide by `0` (row 1, column `by`)"
    );
    assert_eq!(error.failure(), Failure::InvalidInput);
}

#[derive(Outputs)]
struct Named<'a> {
    /// In capitals.
    upper: String,
    #[column("as_it_is")]
    same: Option<&'a str>,
}

#[transform]
fn spell<'a>(#[column("txt")] text: &'a str) -> Result<Named<'a>, String> {
    let same = (text != "b").then_some(text);
    let upper = text.to_uppercase();
    if upper == "X" {
        Err(format!("no `{text}`"))
    } else {
        Ok(Named { upper, same })
    }
}

#[test]
fn a_struct_names_its_columns_itself() {
    let inputs = batch(&[("txt", array(Values::Text(blobs(&["a", "b"]))))]);
    let out = run::<spell>("{}", 2, &inputs).unwrap();
    assert_eq!(
        out[0],
        ("upper".to_owned(), array(Values::Text(blobs(&["A", "B"]))))
    );
    let wanted = nullable(&[1, 0], Values::Text(blobs(&["a", ""])));
    assert_eq!(out[1], ("as_it_is".to_owned(), wanted));
}

#[test]
fn a_text_is_an_error_too() {
    let inputs = batch(&[("txt", array(Values::Text(blobs(&["x"]))))]);
    let error = run::<spell>("{}", 1, &inputs).unwrap_err();
    assert_eq!(error.to_string(), "no `x` (row 0)");
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    by: f64,
}

#[transform]
fn scaled(value: f64, #[parameters] scale: &Scale) -> f64 {
    value * scale.by
}

#[test]
fn parameters_are_read_and_bad_ones_told() {
    let inputs = batch(&[("value", array(Values::Float64(vec![1.5])))]);
    let out = run::<scaled>(r#"{"by": 2}"#, 1, &inputs).unwrap();
    assert_eq!(out[0].1, array(Values::Float64(vec![3.0])));
    for bad in ["{}", r#"{"by": "x"}"#, r#"{"by": 1, "too": 1}"#, "[]"] {
        let failed = run::<scaled>(bad, 1, &inputs).unwrap_err();
        assert_eq!(failed.failure(), Failure::InvalidParameters, "{bad}");
        let failed = <scaled as Transform>::describe(bad).unwrap_err();
        assert_eq!(failed.failure(), Failure::InvalidParameters, "{bad}");
    }
    let failed = run::<sum>(r#"{"by": 1}"#, 0, &batch(&[])).unwrap_err();
    assert_eq!(failed.failure(), Failure::InvalidParameters);
}

#[test]
fn a_column_of_another_type_is_told_by_name() {
    let inputs = batch(&[("value", array(Values::Int64(vec![1])))]);
    let error = run::<scaled>(r#"{"by": 2}"#, 1, &inputs).unwrap_err();
    assert_eq!(
        error.to_string(),
        "its values are 64-bit integers, and not of type Float64 (column `value`)"
    );
    let error = run::<scaled>(r#"{"by": 2}"#, 1, &batch(&[])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "column 0 is missing: 0 are given (column `value`)"
    );
}

#[transform]
fn three() -> i64 {
    3
}

#[test]
fn a_function_may_take_nothing() {
    let out = run::<three>("{}", 2, &batch(&[])).unwrap();
    assert_eq!(out[0].1, array(Values::Int64(vec![3, 3])));
}
