//! What is taken, and what it makes.

use std::time::Instant;

use access::{Algorithm, ClaimMapping, KeySet, KeySetError, Refusal, VerifyError};
use serde_json::json;

use crate::signer::{
    NOW, Signer, at, claims, claims_with, ed, jwks, keys, options, p256, p384, rsa, verifier,
    verify,
};

#[test]
fn every_algorithm_is_taken_with_a_key_of_its_own() {
    let rsa_algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
    let rsa_keys = rsa_algorithms.map(|alg| (alg, rsa()));
    let others = [("ES256", p256()), ("ES384", p384()), ("EdDSA", ed())];
    for (alg, signer) in rsa_keys.into_iter().chain(others) {
        let algorithm: Algorithm = alg.parse().unwrap();
        let document = jwks(&[signer.jwk("k", Some(alg))]);
        let (keys, skipped) = KeySet::from_jwks(&document, &[algorithm]).unwrap();
        assert_eq!(skipped, []);
        let verified = verify(
            &verifier(keys, options()),
            &signer.token("k", alg, &claims()),
        );
        assert_eq!(verified.unwrap().principal.subject, "alice", "{alg}");
    }
}

#[test]
fn a_secret_of_32_bytes_is_taken_and_a_shorter_one_is_not() {
    let secret = [7; 32];
    let signer = Signer::Secret(secret.to_vec());
    let verifier = verifier(KeySet::from_secret(&secret).unwrap(), options());
    assert!(verify(&verifier, &signer.token("any", "HS256", &claims())).is_ok());
    let other = Signer::Secret(vec![8; 32]);
    let refused = verify(&verifier, &other.token("any", "HS256", &claims()));
    assert_eq!(refused.unwrap_err(), Refusal::BadSignature.into());
    let weak = KeySet::from_secret(&secret[1..]).unwrap_err();
    assert_eq!(weak, KeySetError::WeakSecret { bytes: 31, min: 32 });
}

#[test]
fn a_secret_never_stands_beside_public_keys() {
    let document = jwks(&[ed().jwk("k", None)]);
    let error = KeySet::from_jwks(&document, &[Algorithm::EdDSA, Algorithm::HS256]);
    assert_eq!(error.unwrap_err(), KeySetError::SymmetricBesidePublic);
    let secret = Signer::Secret(vec![7; 32]).jwk("k", Some("HS256"));
    let (keys, skipped) =
        KeySet::from_jwks(&jwks(&[secret, ed().jwk("k", None)]), &Algorithm::USUAL).unwrap();
    assert_eq!((keys.len(), skipped.len()), (1, 1));
}

#[test]
fn keys_that_cannot_be_used_are_left_out_with_their_reason() {
    let good = ed().jwk("good", None);
    let with = |member: &str, value: serde_json::Value| {
        let mut jwk = ed().jwk("bad", None);
        jwk[member] = value;
        jwk
    };
    let mut weak = rsa().jwk("bad", None);
    weak["n"] = json!("AQAB");
    for (jwk, why) in [
        (with("use", json!("enc")), "`use`"),
        (with("key_ops", json!(["sign"])), "`key_ops`"),
        (with("d", json!("AAAA")), "private"),
        (with("alg", json!("RS256")), "`alg`"),
        (with("alg", json!(1)), "`alg`"),
        (with("crv", json!("Ed448")), "`Ed25519`"),
        (with("x", json!("AAAA")), "32"),
        (with("x", json!("!")), "base64url"),
        (with("kty", json!("XYZ")), "`XYZ`"),
        (weak, "2048"),
        (rsa().jwk("bad", Some("PS256")), "`algorithms`"),
        (p256().jwk("bad", Some("ES384")), "`algorithms`"),
    ] {
        let document = jwks(&[jwk.clone(), good.clone()]);
        let (keys, skipped) = KeySet::from_jwks(&document, &Algorithm::USUAL).unwrap();
        assert_eq!((keys.len(), skipped.len()), (1, 1), "{jwk}");
        assert!(skipped[0].why.contains(why), "{}", skipped[0]);
    }
    let ambiguous = [Algorithm::RS256, Algorithm::PS256];
    let error = KeySet::from_jwks(&jwks(&[rsa().jwk("k", None)]), &ambiguous).unwrap_err();
    assert!(
        error.to_string().contains("several of `algorithms`"),
        "{error}"
    );
}

