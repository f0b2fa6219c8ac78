use feature_codec::encode_value;
use feature_model::{EntityKeyVersion, Timestamp, Value};
use online_store::{StoredRow, StoredRows};
use settings::{NonFinite, ResponseLayout};

use super::{Beside, EncodeOptions, Encoded, encode};
use crate::{
    ask::Ask,
    fixture,
    plugins::PluginTable,
    resolve::{ResolveOptions, resolve},
    rows::{RowOptions, Rows},
    transform::Computed,
};

const BOTH: Beside = Beside {
    statuses: true,
    event_timestamps: true,
};
const NOW: i64 = 1_767_312_000; // 2026-01-02T00:00:00Z

fn options(layout: ResponseLayout) -> EncodeOptions {
    EncodeOptions {
        layout,
        beside: BOTH,
        non_finite: NonFinite::Null,
        now: Timestamp::from_seconds(NOW),
    }
}

fn stored(seconds: i64, values: &[Option<Value>]) -> Option<StoredRow> {
    let bytes = |value: &Option<Value>| {
        value.as_ref().map(|value| {
            let mut out = Vec::new();
            encode_value(value, &mut out);
            out
        })
    };
    let event_timestamp = Timestamp::from_seconds(seconds);
    Some(StoredRow::new(event_timestamp, values.iter().map(bytes)))
}

fn reply(body: &str, stored: &StoredRows, layout: ResponseLayout) -> Encoded {
    reply_with(body, stored, options(layout))
}

fn reply_with(body: &str, stored: &StoredRows, options: EncodeOptions) -> Encoded {
    let ask = Ask::parse(body.as_bytes(), 100).expect(body);
    let options_ = ResolveOptions {
        online_feature_view_versioning: false,
    };
    let (snapshot, permit) = (fixture::snapshot(), fixture::permit());
    let plan = resolve(
        &ask.shape,
        &snapshot,
        &permit,
        &PluginTable::default(),
        options_,
    )
    .expect(body);
    let row_options = RowOptions {
        key_version: EntityKeyVersion::V3,
        max_values: 1000,
    };
    let rows = Rows::new(&plan, &ask.rows, row_options).expect(body);
    encode(&plan, &rows, stored, &Computed::default(), options)
}

fn text(encoded: &Encoded) -> &str {
    std::str::from_utf8(&encoded.body).unwrap()
}

const TWO_DRIVERS: &str = r#"{"features": ["stats:conv_rate", "stats:trips"], "entities": {"driver_id": [1001, 1002, 1001]}}"#;

fn two_drivers() -> StoredRows {
    vec![vec![
        stored(NOW - 60, &[Some(Value::Float(0.1)), Some(Value::Int64(5))]),
        None,
    ]]
    .into()
}

#[test]
fn columns_hold_one_item_for_each_name() {
    let reply = reply(TWO_DRIVERS, &two_drivers(), ResponseLayout::Columns);
    assert_eq!(
        text(&reply),
        concat!(
            r#"{"results":["#,
            r#"{"values":[1001,1002,1001],"statuses":["PRESENT","PRESENT","PRESENT"],"#,
            r#""event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},"#,
            r#"{"values":[0.1,null,0.1],"statuses":["PRESENT","NOT_FOUND","PRESENT"],"#,
            r#""event_timestamps":["2026-01-01T23:59:00Z","1970-01-01T00:00:00Z","2026-01-01T23:59:00Z"]},"#,
            r#"{"values":[5,null,5],"statuses":["PRESENT","NOT_FOUND","PRESENT"],"#,
            r#""event_timestamps":["2026-01-01T23:59:00Z","1970-01-01T00:00:00Z","2026-01-01T23:59:00Z"]}],"#,
            r#""metadata":{"feature_names":["driver_id","conv_rate","trips"]}}"#,
        )
    );
    assert!(reply.corrupt.is_empty());
}

