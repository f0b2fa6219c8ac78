//! Hostile tokens, after RFC 8725. Each is refused for its own reason, and none asks for keys to be fetched.

mod claims;
mod shape;

use access::{KeySet, Refusal, Unverified, Verifier, VerifyError};

use proptest::prelude::*;

use serde_json::{Value, json};

use crate::signer::{
    Signer, claims, claims_with, ed, keys, options, p256, rsa, text, verifier, verify,
};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"ed"}"#;

struct Fixture {
    ed: Signer,
    rsa: Signer,
    verifier: Verifier,
}

fn fixture() -> Fixture {
    let (ed, rsa) = (ed(), rsa());
    let keys = keys(&[ed.jwk("ed", Some("EdDSA")), rsa.jwk("rsa", Some("RS256"))]);
    Fixture {
        ed,
        rsa,
        verifier: verifier(keys, options()),
    }
}

impl Fixture {
    fn refusal(&self, token: &str) -> Refusal {
        match verify(&self.verifier, token) {
            Err(VerifyError::Refused(refusal)) => refusal,
            other => panic!("{other:?} for {}", &token[..token.len().min(200)]),
        }
    }

    /// Why a token with that header is refused, whose signature is right.
    fn of_header(&self, header: &str) -> Refusal {
        self.refusal(&self.ed.sign(header, &claims().to_string(), "EdDSA"))
    }

    /// Why a token with those claims is refused, whose signature is right.
    fn of_claims(&self, claims: &str) -> Refusal {
        self.refusal(&self.ed.sign(HEADER, claims, "EdDSA"))
    }

    fn of_claim(&self, claim: &str, value: Value) -> Refusal {
        self.of_claims(&claims_with(claim, value).to_string())
    }
}

#[test]
fn the_good_token_that_the_others_differ_from_is_taken() {
    let fixture = fixture();
    let good = fixture.ed.sign(HEADER, &claims().to_string(), "EdDSA");
    assert!(verify(&fixture.verifier, &good).is_ok());
}

#[test]
fn none_is_no_algorithm_however_it_is_spelt() {
    let fixture = fixture();
    for alg in [
        "none", "None", "NONE", "nOnE", "none ", "", "eddsa", "HS384", "ES256K",
    ] {
        for kid in [json!("ed"), json!("unknown"), Value::Null] {
            let mut header = json!({"alg": alg});
            if !kid.is_null() {
                header["kid"] = kid;
            }
            let unsigned = format!(
                "{}.{}.",
                text(header.to_string()),
                text(claims().to_string())
            );
            assert_eq!(fixture.refusal(&unsigned), Unverified::NotThreeParts.into());
            for signature in ["AA", "bm9uZQ"] {
                let token = format!("{unsigned}{signature}");
                assert_eq!(fixture.refusal(&token), Refusal::WrongAlgorithm, "{alg}");
            }
            assert_eq!(
                fixture.of_header(&header.to_string()),
                Refusal::WrongAlgorithm
            );
        }
    }
}

#[test]
fn a_public_key_is_no_secret_for_hmac() {
    let fixture = fixture();
    let jwk = fixture.rsa.jwk("rsa", Some("RS256"));
    for secret in [
        jwk["n"].to_string(),
        jwk.to_string(),
        jwk["n"].as_str().unwrap().to_owned(),
    ] {
        let forged = Signer::Secret(secret.into_bytes()).token("rsa", "HS256", &claims());
        assert_eq!(fixture.refusal(&forged), Refusal::WrongAlgorithm);
    }
}

#[test]
fn a_key_is_for_its_own_algorithm_only() {
    let fixture = fixture();
    for alg in ["PS256", "RS384", "RS512"] {
        let token = fixture.rsa.token("rsa", alg, &claims());
        assert_eq!(fixture.refusal(&token), Refusal::WrongAlgorithm, "{alg}");
    }
    // signed as one thing, named as another
    let header = r#"{"alg":"RS256","kid":"rsa"}"#;
    let token = fixture.rsa.sign(header, &claims().to_string(), "PS256");
    assert_eq!(fixture.refusal(&token), Refusal::BadSignature);
    let token = fixture.ed.sign(header, &claims().to_string(), "EdDSA");
    assert_eq!(fixture.refusal(&token), Refusal::BadSignature);
}

#[test]
fn a_public_token_is_not_taken_where_a_secret_is_configured() {
    let verifier = verifier(KeySet::from_secret(&[7; 32]).unwrap(), options());
    let token = ed().token("k", "EdDSA", &claims());
    assert_eq!(
        verify(&verifier, &token).unwrap_err(),
        Refusal::WrongAlgorithm.into()
    );
}

