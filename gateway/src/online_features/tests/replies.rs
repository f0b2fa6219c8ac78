use feature_model::{List, Map, Timestamp, Value};
use http::StatusCode;
use serde_json::json;

use super::house::{House, NEW_YEAR, Reply};

fn now() -> i64 {
    Timestamp::now().seconds()
}

/// Value and status of the cell at that column and row, in the layout `columns`.
fn cell(reply: &Reply, column: usize, row: usize) -> (serde_json::Value, String) {
    let item = &reply.json()["results"][column];
    let status = item["statuses"][row].as_str().unwrap().to_owned();
    (item["values"][row].clone(), status)
}

/// By what a reply may differ from what another client gets.
const VARIES_BY: &str = "accept, salver-response-layout, salver-project";
const VARIES_BY_CODING: &str = "accept, salver-response-layout, salver-project, accept-encoding";

const TRIPS: &str = r#"{"features": ["stats:conv_rate", "stats:trips"], "entities": {"driver_id": [1001, 1002, 1001]}}"#;

async fn two_drivers() -> House {
    let house = House::new().await;
    house
        .store_stats(1001, now(), 0.1, Value::Int64(9_007_199_254_740_993))
        .await;
    house
}

#[tokio::test]
async fn the_layout_is_the_configurations_or_the_requests() {
    let house = two_drivers().await;
    let reply = house.ask(TRIPS).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!(reply.header("salver-response-layout"), "columns");
    assert_eq!(
        reply.json()["results"][2]["values"],
        json!([9_007_199_254_740_993_i64, null, 9_007_199_254_740_993_i64])
    );

    let rows = house
        .ask_with(&[("salver-response-layout", "Rows")], TRIPS)
        .await;
    assert_eq!(rows.header("salver-response-layout"), "rows");
    assert_eq!(
        rows.json()["results"][0]["values"],
        json!([1001, 0.1, 9_007_199_254_740_993_i64])
    );
    assert_eq!(
        rows.json()["results"][1]["statuses"],
        json!(["PRESENT", "NOT_FOUND", "NOT_FOUND"])
    );

    let configured = House::configured("response_layout: rows").await;
    configured.store_stats(1001, now(), 0.1, Value::Null).await;
    let rows = configured.ask(TRIPS).await;
    assert_eq!(rows.header("salver-response-layout"), "rows");
    let columns = configured
        .ask_with(&[("salver-response-layout", "columns")], TRIPS)
        .await;
    assert_eq!(columns.header("salver-response-layout"), "columns");
}

