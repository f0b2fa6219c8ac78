//! Hostile tokens, after RFC 8725, sent to a running gateway.
#![allow(clippy::unwrap_used, reason = "a test")]

use access::MintFor;
use e2e::{
    Gateway,
    tokens::{self, Signer, claims, encoded, seconds},
};
use feature_model::access::Role;
use ring::hmac;
use serde_json::{Value, json};

use super::{ask, by_reference, guarded, status};

/// A token with a symmetric signature.
pub(super) fn hs256(secret: &str, header: &Value, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(claims.to_string())
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", encoded(signature))
}

fn with(mut value: Value, member: &str, other: Value) -> Value {
    value[member] = other;
    value
}

fn without(mut value: Value, member: &str) -> Value {
    value.as_object_mut().unwrap().remove(member);
    value
}

struct Table<'a> {
    signer: &'a Signer,
    rows: Vec<(String, String)>,
}

impl Table<'_> {
    fn add(&mut self, what: &str, token: String) {
        self.rows.push((what.to_owned(), token));
    }

    /// A token whose signature is right.
    fn signed(&mut self, what: &str, header: &Value, claims: &Value) {
        let token = self.signer.sign(&header.to_string(), &claims.to_string());
        self.add(what, token);
    }

    fn headers(&mut self) {
        let good = self.signer.header();
        for alg in [
            "none", "None", "NONE", "nOnE", "none ", "", "HS256", "RS256", "eddsa",
        ] {
            let header = with(good.clone(), "alg", json!(alg));
            let unsigned = format!(
                "{}.{}.",
                encoded(header.to_string()),
                encoded(claims("model").to_string())
            );
            self.add(&format!("alg `{alg}` without signature"), unsigned.clone());
            self.add(
                &format!("alg `{alg}` with some signature"),
                unsigned + "AAAA",
            );
            self.signed(
                &format!("alg `{alg}` with the right signature"),
                &header,
                &claims("model"),
            );
        }
        for kid in [
            "../../../../etc/passwd",
            "/dev/null",
            "x' UNION SELECT 'AAAA' --",
            "",
            "http://127.0.0.1:1/keys",
        ] {
            let header = with(good.clone(), "kid", json!(kid));
            self.signed(&format!("kid `{kid}`"), &header, &claims("model"));
        }
        for (member, value) in [
            ("crit", json!(["exp"])),
            ("crit", json!([])),
            ("b64", json!(false)),
            ("kid", json!(1)),
            ("alg", json!(["EdDSA"])),
        ] {
            let header = with(good.clone(), member, value);
            self.signed(&format!("header {header}"), &header, &claims("model"));
        }
    }

    /// Keys that the token brings along.
    fn foreign_keys(&mut self) {
        let other = Signer::new();
        let jwks: Value = serde_json::from_str(&Signer::jwks([&other])).unwrap();
        for (member, value) in [
            ("jwk", jwks["keys"][0].clone()),
            ("jku", json!("http://127.0.0.1:1/keys")),
            ("x5u", json!("http://127.0.0.1:1/cert")),
            ("x5c", json!(["AAAA"])),
        ] {
            for header in [
                self.signer.header(),
                other.header(),
                json!({"alg": "EdDSA"}),
            ] {
                let header = with(header, member, value.clone());
                let forged = other.sign(&header.to_string(), &claims("model").to_string());
                self.add(&format!("a key that the token brings ({member})"), forged);
            }
        }
        let jwks = Signer::jwks([self.signer]);
        let public: Value = serde_json::from_str(&jwks).unwrap();
        let x = public["keys"][0]["x"].as_str().unwrap().to_owned();
        for secret in [jwks, x] {
            let header = with(self.signer.header(), "alg", json!("HS256"));
            let forged = hs256(&secret, &header, &claims("model"));
            self.add("the public key as a secret", forged);
        }
    }

    fn claims(&mut self) {
        let header = self.signer.header();
        for claim in ["iss", "aud", "exp", "sub"] {
            let without = without(claims("model"), claim);
            self.signed(&format!("no `{claim}`"), &header, &without);
        }
        let later = seconds() + 600;
        let values = [
            ("iss", json!("https://other.test")),
            ("iss", json!([tokens::ISSUER])),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("aud", json!(["other", 1])),
            ("sub", json!("")),
            ("sub", json!(["model"])),
            ("sub", Value::Null),
            ("exp", json!(later.to_string())),
            ("exp", json!(-1)),
            ("exp", json!([later])),
            ("exp", Value::Null),
            ("exp", json!(seconds() - 60)),
            ("nbf", json!(later)),
            ("nbf", json!(later.to_string())),
        ];
        for (claim, value) in values {
            let what = format!("`{claim}` is {value}");
            self.signed(&what, &header, &with(claims("model"), claim, value));
        }
    }

    fn texts(&mut self) {
        let header = self.signer.header().to_string();
        let good = claims("model").to_string();
        let inner = &good[1..good.len() - 1];
        let deep = "[".repeat(5_000) + &"]".repeat(5_000);
        for (what, claims) in [
            (
                "`exp` is 1e400",
                good.replace("\"exp\":", "\"exp\":1e400,\"was\":"),
            ),
            ("`sub` twice", format!("{{\"sub\":\"admin\",{inner}}}")),
            (
                "`sub` twice, once escaped",
                format!("{{{inner},\"s\\u0075b\":\"admin\"}}"),
            ),
            (
                "members twice within",
                format!("{{{inner},\"a\":{{\"b\":1,\"b\":2}}}}"),
            ),
            ("deeply nested claims", format!("{{{inner},\"a\":{deep}}}")),
            ("two objects", format!("{good}{good}")),
            ("no object", "[]".to_owned()),
        ] {
            let token = self.signer.sign(&header, &claims);
            self.add(what, token);
        }
        let twice = header.replacen('{', "{\"alg\":\"none\",", 1);
        self.add("`alg` twice", self.signer.sign(&twice, &good));
        let token = self.signer.sign(&header, &good);
        let (signed, _) = token.rsplit_once('.').unwrap();
        self.add("an empty signature", format!("{signed}."));
        self.add("no signature", signed.to_owned());
        self.add("five parts", format!("{token}.AAAA.AAAA"));
        self.add("padding", format!("{token}=="));
        self.add("somebody else's signature", {
            let other = self.signer.sign(&header, &claims("admin").to_string());
            format!("{signed}.{}", other.rsplit_once('.').unwrap().1)
        });
        self.add("a token of 20,000 bytes", "a".repeat(20_000));
    }

    /// Feast's two bypasses.
    fn of_feast(&mut self) {
        let unsigned = |claims: Value| {
            let header = json!({"alg": "none", "typ": "JWT"});
            format!(
                "{}.{}.",
                encoded(header.to_string()),
                encoded(claims.to_string())
            )
        };
        let intra =
            json!({"preferred_username": "aW50cmEtY29tbXVuaWNhdGlvbg==", "exp": seconds() + 60});
        self.add("Feast's intra-communication token", unsigned(intra));
        let account = json!({
            "iss": "https://kubernetes.default.svc.cluster.local", "sub": "system:serviceaccount:feast:admin",
            "aud": [tokens::AUDIENCE], "exp": seconds() + 60,
            "kubernetes.io": {"namespace": "feast", "serviceaccount": {"name": "admin", "uid": "1"}},
        });
        self.add("a forged Kubernetes token", unsigned(account.clone()));
        self.add(
            "a Kubernetes token of another key",
            Signer::new().sign(&self.signer.header().to_string(), &account.to_string()),
        );
        self.signed(
            "a Kubernetes token of a good key",
            &self.signer.header(),
            &account,
        );
    }
}

