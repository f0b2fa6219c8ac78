//! Tokens, good ones and others, and repositories that take them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use access::{MintFor, MintRequest, SigningKey, mint};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use feature_model::{ProjectName, access::Role};
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

use crate::repo::Repo;

/// Whoever makes the tokens of the tests.
pub const ISSUER: &str = "https://tokens.test";
/// Whom they are for.
pub const AUDIENCE: &str = "gateway";
/// The project of [`Repo::init`].
pub const PROJECT: &str = "driver_repo";

/// A key that signs tokens.
pub struct Signer {
    key: SigningKey,
    pair: Ed25519KeyPair,
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

impl Signer {
    /// A new key.
    ///
    /// # Panics
    /// When the machine has no random numbers.
    #[must_use]
    pub fn new() -> Self {
        let key = SigningKey::generate().expect("the machine has random numbers");
        let secret: Value = serde_json::from_str(&key.secret_jwk()).expect("a key is JSON");
        let seed = secret["d"].as_str().unwrap_or_default();
        let seed = URL_SAFE_NO_PAD.decode(seed).expect("a seed is base64url");
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).expect("a seed has 32 bytes");
        Self { key, pair }
    }

    /// The id under which it is published.
    #[must_use]
    pub fn id(&self) -> String {
        self.key.id()
    }

    /// A token as `registry-admin token mint` makes it, for a minute.
    ///
    /// # Panics
    /// When it can't be made.
    #[must_use]
    pub fn mint(&self, subject: &str, narrowed_to: MintFor) -> String {
        let project: ProjectName = PROJECT.parse().expect("a valid name");
        let request = MintRequest {
            issuer: ISSUER,
            audience: AUDIENCE,
            subject,
            project: &project,
            narrowed_to,
            ttl: Duration::from_secs(60),
        };
        mint(&self.key, &request, SystemTime::now()).expect("nothing is missing")
    }

    /// A token that isn't narrowed but by its subject's role.
    #[must_use]
    pub fn token(&self, subject: &str) -> String {
        self.mint(subject, MintFor::Role(Role::Admin))
    }

    /// A token of any two texts, whose signature is right.
    #[must_use]
    pub fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(signed.as_bytes());
        format!("{signed}.{}", encoded(signature))
    }

    /// The header of a good token.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": "EdDSA", "kid": self.id()})
    }

    /// A JWK set of these keys.
    #[must_use]
    pub fn jwks<'s>(signers: impl IntoIterator<Item = &'s Self>) -> String {
        let keys = signers.into_iter().map(|signer| signer.key.public_jwk());
        json!({"keys": keys.collect::<Vec<_>>()}).to_string()
    }
}

/// The claims of a good token.
#[must_use]
pub fn claims(subject: &str) -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": seconds() + 60})
}

/// The present, in seconds since 1970.
///
/// # Panics
/// When the clock is before that.
#[must_use]
pub fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("the clock is right").as_secs()
}

/// base64url.
#[must_use]
pub fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Rules of [`PROJECT`]: `model` may read, `admin` everything.
pub const RULES: &str = "\
role_bindings:
  - {name: models, role: consumer, subjects: [model]}
  - {name: admins, role: admin, subjects: [admin]}
feature_services:
  - name: model_inputs
    features:
      - feature_view: driver_hourly_stats
        features: [conv_rate]
";

/// A repository that takes tokens of the keys in its `keys.json`, with [`RULES`], applied and materialized. `more` is
/// what else `salver.auth` has, such as `refresh_interval: 1s`.
#[must_use]
pub fn repo(keys: &str, more: &str) -> Repo {
    let repo = Repo::init();
    repo.write("keys.json", keys);
    with_rules(repo, "keys.json", more)
}

/// As [`repo`], of the keys at an address.
#[must_use]
pub fn repo_with_keys_at(url: &str, more: &str) -> Repo {
    with_rules(Repo::init(), url, more)
}

/// As [`repo`], of whoever has the secret, which is in the file `secret`.
#[must_use]
pub fn repo_with_secret(secret: &str, more: &str) -> Repo {
    let repo = Repo::init();
    repo.write("secret", secret);
    take_tokens_by(&repo, "secret_file: secret", more);
    loaded(repo)
}

fn with_rules(repo: Repo, keys: &str, more: &str) -> Repo {
    take_tokens(&repo, keys, more);
    loaded(repo)
}

fn loaded(repo: Repo) -> Repo {
    repo.write("features/access.yaml", RULES);
    repo.materialize();
    repo
}

/// Makes the repository take tokens of the keys at `keys`, a file or an address.
///
/// # Panics
/// When its `feature_store.yaml` has no `salver`.
pub fn take_tokens(repo: &Repo, keys: &str, more: &str) {
    take_tokens_by(repo, &format!("keys: '{keys}'"), more);
}

fn take_tokens_by(repo: &Repo, keys: &str, more: &str) {
    let more = if more.is_empty() {
        String::new()
    } else {
        format!(", {more}")
    };
    let auth = format!(
        "salver:\n  auth: {{jwks: {{{keys}, issuer: '{ISSUER}', audience: {AUDIENCE}}}{more}}}\n"
    );
    repo.replace("feature_store.yaml", "salver:\n", &auth);
}
