mod every_view;

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use access::{
    Algorithm, ClaimMapping, KeySet, Keyring, MintFor, MintRequest, RefreshOptions, SigningKey,
    Verifier, VerifierOptions, mint,
};
use axum::body::Body;
use feature_model::{
    ProjectName, RegistrySnapshot,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use http::{Request, StatusCode};
use settings::Limits;

use super::house::{House, Reply};
use crate::{
    authenticate::TokenChecker,
    authorise::{Access, Guard},
    fixture,
};

const ISSUER: &str = "https://id.example";

/// A gateway of two projects that take tokens for `ours`, one that takes those for `theirs`, and the key that signs
/// all of them.
struct Town {
    house: House,
    key: SigningKey,
}

fn checker(keyring: &Arc<Keyring>, audience: &str) -> TokenChecker {
    let options = VerifierOptions {
        issuer: ISSUER.into(),
        audiences: vec![audience.into()],
        typ: None,
        require_scope: false,
        claims: ClaimMapping::for_client(None),
        remembered_tokens: 100,
    };
    TokenChecker {
        verifier: Arc::new(Verifier::new(options, Arc::clone(keyring))),
        keyring: Arc::clone(keyring),
    }
}

fn binding(name: &str, role: Role) -> RoleBinding {
    RoleBinding {
        name: name.into(),
        role,
        subjects: vec![name.into()],
        groups: vec![],
        token_roles: vec![],
    }
}

fn permission(
    name: &str,
    actions: &[Action],
    types: &[ResourceType],
    names: &[&str],
) -> Permission {
    Permission {
        name: name.into(),
        types: types.to_vec(),
        name_patterns: names.iter().map(|name| (*name).to_owned()).collect(),
        required_tags: Default::default(),
        actions: actions.to_vec(),
        policy: Policy::AllowAll,
        tags: Default::default(),
    }
}

/// `reader` has a role in `prj`; everybody may read `multi` there and describe `stats`. The others are empty.
fn snapshot() -> RegistrySnapshot {
    let mut snapshot = fixture::snapshot();
    let project = snapshot.projects.get_mut(&fixture::project_name()).unwrap();
    let reader = binding("reader", Role::Consumer);
    project.role_bindings.insert(reader.name.clone(), reader);
    for permission in [
        permission("multi", &[Action::ReadOnline], &[], &["multi", "svc.*"]),
        permission("stats", &[Action::Describe], &[], &["stats"]),
    ] {
        project
            .permissions
            .insert(permission.name.clone(), permission);
    }
    for other in ["twin", "far"] {
        let objects = feature_model::Project::default();
        snapshot.projects.insert(other.parse().unwrap(), objects);
    }
    snapshot
}

impl Town {
    fn new() -> Self {
        let town = Self::without_registry();
        town.house.load(snapshot());
        town
    }

    fn without_registry() -> Self {
        let key = SigningKey::generate().unwrap();
        let document = serde_json::json!({"keys": [key.public_jwk()]}).to_string();
        let (keys, _) = KeySet::from_jwks(document.as_bytes(), &Algorithm::USUAL).unwrap();
        Self::of(key, Arc::new(Keyring::fixed(keys)))
    }

    fn of(key: SigningKey, keyring: Arc<Keyring>) -> Self {
        let (ours, theirs) = (checker(&keyring, "ours"), checker(&keyring, "theirs"));
        let access = |name: &str| {
            let checker = if name == "far" { &theirs } else { &ours };
            let guard = Guard::new(name.parse().unwrap(), checker.clone());
            Access::Guarded(Arc::new(guard))
        };
        let projects = ["prj", "twin", "far"];
        let house = House::with_access(&projects, Some("prj"), Limits::default(), access);
        Self { house, key }
    }

    fn token(&self, subject: &str, audience: &str) -> String {
        self.narrowed(subject, audience, "prj", MintFor::Role(Role::Admin))
    }

    fn narrowed(
        &self,
        subject: &str,
        audience: &str,
        project: &str,
        narrowed_to: MintFor,
    ) -> String {
        let project: ProjectName = project.parse().unwrap();
        let request = MintRequest {
            issuer: ISSUER,
            audience,
            subject,
            project: &project,
            narrowed_to,
            ttl: Duration::from_secs(60),
        };
        mint(&self.key, &request, SystemTime::now()).unwrap()
    }

    async fn ask(&self, project: &str, token: Option<&str>, body: &str) -> Reply {
        let mut request = Request::post(format!("/projects/{project}/get-online-features"))
            .header("x-request-id", "r");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.house.send(request).await
    }

    async fn features(&self, token: &str, features: &[&str]) -> Reply {
        self.ask("prj", Some(token), &body(features)).await
    }

    async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.house.send(request.body(Body::empty()).unwrap()).await
    }
}

