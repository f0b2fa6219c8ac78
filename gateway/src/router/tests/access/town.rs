use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use access::{
    Algorithm, ClaimMapping, KeySet, Keyring, MintFor, MintRequest, SigningKey, Verifier,
    VerifierOptions, mint,
};
use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use feature_model::{
    ProjectName, RegistrySnapshot,
    access::{Action, Permission, Policy, ResourceType, Role, RoleBinding},
};
use http::Request;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};
use settings::Limits;

use crate::{
    authenticate::TokenChecker,
    authorise::{Access, Guard},
    fixture,
    router::tests::house::{House, LATE, Reply},
};

pub(super) const ISSUER: &str = "https://id.example";

/// A gateway of two projects that take tokens for `ours`, a third one whose registry never comes, one that takes tokens for
/// `theirs`, and the key that signs all of them.
pub(super) struct Town {
    pub(super) house: House,
    pub(super) key: SigningKey,
}

pub(super) fn checker(keyring: &Arc<Keyring>, audience: &str) -> TokenChecker {
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

pub(super) fn binding(name: &str, role: Role) -> RoleBinding {
    RoleBinding {
        name: name.into(),
        role,
        subjects: vec![name.into()],
        groups: vec![],
        token_roles: vec![],
    }
}

pub(super) fn permission(
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
pub(super) fn snapshot() -> RegistrySnapshot {
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
    pub(super) fn new() -> Self {
        let town = Self::without_registry();
        town.house.load(snapshot());
        town
    }

    pub(super) fn without_registry() -> Self {
        let key = SigningKey::generate().unwrap();
        let document = serde_json::json!({"keys": [key.public_jwk()]}).to_string();
        let (keys, _) = KeySet::from_jwks(document.as_bytes(), &Algorithm::USUAL).unwrap();
        Self::of(key, Arc::new(Keyring::fixed(keys)))
    }

    pub(super) fn of(key: SigningKey, keyring: Arc<Keyring>) -> Self {
        let (ours, theirs) = (checker(&keyring, "ours"), checker(&keyring, "theirs"));
        let access = |name: &str| {
            let checker = if name == "far" { &theirs } else { &ours };
            let guard = Guard::new(name.parse().unwrap(), checker.clone());
            Access::Guarded(Arc::new(guard))
        };
        let projects = ["prj", "twin", "far", LATE];
        let house = House::with_access(&projects, Some("prj"), Limits::default(), access);
        Self { house, key }
    }

    pub(super) fn token(&self, subject: &str, audience: &str) -> String {
        self.narrowed(subject, audience, "prj", MintFor::Role(Role::Admin))
    }

    pub(super) fn narrowed(
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

    /// A token with these claims.
    pub(super) fn sign(&self, claims: &Value) -> String {
        let secret: Value = serde_json::from_str(&self.key.secret_jwk()).unwrap();
        let seed = secret["d"].as_str().unwrap();
        let seed = URL_SAFE_NO_PAD.decode(seed).unwrap();
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).unwrap();
        let header = json!({"alg": "EdDSA", "kid": self.key.id()});
        let [header, claims] = [&header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
        let signed = format!("{header}.{claims}");
        let signature = URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    pub(super) async fn ask(&self, project: &str, token: Option<&str>, body: &str) -> Reply {
        let mut request = Request::post(format!("/projects/{project}/get-online-features"))
            .header("x-request-id", "r");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.house.send(request).await
    }

    pub(super) async fn features(&self, token: &str, features: &[&str]) -> Reply {
        self.ask("prj", Some(token), &body(features)).await
    }

    pub(super) async fn get(&self, path: &str, token: Option<&str>) -> Reply {
        let mut request = Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.house.send(request.body(Body::empty()).unwrap()).await
    }
}

pub(super) fn body(features: &[&str]) -> String {
    let entities = serde_json::json!({"driver_id": [1001], "customer_id": ["a"]});
    serde_json::json!({"features": features, "entities": entities}).to_string()
}

pub(super) fn told(reply: &Reply) -> (u16, String) {
    (reply.status.as_u16(), reply.code())
}
