//! Tokens that are made here.

use std::time::Duration;

use access::{
    AccessRules, Algorithm, KeySet, MintError, MintFor, MintRequest, Resource, ResourceKind,
    SigningKey, UnverifiedToken, mint,
};
use feature_model::{
    ProjectName,
    access::{Action, Role, RoleBinding},
};

use crate::signer::{AUDIENCE, ISSUER, NOW, at, jwks, options, verifier, verify};

fn fraud() -> ProjectName {
    "fraud".parse().unwrap()
}

fn request(project: &ProjectName, narrowed_to: MintFor) -> MintRequest<'_> {
    MintRequest {
        issuer: ISSUER,
        audience: AUDIENCE,
        subject: "fraud-model",
        project,
        narrowed_to,
        ttl: Duration::from_secs(3_600),
    }
}

fn one_service() -> MintFor {
    MintFor::FeatureService("driver_activity_v1".into())
}

#[test]
fn a_minted_token_is_taken_and_reads_one_feature_service_only() {
    let (key, project) = (SigningKey::generate().unwrap(), fraud());
    let token = mint(&key, &request(&project, one_service()), at(NOW)).unwrap();
    let (keys, _) = KeySet::from_jwks(&jwks(&[key.public_jwk()]), &Algorithm::USUAL).unwrap();
    let principal = verify(&verifier(keys, options()), &token)
        .unwrap()
        .principal;
    assert_eq!(principal.subject, "fraud-model");

    let binding = RoleBinding {
        name: "models".into(),
        role: Role::Admin,
        subjects: vec!["fraud-model".into()],
        groups: vec![],
        token_roles: vec![],
    };
    let rules = AccessRules::new(fraud(), [binding.clone()], []);
    for kind in ResourceKind::ALL {
        for name in ["driver_activity_v1", "driver_activity_v2", "fraud"] {
            for action in Action::ALL {
                let decision = rules.decide(&principal, action, &Resource::new(kind, name));
                let is_it = kind == ResourceKind::FeatureService
                    && name == "driver_activity_v1"
                    && action == Action::ReadOnline;
                assert_eq!(decision.is_allowed(), is_it, "{decision}");
            }
        }
    }
    let elsewhere = AccessRules::new("fraud2".parse().unwrap(), [binding], []);
    assert!(!elsewhere.admits(&principal));
    let nobody = AccessRules::new(fraud(), [], []);
    assert!(
        !nobody.admits(&principal),
        "a minted token grants nothing by itself"
    );
    assert!(!nobody.knows(&principal) && rules.knows(&principal));
}

#[test]
fn what_a_minted_token_says() {
    let (key, project) = (SigningKey::generate().unwrap(), fraud());
    let token = mint(
        &key,
        &request(&project, MintFor::Role(Role::Consumer)),
        at(NOW),
    )
    .unwrap();
    let read = UnverifiedToken::read(&token).unwrap();
    assert_eq!(read.header()["kid"], key.id());
    assert_eq!(read.header()["alg"], "EdDSA");
    let claims = read.claims();
    assert_eq!((&claims["iat"], &claims["nbf"]), (&NOW.into(), &NOW.into()));
    assert_eq!(claims["exp"], NOW + 3_600);
    assert_eq!(claims["aud"], AUDIENCE);
    assert_eq!(
        claims["scope"],
        "salver:fraud:*:describe salver:fraud:*:read_online salver:fraud:*:read_offline"
    );
    let again = mint(
        &key,
        &request(&project, MintFor::Role(Role::Consumer)),
        at(NOW),
    )
    .unwrap();
    let again = UnverifiedToken::read(&again).unwrap();
    assert_ne!(claims["jti"], again.claims()["jti"]);
}

#[test]
fn what_would_be_useless_is_not_minted() {
    let (key, project) = (SigningKey::generate().unwrap(), fraud());
    let good = || request(&project, one_service());
    let outcome = |request: MintRequest<'_>| mint(&key, &request, at(NOW)).unwrap_err();
    let ttl = Duration::from_millis(999);
    assert_eq!(outcome(MintRequest { ttl, ..good() }), MintError::NoTime);
    let what = "subject";
    assert_eq!(
        outcome(MintRequest {
            subject: "",
            ..good()
        }),
        MintError::Empty { what }
    );
    let narrowed_to = MintFor::FeatureService(String::new());
    let what = "feature service";
    assert_eq!(
        outcome(MintRequest {
            narrowed_to,
            ..good()
        }),
        MintError::Empty { what }
    );
}

#[test]
fn a_secret_key_is_read_as_it_is_written_and_never_shown() {
    let key = SigningKey::generate().unwrap();
    let secret = key.secret_jwk();
    let again = SigningKey::from_secret_jwk(&secret).unwrap();
    assert_eq!(
        (again.id(), again.public_jwk()),
        (key.id(), key.public_jwk())
    );
    assert_eq!(format!("{key:?}"), format!("SigningKey({:?})", key.id()));
    assert!(key.public_jwk().get("d").is_none());
    let published = KeySet::from_jwks(
        format!(r#"{{"keys":[{secret}]}}"#).as_bytes(),
        &Algorithm::USUAL,
    );
    assert!(
        published.is_err(),
        "a key set with the secret part must not be trusted"
    );
}

#[test]
fn what_is_no_secret_key_is_refused_without_showing_it() {
    let (key, other) = (
        SigningKey::generate().unwrap(),
        SigningKey::generate().unwrap(),
    );
    let secret = key.secret_jwk();
    let x = |key: &SigningKey| key.public_jwk()["x"].as_str().unwrap().to_owned();
    for wrong in [
        String::new(),
        "[]".into(),
        key.public_jwk().to_string(),
        secret.replace("Ed25519", "X25519"),
        secret.replace(&x(&key), &x(&other)),
        secret.replacen('{', r#"{"d":"AAAA","#, 1),
    ] {
        let error = SigningKey::from_secret_jwk(&wrong).unwrap_err().to_string();
        assert!(error.contains("token keygen"), "{error}");
        let seed = serde_json::from_str::<serde_json::Value>(&secret).unwrap();
        assert!(!error.contains(seed["d"].as_str().unwrap()));
    }
}

/// RFC 8037, appendix A.3.
#[test]
fn a_keys_name_is_its_thumbprint() {
    let jwk = r#"{"kty":"OKP","crv":"Ed25519",
        "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let key = SigningKey::from_secret_jwk(jwk).unwrap();
    assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}
