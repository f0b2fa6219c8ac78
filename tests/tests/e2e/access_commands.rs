//! `token` and `access`: tokens of a key of one's own, and who may do what.

mod tokens;

use e2e::{Outcome, Repo};

use serde_json::{Value, json};

const RULES: &str = "\
role_bindings:
  - {name: model, role: consumer, subjects: [fraud-model]}
  - {name: ranking, role: producer, groups: [ranking]}
permissions:
  - name: one_service
    types: [feature_service]
    name_patterns: [driver_activity_v1]
    actions: [read_online]
    policy: {roles: [narrow]}
  - name: tagged
    types: [feature_view]
    required_tags: {stage: production}
    actions: [read_online]
    policy: {groups: [production]}
";

const AUTH: &str = "
  auth:
    jwks:
      keys: keys.json
      issuer: https://ml.example.com
      audience: [feature-gateway, another]
      algorithms: [EdDSA]
";

fn applied() -> Repo {
    let repo = Repo::init();
    repo.write("features/access.yaml", RULES);
    let _ = repo.admin(["apply"]).run().succeeds();
    repo
}

/// Takes tokens of the key `tokens.key`.
fn with_key() -> Repo {
    let repo = applied();
    repo.replace(
        "feature_store.yaml",
        "\nsalver:",
        &format!("\nsalver:{AUTH}"),
    );
    keygen(&repo, "tokens.key");
    repo
}

fn keygen(repo: &Repo, key: &str) {
    let (key, set) = (repo.at(key), repo.at("keys.json"));
    let args = ["token", "keygen"].map(std::ffi::OsStr::new);
    let add = [key.as_os_str(), "--add-to".as_ref(), set.as_os_str()];
    let _ = repo.admin(args.into_iter().chain(add)).run().succeeds();
}

fn mint(repo: &Repo, args: &[&str]) -> Outcome {
    let key = repo.at("tokens.key");
    let repo = repo
        .admin(["token", "mint", "--ttl", "1h"])
        .arg("--key")
        .arg(key);
    repo.args(args).run()
}

fn inspect(repo: &Repo, token: &str) -> Outcome {
    let args = ["token", "inspect", "--output", "json"];
    repo.admin(args).answering(token).run()
}

fn check(repo: &Repo, args: &[&str]) -> Outcome {
    repo.admin(["access", "check"]).args(args).run()
}

#[test]
fn who_may_do_what_is_told_with_the_rule_that_says_so() {
    let repo = applied();
    let view = [
        "--action",
        "read_online",
        "--object",
        "feature_view/driver_hourly_stats",
    ];
    let allowed = check(&repo, &[&["--subject", "fraud-model"], &view[..]].concat()).succeeds();
    assert_eq!(
        allowed.stdout,
        "allowed: role binding `model` (consumer) names subject `fraud-model`\n"
    );
    let denied = check(&repo, &[&["--subject", "ann"], &view[..]].concat()).exits(2);
    let _ = denied.says(
        "denied: `read_online` on feature view `driver_hourly_stats` is missing; role binding `model` (consumer) would \
         allow it, but does not name the principal",
    );
    let group = check(
        &repo,
        &[&["--subject", "ann", "--group", "ranking"], &view[..]].concat(),
    );
    let _ = group.succeeds().says("names group `ranking`");
    let scope = [
        "--subject",
        "fraud-model",
        "--scope",
        "salver:driver_repo:*:describe",
    ];
    let scoped = check(&repo, &[&scope, &view[..]].concat()).exits(2);
    let _ = scoped.says("allows it, but the token's scopes do not");
    // Tags of the object count: the view has none.
    let tagged = check(
        &repo,
        &[&["--subject", "ann", "--group", "production"], &view[..]].concat(),
    );
    let _ = tagged.exits(2);
    let tags = ("team: driver_performance", "stage: production");
    repo.replace("features/feature_views.yaml", tags.0, tags.1);
    let _ = repo.admin(["apply"]).run().succeeds();
    let tagged = check(
        &repo,
        &[&["--subject", "ann", "--group", "production"], &view[..]].concat(),
    );
    let _ = tagged
        .succeeds()
        .says("permission `tagged` names group `production`");
}

