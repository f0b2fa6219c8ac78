use arrow_array::{
    Array, ArrayRef, RecordBatch,
    cast::AsArray,
    types::{
        Float32Type, Float64Type, Int32Type, Int64Type, TimestampMicrosecondType,
        TimestampSecondType,
    },
};
use arrow_ipc::reader::StreamReader;
use arrow_schema::{DataType as ArrowType, TimeUnit};
use feature_codec::encode_value;
use feature_model::{
    DataType, EntityKeyVersion, Field, List, Map, RegistrySnapshot, Timestamp, Value,
};
use online_store::{StoredRow, StoredRows};
use proptest::{collection::vec, prelude::*};
use serde_json::json;
use settings::{NonFinite, ResponseLayout};

use super::{ArrowOptions, encode_arrow};
use crate::{
    ask::Ask,
    encode::{Beside, EncodeOptions, Encoded, encode, json},
    fixture,
    plugins::PluginTable,
    resolve::{ResolveOptions, resolve},
    rows::{RowOptions, Rows},
    transform::Computed,
};

const NOW: i64 = 1_767_312_000; // 2026-01-02T00:00:00Z

const ALL: Beside = Beside {
    statuses: true,
    event_timestamps: true,
};

const NOTHING: Beside = Beside {
    statuses: false,
    event_timestamps: false,
};

/// A type, and values of it.
type OfType = (DataType, BoxedStrategy<Value>);

fn types() -> Vec<OfType> {
    let of = |name: &str, values: BoxedStrategy<Value>| (name.parse().unwrap(), values);
    let longs = vec(any::<i64>(), 0..4);
    vec![
        of("Int32", any::<i32>().prop_map(Value::Int32).boxed()),
        of("Int64", any::<i64>().prop_map(Value::Int64).boxed()),
        of(
            "Float32",
            any::<u32>()
                .prop_map(|it| Value::Float(f32::from_bits(it)))
                .boxed(),
        ),
        of(
            "Float64",
            any::<u64>()
                .prop_map(|it| Value::Double(f64::from_bits(it)))
                .boxed(),
        ),
        of("Bool", any::<bool>().prop_map(Value::Bool).boxed()),
        of(
            "UnixTimestamp",
            any::<i64>().prop_map(Value::UnixTimestamp).boxed(),
        ),
        of("Bytes", any::<Vec<u8>>().prop_map(Value::Bytes).boxed()),
        of("String", any::<String>().prop_map(Value::String).boxed()),
        of("Json", any::<String>().prop_map(Value::Json).boxed()),
        of("Decimal", any::<String>().prop_map(Value::Decimal).boxed()),
        of(
            "ZonedTimestamp",
            (-1_i64 << 40..1 << 40)
                .prop_map(|unix_timestamp| Value::ZonedTimestamp {
                    unix_timestamp,
                    zone: "Europe/Berlin".into(),
                })
                .boxed(),
        ),
        of(
            "Array(Float32)",
            vec(any::<f32>(), 0..4)
                .prop_map(|all| Value::List(List::Float(all)))
                .boxed(),
        ),
        of(
            "Array(UnixTimestamp)",
            vec(prop_oneof![Just(i64::MIN), any::<i64>()], 0..4)
                .prop_map(|all| Value::List(List::UnixTimestamp(all)))
                .boxed(),
        ),
        of(
            "Set(String)",
            vec(any::<String>(), 0..3)
                .prop_map(|all| Value::Set(List::String(all)))
                .boxed(),
        ),
        of(
            "Array(Bytes)",
            vec(any::<Vec<u8>>(), 0..3)
                .prop_map(|all| Value::List(List::Bytes(all)))
                .boxed(),
        ),
        of(
            "Array(Array(Int64))",
            longs
                .prop_map(|all| Value::ValueList(vec![Value::List(List::Int64(all)), Value::Null]))
                .boxed(),
        ),
        of(
            "Map",
            (any::<String>(), any::<f64>())
                .prop_map(|(key, it)| Value::Map(Map::from([(key, Value::Double(it))])))
                .boxed(),
        ),
        (
            DataType::Unknown(0),
            any::<i64>().prop_map(Value::Int64).boxed(),
        ),
    ]
}