fn body(features: &[&str]) -> String {
    let entities = serde_json::json!({"driver_id": [1001], "customer_id": ["a"]});
    serde_json::json!({"features": features, "entities": entities}).to_string()
}

fn told(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.code())
}

#[tokio::test]
async fn a_good_token_with_a_role_reads() {
    let town = Town::new();
    let token = town.token("reader", "ours");
    for _ in 0..3 {
        let reply = town.features(&token, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    }
}

#[tokio::test]
async fn without_a_good_token_nothing_is_told_but_why() {
    let town = Town::new();
    for project in ["prj", "twin", "far", "nowhere"] {
        let reply = town.ask(project, None, "{").await;
        assert_eq!(told(&reply), (401, "token_required".into()));
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let reply = town.ask(project, Some("a.b.c"), "{").await;
        assert_eq!(told(&reply), (401, "invalid_token".into()));
        let challenge = reply.header("www-authenticate");
        assert!(
            challenge.starts_with("Bearer error=\"invalid_token\", error_description=\""),
            "{challenge}"
        );
    }
}

#[tokio::test]
async fn a_refused_token_gets_the_same_words_everywhere() {
    let town = Town::new();
    let other = Town::new();
    for token in [
        other.token("reader", "ours"),
        other.token("reader", "theirs"),
        town.token("reader", "x"),
    ] {
        let mut replies = Vec::new();
        for project in ["prj", "twin", "far", "nowhere"] {
            let reply = town.ask(project, Some(&token), "").await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            replies.push(reply.body);
        }
        replies.dedup();
        assert_eq!(replies.len(), 1);
    }
}

#[tokio::test]
async fn what_is_forbidden_and_what_is_not_there_look_alike() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let theirs = town.token("reader", "theirs");
    let mut replies = Vec::new();
    for (project, token, body) in [
        // a project where the caller has no business, one that isn't served, one of other tokens
        ("twin", &nobody, body(&["stats:trips"])),
        ("nowhere", &nobody, body(&["stats:trips"])),
        ("far", &nobody, body(&["stats:trips"])),
        ("twin", &nobody, "no json".to_owned()),
        ("nowhere", &theirs, body(&["stats:trips"])),
        ("prj", &theirs, body(&["stats:trips"])),
        // objects that the caller may not describe, and objects that aren't there
        ("prj", &nobody, body(&["loading:speed"])),
        ("prj", &nobody, body(&["nothing:speed"])),
        ("prj", &nobody, body(&["multi:trips", "nothing:speed"])),
        ("prj", &nobody, body(&["multi:trips", "loading:speed"])),
        (
            "prj",
            &nobody,
            r#"{"feature_service": "nothing", "entities": {"driver_id": [1]}}"#.to_owned(),
        ),
    ] {
        let reply = town.ask(project, Some(token), &body).await;
        assert_eq!(told(&reply), (403, "forbidden".into()), "{project} {body}");
        replies.push((reply.body, reply.headers));
    }
    replies.dedup();
    assert_eq!(replies.len(), 1, "{replies:?}");
}

