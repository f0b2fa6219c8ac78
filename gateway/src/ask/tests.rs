use super::{Ask, AskError, Given, Metadata, Wanted};

const MAX_ENTITIES: usize = 5;

fn parse(body: &str) -> Result<Ask<'_>, AskError> {
    Ask::parse(body.as_bytes(), MAX_ENTITIES)
}

fn message(body: &str) -> String {
    parse(body).expect_err(body).to_string()
}

#[test]
fn reads_names_and_values_in_their_order() {
    let ask = parse(
        r#"{"features": ["v:b", "v:a"], "entities": {"z": [1, "x"], "a": [2.50, null]},
            "full_feature_names": true, "include_feature_view_version_metadata": true}"#,
    )
    .unwrap();
    assert_eq!(ask.shape.wanted.references(), ["v:b", "v:a"]);
    assert_eq!(ask.shape.columns, ["z", "a"]);
    assert!(ask.shape.full_feature_names);
    assert!(ask.shape.include_feature_view_version_metadata);
    assert_eq!(ask.rows.len, 2);
    assert_eq!(
        ask.rows.columns,
        [
            vec![Given::Number("1"), Given::Text("x".into())],
            vec![Given::Number("2.50"), Given::Null],
        ]
    );
}

#[test]
fn every_kind_of_value_keeps_its_text() {
    let ask = parse(
        r#"{"features": ["v:f"], "entities": {"k": [9007199254740993, 1e3, true, [1, 2], "a\u00e9\"b"]}}"#,
    )
    .unwrap();
    assert_eq!(
        ask.rows.columns[0],
        [
            Given::Number("9007199254740993"),
            Given::Number("1e3"),
            Given::Bool(true),
            Given::Nested("[1, 2]"),
            Given::Text("aé\"b".into()),
        ]
    );
}