/// A stored feature: mostly there, sometimes never stored, null, or bytes of nothing.
fn cell(values: BoxedStrategy<Value>) -> BoxedStrategy<Option<Vec<u8>>> {
    prop_oneof![
        7 => values.prop_map(|value| Some(bytes_of(&value))),
        1 => Just(None),
        1 => Just(Some(Vec::new())),
        1 => Just(Some(b"\xff\xff\xff".to_vec())),
    ]
    .boxed()
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_value(value, &mut bytes);
    bytes
}

fn rows() -> impl Strategy<Value = Vec<Option<StoredRow>>> {
    let cells: Vec<_> = types()
        .into_iter()
        .map(|(_, values)| cell(values))
        .collect();
    let day = 86_400_000_000_i64;
    let row = (NOW * 1_000_000 - 2 * day..NOW * 1_000_000, cells).prop_map(|(micros, cells)| {
        let time = Timestamp::from_nanos(i128::from(micros) * 1_000);
        StoredRow::new(time, cells)
    });
    let damaged = Just(StoredRow::damaged(types().len(), "no hash"));
    let row = prop_oneof![8 => row, 1 => damaged];
    vec(prop::option::weighted(0.9, row), 4)
}

/// The fixture's registry, in which `stats` has a feature of each type.
fn snapshot() -> RegistrySnapshot {
    let mut snapshot = fixture::snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    let stats = project.feature_views.get_mut("stats").unwrap();
    let fields = types().into_iter().enumerate();
    let fields = fields.map(|(index, (data_type, _))| Field::new(format!("f{index}"), data_type));
    stats.features = fields.collect();
    snapshot
}

fn body() -> String {
    let features = (0..types().len()).map(|index| format!("stats:f{index}"));
    json!({
        "features": features.collect::<Vec<_>>(),
        "entities": {"driver_id": [4, 2, 3, 1, 2], "zone_id": ["a", "b", "a", "\"", ""]},
    })
    .to_string()
}

struct Replies {
    columns: serde_json::Value,
    rows: serde_json::Value,
    arrow: Encoded,
}

fn replies(
    body: &str,
    snapshot: &RegistrySnapshot,
    stored: &StoredRows,
    beside: Beside,
) -> Replies {
    let ask = Ask::parse(body.as_bytes(), 100).expect(body);
    let options = ResolveOptions {
        online_feature_view_versioning: false,
    };
    let (permit, plugins) = (fixture::permit(), PluginTable::default());
    let plan = resolve(&ask.shape, snapshot, &permit, &plugins, options).expect(body);
    let options = RowOptions {
        key_version: EntityKeyVersion::V3,
        max_values: 1000,
    };
    let rows = Rows::new(&plan, &ask.rows, options).expect(body);
    let (now, computed) = (Timestamp::from_seconds(NOW), Computed::default());
    let in_json = |layout| {
        let options = EncodeOptions {
            layout,
            beside: ALL,
            non_finite: NonFinite::Null,
            now,
        };
        let encoded = encode(&plan, &rows, stored, &computed, options);
        serde_json::from_slice(&encoded.body).unwrap()
    };
    let options = ArrowOptions {
        beside,
        non_finite: NonFinite::Null,
        now,
    };
    Replies {
        columns: in_json(ResponseLayout::Columns),
        rows: in_json(ResponseLayout::Rows),
        arrow: encode_arrow(&plan, &rows, stored, &computed, options).unwrap(),
    }
}

/// The one batch of a stream.
fn batch(stream: &[u8]) -> RecordBatch {
    let mut batches = StreamReader::try_new(stream, None).unwrap();
    let batch = batches.next().unwrap().unwrap();
    assert!(batches.next().is_none());
    batch
}

