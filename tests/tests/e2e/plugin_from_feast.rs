//! On-demand views that Feast manages, made into plugins and served: they compute what Feast computes.

use std::{fs, path::Path, time::Duration};

use e2e::{
    Gateway, GatewayCommand, PLUGIN_CACHE, Reply, Repo, admin_at, deadline::poll, feast,
    plugin_cache,
};
use serde_json::{Value, json};

use crate::feast_init_repo::{feasts_repository, load};

/// Beside the pandas views of `feast init`: the mode python, in both ways. Feast has no samples of maps and structs to try
/// such a function with, so the source is without them.
const PYTHON_VIEWS: &str = r#"

@on_demand_feature_view(
    sources=[driver_stats_fv[["conv_rate", "avg_daily_trips"]], input_request],
    schema=[
        Field(name="plus", dtype=Float64),
        Field(name="label", dtype=String),  # a ) and a "
    ],
    mode="python",
)
def in_lists(inputs: "dict[str, list]") -> "dict[str, list]":
    """def no_function():"""
    return {
        "plus": [a + b for a, b in zip(inputs["driver_hourly_stats__conv_rate"], inputs["val_to_add"])],
        "label": [f"{trips} trips" for trips in inputs["avg_daily_trips"]],
    }


@on_demand_feature_view(
    sources=[driver_stats_fv[["conv_rate", "avg_daily_trips"]], input_request],
    schema=[Field(name="tens", dtype=Int64)],
    mode="python",
    singleton=True,
)
def one_by_one(inputs):
    import math

    return {"tens": math.floor(inputs["conv_rate"] * 10) + inputs.get("val_to_add")}


@on_demand_feature_view(
    sources=[driver_stats_fv[["conv_rate"]], input_request],
    schema=[Field(name="sum", dtype=Float64), Field(name="forgotten", dtype=Float64), Field(name="key", dtype=Int64)],
    mode="python",
)
def serve(inputs):
    """Bears the name of what the plugin imports, and reads the join key."""
    return {
        "sum": [a + b for a, b in zip(inputs["conv" "_rate"], inputs["val_to_add"])],
        # Feast wants to see it when it tries the function, which it does with one row.
        **({"forgotten": [0.5]} if len(inputs["val_to_add"]) == 1 else {}),
        "key": inputs.get("driver_id", [0, 0]),
    }
"#;

const PANDAS: [&str; 2] = ["transformed_conv_rate", "transformed_conv_rate_fresh"];
const PYTHON: [&str; 3] = ["in_lists", "one_by_one", "serve"];

#[test]
fn feasts_views_become_plugins_that_compute_what_feast_computes() {
    let repo = Repo::empty();
    let folder = feasts_repository(&repo);
    let definitions = folder.join("feature_definitions.py");
    let text = fs::read_to_string(&definitions).expect("feast init made it");
    fs::write(&definitions, text + PYTHON_VIEWS).expect("it is writable");
    let _ = feast::cli(&folder, ["apply"]).run().succeeds();
    load(&folder);
    fs::create_dir(folder.join("features")).expect("feast init makes none");
    for view in PANDAS {
        make(&folder, view, "plugin.py`: write the function");
        write_function(&folder, view);
        build_and_bind(&folder, view);
    }
    for view in PYTHON {
        make(&folder, view, "plugin_bindings:");
        build_and_bind(&folder, view);
    }
    told(&folder);
    // Feast imports every module below its repository, except for those that `.feastignore` names.
    let _ = feast::cli(&folder, ["apply"]).run().succeeds();
    let _ = admin_at(&folder, ["apply"]).run().succeeds();
    let gateway = started(&folder);
    compare(&folder, &gateway);
}

fn make(folder: &Path, view: &str, said: &str) {
    let _ = admin_at(folder, ["plugin", "from-feast", view])
        .run()
        .succeeds()
        .says(said);
}

/// What is left to do for `serve`: its text says it, too.
fn told(folder: &Path) {
    let text = fs::read_to_string(folder.join("plugins/serve/plugin.py")).expect("it is made");
    assert!(
        text.contains("# Left to do: the function reads the join key `driver_id`"),
        "{text}"
    );
    assert!(text.contains("\"conv_rate\": Float32 | None,"), "{text}");
    let ignored = fs::read_to_string(folder.join(".feastignore")).expect("it is made");
    assert!(
        ignored.lines().any(|line| line == "plugins/serve"),
        "{ignored}"
    );
}

