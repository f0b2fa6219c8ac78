//! What `registry-admin` does with its credentials is told on stderr, one JSON object each.

use e2e::{Outcome, Repo, now};
use serde_json::{Value, json};

/// The audit log of a run.
pub(super) fn audited(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stderr.lines().filter(|line| line.starts_with('{'));
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line of JSON"));
    lines
        .filter(|line| line["target"] == "salver::audit")
        .collect()
}

fn one(outcome: &Outcome) -> Value {
    let [line] = audited(outcome)
        .try_into()
        .unwrap_or_else(|lines| panic!("{lines:?}: {outcome}"));
    line
}

#[test]
fn every_action_is_told_with_what_it_changed() {
    let repo = Repo::init();
    repo.write(
        "features/access.yaml",
        "role_bindings: [{name: m, role: consumer, subjects: [s]}]\n",
    );
    let applied = one(&repo.admin(["apply"]).run().succeeds());
    for (field, value) in [
        ("project", json!("driver_repo")),
        ("action", json!("apply")),
        ("decision", json!("done")),
    ] {
        assert_eq!(applied[field], value, "{applied}");
    }
    for field in ["time", "request_id", "subject"] {
        assert!(applied[field].is_string(), "{applied}");
    }
    let objects = applied["objects"].as_array().unwrap();
    let binding = json!({"kind": "role_binding", "name": "m", "change": "create"});
    assert!(objects.contains(&binding), "{applied}");
    assert_eq!(applied["object_count"], objects.len());

    let loaded = repo
        .admin(["materialize-incremental", &now()])
        .run()
        .succeeds();
    let loaded = one(&loaded);
    assert_eq!(loaded["action"], "materialize_incremental");
    assert_eq!(
        loaded["objects"],
        json!([{"kind": "feature_view", "name": "driver_hourly_stats"}])
    );
    let again = one(&repo.admin(["apply"]).run().succeeds());
    assert_eq!(again["object_count"], 0);
    let refused = one(&repo.admin(["teardown"]).run().exits(1));
    assert_eq!(refused["decision"], "failed");
    let wanted = refused["objects"].as_array().unwrap();
    assert!(wanted.len() > 1, "what was to be removed: {refused}");
    let removed = one(&repo.admin(["teardown", "--yes"]).run().succeeds());
    let objects = removed["objects"].as_array().unwrap();
    let binding = json!({"kind": "role_binding", "name": "m", "change": "delete"});
    assert!(objects.contains(&binding), "{removed}");
}

#[test]
fn a_minted_token_is_told_by_its_id_and_never_shown() {
    let repo = Repo::init();
    let _ = repo.admin(["apply"]).run().succeeds();
    let made = repo
        .admin(["token", "keygen"])
        .arg(repo.at("k"))
        .run()
        .succeeds();
    let made = one(&made);
    assert_eq!(made["action"], "token_keygen");
    let args = "token mint --subject s --feature-service driver_activity_v1 --ttl 1h --issuer i --audience a --key";
    let minted = repo
        .admin(args.split(' '))
        .arg(repo.at("k"))
        .run()
        .succeeds();
    let line = one(&minted);
    assert_eq!(line["action"], "token_mint");
    assert_eq!(line["objects"], json!([{"kind": "token", "name": "s"}]));
    assert_eq!(
        line["scopes"],
        json!(["salver:driver_repo:feature_service/driver_activity_v1:read_online"])
    );
    assert_eq!(line["key_id"], made["objects"][0]["name"]);
    let inspected = repo.admin(["token", "inspect", "--output", "json"]);
    let claims = inspected.answering(&minted.stdout).run().succeeds().json()["claims"].clone();
    assert_eq!(
        (&line["token_id"], &line["expires_at"]),
        (&claims["jti"], &claims["exp"])
    );
    let secret: Value = serde_json::from_str(&repo.read("k")).unwrap();
    let mut parts = minted.stdout.trim().split('.').chain(secret["d"].as_str());
    assert!(parts.all(|part| !minted.stderr.contains(part)), "{minted}");
}

#[test]
fn what_failed_is_told_with_what_was_wanted_and_so_is_a_key_for_plugins() {
    let repo = Repo::init();
    let args = "token mint --subject s --role admin --ttl 1h --key no-such-key";
    let failed = one(&repo.admin(args.split(' ')).run().exits(1));
    assert_eq!(failed["decision"], "failed");
    assert_eq!(failed["objects"], json!([{"kind": "token", "name": "s"}]));
    let made = repo.admin(["plugin", "keygen"]).arg(repo.at("k")).run();
    let made = one(&made.succeeds());
    assert_eq!(made["action"], "plugin_keygen");
    assert_eq!(made["objects"][0]["kind"], "signing_key");
    let public = repo.read("k.pub");
    assert_eq!(made["objects"][0]["name"], public.trim());
}

#[test]
fn what_changes_nothing_is_not_told_and_only_its_name_switches_the_log_off() {
    let repo = Repo::init();
    for args in [
        &["validate"][..],
        &["plan"],
        &["registry-dump"],
        &["access", "--help"],
    ] {
        assert_eq!(
            audited(&repo.admin(args).run().succeeds()),
            [Value::Null; 0]
        );
    }
    for (filter, lines) in [
        ("error", 1),
        ("off", 1),
        ("", 1),
        ("nonsense=loud", 1),
        ("warn,salver::audit=off", 0),
    ] {
        let applied = repo
            .admin(["apply"])
            .env("SALVER_LOG", filter)
            .run()
            .succeeds();
        assert_eq!(audited(&applied).len(), lines, "{filter}: {applied}");
    }
}