#[test]
fn a_kid_names_a_trusted_key_and_nothing_else() {
    let fixture = fixture();
    for kid in [
        "../../../../dev/null",
        "/etc/passwd",
        "' UNION SELECT 'secret' --",
        "ed\u{0}",
        "ED",
        "",
        "https://evil.example/key",
        "ed rsa",
    ] {
        let header = json!({"alg": "EdDSA", "kid": kid}).to_string();
        assert_eq!(fixture.of_header(&header), Refusal::UnknownKey, "{kid}");
    }
    for kid in [json!(1), json!(["ed"]), json!({"kid": "ed"}), Value::Null] {
        let header = json!({"alg": "EdDSA", "kid": kid}).to_string();
        let refusal = fixture.of_header(&header);
        assert_eq!(refusal, Unverified::InvalidHeader { member: "kid" }.into());
    }
}

#[test]
fn a_signature_belongs_to_one_header_and_one_set_of_claims() {
    let fixture = fixture();
    let good = fixture.ed.sign(HEADER, &claims().to_string(), "EdDSA");
    let other = claims_with("sub", json!("root")).to_string();
    let parts: Vec<&str> = good.split('.').collect();
    for token in [
        format!("{}.{}.{}", parts[0], text(&other), parts[2]),
        format!(
            "{}.{}.{}",
            text(r#"{"kid":"ed","alg":"EdDSA"}"#),
            parts[1],
            parts[2]
        ),
        format!("{}.{}.{}", parts[0], parts[1], text([0; 64])),
        format!("{}.{}.{}", parts[0], parts[1], text([0; 1])),
    ] {
        assert_eq!(fixture.refusal(&token), Refusal::BadSignature);
    }
}

/// `feast-compat.md`, section 8.3: Feast lets this one do everything, unsigned.
#[test]
fn feasts_intra_communication_token_is_no_token() {
    let fixture = fixture();
    let claims = json!({"preferred_username": "c2VjcmV0"}).to_string();
    let unsigned = format!(
        "{}.{}.",
        text(r#"{"alg":"none","typ":"JWT"}"#),
        text(&claims)
    );
    assert_eq!(fixture.refusal(&unsigned), Unverified::NotThreeParts.into());
    assert_eq!(
        fixture.refusal(&format!("{unsigned}AA")),
        Refusal::WrongAlgorithm
    );
    let stranger =
        Signer::Secret(b"c2VjcmV0".to_vec()).sign(r#"{"alg":"HS256"}"#, &claims, "HS256");
    assert_eq!(
        fixture.refusal(&stranger),
        Refusal::MissingClaim { claim: "iss" }
    );
}

/// `feast-compat.md`, section 8.3: Feast believes its `sub` before anybody has looked at the signature.
#[test]
fn a_forged_kubernetes_token_is_no_token() {
    let fixture = fixture();
    let mut claims = claims_with("sub", json!("system:serviceaccount:feast:admin"));
    claims["kubernetes.io"] = json!({"namespace": "feast"});
    let forged = p256().token("rsa", "RS256", &claims);
    assert_eq!(fixture.refusal(&forged), Refusal::BadSignature);
    claims["iss"] = json!("https://kubernetes.default.svc");
    let forged = p256().token("unknown", "ES256", &claims);
    assert_eq!(fixture.refusal(&forged), Refusal::WrongIssuer);
}

#[test]
fn what_a_refusal_tells_is_a_header_whatever_the_token_holds() {
    let fixture = fixture();
    let mut tokens = vec![
        fixture.ed.sign("{\"\u{1}\"", "\"\\\r\n", "EdDSA"),
        "\r\n\"".into(),
    ];
    tokens.push(
        fixture
            .ed
            .sign(HEADER, &claims_with("scope", json!(1)).to_string(), "EdDSA"),
    );
    for token in tokens {
        let told = fixture.refusal(&token).www_authenticate();
        assert!(told.starts_with("Bearer error=\"invalid_token\", error_description=\""));
        assert!(
            told.bytes()
                .all(|byte| byte == b' ' || byte.is_ascii_graphic()),
            "{told}"
        );
        assert_eq!(told.matches('"').count(), 4, "{told}");
    }
}

proptest! {
    #[test]
    fn any_text_is_refused(token in "\\PC*", dots in "[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*") {
        let fixture = fixture();
        fixture.refusal(&token);
        fixture.refusal(&dots);
    }

    #[test]
    fn a_token_with_one_byte_changed_is_refused(at: prop::sample::Index, byte in 0x20..0x7f_u8) {
        let fixture = fixture();
        let good = fixture.ed.sign(HEADER, &claims().to_string(), "EdDSA");
        let mut changed = good.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        let changed = String::from_utf8(changed).unwrap();
        prop_assume!(changed != good);
        fixture.refusal(&changed);
    }
}