#[tokio::test]
async fn who_may_see_an_object_is_told_what_is_missing() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let reply = town.features(&nobody, &["stats:trips"]).await;
    assert_eq!(told(&reply), (403, "permission_missing".into()));
    assert!(
        reply
            .text()
            .contains("`read_online` on feature view `stats`"),
        "{}",
        reply.text()
    );
    // and who may see the project, that there is nothing
    let reader = town.token("reader", "ours");
    let reply = town.features(&reader, &["nothing:trips"]).await;
    assert_eq!(told(&reply), (404, "unknown_feature_view".into()));
}

#[tokio::test]
async fn a_plan_that_somebody_else_has_is_not_given_to_those_who_may_not() {
    let town = Town::new();
    let (reader, nobody) = (town.token("reader", "ours"), town.token("nobody", "ours"));
    for _ in 0..2 {
        let reply = town.features(&reader, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::OK);
        let reply = town.features(&nobody, &["stats:trips"]).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_scope_narrows_to_one_service_of_one_project() {
    let town = Town::new();
    let service = MintFor::FeatureService("svc".into());
    let token = town.narrowed("reader", "ours", "prj", service);
    assert_eq!(
        town.features(&token, &["stats:trips"]).await.status,
        StatusCode::FORBIDDEN
    );
    let elsewhere = town.narrowed("reader", "ours", "twin", MintFor::Role(Role::Admin));
    assert_eq!(
        town.features(&elsewhere, &["stats:trips"]).await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn rules_count_as_soon_as_the_registry_has_them() {
    let town = Town::new();
    let (reader, late) = (town.token("reader", "ours"), town.token("late", "ours"));
    let mut next = snapshot();
    let project = next.projects.get_mut(&fixture::project_name()).unwrap();
    project.role_bindings.clear();
    project.permissions.clear();
    let binding = binding("late", Role::Producer);
    project.role_bindings.insert(binding.name.clone(), binding);
    let status = async |token: &str| town.features(token, &["stats:trips"]).await.status;
    assert_eq!(status(&reader).await, StatusCode::OK);
    assert_eq!(status(&late).await, StatusCode::FORBIDDEN);
    town.house.load(next);
    assert_eq!(status(&reader).await, StatusCode::FORBIDDEN);
    assert_eq!(status(&late).await, StatusCode::OK);
}

/// `nobody` may read `multi`, by driver and customer, and doesn't see the project.
#[tokio::test]
async fn names_of_a_project_that_one_may_not_see_cannot_be_guessed_by_entities() {
    let town = Town::new();
    let nobody = town.token("nobody", "ours");
    let ask = |field: &str| {
        let mut entities = serde_json::json!({"driver_id": [1], "customer_id": ["a"]});
        entities[field] = serde_json::json!([1]);
        serde_json::json!({"features": ["multi:trips"], "entities": entities}).to_string()
    };
    let mut replies = Vec::new();
    for field in ["zone_id", "zone", "zone_idd", "nothing"] {
        // first for somebody who sees everything, whose plan must not be the other's
        let reader = town.token("reader", "ours");
        let seeing = town.ask("prj", Some(&reader), &ask(field)).await;
        assert_eq!(
            seeing.status == StatusCode::OK,
            field == "zone_id" || field == "zone",
            "{field}"
        );
        let reply = town.ask("prj", Some(&nobody), &ask(field)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        replies.push(reply.body);
    }
    replies.dedup();
    assert_eq!(replies.len(), 1);
}

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

#[tokio::test]
async fn while_there_are_no_keys_nobody_is_refused_and_nobody_is_let_in() {
    let key = SigningKey::generate().unwrap();
    let keyring = Keyring::refreshed(RefreshOptions::default(), Instant::now());
    let town = Town::of(key, Arc::new(keyring));
    town.house.load(snapshot());
    town.house.ping().await;
    let token = town.token("reader", "ours");
    let reply = town.features(&token, &["stats:trips"]).await;
    assert_eq!(told(&reply), (503, "keys_unavailable".into()));
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&seconds));
    let ready = town.get("/ready", None).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_project_without_a_registry_lets_nobody_in() {
    let town = Town::without_registry();
    let token = town.token("reader", "ours");
    let reply = town.features(&token, &["stats:trips"]).await;
    assert_eq!(told(&reply), (503, "not_ready".into()));
}
