use std::{path::Path, time::Duration};

use crate::{
    Authentication, ClaimSettings, KeysUrl, Problems, TokenKeys, TokenSettings,
    feature_store::load::Unset,
    yaml::{Mapping, Node},
};

/// The end of a discovery document's address (OpenID Connect Discovery 1.0, section 4).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";
/// What [`TokenKeys::SecretFile`] is for.
const SECRET_ALGORITHM: &str = "HS256";
/// Keys of `auth` that Salver uses, in which an unset variable matters.
const USED: [&str; 5] = [
    "auth_discovery_url",
    "audience",
    "issuer",
    "client_id",
    "ca_cert_path",
];

/// `auth` and `salver.auth`. Whatever is wrong is reported, and stops the program.
pub(super) fn read(
    root: &Node,
    repo: &Path,
    unset: &Unset<'_>,
    problems: &mut Problems,
) -> Authentication {
    let ours = root.get("salver").and_then(|node| node.get("auth"));
    let jwks = ours.and_then(|node| node.get("jwks"));
    let jwks = jwks.filter(|node| node.mapping().is_some());
    let feast = root.get("auth");
    let oidc = feast.filter(|node| node.text_at("type") == Some("oidc"));
    check_feasts(feast, problems);
    let told = match (oidc, jwks) {
        (Some(_), Some(jwks)) => {
            problems.push(jwks.mark.error(
                "`salver.auth.jwks` stands beside `auth` of type `oidc`, and only one of them can say whose tokens count; \
                 remove one",
            ));
            return Authentication::Off;
        }
        (Some(node), None) => {
            let used = USED.iter().filter_map(|key| node.get(key));
            used.for_each(|node| unset.report(node, problems));
            of_provider(node, ours, repo, problems)
        }
        (None, Some(jwks)) => of_keys(jwks, ours, repo, problems),
        (None, None) => {
            check_idle(ours, problems);
            return Authentication::Off;
        }
    };
    told.map_or(Authentication::Off, |mut settings| {
        complete(&mut settings, ours, problems);
        settings.claims.client_id = oidc
            .and_then(|node| node.text_at("client_id"))
            .map(str::to_owned);
        Authentication::Tokens(Box::new(settings))
    })
}

/// A section that would do nothing is a section whose author believes that tokens are checked.
fn check_idle(ours: Option<&Node>, problems: &mut Problems) {
    let keys = ours.and_then(Node::mapping);
    if let (Some(node), Some(false)) = (ours, keys.map(Mapping::is_empty)) {
        problems.push(node.mark.error(
            "`salver.auth` says how tokens are read, and no key says whose: write `auth: {type: oidc, ...}`, or \
             `salver.auth.jwks`",
        ));
    }
}

fn check_feasts(node: Option<&Node>, problems: &mut Problems) {
    let verify = node.and_then(|node| Some((node.get("verify_ssl")?, node.bool_at("verify_ssl")?)));
    if let Some((node, false)) = verify {
        problems.push(node.mark.error(
            "`verify_ssl`: Salver takes no keys from somebody whose certificate it can't check; name the authority in \
             `ca_cert_path`",
        ));
    }
}

fn of_provider(
    node: &Node,
    ours: Option<&Node>,
    repo: &Path,
    problems: &mut Problems,
) -> Option<TokenSettings> {
    let url = address(node.get("auth_discovery_url")?, problems)?;
    let audience = filled(node.get("audience")?, "audience", problems)?;
    let issuer = node
        .text_at("issuer")
        .or_else(|| url.strip_suffix(WELL_KNOWN));
    let Some(issuer) = issuer.map(str::to_owned) else {
        problems.push(node.mark.error(format!(
            "`auth` needs `issuer`, as its `auth_discovery_url` doesn't end in `{WELL_KNOWN}`"
        )));
        return None;
    };
    let algorithms = algorithms(ours, "salver.auth", problems);
    check_public(ours, &algorithms, problems);
    let ca_cert = node.text_at("ca_cert_path").map(|path| repo.join(path));
    let keys = TokenKeys::Discovery(KeysUrl { url, ca_cert });
    Some(settings(keys, issuer, vec![audience], algorithms))
}

fn of_keys(
    jwks: &Node,
    ours: Option<&Node>,
    repo: &Path,
    problems: &mut Problems,
) -> Option<TokenSettings> {
    if let Some(node) = ours.and_then(|node| node.get("algorithms")) {
        problems.push(node.mark.error(
            "`algorithms` of `salver.auth` is for `auth: {type: oidc}`; write it within `salver.auth.jwks`",
        ));
    }
    let algorithms = algorithms(Some(jwks), "salver.auth.jwks", problems);
    let keys = keys(jwks, &algorithms, repo, problems)?;
    let issuer = filled(jwks.get("issuer")?, "issuer", problems)?;
    let audiences = audiences(jwks.get("audience")?, problems)?;
    Some(settings(keys, issuer, audiences, algorithms))
}

fn keys(
    jwks: &Node,
    algorithms: &[String],
    repo: &Path,
    problems: &mut Problems,
) -> Option<TokenKeys> {
    match (jwks.get("keys"), jwks.get("secret_file")) {
        (Some(node), None) => {
            check_public(Some(jwks), algorithms, problems);
            let text = filled(node, "keys", problems)?;
            if !text.contains("://") {
                return Some(TokenKeys::JwksFile(repo.join(text)));
            }
            let url = address(node, problems)?;
            let ca_cert = jwks.text_at("ca_cert_path").map(|path| repo.join(path));
            Some(TokenKeys::JwksUrl(KeysUrl { url, ca_cert }))
        }
        (None, Some(node)) => {
            if algorithms.iter().any(|name| name != SECRET_ALGORITHM) {
                problems.push(node.mark.error(
                    "`secret_file` is for `HS256` only; write `algorithms: [HS256]`, or leave it out",
                ));
            }
            let path = filled(node, "secret_file", problems)?;
            Some(TokenKeys::SecretFile(repo.join(path)))
        }
        _ => {
            problems.push(jwks.mark.error(
                "`salver.auth.jwks` needs either `keys` (a file or an address with public keys) or `secret_file`",
            ));
            None
        }
    }
}