fn rows(signer: &Signer) -> Vec<(String, String)> {
    let mut table = Table {
        signer,
        rows: Vec::new(),
    };
    table.headers();
    table.foreign_keys();
    table.claims();
    table.texts();
    table.of_feast();
    table.rows
}

/// What a refusal must look like, and that it tells nothing of the token.
fn check(gateway: &Gateway, what: &str, token: &str) {
    let reply = ask(gateway, token, &by_reference());
    // a key that isn't known may be about to be: the first such token asks for it
    if reply.status == 503 {
        assert_eq!(reply.json()["code"], "keys_unavailable", "{what}");
        let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=30).contains(&seconds), "{what}");
        return;
    }
    assert_eq!(reply.status, 401, "{what}: {}", reply.text());
    let challenge = reply.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with("Bearer error=\"invalid_"),
        "{what}: {challenge}"
    );
}

#[test]
fn every_hostile_token_is_refused() {
    let (gateway, signer, _repo) = guarded();
    let good = signer.sign(&signer.header().to_string(), &claims("model").to_string());
    assert_eq!(status(&gateway, &good), 200, "what the others differ from");
    let rows = rows(&signer);
    assert!(rows.len() > 80, "{}", rows.len());
    for (what, token) in rows {
        check(&gateway, &what, &token);
    }
    assert_eq!(status(&gateway, &good), 200, "the gateway has survived");
}

#[test]
fn a_token_of_a_megabyte_is_refused_with_its_head() {
    let (gateway, _, _repo) = guarded();
    let token = "a".repeat(1 << 20);
    let answer = gateway.send_raw(
        format!(
            "POST /get-online-features HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        )
        .as_bytes(),
    );
    let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 431");
    assert!(refused, "{}", &answer[..answer.len().min(200)]);
    assert_eq!(gateway.get("/health").status, 200);
}

#[test]
fn a_token_of_another_project_is_forbidden() {
    let (gateway, signer, _repo) = guarded();
    let header = signer.header().to_string();
    let scope = json!("openid salver:other:*:read_online salver:other:*:describe");
    let other = signer.sign(&header, &with(claims("model"), "scope", scope).to_string());
    let _ = ask(&gateway, &other, &by_reference()).error(403, "forbidden");
    let malformed = with(claims("model"), "scope", json!("salver:driver_repo"));
    let malformed = signer.sign(&header, &malformed.to_string());
    let _ = ask(&gateway, &malformed, &by_reference()).error(403, "forbidden");
    let own = signer.mint("model", MintFor::Role(Role::Consumer));
    assert_eq!(status(&gateway, &own), 200);
}

#[test]
fn headers_that_hold_no_single_token_are_refused() {
    let (gateway, signer, _repo) = guarded();
    let token = signer.token("model");
    let bearer = format!("Bearer {token}");
    for headers in [
        &[("authorization", &*bearer), ("authorization", &*bearer)][..],
        &[("authorization", &*format!("Basic {token}"))],
        &[("authorization", &*token)],
        &[("authorization", "Bearer ")],
        &[("authorization", &*format!("Bearer {token} {token}"))],
        &[("cookie", &*format!("access_token={token}"))],
        &[("x-access-token", &*token)],
    ] {
        let path = format!("/get-online-features?access_token={token}");
        let reply = gateway.send("POST", &path, headers, by_reference().to_string());
        let _ = reply.error(401, "token_required");
    }
}