#[test]
fn rows_hold_one_item_for_each_entity() {
    let reply = reply(TWO_DRIVERS, &two_drivers(), ResponseLayout::Rows);
    assert_eq!(
        text(&reply),
        concat!(
            r#"{"metadata":{"feature_names":["driver_id","conv_rate","trips"]},"results":["#,
            r#"{"values":[1001,0.1,5],"statuses":["PRESENT","PRESENT","PRESENT"],"#,
            r#""event_timestamps":["1970-01-01T00:00:00Z","2026-01-01T23:59:00Z","2026-01-01T23:59:00Z"]},"#,
            r#"{"values":[1002,null,null],"statuses":["PRESENT","NOT_FOUND","NOT_FOUND"],"#,
            r#""event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]},"#,
            r#"{"values":[1001,0.1,5],"statuses":["PRESENT","PRESENT","PRESENT"],"#,
            r#""event_timestamps":["1970-01-01T00:00:00Z","2026-01-01T23:59:00Z","2026-01-01T23:59:00Z"]}]}"#,
        )
    );
}

#[test]
fn what_is_told_beside_the_values_can_be_left_out() {
    let columns = r#"{"results":[{"values":[1001,1002,1001]BESIDE0},{"values":[0.1,null,0.1]BESIDE1},{"values":[5,null,5]BESIDE1}],"metadata":{"feature_names":["driver_id","conv_rate","trips"]}}"#;
    let present = r#","statuses":["PRESENT","PRESENT","PRESENT"]"#;
    let found = r#","statuses":["PRESENT","NOT_FOUND","PRESENT"]"#;
    let never = r#","event_timestamps":["1970-01-01T00:00:00Z","1970-01-01T00:00:00Z","1970-01-01T00:00:00Z"]"#;
    let times = r#","event_timestamps":["2026-01-01T23:59:00Z","1970-01-01T00:00:00Z","2026-01-01T23:59:00Z"]"#;
    for (statuses, event_timestamps, of_keys, of_features) in [
        (false, false, String::new(), String::new()),
        (true, false, present.to_owned(), found.to_owned()),
        (false, true, never.to_owned(), times.to_owned()),
        (
            true,
            true,
            format!("{present}{never}"),
            format!("{found}{times}"),
        ),
    ] {
        let beside = Beside {
            statuses,
            event_timestamps,
        };
        let options = EncodeOptions {
            beside,
            ..options(ResponseLayout::Columns)
        };
        let reply = reply_with(TWO_DRIVERS, &two_drivers(), options);
        let expected = columns.replace("BESIDE0", &of_keys);
        assert_eq!(text(&reply), expected.replace("BESIDE1", &of_features));
    }
    let options = EncodeOptions {
        beside: Beside {
            statuses: false,
            event_timestamps: false,
        },
        ..options(ResponseLayout::Rows)
    };
    assert_eq!(
        text(&reply_with(TWO_DRIVERS, &two_drivers(), options)),
        concat!(
            r#"{"metadata":{"feature_names":["driver_id","conv_rate","trips"]},"results":["#,
            r#"{"values":[1001,0.1,5]},{"values":[1002,null,null]},{"values":[1001,0.1,5]}]}"#,
        )
    );
}

