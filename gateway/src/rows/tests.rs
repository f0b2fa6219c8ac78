use feature_model::EntityKeyVersion;

use super::{RowOptions, Rows, RowsError};
use crate::{
    ask::Ask,
    fixture,
    plugins::PluginTable,
    resolve::{ResolveOptions, resolve},
};

const OPTIONS: RowOptions = RowOptions {
    key_version: EntityKeyVersion::V3,
    max_values: 8,
};

fn rows(body: &str) -> Result<Rows, RowsError> {
    let ask = Ask::parse(body.as_bytes(), 100).expect(body);
    let options = ResolveOptions {
        online_feature_view_versioning: false,
    };
    let (snapshot, permit) = (fixture::snapshot(), fixture::permit());
    let plan = resolve(
        &ask.shape,
        &snapshot,
        &permit,
        &PluginTable::default(),
        options,
    )
    .expect(body);
    Rows::new(&plan, &ask.rows, OPTIONS)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn equal_entities_are_one_key_in_any_spelling() {
    let rows = rows(
        r#"{"features": ["stats:trips"], "entities": {"driver_id": [1001, "1001", 7, 1001.0, 7]}}"#,
    )
    .unwrap();
    assert_eq!(rows.keys[0].positions, [0, 0, 1, 0, 1]);
    let keys: Vec<_> = rows.keys[0].distinct.iter().map(|key| hex(key)).collect();
    assert_eq!(
        keys,
        [
            "0100000002000000090000006472697665725f69640400000008000000e903000000000000",
            "0100000002000000090000006472697665725f696404000000080000000700000000000000",
        ]
    );
    let told: Vec<_> = (0..5).map(|row| rows.echoed[0].get(row)).collect();
    assert_eq!(told, [b"1001".as_slice(), b"1001", b"7", b"1001", b"7"]);
}

#[test]
fn a_composite_key_is_sorted_whatever_the_order_of_the_request() {
    let key = |entities: &str| {
        let body = format!(r#"{{"features": ["multi:trips"], "entities": {entities}}}"#);
        hex(&rows(&body).unwrap().keys[0].distinct[0])
    };
    let expected = "02000000020000000b000000637573746f6d65725f696402000000090000006472697665725f6964020000000100000061\
                    0400000008000000e903000000000000";
    assert_eq!(
        key(r#"{"driver_id": [1001], "customer_id": ["a"]}"#),
        expected
    );
    assert_eq!(
        key(r#"{"customer_id": ["a"], "driver_id": [1001]}"#),
        expected
    );
}

#[test]
fn rows_of_a_view_without_entities_share_one_key() {
    let rows = rows(r#"{"features": ["entityless:level"], "entities": {"x": [1, 2, 3]}}"#).unwrap();
    assert_eq!(rows.len, 3);
    assert_eq!(rows.keys[0].positions, [0, 0, 0]);
    assert_eq!(
        hex(&rows.keys[0].distinct[0]),
        "01000000020000000a0000005f5f64756d6d795f69640200000000000000"
    );
    assert!(rows.echoed.is_empty());
}

#[test]
fn what_nothing_needs_is_told_as_it_was_given() {
    let rows = rows(
        r#"{"features": ["stats:trips"], "entities": {"driver_id": [1, 2, 3], "customer_id": [1.50, null, "é\n"]}}"#,
    )
    .unwrap();
    let told: Vec<_> = (0..4)
        .map(|row| std::str::from_utf8(rows.echoed[1].get(row)).unwrap())
        .collect();
    assert_eq!(told, ["1.50", "null", "\"é\\n\"", "null"]);
}

#[test]
fn the_row_and_field_of_a_bad_value_are_told() {
    let error =
        rows(r#"{"features": ["stats:trips"], "entities": {"driver": [1, 1.5]}}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`entities.driver[1]` is `1.5`, which has a fraction; give an integer from -9223372036854775808 to \
         9223372036854775807 (Int64)"
    );
}

#[test]
fn more_values_than_allowed_are_refused_before_anything_is_read() {
    let error = rows(
        r#"{"features": ["stats:trips", "stats:acc_rate", "stats:conv_rate"], "entities": {"driver_id": [1, 2, null]}}"#,
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 entities times 3 features are 9 values, and at most 8 are served at once (`salver.limits.max_values`); \
         send several requests"
    );
}
