//! Two tenants of one gateway, one of which chooses its names and ids so that they meet the other's where values are
//! kept. Nothing crosses.

use e2e::{Gateway, Redis, Repo, now};
use serde_json::{Value, json};

use super::{start, state};

/// Who has which values.
struct Tenant {
    project: &'static str,
    /// Of `online_store` and what else stands at the top of `feature_store.yaml`.
    store: String,
    view: &'static str,
    /// Ids with the value of each.
    rows: &'static [(&'static str, i64)],
}

impl Tenant {
    /// A repository whose one view has one feature, `secret`, for each `id`.
    fn repo(&self) -> Repo {
        let repo = Repo::empty();
        let Self {
            project,
            store,
            view,
            ..
        } = self;
        repo.write(
            "feature_store.yaml",
            format!("project: {project}\nregistry: registry.db\n{store}"),
        );
        repo.write(
            "features/all.yaml",
            format!(
                "entities: [{{name: thing, join_key: id, value_type: String}}]\n\
                 data_sources: [{{name: rows, type: file, path: rows.csv, timestamp_field: at}}]\n\
                 feature_views:\n  - name: {view}\n    entities: [thing]\n    source: rows\n    \
                 schema: [{{name: secret, type: Int64}}]\n"
            ),
        );
        let rows = self.rows.iter();
        let rows: String = rows
            .map(|(id, secret)| format!("{id},2026-01-01T00:00:00Z,{secret}\n"))
            .collect();
        repo.write("rows.csv", format!("id,at,secret\n{rows}"));
        let _ = repo.admin(["apply"]).run().succeeds();
        repo
    }

    fn loaded(&self) -> Repo {
        let repo = self.repo();
        let all = ["materialize", "2025-01-01T00:00:00", &now()];
        let _ = repo.admin(all).run().succeeds();
        repo
    }

    /// What the tenant reads for these ids.
    fn reads(&self, gateway: &Gateway, ids: &[&str]) -> Value {
        let body = json!({"features": [format!("{}:secret", self.view)], "entities": {"id": ids}});
        let path = format!("/projects/{}/get-online-features", self.project);
        let layout = [("salver-response-layout", "columns")];
        let reply = gateway.send("POST", &path, &layout, body.to_string()).ok();
        reply["results"][1]["values"].clone()
    }
}

fn sqlite(path: &str) -> String {
    format!("online_store: {{type: sqlite, path: {path}}}\n")
}

#[test]
fn tables_that_would_have_one_name_are_in_different_files_or_not_served() {
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let shared = folder.path().join("shared.db").display().to_string();
    let of = |project, view, rows, store: &str| Tenant {
        project,
        store: sqlite(store),
        view,
        rows,
    };
    let victim = of("a_b", "c", &[("x", 1)], "own.db");
    let hostile = of("a", "b_c", &[("y", 2)], "own.db");
    let repos = (victim.loaded(), hostile.loaded());
    let gateway = start(&[&repos.0, &repos.1]);
    assert_eq!(victim.reads(&gateway, &["x", "y"]), json!([1, null]));
    assert_eq!(hostile.reads(&gateway, &["x", "y"]), json!([null, 2]));

    let victim = of("a_b", "c", &[("x", 1)], &shared);
    let hostile = of("a", "b_c", &[("y", 2)], &shared);
    let third = of("third", "c", &[("x", 3)], &shared);
    let repos = (victim.loaded(), hostile.repo(), third.loaded());
    let gateway = start(&[&repos.0, &repos.1, &repos.2]);
    assert_eq!(third.reads(&gateway, &["x", "y"]), json!([3, null]));
    for project in ["a", "a_b"] {
        let told = state(&gateway, project);
        assert_eq!(told["state"], "failed", "{told}");
        assert!(
            told["reason"]
                .to_string()
                .contains("share the SQLite store"),
            "{told}"
        );
        let path = format!("/projects/{project}/get-online-features");
        let _ = gateway
            .send("POST", &path, &[], super::body().to_string())
            .error(503, "not_ready");
    }
}

#[test]
fn a_project_whose_name_ends_anothers_reads_none_of_its_keys() {
    let redis = Redis::start();
    let of = |project, rows| Tenant {
        project,
        store: redis.online_store_yaml(),
        view: "v",
        rows,
    };
    // a key ends with the project's name: with `b`, the id `xa` ends as `x` does with `ab`
    let victim = of("ab", &[("x", 1), ("z", 3)]);
    let hostile = of("b", &[("xa", 2), ("a", 4)]);
    let repos = (victim.loaded(), hostile.loaded());
    let gateway = start(&[&repos.0, &repos.1]);
    let ids = ["x", "xa", "z", "a"];
    assert_eq!(victim.reads(&gateway, &ids), json!([1, null, 3, null]));
    assert_eq!(hostile.reads(&gateway, &ids), json!([null, 2, null, 4]));
}

#[test]
fn where_keys_of_one_redis_could_be_the_same_neither_project_is_served() {
    let redis = Redis::start();
    let of = |project, version| Tenant {
        project,
        store: format!(
            "{}entity_key_serialization_version: {version}\n",
            redis.online_store_yaml()
        ),
        view: "v",
        rows: &[("x", 1)],
    };
    let third = of("c", 3);
    let repos = (third.loaded(), of("ab", 3).repo(), of("b", 2).repo());
    let gateway = start(&[&repos.0, &repos.1, &repos.2]);
    assert_eq!(third.reads(&gateway, &["x"]), json!([1]));
    for project in ["ab", "b"] {
        let told = state(&gateway, project);
        assert!(
            told["reason"]
                .to_string()
                .contains("share a Redis database"),
            "{told}"
        );
    }
}

#[test]
fn projects_that_are_the_same_but_for_their_names_have_their_own_values() {
    let redis = Redis::start();
    let of = |project, rows| Tenant {
        project,
        store: redis.online_store_yaml(),
        view: "v",
        rows,
    };
    let (one, other) = (of("one", &[("x", 1), ("y", 2)]), of("other", &[("x", 3)]));
    let repos = (one.loaded(), other.loaded());
    let gateway = start(&[&repos.0, &repos.1]);
    for _ in 0..3 {
        assert_eq!(one.reads(&gateway, &["x", "y"]), json!([1, 2]));
        assert_eq!(other.reads(&gateway, &["x", "y"]), json!([3, null]));
    }
}
