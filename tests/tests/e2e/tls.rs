//! Redis with TLS and a password, for both programs and with Feast's own connection string.

use e2e::{Gateway, GatewayCommand, Redis, RedisOptions, Repo, feast, now, online_store_yaml};
use serde_json::json;

const PASSWORD: &str = "geheim";

fn with_tls(client_certificate: bool) -> Redis {
    Redis::start_with(RedisOptions {
        password: Some(PASSWORD),
        tls: true,
        client_certificate,
        in_cluster: false,
    })
}

fn materialized_on(connection_string: &str) -> Repo {
    let repo = Repo::init();
    repo.use_online_store(&online_store_yaml(connection_string));
    repo.materialize();
    repo
}

fn check_served(repo: &Repo) {
    let gateway = Gateway::start(repo);
    let body = gateway.columns(&json!({
        "features": ["driver_hourly_stats:avg_daily_trips"],
        "entities": {"driver_id": [1001, 1005]},
    }));
    assert_eq!(
        body.ok()["results"][1]["statuses"],
        json!(["PRESENT", "PRESENT"])
    );
}

#[test]
fn tls_with_a_password_and_an_authority_of_its_own() {
    let redis = with_tls(false);
    let repo = materialized_on(&redis.connection_string());
    check_served(&repo);
    // Feast reads the same store by the same connection string.
    let read = feast::run(
        repo.path(),
        "online_features.py",
        &json!({"requests": [{
            "features": ["driver_hourly_stats:avg_daily_trips"],
            "entities": {"driver_id": [1001]},
        }]}),
    );
    assert!(read[0]["values"]["avg_daily_trips"][0].is_i64(), "{read}");
}

#[test]
fn tls_with_a_client_certificate() {
    let redis = with_tls(true);
    let client = &redis.certificates().client;
    let connection_string = format!(
        "{},ssl_certfile={},ssl_keyfile={}",
        redis.connection_string(),
        client.certificate.display(),
        client.key.display()
    );
    let repo = materialized_on(&connection_string);
    check_served(&repo);
}

#[test]
fn an_authority_that_nobody_named_is_not_trusted() {
    let redis = with_tls(false);
    let repo = Repo::init();
    let nobody = format!("{},password={PASSWORD},ssl=true", redis.address());
    repo.use_online_store(&online_store_yaml(&nobody));
    let _ = repo.admin(["apply"]).run();
    let outcome = repo
        .admin(["materialize-incremental", &now()])
        .run()
        .exits(1);
    let outcome = outcome.complains("certificate");
    assert!(!outcome.stderr.contains(PASSWORD), "{outcome}");
}

#[test]
fn a_wrong_password_is_told_without_telling_it() {
    let redis = with_tls(false);
    let repo = materialized_on(&redis.connection_string());
    let wrong = redis.connection_string().replace(PASSWORD, "falsch");
    repo.use_online_store(&online_store_yaml(&wrong));
    let outcome = repo
        .admin(["materialize-incremental", &now()])
        .run()
        .exits(1);
    assert!(!outcome.stderr.contains("falsch"), "{outcome}");
    let gateway = GatewayCommand::new(repo.path()).start();
    let _ = gateway.wait_for_ready_status(503);
    assert!(!gateway.log().contains("falsch"), "{}", gateway.log());
}

#[test]
fn the_write_credentials_live_apart_from_the_gateways() {
    let redis = with_tls(false);
    let repo = Repo::init();
    let without = redis
        .connection_string()
        .replace(&format!(",password={PASSWORD}"), "");
    repo.use_online_store(&online_store_yaml(&without));
    let name = "SALVER__SALVER__ADMIN__ONLINE_STORE__CONNECTION_STRING";
    let own = redis.connection_string();
    let _ = repo.admin(["apply"]).env(name, &own).run().succeeds();
    let materialize = repo.admin(["materialize-incremental", &now()]);
    let _ = materialize.env(name, &own).run().succeeds();
    let _ = repo
        .admin(["materialize-incremental", &now()])
        .run()
        .exits(1);
    let gateway = GatewayCommand::new(repo.path());
    let gateway = gateway
        .env("SALVER__ONLINE_STORE__CONNECTION_STRING", &own)
        .start();
    gateway.wait_ready();
}
