//! Each plugin that ships with Salver computes its own cases behind the real gateway: every input comes as request
//! data, every output is a feature.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use e2e::{Gateway, Repo};
use feature_model::Wasi;
use plugin_host::{Description, Field, Host, HostOptions};
use serde_json::{Value, json};
use settings::yaml::{Kind, Node, Style};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}

#[test]
fn geo_distance() {
    check("geo_distance");
}

#[test]
fn time_features() {
    check("time_features");
}

#[test]
fn vector_similarity() {
    check("vector_similarity");
}

#[test]
fn text_hash() {
    check("text_hash");
}

#[test]
fn risk_ratios() {
    check("risk_ratios");
}

#[test]
fn driver_conv_rate() {
    check("driver_conv_rate");
}

/// One view for each transform and its parameters.
struct View {
    name: String,
    transform: String,
    parameters: Value,
    description: Description,
}

fn check(plugin: &str) {
    let folder = plugins().join(plugin);
    let component = fs::read(folder.join(format!("{plugin}.wasm"))).expect("it is committed");
    let cases = cases(&folder.join("cases.yaml"));
    let views = views(&component, &cases);
    let repo = Repo::init();
    repo.write("plugins/it.wasm", &component);
    repo.write("features/it.yaml", definitions(&views));
    repo.materialize();
    let gateway = Gateway::start(&repo);
    let mut checked = 0;
    for case in &cases {
        let view = views.get(&key(case));
        checked += usize::from(view.is_some_and(|view| check_case(&gateway, view, case)));
    }
    assert!(
        checked >= 3,
        "only {checked} cases can be asked for over HTTP"
    );
}

/// What tells one view from another.
fn key(case: &Value) -> String {
    format!("{} {}", case["transform"], case["parameters"])
}

/// The views of all cases whose parameters the transform takes.
fn views(component: &[u8], cases: &[Value]) -> BTreeMap<String, View> {
    let host = Host::new(HostOptions::default()).expect("this machine runs plugins");
    let component = host.compile(component, Wasi::None).expect("it is a plugin");
    let mut views = BTreeMap::new();
    for case in cases {
        let transform = case["transform"].as_str().expect("a transform").to_owned();
        let parameters = match &case["parameters"] {
            Value::Null => json!({}),
            given => given.clone(),
        };
        let described = component.describe(&transform, &parameters.to_string());
        let name = format!("view{}", views.len());
        if let Ok(description) = described {
            views.entry(key(case)).or_insert(View {
                name,
                transform,
                parameters,
                description,
            });
        }
    }
    views
}

/// What the transforms compute is checked, on however busy a machine.
fn definitions(views: &BTreeMap<String, View>) -> String {
    let schema = |fields: &[Field]| -> String {
        let fields = fields.iter();
        let field = |field: &Field| {
            format!(
                "      - {{name: {}, type: \"{}\"}}\n",
                field.name, field.data_type
            )
        };
        fields.map(field).collect()
    };
    let sources = views.values().map(|view| {
        let fields = schema(&view.description.inputs);
        format!(
            "  - type: request\n    name: {}_inputs\n    schema:\n{fields}",
            view.name
        )
    });
    let computed = views.values().map(|view| {
        let fields = schema(&view.description.outputs);
        let View { name, transform, parameters, .. } = view;
        format!(
            "  - name: {name}\n    sources: [{name}_inputs]\n    schema:\n{fields}    plugin:\n      path: plugins/it.wasm\n      \
             transform: {transform}\n      parameters: {parameters}\n      limits: {{deadline: 10s}}\n"
        )
    });
    let (sources, computed): (String, String) = (sources.collect(), computed.collect());
    format!("data_sources:\n{sources}on_demand_feature_views:\n{computed}")
}

/// Whether the case can be asked for: a request has a row at least.
fn check_case(gateway: &Gateway, view: &View, case: &Value) -> bool {
    let inputs = case["inputs"].as_object().expect("inputs");
    let rows = inputs
        .values()
        .next()
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if rows == 0 {
        return false;
    }
    let outputs = &view.description.outputs;
    let features: Vec<String> = outputs
        .iter()
        .map(|field| format!("{}:{}", view.name, field.name))
        .collect();
    let reply = gateway.columns(&json!({"features": features, "entities": inputs}));
    if case["expected_error"].is_object() {
        let _ = reply.error(500, "plugin_failed");
        return true;
    }
    let reply = reply.ok();
    let tolerance = case["tolerance"].as_f64().unwrap_or_default();
    for (index, field) in outputs.iter().enumerate() {
        let (found, wanted) = (
            &reply["results"][index]["values"],
            &case["expected"][&field.name],
        );
        assert!(
            close(found, wanted, tolerance),
            "{}: `{}` is {found}, not {wanted}",
            case["name"],
            field.name
        );
    }
    true
}

fn close(found: &Value, wanted: &Value, tolerance: f64) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            let same = |(found, wanted)| close(found, wanted, tolerance);
            found.len() == wanted.len() && found.iter().zip(wanted).all(same)
        }
        (Value::Number(found), Value::Number(wanted)) => {
            let number = |value: &serde_json::Number| value.as_f64().expect("a number of JSON");
            found == wanted || (number(found) - number(wanted)).abs() <= tolerance.max(f64::EPSILON)
        }
        (found, wanted) => found == wanted,
    }
}

fn cases(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("a plugin has cases");
    let node = settings::yaml::parse(&text, file).unwrap_or_else(|problems| panic!("{problems}"));
    match json_of(&node) {
        Value::Array(cases) => cases,
        other => panic!("{other} is no list of cases"),
    }
}

fn json_of(node: &Node) -> Value {
    match &node.kind {
        Kind::List(items) => items.iter().map(json_of).collect(),
        Kind::Mapping(entries) => {
            let entries = entries.iter();
            entries
                .map(|(key, entry)| (key.clone(), json_of(&entry.value)))
                .collect()
        }
        Kind::Scalar(scalar) if scalar.style == Style::Quoted => json!(*scalar.text),
        Kind::Scalar(scalar) if scalar.is_null() => Value::Null,
        Kind::Scalar(scalar) => match scalar.bool() {
            Some(truth) => json!(truth),
            None => serde_json::from_str(&scalar.text).unwrap_or_else(|_| json!(*scalar.text)),
        },
    }
}