#[test]
fn what_is_no_key_set_is_told() {
    for document in [
        "",
        "[]",
        "{}",
        r#"{"keys": 1}"#,
        r#"{"keys": [1]}"#,
        r#"{"keys": []}"#,
    ] {
        assert!(
            KeySet::from_jwks(document.as_bytes(), &Algorithm::USUAL).is_err(),
            "{document}"
        );
    }
    let pem = KeySet::from_jwks(b"-----BEGIN PUBLIC KEY-----\n", &Algorithm::USUAL);
    let told = pem.unwrap_err().to_string();
    assert!(
        told.contains("PEM") && told.contains("not a JWK set"),
        "{told}"
    );
    let private = access::SigningKey::generate().unwrap().secret_jwk();
    let private = format!(r#"{{"keys": [{private}]}}"#);
    let refused = KeySet::from_jwks(private.as_bytes(), &Algorithm::USUAL);
    let told = refused.unwrap_err().to_string();
    assert!(told.contains("token keygen --add-to"), "{told}");
    let many = vec![json!({}); 65];
    let error = KeySet::from_jwks(&jwks(&many), &Algorithm::USUAL).unwrap_err();
    assert!(matches!(error, KeySetError::TooLarge { found: 65, .. }));
    let long = vec![b' '; 1024 * 1024 + 1];
    let error = KeySet::from_jwks(&long, &Algorithm::USUAL).unwrap_err();
    assert!(matches!(error, KeySetError::TooLarge { .. }));
}

#[test]
fn a_key_set_shows_no_keys() {
    let shown = format!(
        "{:?}",
        KeySet::from_secret(b"correct horse battery staple 1234").unwrap()
    );
    assert_eq!(shown, "[(None, HS256)]");
}

#[test]
fn a_token_without_kid_may_be_of_any_trusted_key() {
    let (first, second) = (ed(), ed());
    let verifier = verifier(
        keys(&[
            first.jwk("1", None),
            second.jwk("2", None),
            p256().jwk("3", None),
        ]),
        options(),
    );
    for signer in [&first, &second] {
        let token = signer.sign(r#"{"alg":"EdDSA"}"#, &claims().to_string(), "EdDSA");
        assert!(verify(&verifier, &token).is_ok());
    }
    let swapped = second.token("1", "EdDSA", &claims());
    assert_eq!(
        verify(&verifier, &swapped).unwrap_err(),
        Refusal::BadSignature.into()
    );
}

#[test]
fn a_token_without_kid_is_not_tried_with_any_number_of_keys() {
    let signer = ed();
    let mut jwks: Vec<_> = (0..8).map(|n| ed().jwk(&n.to_string(), None)).collect();
    jwks[7] = signer.jwk("7", None);
    let token = signer.sign(r#"{"alg":"EdDSA"}"#, &claims().to_string(), "EdDSA");
    assert!(verify(&verifier(keys(&jwks), options()), &token).is_ok());
    jwks.push(ed().jwk("8", None));
    let nine = verifier(keys(&jwks), options());
    assert_eq!(
        verify(&nine, &token).unwrap_err(),
        Refusal::UnknownKey.into()
    );
    assert!(verify(&nine, &signer.token("7", "EdDSA", &claims())).is_ok());
}

#[test]
fn times_are_kept_to_the_second_with_a_leeway_of_ten() {
    let signer = ed();
    let verifier = verifier(keys(&[signer.jwk("k", None)]), options());
    let outcome = |claims: &serde_json::Value, now: u64| {
        let token = signer.token("k", "EdDSA", claims);
        verifier.verify(&token, at(now), Instant::now()).map(drop)
    };
    let token = claims_with("nbf", json!(NOW as f64 + 0.5));
    assert_eq!(outcome(&token, NOW - 10), Err(Refusal::NotYetValid.into()));
    assert_eq!(outcome(&token, NOW - 9), Ok(()));
    assert_eq!(outcome(&token, NOW + 609), Ok(()));
    assert_eq!(outcome(&token, NOW + 610), Err(Refusal::Expired.into()));
}

#[test]
fn a_remembered_token_expires_as_well() {
    let signer = ed();
    let verifier = verifier(keys(&[signer.jwk("k", None)]), options());
    let token = signer.token("k", "EdDSA", &claims());
    let verified = verify(&verifier, &token).unwrap();
    assert!(!verified.has_expired(at(NOW + 609)));
    assert!(verified.has_expired(at(NOW + 610)));
    let late = verifier.verify(&token, at(NOW + 610), Instant::now());
    assert_eq!(late.unwrap_err(), Refusal::Expired.into());
}

#[test]
fn jku_x5u_and_jwk_are_never_looked_at() {
    let (trusted, stranger) = (ed(), ed());
    let verifier = verifier(keys(&[trusted.jwk("k", None)]), options());
    let header = json!({
        "alg": "EdDSA", "kid": "k", "jku": "https://evil.example/keys", "x5u": "https://evil.example/cert",
        "jwk": stranger.jwk("k", Some("EdDSA")),
    });
    let sign = |signer: &Signer| signer.sign(&header.to_string(), &claims().to_string(), "EdDSA");
    assert!(verify(&verifier, &sign(&trusted)).is_ok());
    let refused = verify(&verifier, &sign(&stranger)).unwrap_err();
    assert_eq!(refused, Refusal::BadSignature.into());
    let header = r#"{"alg":"EdDSA","kid":"k","jwk":"none"}"#;
    let refused = verify(
        &verifier,
        &trusted.sign(header, &claims().to_string(), "EdDSA"),
    );
    assert!(matches!(
        refused,
        Err(VerifyError::Refused(Refusal::Malformed(_)))
    ));
}

#[test]
fn a_configured_typ_is_demanded_as_rfc_7515_compares_it() {
    let signer = ed();
    let options = access::VerifierOptions {
        typ: Some("at+jwt".into()),
        ..options()
    };
    let verifier = verifier(keys(&[signer.jwk("k", None)]), options);
    let outcome = |header: serde_json::Value| {
        let token = signer.sign(&header.to_string(), &claims().to_string(), "EdDSA");
        verify(&verifier, &token).map(drop)
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        assert_eq!(
            outcome(json!({"alg": "EdDSA", "kid": "k", "typ": typ})),
            Ok(())
        );
    }
    for header in [
        json!({"alg": "EdDSA", "kid": "k", "typ": "JWT"}),
        json!({"alg": "EdDSA", "kid": "k"}),
    ] {
        assert_eq!(outcome(header), Err(Refusal::WrongType.into()));
    }
}

#[test]
fn claims_become_a_principal_as_the_mapping_says() {
    let signer = ed();
    let options = access::VerifierOptions {
        claims: ClaimMapping {
            subject: "azp".parse().unwrap(),
            ..ClaimMapping::for_client(Some("feast"))
        },
        ..options()
    };
    let verifier = verifier(keys(&[signer.jwk("k", None)]), options);
    let mut claims = claims();
    claims["azp"] = json!("service-7");
    claims["resource_access"] = json!({"feast": {"roles": ["reader"]}});
    claims["groups"] = json!(["b", "a"]);
    claims["scope"] = json!("openid salver:p:*:describe");
    let principal = verify(&verifier, &signer.token("k", "EdDSA", &claims))
        .unwrap()
        .principal;
    assert_eq!(principal.subject, "service-7");
    assert_eq!(principal.roles, ["reader"]);
    assert_eq!(principal.groups, ["a", "b"]);
    assert_eq!(principal.scopes.as_ref().unwrap().valid().len(), 1);
}

#[test]
fn a_scope_may_be_demanded() {
    let signer = ed();
    let options = access::VerifierOptions {
        require_scope: true,
        ..options()
    };
    let verifier = verifier(keys(&[signer.jwk("k", None)]), options);
    let outcome = |claims: &serde_json::Value| {
        verify(&verifier, &signer.token("k", "EdDSA", claims)).map(drop)
    };
    assert_eq!(
        outcome(&claims()),
        Err(VerifyError::Refused(Refusal::NoScope))
    );
    let foreign = claims_with("scope", json!("openid"));
    assert_eq!(outcome(&foreign), Err(Refusal::NoScope.into()));
    let malformed = claims_with("scope", json!("salver:"));
    assert_eq!(outcome(&malformed), Ok(()));
}
