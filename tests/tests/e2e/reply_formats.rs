//! What a client can choose of a reply.

use std::io::Read;

use e2e::{Gateway, Repo, feast};
use serde_json::{Value, json};

fn drivers() -> Value {
    json!({
        "features": [
            "driver_hourly_stats:conv_rate",
            "driver_hourly_stats:avg_daily_trips",
        ],
        "entities": {"driver_id": [1001, 4711, 1003]},
    })
}

fn with_metadata(metadata: Value) -> Value {
    let mut body = drivers();
    body["metadata"] = metadata;
    body
}

#[test]
fn statuses_and_event_timestamps_are_left_out_where_the_request_says_so() {
    let repo = Repo::materialized();
    let gateway = Gateway::start_at(repo.path());
    let whole = gateway.columns(&drivers()).ok();
    let both = with_metadata(json!({"statuses": true, "event_timestamps": true}));
    assert_eq!(gateway.columns(&both).ok(), whole);
    let less = json!({"statuses": false, "event_timestamps": false});
    let values = gateway.columns(&with_metadata(less)).ok();
    assert_eq!(values["metadata"], whole["metadata"]);
    for (values, whole) in items(&values).iter().zip(items(&whole)) {
        assert_eq!(values, &json!({"values": whole["values"]}));
    }
    let rows = gateway.features(&with_metadata(json!({"statuses": false})));
    for row in items(&rows.ok()) {
        assert!(row.get("statuses").is_none(), "{row}");
        assert_eq!(row["event_timestamps"].as_array().map(Vec::len), Some(3));
    }
    let wrong = gateway.features(&with_metadata(json!({"status": false})));
    let told = wrong.error(422, "unknown_field");
    assert!(told.contains("takes `statuses` and `event_timestamps`"));
}

#[test]
fn a_large_reply_is_compressed_for_a_client_that_asks() {
    let repo = Repo::materialized();
    let gateway = Gateway::start_at(repo.path());
    let mut body = drivers();
    body["entities"] = json!({"driver_id": vec![1001; 900]});
    for accept in ["application/json", ARROW] {
        let ask = |coding: &str| {
            let headers = [("accept", accept), ("accept-encoding", coding)];
            let path = "/get-online-features";
            let reply = gateway.send("POST", path, &headers, body.to_string());
            assert_eq!(reply.status, 200, "{}", reply.text());
            assert_eq!(reply.header("content-type"), Some(accept));
            let varies_by = "accept, salver-response-layout, salver-project, accept-encoding";
            assert_eq!(reply.header("vary"), Some(varies_by));
            let length = reply.header("content-length").map(str::parse);
            assert_eq!(length, Some(Ok(reply.body.len())));
            reply
        };
        let plain = ask("identity");
        assert_eq!(plain.header("content-encoding"), None);
        let gzip = ask("gzip");
        assert_eq!(gzip.header("content-encoding"), Some("gzip"));
        let mut read = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(gzip.body.as_slice());
        reader.read_to_end(&mut read).expect("it is gzip");
        assert_eq!(read, plain.body);
        let zstd = ask("gzip, zstd");
        assert_eq!(zstd.header("content-encoding"), Some("zstd"));
        let read = zstd::bulk::decompress(&zstd.body, plain.body.len());
        assert_eq!(read.expect("it is zstd"), plain.body);
    }
}

const ARROW: &str = "application/vnd.apache.arrow.stream";

#[test]
fn pyarrow_reads_what_json_tells() {
    let repo = Repo::materialized();
    let gateway = Gateway::start_at(repo.path());
    let body = with_metadata(json!({"statuses": true, "event_timestamps": true}));
    let input = json!({"url": gateway.url(), "body": body});
    let told = feast::run(repo.path(), "read_arrow.py", &input);
    assert_eq!(told["content_type"], ARROW);
    let time = "timestamp[us, tz=UTC]";
    assert_eq!(
        told["fields"],
        json!([
            ["driver_id", "int64"],
            ["conv_rate", "float"],
            ["avg_daily_trips", "int64"],
            ["driver_id:status", "string"],
            ["conv_rate:status", "string"],
            ["avg_daily_trips:status", "string"],
            ["driver_id:event_timestamp", time],
            ["conv_rate:event_timestamp", time],
            ["avg_daily_trips:event_timestamp", time],
        ])
    );
    let columns = &told["columns"];
    let names = ["driver_id", "conv_rate", "avg_daily_trips"];
    for (name, item) in names.into_iter().zip(items(&told["json"])) {
        let (arrow, json) = (&columns[name], &item["values"]);
        // Python has no 32-bit float
        assert!(same(json, arrow), "{name}: {arrow} != {json}");
        assert_eq!(columns[format!("{name}:status")], item["statuses"]);
    }
    let times = &columns["conv_rate:event_timestamp"];
    let in_json = &items(&told["json"])[1]["event_timestamps"];
    assert_eq!(without_zone(&times[0]), without_zone(&in_json[0]));
    assert_eq!(times[1], Value::Null);
    assert_eq!(
        columns["driver_id:event_timestamp"],
        json!([null, null, null])
    );
}

fn same(json: &Value, arrow: &Value) -> bool {
    crate::same_value::same(arrow, json)
}

/// Both are in UTC, with whole seconds.
fn without_zone(time: &Value) -> &str {
    let time = time.as_str().expect("a time");
    time.get(..19).expect("date and time")
}

#[test]
fn a_stream_has_less_beside_the_values_and_errors_in_json() {
    let repo = Repo::materialized();
    let gateway = Gateway::start_at(repo.path());
    let ask = |body: &Value| {
        let path = "/get-online-features";
        gateway.send("POST", path, &[("accept", ARROW)], body.to_string())
    };
    let stream = ask(&drivers());
    assert_eq!(stream.status, 200);
    assert_eq!(stream.header("content-type"), Some(ARROW));
    assert_eq!(stream.header("salver-response-layout"), None);
    assert!(!stream.text().contains(":status"));
    let mut wrong = drivers();
    wrong["features"] = json!(["driver_hourly_stats:nope"]);
    let told = ask(&wrong);
    assert_eq!(told.header("content-type"), Some("application/json"));
    let detail = told.error(404, "unknown_feature");
    assert!(detail.contains("nope"), "{detail}");
}

fn items(reply: &Value) -> &Vec<Value> {
    reply["results"].as_array().expect("a list")
}
