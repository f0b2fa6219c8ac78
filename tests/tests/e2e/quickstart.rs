//! What a newcomer does first: `init`, `validate`, `plan`, `apply`, `materialize`, `serve`, curl.

use e2e::{Gateway, Repo, feast, now};
use serde_json::{Value, json};

/// The body of the request on Feast's page about its Python feature server.
const DOCS_REQUEST: &str = r#"{
    "features": [
      "driver_hourly_stats:conv_rate",
      "driver_hourly_stats:acc_rate",
      "driver_hourly_stats:avg_daily_trips"
    ],
    "entities": {
      "driver_id": [1001, 1002, 1003]
    }
  }"#;

const NO_CHANGE: i32 = 0;
const CHANGES: i32 = 2;

#[test]
fn a_new_repository_is_valid_applied_once_and_then_up_to_date() {
    let repo = Repo::init();
    let _ = repo.admin(["validate"]).run().succeeds();
    let _ = repo
        .admin(["plan", "--detailed-exitcode"])
        .run()
        .exits(CHANGES);
    let _ = repo.admin(["apply"]).run().succeeds();
    let _ = repo
        .admin(["plan", "--detailed-exitcode"])
        .run()
        .exits(NO_CHANGE);
    let before = repo.bytes("data/registry.db");
    let _ = repo.admin(["apply"]).run().succeeds();
    assert_eq!(
        repo.bytes("data/registry.db"),
        before,
        "applying twice changes nothing"
    );
}

#[test]
fn the_example_is_the_one_of_feasts_docs() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let lists = feast::run(repo.path(), "sdk_lists.py", &json!({}));
    assert_eq!(lists["entities"], json!(["driver"]));
    assert_eq!(lists["feature_views"], json!(["driver_hourly_stats"]));
    assert_eq!(
        lists["on_demand_feature_views"],
        json!(["transformed_conv_rate"])
    );
    assert_eq!(lists["projects"], json!(["driver_repo"]));
    let mut services = names(&lists["feature_services"]);
    services.sort_unstable();
    assert_eq!(services, ["driver_activity_v1", "driver_activity_v2"]);
}

#[test]
fn the_docs_request_gets_the_docs_reply_with_the_newest_rows_of_the_file() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let reply = gateway.post(DOCS_REQUEST);
    let body = reply.ok();
    assert_eq!(reply.header("salver-response-layout"), Some("rows"));
    assert_eq!(
        body["metadata"]["feature_names"],
        json!(["driver_id", "conv_rate", "acc_rate", "avg_daily_trips"])
    );
    let rows = body["results"].as_array().expect("a list of rows");
    assert_eq!(rows.len(), 3);
    let newest = newest_rows(&repo);
    for (row, driver) in rows.iter().zip(["1001", "1002", "1003"]) {
        assert_eq!(
            row["statuses"],
            json!(["PRESENT", "PRESENT", "PRESENT", "PRESENT"])
        );
        let expected = &newest[driver];
        assert_eq!(row["values"][0].to_string(), driver);
        assert_eq!(float32(&row["values"][1]), float32(&expected["conv_rate"]));
        assert_eq!(float32(&row["values"][2]), float32(&expected["acc_rate"]));
        assert_eq!(row["values"][3], expected["avg_daily_trips"]);
    }
}

#[test]
fn a_body_that_curl_calls_a_form_is_read_as_json() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let as_curl = [("content-type", "application/x-www-form-urlencoded")];
    let reply = gateway.send("POST", "/get-online-features", &as_curl, DOCS_REQUEST);
    assert_eq!(reply.ok(), gateway.post(DOCS_REQUEST).ok());
}

#[test]
fn the_layout_is_the_headers_before_the_configurations() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let columns = [("salver-response-layout", "columns")];
    let reply = gateway.send("POST", "/get-online-features", &columns, DOCS_REQUEST);
    assert_eq!(reply.header("salver-response-layout"), Some("columns"));
    let (columns, rows) = (reply.ok(), gateway.post(DOCS_REQUEST).ok());
    assert_eq!(columns["metadata"], rows["metadata"]);
    for column in 0..4 {
        for row in 0..3 {
            for field in ["values", "statuses", "event_timestamps"] {
                let in_columns = &columns["results"][column][field][row];
                assert_eq!(*in_columns, rows["results"][row][field][column]);
            }
        }
    }
}

#[test]
fn without_the_key_a_configuration_gets_feasts_own_layout() {
    let repo = Repo::init();
    let settings = repo.read("feature_store.yaml");
    let (feasts, _salvers) = settings
        .split_once("\nsalver:")
        .expect("init writes a salver section");
    repo.write("feature_store.yaml", format!("{feasts}\n"));
    let _ = repo.admin(["apply"]).run().succeeds();
    let gateway = Gateway::start(&repo);
    let reply = gateway.post(DOCS_REQUEST);
    assert_eq!(reply.header("salver-response-layout"), Some("columns"));
    assert_eq!(reply.ok()["results"].as_array().map(Vec::len), Some(4));
}

#[test]
fn an_unknown_layout_is_refused() {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    let layout = [("salver-response-layout", "diagonal")];
    let reply = gateway.send("POST", "/get-online-features", &layout, DOCS_REQUEST);
    let detail = reply.error(400, "invalid_header");
    assert!(
        detail.contains("rows") && detail.contains("columns"),
        "{detail}"
    );
}

#[test]
fn progress_goes_to_stderr_and_draws_no_bar_where_there_is_no_terminal() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let outcome = repo
        .admin(["materialize-incremental", &now()])
        .run()
        .succeeds();
    let outcome = outcome.says("driver_hourly_stats");
    for bar in ['\r', '\u{1b}', '█'] {
        assert!(!outcome.stderr.contains(bar), "{outcome}");
        assert!(!outcome.stdout.contains(bar), "{outcome}");
    }
}

#[test]
fn an_on_demand_view_without_a_plugin_says_that_nothing_computes_it() {
    let repo = Repo::init();
    repo.replace(
        "features/on_demand_feature_views.yaml",
        "    plugin:\n      path: plugins/driver_conv_rate.wasm\n",
        "",
    );
    repo.materialize();
    let gateway = Gateway::start(&repo);
    let reply = gateway.features(&json!({
        "features": ["driver_hourly_stats:conv_rate", "transformed_conv_rate:conv_rate_plus_val1"],
        "entities": {"driver_id": [1001], "val_to_add": [1], "val_to_add_2": [2]},
    }));
    let detail = reply.error(501, "transform_unavailable");
    assert!(detail.contains("transformed_conv_rate"), "{detail}");
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The file's own newest rows, by driver, read with another library.
fn newest_rows(repo: &Repo) -> Value {
    let file = repo.at("data/driver_stats.parquet");
    feast::run(
        repo.path(),
        "latest_rows.py",
        &json!({"path": file, "key": "driver_id"}),
    )
}

/// Parsed as float32: the gateway prints the shortest decimal that gives the same float32.
fn float32(value: &Value) -> f32 {
    value.to_string().parse().expect("a number")
}
