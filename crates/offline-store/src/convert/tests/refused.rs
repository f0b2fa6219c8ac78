//! What Feast stores with a loss, or cannot read back, and Salver refuses.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, Decimal128Array, Float32Array, Float64Array, Int64Array, StringArray,
};
use feature_model::Value;

use super::{nested::lists, read, refusal};

#[test]
fn fractions_are_refused_where_an_integer_is_declared() {
    for declared in ["Int32", "Int64", "UnixTimestamp"] {
        let double = Float64Array::from(vec![2.5]);
        assert_eq!(refusal(double, declared), "`f`: 2.5 is no integer");
        let single = Float32Array::from(vec![-1.9]);
        assert_eq!(refusal(single, declared), "`f`: -1.9 is no integer");
    }
    let infinity = Float64Array::from(vec![f64::INFINITY]);
    assert_eq!(refusal(infinity, "Int64"), "`f`: inf is no integer");
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.5]));
    assert_eq!(
        refusal(lists(Arc::clone(&floats), [2, 0]), "Array(Int64)"),
        "`f`: 2.5 is no integer"
    );
    assert_eq!(
        refusal(StringArray::from(vec!["[1, 2.5]"]), "Set(Int32)"),
        "`f`: 2.5 is no integer"
    );
}

#[test]
fn only_0_and_1_are_booleans_among_the_integers() {
    let flags = Int64Array::from(vec![0, 1]);
    assert_eq!(read(flags, "Bool"), [Value::Bool(false), Value::Bool(true)]);
    for number in [2, -1, 100] {
        assert_eq!(
            refusal(Int64Array::from(vec![number]), "Bool"),
            format!("`f`: {number} is neither true nor false")
        );
    }
}

#[test]
fn digits_beyond_those_of_a_float_are_kept_or_refused() {
    let texts = |text| StringArray::from(vec![text]);
    let big = [Value::Int64(9_007_199_254_740_993)];
    assert_eq!(read(texts("9007199254740993.0"), "Int64"), big);
    assert_eq!(read(texts("9007199254740993"), "UnixTimestamp").len(), 1);
    assert_eq!(read(texts("2e3"), "Int64"), [Value::Int64(2000)]);
    assert_eq!(
        refusal(texts("0.99999999999999999999"), "Int64"),
        "`f`: `0.99999999999999999999` is no integer"
    );
    let decimals = |digits, scale| {
        let array = Decimal128Array::from(vec![digits]);
        array.with_precision_and_scale(38, scale).unwrap()
    };
    assert_eq!(read(decimals(9_007_199_254_740_993_000, 3), "Int64"), big);
    assert_eq!(read(decimals(0, 10), "Int64"), [Value::Int64(0)]);
    assert_eq!(
        refusal(decimals(99_999_999_999_999_999_999, 20), "Int64"),
        "`f`: 0.99999999999999999999 is no integer"
    );
}

#[test]
fn text_that_feast_fails_to_read_as_a_uuid_is_refused() {
    let texts = |text| StringArray::from(vec![text]);
    for uuid in [
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6BA7B8109DAD11D180B400C04FD430C8",
        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
        "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ] {
        assert_eq!(read(texts(uuid), "Uuid"), [Value::Uuid(uuid.to_owned())]);
    }
    for bad in [
        "not-a-uuid",
        "",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
    ] {
        for declared in ["Uuid", "TimeUuid"] {
            let reason = refusal(texts(bad), declared);
            assert_eq!(reason, format!("`f`: `{bad}` is no UUID"));
        }
    }
    assert_eq!(
        refusal(texts("[\"a\"]"), "Array(Uuid)"),
        "`f`: `a` is no UUID"
    );
    let bytes = BinaryArray::from(vec![b"a".as_ref()]);
    assert_eq!(refusal(bytes, "TimeUuid"), "`f`: `a` is no UUID");
}

#[test]
fn text_that_feast_fails_to_read_as_a_decimal_is_refused() {
    let texts = |text| StringArray::from(vec![text]);
    for decimal in ["0", "-1.50", "1E+4", ".5", "NaN"] {
        assert_eq!(
            read(texts(decimal), "Decimal"),
            [Value::Decimal(decimal.to_owned())]
        );
    }
    for bad in ["much", "", "1,5", "1.2.3"] {
        let reason = refusal(texts(bad), "Decimal");
        assert_eq!(reason, format!("`f`: `{bad}` is no decimal number"));
    }
    assert_eq!(
        refusal(texts("[\"1\", \"x\"]"), "Set(Decimal)"),
        "`f`: `x` is no decimal number"
    );
}