/// What is left to do for a view of the mode pandas.
fn write_function(folder: &Path, view: &str) {
    let module = folder.join("plugins").join(view).join("plugin.py");
    let text = fs::read_to_string(&module).expect("from-feast made it");
    let (before, _) = text
        .split_once("    raise TransformError")
        .expect("it says what is left to do");
    let function = "    if conv_rate is None or val_to_add is None or val_to_add_2 is None:
        return {\"conv_rate_plus_val1\": None, \"conv_rate_plus_val2\": None}
    return {\"conv_rate_plus_val1\": conv_rate + val_to_add, \"conv_rate_plus_val2\": conv_rate + val_to_add_2}
";
    fs::write(&module, format!("{before}{function}")).expect("it is writable");
}

fn build_and_bind(folder: &Path, view: &str) {
    let plugin = folder.join("plugins").join(view);
    let build = ["plugin".as_ref(), "build".as_ref(), plugin.as_os_str()];
    let _ = admin_at(folder, build).run().succeeds();
    let definitions = folder.join("features").join(format!("{view}.yaml"));
    fs::copy(plugin.join("binding.yaml"), definitions).expect("from-feast made it");
}

fn compare(folder: &Path, gateway: &Gateway) {
    let of_lists = [
        "transformed_conv_rate:conv_rate_plus_val1",
        "transformed_conv_rate:conv_rate_plus_val2",
        "in_lists:plus",
        "in_lists:label",
    ];
    let fresh = ["transformed_conv_rate_fresh:conv_rate_plus_val1"];
    check(folder, gateway, &of_lists, &[1001, 1003, 1005]);
    check(folder, gateway, &fresh, &[1001, 1002]);
    check(folder, gateway, &["serve:sum"], &[1001, 1003]);
    differs(folder, gateway);
    // Feast computes only one row of those.
    check(folder, gateway, &["one_by_one:tens"], &[1004]);
}

/// Where Feast leaves a feature out the gateway has nulls, and Feast alone gives the function the join keys.
fn differs(folder: &Path, gateway: &Gateway) {
    let entities = json!({"driver_id": [1001, 1003], "val_to_add": [1, 1], "val_to_add_2": [1, 1]});
    let features = ["serve:sum", "serve:forgotten", "serve:key"];
    let request = json!({"features": features, "entities": entities});
    let requests = json!({"requests": [request]});
    let theirs = feast::run(folder, "online_features.py", &requests);
    assert_eq!(theirs[0]["values"]["key"], json!([1001, 1003]));
    assert_eq!(theirs[0]["values"].get("forgotten"), None);
    let reply = loaded(gateway, &request);
    let results = &reply.ok()["results"];
    assert_eq!(results[2]["values"], json!([null, null]));
    assert_eq!(results[3]["values"], json!([0, 0]));
}

/// The gateway's values are those that Feast's SDK reads.
fn check(folder: &Path, gateway: &Gateway, features: &[&str], drivers: &[i64]) {
    let ones = vec![1; drivers.len()];
    let entities = json!({"driver_id": drivers, "val_to_add": ones, "val_to_add_2": drivers});
    let request = json!({"features": features, "entities": entities});
    let theirs = feast::run(
        folder,
        "online_features.py",
        &json!({"requests": [request]}),
    );
    let reply = loaded(gateway, &request);
    let reply = reply.ok();
    let names = reply["metadata"]["feature_names"]
        .as_array()
        .expect("names");
    for feature in features {
        let (_, name) = feature.split_once(':').expect("a reference");
        let index = names
            .iter()
            .position(|it| it == name)
            .expect("the feature is told");
        for row in 0..drivers.len() {
            let (found, wanted) = (
                &reply["results"][index]["values"][row],
                &theirs[0]["values"][name][row],
            );
            assert!(
                same(found, wanted),
                "{feature} of row {row}: {found} != {wanted}"
            );
        }
    }
}

fn same(found: &Value, wanted: &Value) -> bool {
    match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-6,
        _ => found == wanted,
    }
}

#[test]
fn what_has_no_text_or_is_not_there_is_told() {
    let repo = Repo::materialized();
    let _ = repo
        .admin(["plugin", "from-feast", "nobody"])
        .run()
        .exits(1)
        .complains("there is: transformed_conv_rate");
}

#[test]
fn a_folder_is_bound_by_its_path_below_the_repository() {
    let repo = Repo::empty();
    let folder = feasts_repository(&repo);
    let run = |dir: &str| admin_at(&folder, ["plugin", "from-feast", PANDAS[0], dir]).run();
    let _ = run("./plugins/q").succeeds();
    let binding = fs::read_to_string(folder.join("plugins/q/binding.yaml")).expect("it is made");
    assert!(binding.contains("path: \"plugins/q/q.wasm\""), "{binding}");
    let _ = run("../elsewhere/p")
        .exits(1)
        .complains("is outside of the feature repository");
    assert!(!repo.at("my_project/elsewhere").exists());
}

/// What `apply` has compiled is there.
fn started(folder: &Path) -> Gateway {
    let cache = plugin_cache().display().to_string();
    let gateway = GatewayCommand::new(folder).env(PLUGIN_CACHE, &cache);
    gateway.start()
}

/// The reply, once the plugins that it needs are loaded: those of interpreters take a moment.
fn loaded(gateway: &Gateway, request: &Value) -> Reply {
    poll("the plugins to be loaded", PATIENCE, || {
        let reply = gateway.columns(request);
        (reply.status != 503).then_some(reply)
    })
}

const PATIENCE: Duration = Duration::from_secs(240);