#[test]
fn keys_with_escapes_are_the_keys_they_spell() {
    let ask = parse(r#"{"fe\u0061tures": ["v:f"], "entities": {"\u006b": [1]}}"#).unwrap();
    assert_eq!(ask.shape.columns, ["k"]);
    assert!(matches!(
        parse(r#"{"features": ["v:f"], "entities": {"k": [1], "\u006b": [2]}}"#),
        Err(AskError::DuplicateKey { field }) if field == "entities.k"
    ));
}

#[test]
fn a_feature_service_wins_over_features() {
    let both = r#"{"features": ["v:f"], "feature_service": "s", "entities": {"k": [1]}}"#;
    assert_eq!(
        parse(both).unwrap().shape.wanted,
        Wanted::Service("s".into())
    );
    for without in [
        r#"{"features": ["v:f"], "feature_service": null, "entities": {"k": [1]}}"#,
        r#"{"features": ["v:f"], "feature_service": "", "entities": {"k": [1]}}"#,
    ] {
        assert_eq!(parse(without).unwrap().shape.wanted.references(), ["v:f"]);
    }
}

#[test]
fn other_keys_are_ignored_as_feast_ignores_them() {
    let body = r#"{"request_context": {"a": [1, {"b": null}]}, "features": ["v:f"], "entities": {"k": [1]}}"#;
    assert!(parse(body).is_ok());
}

#[test]
fn flags_are_json_booleans() {
    let full = |flag: &str| {
        let body = format!(
            r#"{{"features": ["v:f"], "entities": {{"k": [1]}}, "full_feature_names": {flag}}}"#
        );
        let asked = Ask::parse(body.as_bytes(), MAX_ENTITIES);
        asked.map(|ask| ask.shape.full_feature_names)
    };
    assert_eq!(full("true"), Ok(true));
    assert_eq!(full("false"), Ok(false));
    assert_eq!(full("null"), Ok(false));
    for neither in ["1", "0", "\"true\"", "\"yes\"", "[]", "{}"] {
        let error = full(neither).unwrap_err().to_string();
        assert!(error.starts_with("`full_feature_names`: "), "{error}");
        assert!(error.contains("write true or false"), "{error}");
    }
}

#[test]
fn metadata_says_what_is_told_beside_the_values() {
    let metadata = |metadata: &str| {
        let body =
            format!(r#"{{"features": ["v:f"], "entities": {{"k": [1]}}, "metadata": {metadata}}}"#);
        Ask::parse(body.as_bytes(), MAX_ENTITIES).map(|ask| ask.metadata)
    };
    for (text, statuses, event_timestamps) in [
        ("null", None, None),
        ("{}", None, None),
        (r#"{"statuses": false}"#, Some(false), None),
        (
            r#"{"event_timestamps": true, "statuses": null}"#,
            None,
            Some(true),
        ),
        (
            r#"{"statuses": false, "event_timestamps": false}"#,
            Some(false),
            Some(false),
        ),
    ] {
        let expected = Metadata {
            statuses,
            event_timestamps,
        };
        assert_eq!(metadata(text), Ok(expected), "{text}");
    }
    for (text, expected) in [
        (
            "[]",
            "`metadata`: this is a list, expected an object such as {\"statuses\": false",
        ),
        (
            "false",
            "`metadata`: this is the boolean `false`, expected an object such as",
        ),
        (
            r#"{"statuses": 0}"#,
            "`metadata.statuses`: `0` is no flag; write true or false",
        ),
        (
            r#"{"status": false}"#,
            "`metadata.status` is no part of a reply; `metadata` takes `statuses` and `event_timestamps`",
        ),
        (
            r#"{"statuses": true, "statuses": true}"#,
            "`metadata.statuses` is given twice",
        ),
    ] {
        let told = metadata(text).unwrap_err().to_string();
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn what_is_missing_is_told_with_an_example() {
    for (body, expected) in [
        (r#"{"features": ["v:f"]}"#, "`entities` is missing; give"),
        (
            r#"{"features": ["v:f"], "entities": {}}"#,
            "`entities` is empty; give",
        ),
        (
            r#"{"entities": {"k": [1]}}"#,
            "neither `features` nor `feature_service` is given",
        ),
        (
            r#"{"entities": {"k": [1]}, "features": []}"#,
            "neither `features` nor",
        ),
        (
            r#"{"entities": {"k": [1]}, "features": null}"#,
            "neither `features` nor",
        ),
        (
            r#"{"features": ["v:f"], "entities": {"k": []}}"#,
            "`entities.k` is an empty list",
        ),
        (
            r#"{"features": ["v:f"], "entities": {"a": [1, 2], "b": [1]}}"#,
            "`entities.a` has 2 values and `entities.b` has 1; all lists",
        ),
    ] {
        let told = message(body);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn wrong_types_are_told_with_their_field() {
    for (body, field, expected) in [
        ("[]", "body", "this is a list, expected an object with"),
        ("5", "body", "this is the number `5`, expected an object"),
        (
            "1.5",
            "body",
            "this is the number `1.5`, expected an object",
        ),
        ("true", "body", "this is the boolean `true`, expected"),
        ("null", "body", "this is null, expected an object"),
        (
            r#"{"features": "v:f"}"#,
            "features",
            "expected a list of feature references",
        ),
        (
            r#"{"features": {"val": []}}"#,
            "features",
            "this is an object, expected a list of feature references",
        ),
        (
            r#"{"features": ["v:f", 5]}"#,
            "features[1]",
            "`5` is no string",
        ),
        (r#"{"feature_service": 5}"#, "feature_service", "expected"),
        (
            r#"{"entities": [1]}"#,
            "entities",
            "expected an object of join keys",
        ),
        (
            r#"{"entities": null}"#,
            "entities",
            "expected an object of join keys",
        ),
        (
            r#"{"entities": {"k": 5}}"#,
            "entities.k",
            "expected a list with one value",
        ),
        (
            r#"{"entities": {"k": "abc"}}"#,
            "entities.k",
            "expected a list with one value",
        ),
        (
            r#"{"entities": {"k": {"val": [1]}}}"#,
            "entities.k",
            "expected a list with one value",
        ),
    ] {
        match parse(body) {
            Err(AskError::WrongType {
                field: told,
                message,
            }) => {
                assert_eq!(told, field, "{body}");
                assert!(message.contains(expected), "{message}");
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn a_key_given_twice_is_refused_in_any_object() {
    for (body, field) in [
        (r#"{"features": [], "features": []}"#, "features"),
        (r#"{"x": 1, "x": 2}"#, "x"),
        (r#"{"entities": {"k": [1], "k": [2]}}"#, "entities.k"),
        (
            r#"{"entities": {"k": [1]}, "entities": {"k": [1]}}"#,
            "entities",
        ),
    ] {
        let expected = AskError::DuplicateKey {
            field: field.to_owned(),
        };
        assert_eq!(parse(body), Err(expected), "{body}");
    }
}

#[test]
fn a_key_given_twice_is_refused_in_values_that_nobody_reads() {
    for (body, field) in [
        (r#"{"x": {"a": 1, "a": 2}}"#, "x"),
        (r#"{"x": [1, {"b": {"a": 1, "a": 2}}]}"#, "x"),
        (
            r#"{"entities": {"k": [1, {"a": 1, "a": 2}]}}"#,
            "entities.k",
        ),
    ] {
        let expected = AskError::DuplicateKeyWithin {
            field: field.to_owned(),
            key: "a".to_owned(),
        };
        assert_eq!(parse(body), Err(expected), "{body}");
    }
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    for body in [
        "",
        "{",
        "{\"features\": [",
        "{} x",
        "{\"entities\": {\"k\": [1,]}}",
        "{\"entities\": {\"k\": [NaN]}}",
        "{\"entities\": {\"k\": [01]}}",
        "{\"entities\": {\"k\": [\"\\ud800\"]}}",
        "{\"entities\": {\"k\": [\"\\x\"]}}",
        "\u{feff}{}",
    ] {
        assert!(
            matches!(parse(body), Err(AskError::Malformed { .. })),
            "{body:?}: {:?}",
            parse(body)
        );
    }
    assert!(matches!(
        Ask::parse(b"{\"entities\": {\"\xff\": [1]}}", MAX_ENTITIES),
        Err(AskError::Malformed { message }) if message == "not UTF-8 from byte 15"
    ));
    assert!(message("{\"features\": [").contains("line 1 column 14"));
}

#[test]
fn lists_that_are_too_long_are_counted_not_kept() {
    let list = |len: usize| format!("[{}]", vec!["1"; len].join(","));
    let body = |len| {
        format!(
            r#"{{"features": ["v:f"], "entities": {{"k": {}}}}}"#,
            list(len)
        )
    };
    assert_eq!(parse(&body(MAX_ENTITIES)).unwrap().rows.len, MAX_ENTITIES);
    assert_eq!(
        message(&body(100_000)),
        "`entities.k` has 100000 values, and at most 5 entities are served at once (`salver.limits.max_entities`); send \
         several requests"
    );
}

#[test]
fn deep_nesting_is_no_trouble() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let body = format!(r#"{{"x": {deep}, "features": ["v:f"], "entities": {{"k": [1]}}}}"#);
    let as_value = format!(r#"{{"features": ["v:f"], "entities": {{"k": [{deep}]}}}}"#);
    let as_flag = format!(r#"{{"full_feature_names": {deep}}}"#);
    for body in [body, as_value, as_flag] {
        // whether it is read or refused, the stack stays small
        let _ = parse(&body);
    }
}

#[test]
fn long_text_from_the_body_is_cut_in_messages() {
    let name = "x".repeat(10_000);
    let body = format!(r#"{{"entities": {{"{name}": 5}}}}"#);
    assert!(message(&body).len() < 500);
    let told = message(&format!(r#"{{"features": "{name}"}}"#));
    assert!(told.len() < 500, "{told}");
    assert!(
        told.contains("expected a list of feature references, such as"),
        "{told}"
    );
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body: Vec<u8>) {
        let _ = Ask::parse(&body, MAX_ENTITIES);
    }
}

#[test]
fn a_list_of_features_is_known_by_its_text_and_then_not_checked_again() {
    let body = r#"{"features": [ "v:f", "v:\u0067"], "entities": {"k": [1]}}"#;
    let asked = std::cell::RefCell::new(Vec::new());
    let known = |text: &str| {
        asked.borrow_mut().push(text.to_owned());
        true
    };
    let again = Ask::parse_knowing(body.as_bytes(), MAX_ENTITIES, &known).unwrap();
    assert_eq!(asked.into_inner(), [r#"[ "v:f", "v:\u0067"]"#]);
    assert_eq!(again, parse(body).unwrap());
    assert_eq!(again.shape.wanted.references(), ["v:f", "v:g"]);
    let wrong = r#"{"features": ["v:f", 1], "entities": {"k": [1]}}"#;
    assert!(Ask::parse_knowing(wrong.as_bytes(), MAX_ENTITIES, &|_| false).is_err());
}

#[test]
fn what_is_no_list_of_strings_is_told_with_its_place() {
    for (features, expected) in [
        ("[\"v:f\", 1]", "`features[1]`: `1` is no string; write"),
        (
            "{}",
            "`features`: this is an object, expected a list of feature",
        ),
        (
            "\"v:f\"",
            "`features`: this is the string \"v:f\", expected a list",
        ),
        (
            "1.5",
            "`features`: this is the number `1.5`, expected a list",
        ),
    ] {
        let body = format!(r#"{{"features": {features}, "entities": {{"k": [1]}}}}"#);
        let told = message(&body);
        assert!(told.starts_with(expected), "{told}");
        assert_eq!(told.matches(" at line ").count(), 1, "{told}");
    }
}
