//! Bad input is a 4xx that says which field is wrong and what would be right; never a 500, never a panic.

use e2e::{Gateway, GatewayCommand, Reply, Repo};
use serde_json::{Value, json};

const VIEW: &str = "driver_hourly_stats:conv_rate";

/// A body, the status and code it gets, and what the detail names.
type Case = (&'static str, u16, &'static str, &'static str);

const BODIES: &[Case] = &[
    ("", 422, "malformed_json", "JSON"),
    ("{", 422, "malformed_json", "JSON"),
    ("not json", 422, "malformed_json", "JSON"),
    (
        "{\"features\": [\"a:b\"], \"entities\": {}} trailing",
        422,
        "malformed_json",
        "JSON",
    ),
    ("\u{0}\u{1}\u{2}", 422, "malformed_json", "JSON"),
    ("null", 422, "wrong_type", ""),
    ("[]", 422, "wrong_type", ""),
    ("\"text\"", 422, "wrong_type", ""),
    ("{}", 422, "missing_field", ""),
    (
        r#"{"entities": {"driver_id": [1]}}"#,
        422,
        "missing_field",
        "features",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"]}"#,
        422,
        "missing_field",
        "entities",
    ),
    (
        r#"{"features": "driver_hourly_stats:conv_rate", "entities": {"driver_id": [1]}}"#,
        422,
        "wrong_type",
        "features",
    ),
    (
        r#"{"features": {"val": []}, "entities": {"driver_id": [1]}}"#,
        422,
        "wrong_type",
        "features",
    ),
    (
        r#"{"features": [1], "entities": {"driver_id": [1]}}"#,
        422,
        "wrong_type",
        "features",
    ),
    (
        r#"{"feature_service": 3, "entities": {"driver_id": [1]}}"#,
        422,
        "wrong_type",
        "feature_service",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": []}"#,
        422,
        "wrong_type",
        "entities",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": 1}}"#,
        422,
        "wrong_type",
        "driver_id",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": {"val": [1]}}}"#,
        422,
        "wrong_type",
        "driver_id",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {}}"#,
        422,
        "empty_list",
        "entities",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": []}}"#,
        422,
        "empty_list",
        "driver_id",
    ),
    (
        r#"{"features": [], "entities": {"driver_id": [1]}}"#,
        422,
        "missing_field",
        "features",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1], "driver_id": [2]}}"#,
        422,
        "duplicate_key",
        "driver_id",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"driver_id": [1, 2], "val_to_add": [1]}}"#,
        422,
        "unequal_lengths",
        "val_to_add",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"passenger_id": [1]}}"#,
        422,
        "unknown_field",
        "passenger_id",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rate"], "entities": {"val_to_add": [1]}}"#,
        422,
        "missing_join_key",
        "driver_id",
    ),
    (
        r#"{"features": ["driver_hourly_stats"], "entities": {"driver_id": [1]}}"#,
        422,
        "invalid_reference",
        "driver_hourly_stats",
    ),
    (
        r#"{"features": ["driver_hourly_stat:conv_rate"], "entities": {"driver_id": [1]}}"#,
        404,
        "unknown_feature_view",
        "driver_hourly_stats",
    ),
    (
        r#"{"features": ["driver_hourly_stats:conv_rat"], "entities": {"driver_id": [1]}}"#,
        404,
        "unknown_feature",
        "conv_rate",
    ),
    (
        r#"{"feature_service": "driver_activity", "entities": {"driver_id": [1]}}"#,
        404,
        "unknown_feature_service",
        "driver_activity_v1",
    ),
];

/// Values of the join key, an int64, that are none.
const KEYS: &[&str] = &[
    "null",
    "true",
    "1.5",
    "\"abc\"",
    "\"\"",
    "9223372036854775808",
    "-9223372036854775809",
    "1e300",
    "[1]",
    "{\"a\": 1}",
    "NaN",
];

fn gateway() -> (Repo, Gateway) {
    let repo = Repo::materialized();
    let gateway = Gateway::start(&repo);
    (repo, gateway)
}

/// It still answers, and has not logged a panic.
fn check_unharmed(gateway: &Gateway) {
    let good = json!({"features": [VIEW], "entities": {"driver_id": [1001]}});
    let _ = gateway.features(&good).ok();
    assert!(!gateway.log().contains("panicked"), "{}", gateway.log());
}

#[test]
fn a_body_that_is_no_request_is_told_which_field_is_wrong() {
    let (_repo, gateway) = gateway();
    for (body, status, code, named) in BODIES {
        let detail = gateway.post(*body).error(*status, code);
        assert!(
            detail.contains(named),
            "`{named}` isn't named for {body}: {detail}"
        );
    }
    check_unharmed(&gateway);
}

