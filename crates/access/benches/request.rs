//! What access costs a request: its token, seen before or not, and its decision.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use access::{
    AccessRules, Algorithm, ClaimMapping, KeySet, Keyring, MintFor, MintRequest, SigningKey,
    Verifier, VerifierOptions, Wanted, mint,
};
use criterion::{Criterion, criterion_group, criterion_main};
use feature_model::{
    FeatureService, Project, ProjectName, Tags,
    access::{Action, Role, RoleBinding},
};

fn verifier(key: &SigningKey, remembered_tokens: usize) -> Verifier {
    let document = serde_json::json!({"keys": [key.public_jwk()]}).to_string();
    let (keys, _) = KeySet::from_jwks(document.as_bytes(), &Algorithm::USUAL).unwrap();
    let options = VerifierOptions {
        issuer: "https://id.example".into(),
        audiences: vec!["salver".into()],
        typ: None,
        require_scope: false,
        claims: ClaimMapping::for_client(None),
        remembered_tokens,
    };
    Verifier::new(options, Arc::new(Keyring::fixed(keys)))
}

fn token(key: &SigningKey, project: &ProjectName) -> String {
    let request = MintRequest {
        issuer: "https://id.example",
        audience: "salver",
        subject: "model-0",
        project,
        narrowed_to: MintFor::FeatureService("driver_activity_v1".into()),
        ttl: Duration::from_secs(3_600),
    };
    mint(key, &request, SystemTime::now()).unwrap()
}

/// 20 bindings, one feature service.
fn rules(project: &ProjectName) -> (AccessRules, Project) {
    let binding = |n: usize| RoleBinding {
        name: format!("models-{n}"),
        role: Role::Consumer,
        subjects: vec![format!("model-{}", 19 - n)],
        groups: vec!["group".into()],
        token_roles: vec![],
    };
    let service = FeatureService {
        name: "driver_activity_v1".into(),
        projections: vec![],
        description: String::new(),
        tags: Tags::new(),
        owner: String::new(),
    };
    let mut objects = Project::default();
    objects
        .feature_services
        .insert(service.name.clone(), service);
    (
        AccessRules::new(project.clone(), (0..20).map(binding), []),
        objects,
    )
}

fn request(c: &mut Criterion) {
    let key = SigningKey::generate().unwrap();
    let project: ProjectName = "fraud".parse().unwrap();
    let token = token(&key, &project);
    let verify = |verifier: &Verifier| {
        verifier
            .verify(black_box(&token), SystemTime::now(), Instant::now())
            .unwrap()
    };
    let (warm, cold) = (verifier(&key, 1_000), verifier(&key, 0));
    c.bench_function("token/seen before", |b| b.iter(|| verify(&warm)));
    c.bench_function("token/new", |b| b.iter(|| verify(&cold)));
    let principal = verify(&warm).principal;
    let (rules, objects) = rules(&project);
    c.bench_function("rules/admits", |b| {
        b.iter(|| rules.admits(black_box(&principal)));
    });
    let wanted = Wanted::FeatureService("driver_activity_v1");
    c.bench_function("rules/permit", |b| {
        b.iter(|| rules.permit_read(&principal, Action::ReadOnline, black_box(wanted), &objects));
    });
}

criterion_group!(benches, request);
criterion_main!(benches);
