//! What is told of the process and its projects.

use std::sync::Arc;

use access::{Algorithm, KeySet, Keyring, SigningKey};
use http::StatusCode;
use settings::Limits;

use super::town::{Town, checker, snapshot, told};
use crate::{
    authorise::{Access, Guard},
    router::tests::house::House,
};

#[tokio::test]
async fn probes_need_no_token_and_tell_nobody_about_projects() {
    let town = Town::new();
    town.house.ping().await;
    assert_eq!(town.get("/health", None).await.status, StatusCode::OK);
    assert_eq!(town.get("/openapi.json", None).await.status, StatusCode::OK);
    let nobody = town.token("nobody", "ours");
    for token in [None, Some("x.y.z"), Some(&*nobody)] {
        let reply = town.get("/ready", token).await;
        assert_eq!(reply.json()["projects"], serde_json::json!([]));
        assert_eq!(reply.json()["status"], "ready");
    }
    let reader = town.token("reader", "ours");
    let shown = town.get("/ready", Some(&reader)).await.json();
    assert_eq!(shown["projects"].as_array().unwrap().len(), 1);
    assert_eq!(shown["projects"][0]["project"], "prj");
}

#[tokio::test]
async fn metrics_are_for_those_who_see_every_project() {
    let town = Town::new();
    assert_eq!(told(&town.get("/metrics", None).await).0, 401);
    // of three projects it sees one
    let reader = town.token("reader", "ours");
    assert_eq!(told(&town.get("/metrics", Some(&reader)).await).0, 403);
    let key = SigningKey::generate().unwrap();
    let document = serde_json::json!({"keys": [key.public_jwk()]}).to_string();
    let (keys, _) = KeySet::from_jwks(document.as_bytes(), &Algorithm::USUAL).unwrap();
    let checker = checker(&Arc::new(Keyring::fixed(keys)), "ours");
    let access =
        |name: &str| Access::Guarded(Arc::new(Guard::new(name.parse().unwrap(), checker.clone())));
    let house = House::with_access(&["prj"], None, Limits::default(), access);
    house.load(snapshot());
    let town = Town { house, key };
    let (reader, nobody) = (town.token("reader", "ours"), town.token("nobody", "ours"));
    assert_eq!(
        town.get("/metrics", Some(&reader)).await.status,
        StatusCode::OK
    );
    assert_eq!(told(&town.get("/metrics", Some(&nobody)).await).0, 403);
}
