use std::{path::PathBuf, time::Duration};

use super::{MINIMAL, told, with};
use crate::{Authentication, ClaimSettings, KeysUrl, TokenKeys, TokenSettings};

const OIDC: &str = "\
project: p
registry: data/registry.db
auth:
  type: oidc
  auth_discovery_url: https://id.example/realms/x/.well-known/openid-configuration
  audience: gateway
  client_id: c
  ca_cert_path: ca.pem
salver:
  auth:
    algorithms: [RS256, PS256]
    typ: at+jwt
    claims: {subject: azp, roles: ['a.b'], groups: [g, 'x\\.y'], scope: scp}
    require_scope: true
    refresh_interval: 5s
    max_key_age: 10m
    allow_http_on_loopback: true
";

fn tokens(text: &str) -> TokenSettings {
    match with(text, &[]).authentication {
        Authentication::Tokens(settings) => *settings,
        Authentication::Off => panic!("tokens were expected"),
    }
}

fn auth(feast: &str, ours: &str) -> String {
    format!("{MINIMAL}auth: {feast}\nsalver:\n  auth: {ours}\n")
}

#[test]
fn a_provider_is_told_by_feasts_keys_and_ours() {
    let url = "https://id.example/realms/x/.well-known/openid-configuration".to_owned();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let expected = TokenSettings {
        keys: TokenKeys::Discovery(KeysUrl {
            url,
            ca_cert: Some(PathBuf::from("/repo/ca.pem")),
        }),
        issuer: "https://id.example/realms/x".into(),
        audiences: vec!["gateway".into()],
        algorithms: names(&["RS256", "PS256"]),
        typ: Some("at+jwt".into()),
        claims: ClaimSettings {
            client_id: Some("c".into()),
            subject: Some("azp".into()),
            roles: Some(names(&["a.b"])),
            groups: Some(names(&["g", "x\\.y"])),
            scope: Some("scp".into()),
        },
        require_scope: true,
        refresh_interval: Duration::from_secs(5),
        max_key_age: Duration::from_secs(600),
        http_on_loopback: true,
    };
    assert_eq!(tokens(OIDC), expected);
}

#[test]
fn keys_of_ones_own_are_in_a_file_at_an_address_or_a_secret() {
    let with_keys = |keys: &str| {
        let jwks = format!("{{jwks: {{{keys}, issuer: i, audience: [a, b]}}}}");
        tokens(&auth("{type: no_auth}", &jwks))
    };
    let file = with_keys("keys: keys.json");
    assert_eq!(
        file.keys,
        TokenKeys::JwksFile(PathBuf::from("/repo/keys.json"))
    );
    assert_eq!(file.audiences, ["a", "b"]);
    assert_eq!(
        (file.refresh_interval, file.max_key_age),
        (Duration::from_secs(60), Duration::from_secs(3_600))
    );
    let url = with_keys("keys: 'https://id.example/keys'");
    let expected = KeysUrl {
        url: "https://id.example/keys".into(),
        ca_cert: None,
    };
    assert_eq!(url.keys, TokenKeys::JwksUrl(expected));
    let secret = with_keys("secret_file: /run/secret, algorithms: [HS256]");
    assert_eq!(
        secret.keys,
        TokenKeys::SecretFile(PathBuf::from("/run/secret"))
    );
}

#[test]
fn a_number_is_no_issuer_and_no_audience() {
    for (names, key) in [
        ("issuer: 1.5, audience: a", "issuer"),
        ("issuer: i, audience: 7", "audience"),
        ("issuer: i, audience: [a, true]", "audience"),
    ] {
        let text = auth(
            "{type: no_auth}",
            &format!("{{jwks: {{keys: k, {names}}}}}"),
        );
        let told = told(&text, &[]);
        assert!(
            told.contains(key) && told.contains("write it in quotes"),
            "{told}"
        );
    }
    let quoted = "{jwks: {keys: k, issuer: '1.5', audience: '7'}}";
    assert_eq!(tokens(&auth("{type: no_auth}", quoted)).issuer, "1.5");
}