/// What a cell of Arrow is in JSON; `is_json` where it holds the text of JSON.
fn cell_in_json(array: &ArrayRef, row: usize, is_json: bool) -> serde_json::Value {
    if array.is_null(row) {
        return serde_json::Value::Null;
    }
    let value = match array.data_type() {
        ArrowType::Int32 => Value::Int32(array.as_primitive::<Int32Type>().value(row)),
        ArrowType::Int64 => Value::Int64(array.as_primitive::<Int64Type>().value(row)),
        ArrowType::Float32 => Value::Float(array.as_primitive::<Float32Type>().value(row)),
        ArrowType::Float64 => Value::Double(array.as_primitive::<Float64Type>().value(row)),
        ArrowType::Boolean => Value::Bool(array.as_boolean().value(row)),
        ArrowType::Binary => Value::Bytes(array.as_binary::<i32>().value(row).to_vec()),
        ArrowType::Timestamp(TimeUnit::Second, _) => {
            Value::UnixTimestamp(array.as_primitive::<TimestampSecondType>().value(row))
        }
        ArrowType::Utf8 if is_json => {
            return serde_json::from_str(array.as_string::<i32>().value(row)).unwrap();
        }
        ArrowType::Utf8 => Value::String(array.as_string::<i32>().value(row).to_owned()),
        ArrowType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            let items = (0..items.len()).map(|item| cell_in_json(&items, item, false));
            return items.collect();
        }
        other => panic!("{other}"),
    };
    let mut text = Vec::new();
    json::value(&mut text, &value, NonFinite::Null);
    serde_json::from_slice(&text).unwrap()
}

/// Whether a column of that declared type holds the text of JSON.
fn is_json(feature: usize) -> bool {
    let (data_type, _) = &types()[feature];
    let nested = |it: &DataType| matches!(it, DataType::Array(_));
    match data_type {
        DataType::Array(element) => nested(element),
        other => matches!(other, DataType::Map | DataType::Unknown(_)),
    }
}

