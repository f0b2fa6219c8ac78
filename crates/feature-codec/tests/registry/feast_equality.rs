use std::collections::BTreeSet;

use feature_codec::registry::RegistryDocument;
use serde_json::{Map, Value, json};

use crate::{DRIVERS, apply, drivers, planned};

/// Everything but times and random ids, with each list of objects in the order of names.
fn comparable(document: &RegistryDocument) -> Value {
    let mut json = document.to_json().unwrap();
    let registry = json.as_object_mut().unwrap();
    for key in ["versionId", "lastUpdated", "salver"] {
        registry.remove(key);
    }
    for objects in registry.values_mut().filter_map(Value::as_array_mut) {
        objects.sort_by_key(|object| name(object).to_owned());
    }
    for metadata in registry["projectMetadata"].as_array_mut().unwrap() {
        metadata["projectUuid"] = json!("random");
    }
    forget_times(&mut json);
    json
}

fn name(object: &Value) -> &str {
    let name = object
        .get("name")
        .or_else(|| object.get("spec")?.get("name"));
    name.and_then(Value::as_str).unwrap_or_default()
}

/// Times stay as keys, so that a missing one is seen.
fn forget_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == "createdTimestamp" || key == "lastUpdatedTimestamp" {
                    *value = json!("some time");
                } else {
                    forget_times(value);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(forget_times),
        _ => {}
    }
}

#[test]
fn what_is_applied_is_what_feast_apply_writes_but_for_versions_and_code() {
    let mut ours = RegistryDocument::empty();
    apply(&mut ours, &drivers::project(), false);
    let mut feasts = comparable(&RegistryDocument::decode(DRIVERS).unwrap());
    // Intended: Feast numbers the versions of a view, and pickles the Python of an on-demand view.
    feasts
        .as_object_mut()
        .unwrap()
        .remove("featureViewVersionHistory");
    feasts["onDemandFeatureViews"][0]["spec"]["featureTransformation"]["userDefinedFunction"] = json!({
        "name": "transformed_conv_rate",
        "bodyText": "def transformed_conv_rate(inputs):\n    raise RuntimeError(\"served by Salver\")\n",
        "mode": "python",
    });
    let mut differences = Vec::new();
    compare("", &comparable(&ours), &feasts, &mut differences);
    assert!(differences.is_empty(), "{differences:#?}");
}

fn compare(path: &str, ours: &Value, feasts: &Value, differences: &mut Vec<String>) {
    match (ours, feasts) {
        (Value::Object(ours), Value::Object(feasts)) => {
            let keys: BTreeSet<&String> = ours.keys().chain(feasts.keys()).collect();
            for key in keys {
                let of = |fields: &Map<String, Value>| fields.get(key).cloned().unwrap_or_default();
                compare(
                    &format!("{path}.{key}"),
                    &of(ours),
                    &of(feasts),
                    differences,
                );
            }
        }
        (Value::Array(ours), Value::Array(feasts)) if ours.len() == feasts.len() => {
            for (index, (ours, feasts)) in ours.iter().zip(feasts).enumerate() {
                compare(&format!("{path}[{index}]"), ours, feasts, differences);
            }
        }
        (ours, feasts) if ours != feasts => {
            differences.push(format!("{path}: ours {ours}, Feast's {feasts}"));
        }
        _ => {}
    }
}

#[test]
fn what_feast_apply_wrote_from_equal_definitions_needs_no_change() {
    let document = RegistryDocument::decode(DRIVERS).unwrap();
    let plan = planned(&document, &drivers::project(), false);
    assert!(plan.is_empty(), "{plan:#?}");
    assert!(plan.unmanaged.is_empty(), "{plan:#?}");
}