#[tokio::test]
async fn replies_name_the_headers_that_they_differ_by_and_errors_do_not_differ() {
    let house = two_drivers().await;
    for headers in [
        &[][..],
        &[("salver-response-layout", "rows")],
        &[("accept", "application/vnd.apache.arrow.stream")],
    ] {
        let reply = house.ask_with(headers, TRIPS).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert_eq!(reply.header("vary"), VARIES_BY, "{headers:?}");
        let error = house.ask_with(headers, "{}").await;
        assert_eq!(error.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(error.header("content-type"), "application/json");
        assert_eq!(error.header("vary"), "", "{headers:?}");
    }
}

#[tokio::test]
async fn only_large_replies_are_compressed_and_only_for_those_who_ask() {
    let house = two_drivers().await;
    let drivers = |count: usize| {
        json!({"features": ["stats:conv_rate", "stats:trips"], "entities": {"driver_id": vec![1001; count]}})
            .to_string()
    };
    // some 20 kB and some 100 kB
    for count in [200, 1_000] {
        let plain = house.ask(&drivers(count)).await;
        assert_eq!(plain.header("content-encoding"), "");
        assert_eq!(plain.header("vary"), VARIES_BY_CODING);
        let ask = async |accept| {
            let headers = [("accept-encoding", accept)];
            let reply = house.ask_with(&headers, &drivers(count)).await;
            assert_eq!(reply.header("content-encoding"), accept);
            assert_eq!(reply.header("content-type"), "application/json");
            assert_eq!(reply.header("vary"), VARIES_BY_CODING);
            reply
        };
        let gzip = ask("gzip").await;
        let mut read = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(gzip.body.as_ref());
        std::io::Read::read_to_end(&mut reader, &mut read).unwrap();
        assert_eq!(read, plain.body);
        let zstd = ask("zstd").await;
        let read = zstd::bulk::decompress(&zstd.body, plain.body.len()).unwrap();
        assert_eq!(read, plain.body);
    }
    let few = drivers(2);
    let small = house.ask_with(&[("accept-encoding", "gzip, zstd")], &few);
    let small = small.await;
    assert_eq!(small.header("content-encoding"), "");
    assert_eq!(small.header("vary"), VARIES_BY);
    assert!(small.json()["results"].is_array());
}

#[tokio::test]
async fn the_body_is_json_whatever_its_content_type_says() {
    let house = two_drivers().await;
    for content_type in [
        "application/x-www-form-urlencoded",
        "text/plain",
        "nonsense",
    ] {
        let reply = house
            .ask_with(&[("content-type", content_type)], TRIPS)
            .await;
        assert_eq!(reply.status, StatusCode::OK, "{content_type}");
    }
}

#[tokio::test]
async fn statuses_are_told_as_the_rows_stand_in_the_store() {
    let house = House::new().await;
    house.store_stats(1, now(), 1.5, Value::Int64(7)).await;
    house.store_stats(2, now(), 2.5, Value::Null).await;
    house
        .store_stats(3, NEW_YEAR - 100 * 86_400, 3.5, Value::Int64(9))
        .await;
    let reply = house
        .ask(r#"{"features": ["stats:trips"], "entities": {"driver_id": [1, 2, 3, 4]}}"#)
        .await;
    let told: Vec<_> = (0..4).map(|row| cell(&reply, 1, row)).collect();
    assert_eq!(
        told,
        [
            (json!(7), "PRESENT".to_owned()),
            (json!(null), "NULL_VALUE".to_owned()),
            (json!(null), "OUTSIDE_MAX_AGE".to_owned()),
            (json!(null), "NOT_FOUND".to_owned()),
        ]
    );
    let times = &reply.json()["results"][1]["event_timestamps"];
    assert_eq!(times[2], "2025-09-23T00:00:00Z");
    assert_eq!(times[3], "1970-01-01T00:00:00Z");
}

#[tokio::test]
async fn a_service_with_an_alias_and_a_join_key_map_reads_the_real_keys() {
    let house = House::new().await;
    let driver = |id| ("driver_id", Value::Int64(id));
    house.store_stats(1001, now(), 0.1, Value::Int64(5)).await;
    let key = [("customer_id", Value::String("b".into())), driver(1002)];
    let features = [
        ("trips", Value::Int64(-5)),
        ("label", Value::String("x".into())),
    ];
    house.store("multi", &key, NEW_YEAR, &features).await;
    let reply = house
        .ask(
            r#"{"feature_service": "two_drivers", "full_feature_names": true,
                "entities": {"driver_id": ["1001"], "second_driver": [1002.0], "customer_id": ["b"]}}"#,
        )
        .await;
    let values: Vec<_> = (0..6).map(|column| cell(&reply, column, 0).0).collect();
    assert_eq!(
        values,
        [
            json!(1001),
            json!(1002),
            json!("b"),
            json!(5),
            json!(-5),
            json!("x")
        ]
    );
    assert_eq!(
        reply.json()["metadata"]["feature_names"],
        json!([
            "driver_id",
            "second_driver",
            "customer_id",
            "stats__trips",
            "m2__trips",
            "m2__label"
        ])
    );
}

#[tokio::test]
async fn views_that_store_a_join_key_as_different_types_are_read_together() {
    let house = House::new().await;
    house.store_stats(7, now(), 0.1, Value::Int64(5)).await;
    let key = [("driver_id", Value::String("7".into()))];
    let color = [("color", Value::String("red".into()))];
    house.store("labels", &key, NEW_YEAR, &color).await;
    for (first, second) in [
        ("stats:trips", "labels:color"),
        ("labels:color", "stats:trips"),
    ] {
        let body = format!(
            r#"{{"features": ["{first}", "{second}"], "entities": {{"driver_id": [7, "7"]}}}}"#
        );
        let reply = house.ask(&body).await;
        assert_eq!(reply.json()["results"][0]["values"], json!([7, "7"]));
        let told = [cell(&reply, 1, 0).0, cell(&reply, 2, 1).0];
        let mut expected = [json!(5), json!("red")];
        if first == "labels:color" {
            expected.reverse();
        }
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn a_view_without_entities_has_one_row_for_all() {
    let house = House::new().await;
    let key = [("__dummy_id", Value::String(String::new()))];
    house
        .store(
            "entityless",
            &key,
            NEW_YEAR,
            &[("level", Value::Double(2.5))],
        )
        .await;
    let reply = house
        .ask(r#"{"features": ["entityless:level"], "entities": {"any": [1, 2]}}"#)
        .await;
    insta::assert_snapshot!(reply.text());
}

#[tokio::test]
async fn views_of_different_kinds_are_read_together() {
    let house = House::new().await;
    let driver = [("driver_id", Value::Int64(1))];
    house
        .store("loading", &driver, NEW_YEAR, &[("speed", Value::Int64(80))])
        .await;
    house
        .store(
            "computed_before",
            &driver,
            NEW_YEAR,
            &[("ratio", Value::Double(0.5))],
        )
        .await;
    let zone = [("zone_id", Value::String("z".into()))];
    house
        .store(
            "zones",
            &zone,
            NEW_YEAR,
            &[("area", Value::Double(f64::NAN))],
        )
        .await;
    let body = r#"{"features": ["zones:area", "loading:speed", "computed_before:ratio"],
        "entities": {"zone_id": ["z", "y"], "driver": [1, 1]}, "include_feature_view_version_metadata": true}"#;
    let reply = house.ask(body).await;
    insta::assert_snapshot!(reply.text());
    let rows = house
        .ask_with(&[("salver-response-layout", "rows")], body)
        .await;
    insta::assert_snapshot!(rows.text());
}

#[tokio::test]
async fn floats_that_are_not_finite_are_feasts_strings_where_configured() {
    let house = House::configured("non_finite: string").await;
    let zone = [("zone_id", Value::String("z".into()))];
    house
        .store(
            "zones",
            &zone,
            NEW_YEAR,
            &[("area", Value::Double(f64::INFINITY))],
        )
        .await;
    let reply = house
        .ask(r#"{"features": ["zones:area"], "entities": {"zone_id": ["z"]}}"#)
        .await;
    assert_eq!(
        cell(&reply, 1, 0),
        (json!("Infinity"), "PRESENT".to_owned())
    );
}

#[tokio::test]
async fn values_of_any_stored_type_are_told() {
    let house = House::new().await;
    let driver = [("driver_id", Value::Int64(1))];
    // the stored value tells its type, whatever the view declares
    let values = [
        (Value::Bytes(vec![0, 255]), json!("AP8=")),
        (Value::List(List::Float(vec![0.1, 0.2])), json!([0.1, 0.2])),
        (Value::List(List::String(Vec::new())), json!([])),
        (
            Value::Map(Map::from([("a".to_owned(), Value::Bool(true))])),
            json!({"a": true}),
        ),
        (Value::Json("{\"a\": 1}".into()), json!("{\"a\": 1}")),
        (Value::UnixTimestamp(NEW_YEAR), json!(NEW_YEAR)),
        (
            Value::ValueList(vec![Value::List(List::Int64(vec![1, 2]))]),
            json!([[1, 2]]),
        ),
    ];
    for (seconds, (value, expected)) in (NEW_YEAR..).zip(values) {
        house
            .store("loading", &driver, seconds, &[("speed", value)])
            .await;
        let reply = house
            .ask(r#"{"features": ["loading:speed"], "entities": {"driver_id": [1]}}"#)
            .await;
        assert_eq!(cell(&reply, 1, 0), (expected, "PRESENT".to_owned()));
    }
}

#[tokio::test]
async fn a_large_request_is_answered_like_a_small_one() {
    let house = two_drivers().await;
    let drivers: Vec<String> = (0..9_999).map(|id| format!("\"{id:012}\"")).collect();
    let entities = drivers.join(",");
    let body = format!(
        r#"{{"features": ["stats:conv_rate", "stats:trips"], "entities": {{"driver_id": [{entities}]}}}}"#
    );
    assert!(body.len() > super::super::LARGE_BODY_BYTES);
    let reply = house.ask(&body).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(cell(&reply, 0, 9_998).0, json!(9_998));
    assert_eq!(cell(&reply, 1, 1_001), (json!(0.1), "PRESENT".to_owned()));
    assert_eq!(cell(&reply, 1, 1_000).1, "NOT_FOUND");
}