#[test]
fn a_value_that_is_not_exactly_one_of_its_join_key_is_refused() {
    let (_repo, gateway) = gateway();
    for value in KEYS {
        let body =
            format!(r#"{{"features": ["{VIEW}"], "entities": {{"driver_id": [1001, {value}]}}}}"#);
        let reply = gateway.post(body);
        assert_eq!(reply.status, 422, "{value}: {}", reply.text());
        let error = reply.json();
        let detail = error["detail"].as_str().unwrap_or_default();
        assert!(
            detail.contains("driver_id") || error["code"] == "malformed_json",
            "{value}: {error}"
        );
    }
    check_unharmed(&gateway);
}

#[test]
fn numeric_strings_and_whole_floats_are_taken_exactly() {
    let (_repo, gateway) = gateway();
    for value in ["\"1001\"", "1001.0", "1.001e3"] {
        let body = format!(r#"{{"features": ["{VIEW}"], "entities": {{"driver_id": [{value}]}}}}"#);
        let columns = [("salver-response-layout", "columns")];
        let reply = gateway
            .send("POST", "/get-online-features", &columns, body)
            .ok();
        assert_eq!(reply["results"][0]["values"], json!([1001]), "{value}");
        assert_eq!(
            reply["results"][1]["statuses"],
            json!(["PRESENT"]),
            "{value}"
        );
    }
}

#[test]
fn ten_megabytes_of_body_are_refused_with_the_limit() {
    let (_repo, gateway) = gateway();
    let body = vec![b' '; 10_000_000];
    let detail = gateway.post(body).error(413, "body_too_large");
    assert!(detail.contains("1048576"), "{detail}");
    // Without a length that could be looked at first.
    let head = "POST /get-online-features HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
    let answer = gateway.send_raw(format!("{head}{}0\r\n\r\n", chunk.repeat(10)).as_bytes());
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 413 "),
        "{answer}"
    );
    check_unharmed(&gateway);
}

#[test]
fn a_hundred_thousand_entities_are_refused_with_the_limit() {
    let (_repo, gateway) = gateway();
    let drivers: Vec<u32> = (0..100_000).collect();
    let reply = gateway.features(&json!({"features": [VIEW], "entities": {"driver_id": drivers}}));
    let detail = reply.error(422, "too_many_entities");
    assert!(detail.contains("max_entities"), "{detail}");
    check_unharmed(&gateway);
}

#[test]
fn the_limits_are_the_configurations() {
    let repo = Repo::materialized();
    let gateway = GatewayCommand::new(repo.path())
        .env("SALVER__SALVER__LIMITS__MAX_ENTITIES", "2")
        .env("SALVER__SALVER__LIMITS__MAX_VALUES", "3")
        .env("SALVER__SALVER__LIMITS__MAX_BODY_BYTES", "1000")
        .start();
    gateway.wait_ready();
    let ask = |features: &[&str], drivers: &[i32]| -> Reply {
        gateway.features(&json!({"features": features, "entities": {"driver_id": drivers}}))
    };
    let _ = ask(&[VIEW], &[1001, 1002]).ok();
    let _ = ask(&[VIEW], &[1001, 1002, 1003]).error(422, "too_many_entities");
    let two = [VIEW, "driver_hourly_stats:acc_rate"];
    let _ = ask(&two, &[1001, 1002]).error(422, "too_many_values");
    let _ = gateway.post(vec![b' '; 1001]).error(413, "body_too_large");
}

#[test]
fn deep_nesting_does_not_end_the_process() {
    let (_repo, gateway) = gateway();
    let deep = "[".repeat(200_000);
    for body in [
        deep.clone(),
        format!(r#"{{"features": {deep}"#),
        format!(r#"{{"features": ["{VIEW}"], "entities": {{"driver_id": {deep}"#),
        format!(r#"{{"other": {deep}"#),
    ] {
        let reply = gateway.post(body);
        assert!((400..500).contains(&reply.status), "{}", reply.text());
    }
    check_unharmed(&gateway);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let (_repo, gateway) = gateway();
    for body in [
        &b"\xff\xfe\x00"[..],
        b"{\"features\": [\"\xc3\x28\"], \"entities\": {}}",
    ] {
        let reply = gateway.post(body);
        assert_eq!(reply.status, 422, "{}", reply.text());
    }
    check_unharmed(&gateway);
}

#[test]
fn other_paths_and_methods_are_told_in_the_same_form() {
    let (_repo, gateway) = gateway();
    let _ = gateway.get("/nope").error(404, "not_found");
    let reply = gateway.get("/get-online-features");
    let _ = reply.error(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
    let _ = gateway
        .send("DELETE", "/health", &[], "")
        .error(405, "method_not_allowed");
    check_unharmed(&gateway);
}

#[test]
fn what_is_no_http_is_refused_and_the_gateway_lives() {
    let (_repo, gateway) = gateway();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /get-online-features HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        b"\r\n\r\n\r\n\r\nrubbish\r\n\r\n",
    ] {
        let answer = gateway.send_raw(bytes);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    check_unharmed(&gateway);
}

#[test]
fn one_entitys_trouble_does_not_fail_the_others() {
    let (_repo, gateway) = gateway();
    let reply = gateway.columns(&json!({
        "features": [VIEW],
        "entities": {"driver_id": [1001, -5, i64::MAX, 1002]},
    }));
    let statuses = &reply.ok()["results"][1]["statuses"];
    assert_eq!(
        *statuses,
        json!(["PRESENT", "NOT_FOUND", "NOT_FOUND", "PRESENT"])
    );
}

#[test]
fn integers_past_two_to_the_53rd_come_back_exactly() {
    let (_repo, gateway) = gateway();
    let body =
        format!(r#"{{"features": ["{VIEW}"], "entities": {{"driver_id": [9007199254740993]}}}}"#);
    let text = gateway.post(body).text();
    assert!(text.contains("9007199254740993"), "{text}");
    let value: Value = serde_json::from_str(&text).expect("JSON");
    assert!(value["results"].is_array());
}
