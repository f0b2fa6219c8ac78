//! From `plugin new` to served, in each language: what `docs/plugins.md` tells.

use std::{fs, path::Path, time::Duration};

use e2e::{Gateway, GatewayCommand, PLUGIN_CACHE, Reply, Repo, deadline::poll, plugin_cache};
use serde_json::{Value, json};

const LANGUAGES: [&str; 3] = ["python", "javascript", "rust"];

#[test]
fn a_new_plugin_in_each_language_builds_and_is_served() {
    let repo = Repo::init();
    for language in LANGUAGES {
        make(&repo, language);
    }
    let views: String = LANGUAGES.iter().map(|language| view(language)).collect();
    repo.write(
        "features/in_all_languages.yaml",
        format!("on_demand_feature_views:\n{views}"),
    );
    repo.materialize();
    let gateway = started(repo.path());
    let mut features = vec!["driver_hourly_stats:conv_rate".to_owned()];
    features.extend(LANGUAGES.map(|language| format!("in_{language}:conv_rate_plus_val")));
    let reply = loaded(
        &gateway,
        &json!({
            "features": features, "full_feature_names": true,
            "entities": {"driver_id": [1001, 4711], "val_to_add": [1, 2]},
        }),
    );
    let results = &reply.ok()["results"];
    let rate = results[1]["values"][0].as_f64().expect("a rate");
    for (index, language) in LANGUAGES.iter().enumerate() {
        let values = &results[index + 2]["values"];
        let value = values[0].as_f64().expect("a number");
        assert!(
            (value - rate - 1.0).abs() < 1e-6,
            "{language}: {value} is not {rate} + 1"
        );
        assert!(
            values[1].is_null(),
            "{language}: nothing is stored for 4711"
        );
    }
}

/// Makes, builds and tests `plugins/in_LANGUAGE`.
fn make(repo: &Repo, language: &str) {
    let folder = format!("plugins/in_{language}");
    let component = format!("{folder}/in_{language}.wasm");
    let cases = format!("{folder}/cases.yaml");
    let new = ["plugin", "new", &folder, "--language", language];
    let _ = repo
        .admin(new)
        .run()
        .succeeds()
        .says("next: registry-admin plugin build");
    let _ = repo
        .admin(["plugin", "build", &folder])
        .run()
        .succeeds()
        .says("sha256:");
    let test = ["plugin", "test", &component, "--cases", &cases];
    let _ = repo.admin(test).run().succeeds();
}

fn view(language: &str) -> String {
    format!(
        "  - name: in_{language}
    sources: [driver_hourly_stats, vals_to_add]
    schema:
      - {{name: conv_rate_plus_val, type: Float64}}
    plugin:
      path: plugins/in_{language}/in_{language}.wasm
"
    )
}

const RATE_TS: &str = "\
export type Rate = number | null;

export const plus = (rate: Rate, value: bigint): Rate => (rate === null ? null : rate + Number(value));
";

const PLUGIN_TS: &str = "\
import { transform } from './salver-transform/index.js';
import { type Rate, plus } from './rate.ts';

interface Inputs { conv_rate: Rate; val_to_add: bigint }
interface Outputs { conv_rate_plus_val: Rate }

transform<Inputs, Outputs>(
  {
    name: 'in_typescript',
    inputs: { conv_rate: 'Float64?', val_to_add: 'Int64' },
    outputs: { conv_rate_plus_val: 'Float64?' },
  },
  ({ conv_rate, val_to_add }): Outputs => ({ conv_rate_plus_val: plus(conv_rate, val_to_add) }),
);
";

#[test]
fn a_plugin_in_typescript_is_one_in_javascript_with_another_file() {
    let repo = Repo::empty();
    let new = ["plugin", "new", "in_typescript", "--language", "javascript"];
    let _ = repo.admin(new).run().succeeds();
    fs::remove_file(repo.path().join("in_typescript/plugin.js")).expect("a plugin in JavaScript");
    repo.write("in_typescript/plugin.ts", PLUGIN_TS);
    repo.write("in_typescript/rate.ts", RATE_TS);
    let build = ["plugin", "build", "in_typescript"];
    let _ = repo.admin(build).run().succeeds().says("sha256:");
    let component = "in_typescript/in_typescript.wasm";
    let test = repo.admin([
        "plugin",
        "test",
        component,
        "--cases",
        "in_typescript/cases.yaml",
    ]);
    let _ = test.run().succeeds().says("1 cases passed");
}

#[test]
fn a_plugin_is_not_made_where_something_is() {
    let repo = Repo::init();
    for (folder, said) in [
        ("features", "isn't empty"),
        ("plugins/Upper", "makes no name of a function"),
    ] {
        let new = ["plugin", "new", folder, "--language", "python"];
        let _ = repo.admin(new).run().exits(1).complains(said);
    }
    let _ = repo
        .admin(["plugin", "build", "features"])
        .run()
        .exits(1)
        .complains("no plugin in `features`");
    let _ = repo
        .admin(["plugin", "new", "x", "--language", "c"])
        .run()
        .exits(64)
        .complains("no language of plugins");
}

#[test]
fn a_toolchain_that_is_not_there_is_told_with_the_command_that_installs_it() {
    let repo = Repo::empty();
    for (language, variable, install) in [
        ("python", "PATH", "pip install componentize-py=="),
        ("javascript", "SALVER_NODE_MODULES", "npm install --prefix"),
    ] {
        let new = ["plugin", "new", language, "--language", language];
        let _ = repo.admin(new).run().succeeds();
        let build = repo.admin(["plugin", "build", language]);
        let bare = build.env("SALVER_COMPONENTIZE_PY", "").env(variable, "");
        let _ = bare.run().exits(1).complains(install);
    }
}

#[test]
fn what_does_not_build_is_told_in_the_words_of_its_language() {
    let repo = Repo::empty();
    let new = ["plugin", "new", "wrong", "--language", "python"];
    let _ = repo.admin(new).run().succeeds();
    repo.replace("wrong/plugin.py", "val_to_add: int", "val_to_add: object");
    let said = "`val_to_add`: `object` is no type of a column";
    let _ = repo
        .admin(["plugin", "build", "wrong"])
        .run()
        .exits(1)
        .complains(said);
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
