//! Whatever stands in an `Authorization` header, in a key set, in a discovery document, in a scope or in a permission.
#![no_main]

use std::{
    str::from_utf8,
    sync::{Arc, LazyLock},
    time::{Duration, Instant, SystemTime},
};

use access::{
    AccessRules, Algorithm, ClaimMapping, Discovery, HttpPolicy, KeySet, Keyring, Principal,
    Resource, ResourceKind, Scope, Scopes, SigningKey, UnverifiedToken, Verifier, VerifierOptions,
    bearer_token,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use feature_model::{
    Tags,
    access::{Action, Permission, Policy},
};
use libfuzzer_sys::fuzz_target;
use ring::hmac;
use serde_json::Value;

const ISSUER: &str = "i";
const AUDIENCE: &str = "a";
const SECRET: [u8; 32] = [7; 32];
const NOW: Duration = Duration::from_secs(1_000_000);

static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let options = VerifierOptions {
        issuer: ISSUER.into(),
        audiences: vec![AUDIENCE.into()],
        typ: None,
        require_scope: false,
        claims: ClaimMapping::for_client(Some("c")),
        remembered_tokens: 16,
    };
    let keys = KeySet::from_secret(&SECRET).expect("it is long enough");
    Verifier::new(options, Arc::new(Keyring::fixed(keys)))
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = from_utf8(bytes) {
        // nobody guesses the signature
        assert!(verify(text).is_none());
        let _ = UnverifiedToken::read(text);
        let _ = SigningKey::from_secret_jwk(text);
        scope(text);
        pattern(text);
    }
    let _ = bearer_token([bytes]);
    let _ = KeySet::from_jwks(bytes, &Algorithm::USUAL);
    let _ = Discovery::check(bytes, ISSUER, HttpPolicy::HttpOnLoopback);
    // header and claims, one on each line
    let at = bytes.iter().position(|byte| *byte == b'\n');
    if let Some((header, claims)) = at.map(|at| bytes.split_at(at)) {
        signed(header, &claims[1..]);
    }
});

/// A subject, where the token is taken.
fn verify(token: &str) -> Option<String> {
    let now = SystemTime::UNIX_EPOCH + NOW;
    let verified = VERIFIER.verify(token, now, Instant::now());
    if let Err(access::VerifyError::Refused(refusal)) = &verified {
        let told = refusal.www_authenticate();
        assert!(told.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
    }
    verified
        .ok()
        .map(|verified| verified.principal.subject.clone())
}

/// A token that its maker could sign: what is taken says what every token must say.
fn signed(header: &[u8], claims: &[u8]) {
    let message = [header, claims]
        .map(|part| URL_SAFE_NO_PAD.encode(part))
        .join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, &SECRET);
    let signature = hmac::sign(&key, message.as_bytes());
    let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()));
    let Some(subject) = verify(&token) else {
        return;
    };
    let [header, claims]: [Value; 2] =
        [header, claims].map(|json| serde_json::from_slice(json).expect("it was read"));
    assert_eq!(header["alg"], "HS256");
    assert_eq!(header.get("crit"), None);
    assert_eq!(claims["iss"], ISSUER);
    assert_eq!(claims["sub"], *subject);
    let aud = &claims["aud"];
    let mut list = aud.as_array().into_iter().flatten();
    assert!(aud == AUDIENCE || list.any(|one| one == AUDIENCE));
    let exp = claims["exp"].as_f64().expect("a number");
    assert!(NOW.as_secs_f64() < exp + 10.0);
    assert_eq!(verify(&token), Some(subject));
}

fn scope(text: &str) {
    if let Ok(scope) = text.parse::<Scope>() {
        let printed = scope.to_string();
        assert_eq!(printed.parse(), Ok(scope));
    }
    let _ = Scopes::of([text]);
}

/// A pattern of a permission, on itself: letters match themselves, whatever else may happen.
fn pattern(text: &str) {
    let permission = Permission {
        name: "p".into(),
        types: vec![],
        name_patterns: vec![text.into()],
        required_tags: Tags::new(),
        actions: vec![Action::Describe],
        policy: Policy::AllowAll,
        tags: Tags::new(),
    };
    let rules = AccessRules::new("p".parse().expect("a valid name"), [], [permission]);
    let resource = Resource::new(ResourceKind::FeatureView, text);
    let decision = rules.decide(&Principal::new("s"), Action::Describe, &resource);
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    assert!(decision.is_allowed() || !is_plain);
}