/// Value and status of the one feature for the one driver.
fn cell(reference: &str, row: Option<StoredRow>) -> (String, String, String) {
    let body = format!(r#"{{"features": ["{reference}"], "entities": {{"driver_id": [1]}}}}"#);
    let encoded = reply(&body, &vec![vec![row]].into(), ResponseLayout::Columns);
    let json: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
    let column = &json["results"][1];
    let first = |key: &str| column[key][0].clone();
    (
        first("values").to_string(),
        first("statuses").as_str().unwrap().to_owned(),
        first("event_timestamps").as_str().unwrap().to_owned(),
    )
}

fn told(value: &str, status: &str, seconds: i64) -> (String, String, String) {
    (
        value.to_owned(),
        status.to_owned(),
        Timestamp::from_seconds(seconds).to_string(),
    )
}

#[test]
fn statuses_tell_why_a_value_is_null() {
    let day = 86_400;
    let fresh = NOW - 1;
    let present = stored(fresh, &[Some(Value::Int64(5))]);
    assert_eq!(cell("stats:trips", present), told("5", "PRESENT", fresh));
    let null = stored(fresh, &[Some(Value::Null)]);
    assert_eq!(cell("stats:trips", null), told("null", "NULL_VALUE", fresh));
    let no_time = stored(fresh, &[Some(Value::UnixTimestamp(i64::MIN))]);
    assert_eq!(
        cell("stats:trips", no_time),
        told("null", "NULL_VALUE", fresh)
    );
    let never_stored = stored(fresh, &[None]);
    assert_eq!(
        cell("stats:trips", never_stored),
        told("null", "NOT_FOUND", fresh)
    );
    assert_eq!(cell("stats:trips", None), told("null", "NOT_FOUND", 0));
    let nan = stored(fresh, &[Some(Value::Double(f64::NAN))]);
    assert_eq!(cell("stats:trips", nan), told("null", "PRESENT", fresh));

    let just_fresh = stored(NOW - day, &[Some(Value::Int64(5))]);
    assert_eq!(
        cell("stats:trips", just_fresh),
        told("5", "PRESENT", NOW - day)
    );
    let too_old = stored(NOW - day - 1, &[Some(Value::Int64(5))]);
    assert_eq!(
        cell("stats:trips", too_old),
        told("null", "OUTSIDE_MAX_AGE", NOW - day - 1)
    );
    let old_without_ttl = stored(0, &[Some(Value::Int64(5))]);
    assert_eq!(
        cell("loading:speed", old_without_ttl),
        told("5", "PRESENT", 0)
    );
    let from_the_future = stored(NOW + day, &[Some(Value::Int64(5))]);
    assert_eq!(
        cell("stats:trips", from_the_future),
        told("5", "PRESENT", NOW + day)
    );
}

#[test]
fn bytes_that_cannot_be_decoded_spoil_one_value_only() {
    let values: [&[u8]; 2] = [b"\xff\xff\xff", b"\x20\x05"];
    let row = StoredRow::new(Timestamp::from_seconds(NOW), values.map(Some));
    let body =
        r#"{"features": ["stats:conv_rate", "stats:trips"], "entities": {"driver_id": [1, 1]}}"#;
    let encoded = reply(body, &vec![vec![Some(row)]].into(), ResponseLayout::Columns);
    let json: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(
        json["results"][1]["values"],
        serde_json::json!([null, null])
    );
    assert_eq!(
        json["results"][1]["statuses"],
        serde_json::json!(["INVALID", "INVALID"])
    );
    assert_eq!(json["results"][2]["values"], serde_json::json!([5, 5]));
    let [corrupt] = encoded.corrupt.as_slice() else {
        panic!("{:?}", encoded.corrupt);
    };
    assert_eq!(
        (corrupt.view.as_str(), corrupt.feature.as_str()),
        ("stats", "conv_rate")
    );
    assert_eq!(corrupt.values, 2);
}

#[test]
fn a_row_that_cannot_be_read_is_invalid_and_the_others_are_served() {
    let good = stored(NOW, &[None, Some(Value::Int64(5))]);
    let bad = Some(StoredRow::damaged(2, "no hash"));
    let body =
        r#"{"features": ["stats:conv_rate", "stats:trips"], "entities": {"driver_id": [1, 2]}}"#;
    let encoded = reply(body, &vec![vec![bad, good]].into(), ResponseLayout::Columns);
    let json: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(json["results"][2]["values"], serde_json::json!([null, 5]));
    assert_eq!(
        json["results"][2]["statuses"],
        serde_json::json!(["INVALID", "PRESENT"])
    );
    assert_eq!(encoded.corrupt[0].reason, "no hash");
    let far = cell("stats:trips", stored(i64::MAX, &[Some(Value::Int64(5))]));
    assert_eq!(far, told("null", "INVALID", 0));
}

#[test]
fn a_reply_to_nothing_stored_is_still_whole() {
    let encoded = reply(
        TWO_DRIVERS,
        &vec![vec![None, None]].into(),
        ResponseLayout::Rows,
    );
    let json: serde_json::Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(json["results"].as_array().unwrap().len(), 3);
}
