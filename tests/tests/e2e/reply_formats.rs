//! What a client can choose of a reply.

use e2e::{Gateway, Repo};
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

fn items(reply: &Value) -> &Vec<Value> {
    reply["results"].as_array().expect("a list")
}
