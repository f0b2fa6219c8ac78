//! Tokens that are otherwise built than tokens are.

use access::{Refusal, Unverified};
use serde_json::{Value, json};

use super::{HEADER, fixture};
use crate::signer::{claims, claims_with, text};

#[test]
fn extensions_of_the_header_are_refused() {
    let fixture = fixture();
    for crit in [
        json!(["exp"]),
        json!([]),
        json!(["b64"]),
        Value::Null,
        json!("x"),
    ] {
        let header = json!({"alg": "EdDSA", "kid": "ed", "crit": crit}).to_string();
        assert_eq!(fixture.of_header(&header), Unverified::Critical.into());
    }
    for b64 in [json!(false), json!("false"), json!(0), Value::Null] {
        let header = json!({"alg": "EdDSA", "kid": "ed", "b64": b64}).to_string();
        assert_eq!(fixture.of_header(&header), Unverified::NotEncoded.into());
    }
}

#[test]
fn a_member_given_twice_is_refused_wherever_it_is() {
    let fixture = fixture();
    let twice = |refusal: Refusal, part: &str| match refusal {
        Refusal::Malformed(Unverified::NotJson { part: found, why }) => {
            assert_eq!((found, why.contains("twice")), (part, true), "{why}");
        }
        other => panic!("{other:?}"),
    };
    for header in [
        r#"{"alg":"EdDSA","alg":"EdDSA","kid":"ed"}"#,
        r#"{"alg":"none","kid":"ed","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"x","\u006bid":"ed"}"#,
        r#"{"alg":"EdDSA","kid":"ed","jwk":{"a":1,"a":2}}"#,
    ] {
        twice(fixture.of_header(header), "header");
    }
    let good = claims().to_string();
    let inside = good.trim_end_matches('}');
    for more in [
        r#""sub":"root""#,
        r#""x":[{"y":{"z":1,"z":1}}]"#,
        r#""exp":9999999999"#,
    ] {
        twice(fixture.of_claims(&format!("{inside},{more}}}")), "claims");
    }
}

#[test]
fn deep_claims_and_long_tokens_cost_nothing() {
    let fixture = fixture();
    for depth in [20, 2_000] {
        let nested = format!(r#"{{"a":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let refusal = fixture.of_claims(&nested);
        let malformed = matches!(refusal, Refusal::Malformed(Unverified::NotJson { .. }));
        assert!(malformed, "{refusal:?}");
    }
    let long = claims_with("pad", json!("x".repeat(1024 * 1024))).to_string();
    let refusal = fixture.of_claims(&long);
    assert!(matches!(
        refusal,
        Refusal::Malformed(Unverified::TooLong { .. })
    ));
    assert!(matches!(
        fixture.refusal(&".".repeat(1024 * 1024)),
        Refusal::Malformed(Unverified::TooLong { .. })
    ));
}

#[test]
fn what_is_no_compact_token_is_refused() {
    let fixture = fixture();
    let good = fixture.ed.sign(HEADER, &claims().to_string(), "EdDSA");
    let parts: Vec<&str> = good.split('.').collect();
    let not_three = [
        String::new(),
        ".".into(),
        "..".into(),
        parts[0].into(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!(".{}.{}", parts[1], parts[2]),
        format!("{good}."),
        format!("{good}.{}", parts[2]),
        // a JWE has five
        format!("{good}.{}.{}", parts[1], parts[2]),
    ];
    for token in not_three {
        assert_eq!(
            fixture.refusal(&token),
            Unverified::NotThreeParts.into(),
            "{token}"
        );
    }
    let not_base64 = [
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        format!("{}.{}.{}+", parts[0], parts[1], parts[2]),
        format!("{}.{}%3D.{}", parts[0], parts[1], parts[2]),
    ];
    for token in not_base64 {
        let refusal = fixture.refusal(&token);
        let malformed = matches!(refusal, Refusal::Malformed(Unverified::NotBase64 { .. }));
        assert!(malformed, "{token}: {refusal:?}");
    }
    for json in ["", "null", "[]", "\"x\"", "{", "{}{}"] {
        let token = format!("{}.{}.{}", text(json), parts[1], parts[2]);
        let refusal = fixture.refusal(&token);
        assert!(
            matches!(refusal, Refusal::Malformed(_)),
            "{json}: {refusal:?}"
        );
    }
}
