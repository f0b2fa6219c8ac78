use plugin_sdk::{
    Column, OutputColumn, TransformError, bindings::salver::transform::columns::Values, transform,
};

use crate::batches::{array, batch, blobs, nullable, run};

#[transform]
fn doubled(x: &Column<'_, f64>) -> OutputColumn<f64> {
    let doubled = x.values().iter().map(|x| x * 2.0).collect();
    OutputColumn::with_validity(doubled, x.validity().to_vec())
}

#[test]
fn columns_are_slices_with_validity() {
    let inputs = batch(&[("x", nullable(&[1, 0], Values::Float64(vec![1.0, 2.0])))]);
    let out = run::<doubled>("{}", 2, &inputs).unwrap();
    let wanted = nullable(&[1, 0], Values::Float64(vec![2.0, 4.0]));
    assert_eq!(out, [("doubled".to_owned(), wanted)]);
}

#[derive(serde::Deserialize)]
struct Least {
    least: usize,
}

#[transform(outputs("length", "long"), deterministic = false)]
fn lengths(
    text: Column<'_, str>,
    #[parameters] options: &Least,
) -> Result<(Vec<Option<i64>>, OutputColumn<bool>), TransformError> {
    let lengths = text.iter().map(|text| text.map(|text| text.len() as i64));
    let long = text
        .iter()
        .map(|text| text.map(|text| text.len() >= options.least));
    if let Some(row) = (0..text.len()).find(|row| text.get(*row) == Some("?")) {
        return Err(TransformError::invalid_input("unknown")
            .row(row)
            .column(text.name()));
    }
    Ok((lengths.collect(), long.collect()))
}

#[test]
fn several_columns_and_parameters_go_together() {
    let texts = nullable(&[1, 0, 1], Values::Text(blobs(&["ab", "", "abc"])));
    let out = run::<lengths>(r#"{"least": 3}"#, 3, &batch(&[("text", texts)])).unwrap();
    assert_eq!(out[0].1, nullable(&[1, 0, 1], Values::Int64(vec![2, 0, 3])));
    assert_eq!(
        out[1].1,
        nullable(&[1, 0, 1], Values::Boolean(vec![0, 0, 1]))
    );
}

#[test]
fn an_error_names_what_the_function_says() {
    let texts = array(Values::Text(blobs(&["a", "?"])));
    let error = run::<lengths>(r#"{"least": 3}"#, 2, &batch(&[("text", texts)])).unwrap_err();
    assert_eq!(error.to_string(), "unknown (row 1, column `text`)");
}

#[transform]
fn short(_x: &Column<'_, i64>) -> Vec<i64> {
    vec![1]
}

#[test]
fn an_output_of_another_length_is_an_error() {
    let inputs = batch(&[("x", array(Values::Int64(vec![1, 2])))]);
    let error = run::<short>("{}", 2, &inputs).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the function returned 1 values for 2 rows (column `short`)"
    );
}