#[test]
fn an_on_demand_view_needs_the_views_it_is_computed_from() {
    let repo = applied();
    let args = [
        "--subject",
        "fraud-model",
        "--action",
        "read_online",
        "--object",
        "on_demand_feature_view/transformed_conv_rate",
        "--output",
        "json",
    ];
    let told = check(&repo, &args).succeeds().json();
    let objects: Vec<&Value> = told["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["object"]["name"])
        .collect();
    assert_eq!(
        json!(objects),
        json!(["transformed_conv_rate", "driver_hourly_stats"])
    );
    assert_eq!(told["allowed"], true);
}

/// The gateway knows a view by its name, and a token's scopes by the words of the claim.
#[test]
fn a_check_answers_as_the_gateway_would() {
    let repo = applied();
    let asked = |object: &str, scope: &str| {
        let subject = ["--subject", "fraud-model", "--action", "read_online"];
        let rest = ["--object", object, "--scope", scope];
        check(&repo, &[&subject[..], &rest].concat())
    };
    let scope = |kind: &str, name: &str| format!("salver:driver_repo:{kind}/{name}:read_online");
    let (computed, stored) = ("transformed_conv_rate", "driver_hourly_stats");
    let by_kind = scope("feature_view", computed);
    let _ = asked("feature_view/transformed_conv_rate", &by_kind)
        .exits(2)
        .complains("`transformed_conv_rate` is no feature view but the on-demand feature view");
    let both = [
        scope("on_demand_feature_view", computed),
        scope("feature_view", stored),
    ];
    let view = "on_demand_feature_view/transformed_conv_rate";
    let _ = asked(view, &both.join(" ")).succeeds();
    let _ = asked(view, &both.join(",")).exits(2);
    let _ = asked(view, &both[0]).exits(2);
}

#[test]
fn one_service_is_given_without_its_views() {
    let repo = applied();
    let narrow = [
        "--subject",
        "m",
        "--role",
        "narrow",
        "--action",
        "read_online",
        "--object",
    ];
    for (object, code) in [
        ("feature_service/driver_activity_v1", 0),
        ("feature_service/driver_activity_v2", 2),
        ("feature_view/driver_hourly_stats", 2),
        ("project", 2),
    ] {
        let _ = check(&repo, &[&narrow[..], &[object]].concat()).exits(code);
    }
    let absent = check(
        &repo,
        &[&narrow[..], &["feature_service/driver_activity_v9"]].concat(),
    );
    let _ = absent
        .exits(2)
        .complains("has no feature service `driver_activity_v9`");
    for wrong in ["driver", "view/x", "feature_view/"] {
        let _ = check(&repo, &[&narrow[..], &[wrong]].concat()).exits(64);
    }
    let nowhere = [&narrow[..], &["project", "--project", "elsewhere"]].concat();
    let _ = check(&repo, &nowhere)
        .exits(1)
        .complains("has no project `elsewhere`");
}

#[test]
fn all_rules_are_listed_with_what_is_doubtful() {
    let repo = applied();
    let listed = repo.admin(["access", "list"]).run().succeeds();
    let lines: Vec<Vec<&str>> = listed
        .stdout
        .lines()
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(lines[0], ["RULE", "NAME", "GIVES", "ON", "TO"]);
    assert!(
        lines.contains(&vec![
            "role binding",
            "ranking",
            "producer",
            "everything",
            "groups ranking"
        ]),
        "{listed}"
    );
    assert!(
        lines.contains(&vec![
            "permission",
            "tagged",
            "read_online",
            "feature_view tagged stage: production",
            "groups [production]"
        ]),
        "{listed}"
    );
    assert_eq!(listed.stderr, "");
    let json = repo
        .admin(["access", "list", "--output", "json"])
        .run()
        .succeeds()
        .json();
    assert_eq!(json[0]["definition"]["subjects"], json!(["fraud-model"]));

    repo.write(
        "features/access.yaml",
        "permissions: [{name: p, actions: [describe], policy: {namespaces: [n]}}]\n",
    );
    let _ = repo.admin(["apply"]).run().succeeds();
    let listed = repo.admin(["access", "list"]).run().succeeds();
    let _ = listed.complains("permission `p` is for Kubernetes namespaces only");
    repo.write("features/access.yaml", "role_bindings: []\n");
    let _ = repo.admin(["apply"]).run().succeeds();
    let none = repo.admin(["access", "list"]).run().succeeds();
    let none = none.complains("nobody may do anything there");
    assert_eq!(none.stdout, "");
}
