//! What is told of the process and its projects.

use std::sync::Arc;

use access::{Algorithm, KeySet, Keyring, SigningKey};
use http::StatusCode;
use settings::Limits;

use super::town::{Town, body, checker, snapshot, told};
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
    // of four projects it sees one
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

/// Its settings of tokens can't work, so nobody can show a right in it.
#[tokio::test]
async fn a_project_that_is_closed_is_shown_to_nobody() {
    let access = |name: &str| match name {
        "shut" => Access::Closed,
        _ => Access::open(name.parse().unwrap()),
    };
    let house = House::with_access(&["prj", "shut"], None, Limits::default(), access);
    house.load(snapshot());
    let unsigned = SigningKey::generate().unwrap();
    let town = Town {
        house,
        key: unsigned,
    };
    let shown = town.get("/ready", None).await.json();
    assert_eq!(shown["projects"].as_array().unwrap().len(), 1);
    assert_eq!(shown["projects"][0]["project"], "prj");
    let metrics = town.get("/metrics", None).await;
    assert_eq!(told(&metrics), (403, "forbidden".into()));
    let mut replies = Vec::new();
    for project in ["shut", "shutt"] {
        let reply = town.ask(project, None, "{}").await;
        assert_eq!(told(&reply), (503, "keys_unavailable".into()));
        assert!(!reply.text().contains("shut"), "{}", reply.text());
        replies.push(reply.body);
    }
    assert_eq!(replies[0], replies[1]);
    let open = town.ask("prj", None, &body(&["stats:trips"])).await;
    assert_eq!(open.status, StatusCode::OK);
}