fn time_in_json(array: &ArrayRef, row: usize) -> serde_json::Value {
    let micros = if array.is_null(row) {
        0
    } else {
        array.as_primitive::<TimestampMicrosecondType>().value(row)
    };
    let time = Timestamp::from_nanos(i128::from(micros) * 1_000);
    json!(time.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn rows_columns_and_arrow_tell_the_same(stored in rows()) {
        let replies = replies(&body(), &snapshot(), &vec![stored].into(), ALL);
        let batch = batch(&replies.arrow.body);
        let schema = batch.schema();
        let names = replies.columns["metadata"]["feature_names"].as_array().unwrap();
        prop_assert_eq!(batch.num_columns(), 3 * names.len());
        for (column, name) in names.iter().enumerate() {
            let name = name.as_str().unwrap();
            prop_assert_eq!(schema.field(column).name(), name);
            let statuses = batch.column_by_name(&format!("{name}:status")).unwrap();
            let times = batch.column_by_name(&format!("{name}:event_timestamp")).unwrap();
            let is_json = column >= 2 && is_json(column - 2);
            for row in 0..5 {
                let told = [
                    ("values", cell_in_json(batch.column(column), row, is_json)),
                    ("statuses", cell_in_json(statuses, row, false)),
                    ("event_timestamps", time_in_json(times, row)),
                ];
                for (key, told) in told {
                    let in_columns = &replies.columns["results"][column][key][row];
                    prop_assert_eq!(in_columns, &replies.rows["results"][row][key][column]);
                    prop_assert_eq!(&told, in_columns, "{} of {}", key, name);
                }
            }
        }
    }
}

const TRIPS: &str = r#"{"features": ["stats:trips", "stats:conv_rate"], "entities": {"driver_id": [1001, 1002]}, "include_feature_view_version_metadata": true}"#;

fn trips(trips: Value) -> StoredRows {
    let row = StoredRow::new(
        Timestamp::from_seconds(NOW - 60),
        [Some(bytes_of(&trips)), Some(bytes_of(&Value::Float(0.5)))],
    );
    vec![vec![Some(row), None]].into()
}

#[test]
fn the_schema_has_the_types_of_the_registry() {
    let encoded = replies(
        TRIPS,
        &fixture::snapshot(),
        &trips(Value::Int64(5)),
        NOTHING,
    );
    let batch = batch(&encoded.arrow.body);
    let schema = batch.schema();
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .map(|field| (field.name().as_str(), field.data_type().clone()))
        .collect();
    assert_eq!(
        fields,
        [
            ("driver_id", ArrowType::Int64),
            ("trips", ArrowType::Int64),
            ("conv_rate", ArrowType::Float32),
        ]
    );
    let versions = &schema.metadata()["feature_view_metadata"];
    let told = &encoded.columns["metadata"]["feature_view_metadata"];
    assert_eq!(
        &serde_json::from_str::<serde_json::Value>(versions).unwrap(),
        told
    );
}

#[test]
fn a_narrower_number_is_widened_and_any_other_type_is_told_as_invalid() {
    let reply = replies(TRIPS, &fixture::snapshot(), &trips(Value::Int32(7)), ALL).arrow;
    let told = batch(&reply.body);
    assert_eq!(told.column(1).as_primitive::<Int64Type>().value(0), 7);
    assert!(reply.corrupt.is_empty());

    let text = trips(Value::String("7".into()));
    let reply = replies(TRIPS, &fixture::snapshot(), &text, ALL).arrow;
    let told = batch(&reply.body);
    assert!(told.column(1).is_null(0));
    let statuses = told.column_by_name("trips:status").unwrap();
    let statuses = statuses.as_string::<i32>();
    assert_eq!(
        (statuses.value(0), statuses.value(1)),
        ("INVALID", "NOT_FOUND")
    );
    let [corrupt] = reply.corrupt.as_slice() else {
        panic!("{:?}", reply.corrupt);
    };
    assert_eq!(
        (corrupt.view.as_str(), corrupt.feature.as_str()),
        ("stats", "trips")
    );
    assert_eq!(
        corrupt.reason,
        "the value is not of the type `Int64` that the registry declares, which Arrow needs"
    );
}

#[test]
fn join_keys_have_their_types() {
    let views = [
        (
            r#"["stats:trips"]"#,
            r#"{"driver_id": [1, "2"]}"#,
            ArrowType::Int64,
        ),
        (
            r#"["stats:trips"]"#,
            r#"{"zone_id": [1, "x"], "driver_id": [1, 2]}"#,
            ArrowType::Utf8,
        ),
        (
            r#"["stats:trips"]"#,
            r#"{"zone_id": [7, 8], "driver_id": [1, 2]}"#,
            ArrowType::Int64,
        ),
        (
            r#"["stats:trips"]"#,
            r#"{"zone_id": ["x", null], "driver_id": [1, 2]}"#,
            ArrowType::Utf8,
        ),
    ];
    for (features, entities, expected) in views {
        let body = format!(r#"{{"features": {features}, "entities": {entities}}}"#);
        let stored = vec![vec![None, None]].into();
        let reply = replies(&body, &fixture::snapshot(), &stored, NOTHING);
        let batch = batch(&reply.arrow.body);
        assert_eq!(batch.column(0).data_type(), &expected, "{entities}");
        let first = &reply.columns["results"][0]["values"];
        for row in 0..2 {
            let told = cell_in_json(batch.column(0), row, false);
            let expected = match (&first[row], batch.column(0).data_type()) {
                (serde_json::Value::Number(number), ArrowType::Utf8) => json!(number.to_string()),
                (other, _) => other.clone(),
            };
            assert_eq!(told, expected, "{entities}");
        }
    }
}
