//! What a token says of itself, and doesn't.

use access::{Refusal, Unverified};
use serde_json::{Value, json};

use super::fixture;
use crate::signer::{NOW, claims, claims_with};

#[test]
fn required_claims_are_required() {
    let fixture = fixture();
    for claim in ["iss", "aud", "exp", "sub"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(claim);
        let refusal = fixture.of_claims(&without.to_string());
        assert_eq!(refusal, Refusal::MissingClaim { claim });
    }
}

#[test]
fn claims_of_another_type_are_refused() {
    let fixture = fixture();
    let dates = [
        json!("1"),
        json!(-1),
        json!(-0.5),
        json!([NOW + 600]),
        json!({}),
        json!(true),
        json!(u64::MAX),
        json!(1e20),
        json!(1e308),
    ];
    let cases = [
        (
            "iss",
            vec![
                json!(1),
                json!(["https://id.example"]),
                Value::Null,
                json!({}),
            ],
        ),
        (
            "aud",
            vec![
                json!(1),
                json!([1]),
                json!(["salver", 1]),
                Value::Null,
                json!({}),
            ],
        ),
        (
            "sub",
            vec![json!(1), json!(""), json!(["alice"]), Value::Null],
        ),
        ("exp", dates.iter().cloned().chain([Value::Null]).collect()),
        ("nbf", dates.iter().cloned().chain([Value::Null]).collect()),
        ("groups", vec![json!(1), json!([1]), json!({})]),
        ("scope", vec![json!(1), json!({})]),
    ];
    for (claim, values) in cases {
        for value in values {
            let told = format!("{claim}: {value}");
            let refusal = fixture.of_claim(claim, value);
            assert!(
                matches!(&refusal, Refusal::InvalidClaim { claim: found, .. } if found == claim),
                "{told}: {refusal:?}"
            );
        }
    }
}

#[test]
fn a_number_beyond_all_numbers_is_refused() {
    let fixture = fixture();
    for claim in ["exp", "nbf", "other"] {
        let claims = claims_with(claim, json!(0)).to_string();
        let huge = claims.replace(&format!("\"{claim}\":0"), &format!("\"{claim}\":1e400"));
        assert_ne!(claims, huge);
        let refusal = fixture.of_claims(&huge);
        let malformed = matches!(refusal, Refusal::Malformed(Unverified::NotJson { .. }));
        assert!(malformed, "{refusal:?}");
    }
}

#[test]
fn tokens_of_other_times_issuers_and_audiences_are_refused() {
    let fixture = fixture();
    for (claim, value, refusal) in [
        ("exp", json!(NOW - 10), Refusal::Expired),
        ("exp", json!(0), Refusal::Expired),
        ("nbf", json!(NOW + 11), Refusal::NotYetValid),
        ("nbf", json!(1e19), Refusal::NotYetValid),
        ("iss", json!("https://id.example/"), Refusal::WrongIssuer),
        ("iss", json!("https://evil.example"), Refusal::WrongIssuer),
        ("aud", json!("another-project"), Refusal::WrongAudience),
        ("aud", json!("Salver"), Refusal::WrongAudience),
        ("aud", json!([]), Refusal::WrongAudience),
        ("aud", json!(["a", "b"]), Refusal::WrongAudience),
    ] {
        let told = format!("{claim}: {value}");
        assert_eq!(fixture.of_claim(claim, value), refusal, "{told}");
    }
}