#[test]
fn without_a_word_or_with_no_auth_nobody_is_asked() {
    for text in [
        MINIMAL.to_owned(),
        auth("{type: no_auth}", "{}"),
        auth("", ""),
    ] {
        assert_eq!(with(&text, &[]).authentication, Authentication::Off);
    }
}

#[test]
fn what_would_let_in_more_than_was_meant_is_refused_with_its_line() {
    let url = "https://id.example/.well-known/openid-configuration";
    let provider = format!("{{type: oidc, auth_discovery_url: '{url}', audience: a}}");
    let jwks = "jwks: {keys: k.json, issuer: i, audience: a}";
    let mut all = String::new();
    for (feast, ours) in [
        (&*format!("{{type: oidc, auth_discovery_url: '{url}'}}"), ""),
        (
            &*format!("{{type: oidc, auth_discovery_url: '{url}', audience: ''}}"),
            "",
        ),
        (
            "{type: oidc, auth_discovery_url: 'https://id.example/x', audience: a}",
            "",
        ),
        (
            "{type: oidc, auth_discovery_url: 'https://me:hush@id.example/x', audience: a, issuer: i}",
            "",
        ),
        (
            &*provider.replace("audience", "verify_ssl: false, audience"),
            "",
        ),
        ("{audience: a}", ""),
        ("{type: kubernetes}", ""),
        ("{type: my.module.MyAuthConfig}", ""),
        ("{type: oicd}", ""),
        (&provider, &*format!("{{{jwks}}}")),
        (&provider, "{algorithms: [HS256]}"),
        (&provider, "{algorithms: []}"),
        (&provider, "{algorithms: [none]}"),
        (&provider, "{refresh_interval: 2h}"),
        (&provider, "{typ: ''}"),
        (&provider, "{claims: {subject: 'a..b', groups: ['\\']}}"),
        ("", "{require_scope: true}"),
        ("", "{jwks: {keys: k.json, issuer: i}}"),
        ("", "{jwks: {keys: k.json, issuer: i, audience: []}}"),
        ("", "{jwks: {keys: k.json, audience: a}}"),
        ("", "{jwks: {issuer: i, audience: a}}"),
        (
            "",
            "{jwks: {keys: k.json, secret_file: s, issuer: i, audience: a}}",
        ),
        (
            "",
            "{jwks: {keys: k.json, issuer: i, audience: a, algorithms: [HS256, RS256]}}",
        ),
        (
            "",
            "{jwks: {secret_file: s, issuer: i, audience: a, algorithms: [RS256]}}",
        ),
        (
            "",
            "{algorithms: [RS256], jwks: {keys: k.json, issuer: i, audience: a}}",
        ),
    ] {
        let text = auth(feast, ours);
        assert!(
            crate::parse(
                &text,
                std::path::Path::new("/repo"),
                &std::collections::BTreeMap::new()
            )
            .is_err(),
            "{text}"
        );
        all += &format!("{feast} {ours}\n{}\n\n", told(&text, &[]));
    }
    assert!(
        !all.replace("me:hush@id.example/x', audience", "")
            .contains("hush")
    );
    insta::assert_snapshot!(all);
}

#[test]
fn secrets_of_feasts_client_are_never_told() {
    let text = auth(
        "{type: oidc, auth_discovery_url: 'https://i/.well-known/openid-configuration', audience: a, client_secret: [hush], \
         password: {hush: hush}, token: hush}",
        "",
    );
    let told = told(&text, &[]);
    assert!(!told.contains("hush"), "{told}");
    assert!(told.contains("`token` of an `auth`"), "{told}");
}

#[test]
fn a_variable_that_salver_needs_and_that_is_not_set_is_told_and_feasts_are_not() {
    let text = auth(
        "{type: oidc, auth_discovery_url: '${URL}', audience: a, issuer: i, client_secret: '${SECRET}'}",
        "",
    );
    let told = told(&text, &[]);
    assert!(
        told.contains("`URL`") && !told.contains("SECRET`"),
        "{told}"
    );
}
