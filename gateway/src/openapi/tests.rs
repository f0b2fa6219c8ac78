use super::json;

fn document() -> serde_json::Value {
    serde_json::from_str(json()).unwrap()
}

#[test]
fn it_is_openapi_3_1_with_the_routes_that_are_served() {
    let document = document();
    let version = document["openapi"].as_str().unwrap();
    assert!(version.starts_with("3.1"), "{version}");
    let paths: Vec<_> = document["paths"].as_object().unwrap().keys().collect();
    assert_eq!(
        paths,
        [
            "/get-online-features",
            "/health",
            "/metrics",
            "/openapi.json",
            "/projects/{project}/get-online-features",
            "/ready"
        ]
    );
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = json();
    for (start, found) in text.match_indices("\"$ref\":\"#") {
        let target = &text[start + found.len()..];
        let pointer = target.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn only_entities_are_required_of_a_request() {
    let schema = &document()["components"]["schemas"]["GetOnlineFeaturesRequest"];
    assert_eq!(schema["required"], serde_json::json!(["entities"]));
}

/// 405 belongs to other methods.
#[test]
fn every_status_that_the_documentation_tells_is_a_response() {
    let doc = include_str!("../../../docs/serving.md");
    let codes = doc.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let (code, status) = (cells.next()?.trim_end_matches('`'), cells.next()?);
        crate::error::code::ALL.contains(&code).then_some(status)
    });
    let responses = &document()["paths"]["/get-online-features"]["post"]["responses"];
    for status in codes.filter(|status| *status != "405") {
        assert!(responses[status].is_object(), "{status}");
    }
}

#[test]
fn the_document_changes_only_on_purpose() {
    insta::assert_json_snapshot!(document());
}