/// Whoever checks an HS256 token can make one, so a public key must never be taken for its secret.
fn check_public(node: Option<&Node>, algorithms: &[String], problems: &mut Problems) {
    let has_secret = algorithms.iter().any(|name| name == SECRET_ALGORITHM);
    if let Some(node) = node.and_then(|node| node.get("algorithms"))
        && has_secret
    {
        problems.push(node.mark.error(
            "`HS256` is for a secret in `salver.auth.jwks.secret_file`, and can't stand beside public keys",
        ));
    }
}

fn algorithms(node: Option<&Node>, place: &str, problems: &mut Problems) -> Vec<String> {
    let Some(list) = node.and_then(|node| node.get("algorithms")) else {
        return Vec::new();
    };
    if list.list().is_some_and(<[Node]>::is_empty) {
        let message = format!("`algorithms` of `{place}` is empty; write one such as `[RS256]`");
        problems.push(list.mark.error(message));
    }
    texts(list)
}

fn audiences(node: &Node, problems: &mut Problems) -> Option<Vec<String>> {
    let audiences = match node.text() {
        Some(one) => vec![one.to_owned()],
        None => texts(node),
    };
    if audiences.is_empty() || audiences.iter().any(String::is_empty) {
        problems.push(node.mark.error(
            "`audience` of `salver.auth.jwks` is empty; write the name that tokens for this gateway have in `aud`",
        ));
        return None;
    }
    Some(audiences)
}

fn settings(
    keys: TokenKeys,
    issuer: String,
    audiences: Vec<String>,
    algorithms: Vec<String>,
) -> TokenSettings {
    TokenSettings {
        keys,
        issuer,
        audiences,
        algorithms,
        typ: None,
        claims: ClaimSettings::default(),
        require_scope: false,
        refresh_interval: Duration::from_secs(60),
        max_key_age: Duration::from_secs(60 * 60),
        http_on_loopback: false,
    }
}

fn complete(settings: &mut TokenSettings, ours: Option<&Node>, problems: &mut Problems) {
    let Some(node) = ours else {
        return;
    };
    settings.typ = node.get("typ").and_then(|typ| filled(typ, "typ", problems));
    settings.require_scope = node.bool_at("require_scope").unwrap_or_default();
    settings.http_on_loopback = node.bool_at("allow_http_on_loopback").unwrap_or_default();
    if let Some(interval) = node.duration_at("refresh_interval") {
        settings.refresh_interval = interval;
    }
    if let Some(age) = node.duration_at("max_key_age") {
        settings.max_key_age = age;
    }
    if settings.max_key_age < settings.refresh_interval {
        let place = node.get("max_key_age").or(node.get("refresh_interval"));
        problems.push(place.unwrap_or(node).mark.error(format!(
            "`max_key_age` of `salver.auth` is {:?} and `refresh_interval` {:?}: between two fetches no key would be trusted; \
             write a longer `max_key_age`",
            settings.max_key_age, settings.refresh_interval
        )));
    }
    if let Some(node) = node.get("claims") {
        settings.claims = claims(node, problems);
    }
}

fn claims(node: &Node, problems: &mut Problems) -> ClaimSettings {
    let mut one = |key: &str| {
        let node = node.get(key)?;
        check_path(node, problems);
        node.text().map(str::to_owned)
    };
    let (subject, scope) = (one("subject"), one("scope"));
    let mut several = |key: &str| {
        let node = node.get(key)?;
        let items = node.list()?;
        items.iter().for_each(|node| check_path(node, problems));
        Some(texts(node))
    };
    ClaimSettings {
        client_id: None,
        subject,
        roles: several("roles"),
        groups: several("groups"),
        scope,
    }
}

/// No name between two dots is empty. A dot within a name is written `\.`, and a backslash `\\`.
fn check_path(node: &Node, problems: &mut Problems) {
    let Some(text) = node.text() else {
        return;
    };
    let (mut in_name, mut is_path, mut escaped) = (false, true, false);
    for c in text.chars() {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, '.') => is_path &= std::mem::take(&mut in_name),
            _ => (escaped, in_name) = (false, true),
        }
    }
    if !is_path || !in_name || escaped {
        let message = format!(
            "`{text}` is no path to a claim; write names with dots between, such as `resource_access.salver.roles`, and `\\.` \
             for a dot within a name"
        );
        problems.push(node.mark.error(message));
    }
}

/// An address without credentials: those would end up in logs.
fn address(node: &Node, problems: &mut Problems) -> Option<String> {
    let url = filled(node, "the address", problems)?;
    let host = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split('/').next());
    if host.is_some_and(|host| host.contains('@')) {
        problems.push(node.mark.error(
            "the address has a user name or a password in it; keys are public, so it must have none",
        ));
        return None;
    }
    Some(url)
}

fn filled(node: &Node, key: &str, problems: &mut Problems) -> Option<String> {
    let text = node.text().filter(|text| !text.is_empty());
    if text.is_none() && node.scalar().is_some() {
        problems.push(node.mark.error(format!("`{key}` is empty")));
    }
    text.map(str::to_owned)
}

fn texts(node: &Node) -> Vec<String> {
    let items = node.list().unwrap_or_default().iter();
    items
        .filter_map(|item| item.text().map(str::to_owned))
        .collect()
}
