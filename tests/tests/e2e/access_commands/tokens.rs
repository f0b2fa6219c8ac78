//! `token`: keys of one's own, and what they sign.

use serde_json::json;

use super::{AUTH, inspect, keygen, mint, with_key};

#[test]
fn a_minted_token_is_narrow_and_the_repository_takes_it() {
    let repo = with_key();
    let service = [
        "--subject",
        "fraud-model",
        "--feature-service",
        "driver_activity_v1",
    ];
    let minted = mint(&repo, &service).succeeds();
    assert!(!minted.stderr.contains("warning"), "{minted}");
    assert_eq!(
        minted.stdout.lines().count(),
        1,
        "the token alone: {minted}"
    );
    let inspected = inspect(&repo, &minted.stdout).succeeds();
    let told = inspected.json();
    assert_eq!(
        told["narrowed_to"],
        json!(["salver:driver_repo:feature_service/driver_activity_v1:read_online"])
    );
    assert_eq!(told["claims"]["aud"], "feature-gateway");
    assert_eq!(told["verdict"], "taken, as a token of `fraud-model`");
    let signature = minted.stdout.trim().rsplit('.').next().unwrap();
    assert!(!inspected.stdout.contains(signature), "{inspected}");
    let role = mint(&repo, &["--subject", "fraud-model", "--role", "consumer"]).succeeds();
    let scopes = inspect(&repo, &role.stdout).succeeds().json()["narrowed_to"].clone();
    assert_eq!(
        scopes,
        json!([
            "salver:driver_repo:*:describe",
            "salver:driver_repo:*:read_online",
            "salver:driver_repo:*:read_offline",
        ])
    );
}

#[test]
fn a_token_that_would_be_of_no_use_is_told() {
    let repo = with_key();
    for (args, doubt) in [
        (
            &["--subject", "nobody", "--role", "admin"][..],
            "nothing is granted to `nobody` in project `driver_repo`",
        ),
        (
            &[
                "--subject",
                "fraud-model",
                "--feature-service",
                "driver_activity_v9",
            ],
            "has no feature service `driver_activity_v9`; did you mean",
        ),
        (
            &[
                "--subject",
                "fraud-model",
                "--role",
                "admin",
                "--project",
                "elsewhere",
            ],
            "has no project `elsewhere`",
        ),
        (
            &[
                "--subject",
                "fraud-model",
                "--role",
                "admin",
                "--issuer",
                "somebody",
            ],
            "would refuse the token: the token's issuer is not trusted here",
        ),
    ] {
        let minted = mint(&repo, args).succeeds().complains(doubt);
        assert_eq!(minted.stdout.matches('.').count(), 2, "{minted}");
    }
    // A key that the gateway doesn't know.
    std::fs::remove_file(repo.at("tokens.key")).unwrap();
    std::fs::remove_file(repo.at("keys.json")).unwrap();
    keygen(&repo, "other.key");
    std::fs::remove_file(repo.at("keys.json")).unwrap();
    keygen(&repo, "tokens.key");
    std::fs::rename(repo.at("other.key"), repo.at("tokens.key")).unwrap();
    let minted = mint(&repo, &["--subject", "fraud-model", "--role", "consumer"]).succeeds();
    let minted = minted.complains("would refuse the token: the token's key is not trusted here");
    let refused = inspect(&repo, &minted.stdout).exits(1);
    assert_eq!(
        refused.json()["verdict"],
        "refused: the token's key is not trusted here"
    );
}

#[test]
fn a_key_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let repo = with_key();
    let readable = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(repo.at("tokens.key"), readable).unwrap();
    let minted = mint(&repo, &["--subject", "fraud-model", "--role", "consumer"]);
    let _ = minted.succeeds().complains("chmod 600");
}

#[test]
fn an_older_key_goes_on_beside_a_new_one() {
    let repo = with_key();
    let args = ["--subject", "fraud-model", "--role", "consumer"];
    let old = mint(&repo, &args).succeeds();
    std::fs::remove_file(repo.at("tokens.key")).unwrap();
    keygen(&repo, "tokens.key");
    let new = mint(&repo, &args).succeeds();
    for token in [&old.stdout, &new.stdout] {
        let _ = inspect(&repo, token).succeeds();
    }
}

#[test]
fn the_key_may_be_in_the_environment_and_names_must_be_somewhere() {
    let repo = with_key();
    let args = [
        "token",
        "mint",
        "--ttl",
        "1d",
        "--subject",
        "fraud-model",
        "--role",
        "consumer",
    ];
    let _ = repo
        .admin(args)
        .run()
        .exits(1)
        .complains("SALVER_TOKEN_KEY");
    let key = repo.read("tokens.key");
    let minted = repo
        .admin(args)
        .env("SALVER_TOKEN_KEY", &key)
        .run()
        .succeeds();
    assert!(!minted.stderr.contains("warning"), "{minted}");
    let wrong = repo
        .admin(args)
        .env("SALVER_TOKEN_KEY", "geheim")
        .run()
        .exits(1);
    assert!(!wrong.complains("no secret key").stderr.contains("geheim"));
    let settings = repo.read("feature_store.yaml").replace(AUTH, "");
    repo.write("feature_store.yaml", settings);
    let unnamed = repo.admin(args).env("SALVER_TOKEN_KEY", &key).run();
    let _ = unnamed.exits(1).complains("--issuer");
    let names = ["--issuer", "i", "--audience", "a"];
    let minted = repo
        .admin(args)
        .args(names)
        .env("SALVER_TOKEN_KEY", &key)
        .run()
        .succeeds();
    let unchecked = inspect(&repo, &minted.stdout).succeeds().json();
    assert!(
        unchecked["verdict"]
            .as_str()
            .unwrap()
            .starts_with("not checked: ")
    );
    let _ = inspect(&repo, "geheim.geheim")
        .exits(1)
        .complains("this is no token");
}

#[test]
fn wrong_ways_to_mint_are_usage_errors() {
    let repo = with_key();
    for args in [
        &["--subject", "s"][..],
        &["--subject", "s", "--role", "owner"],
        &[
            "--subject",
            "s",
            "--role",
            "admin",
            "--feature-service",
            "f",
        ],
        &["--role", "admin"],
        &["--subject", "s", "--role", "admin", "--project", "a b"],
    ] {
        let _ = mint(&repo, args).exits(64);
    }
    let no_time = [
        "token",
        "mint",
        "--subject",
        "s",
        "--role",
        "admin",
        "--ttl",
        "0",
    ];
    let _ = repo.admin(no_time).run().exits(64);
}
