//! Tokens for installations without an identity provider.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use feature_model::{
    ProjectName,
    access::{Action, Role},
};
use jsonwebtoken::{EncodingKey, Header, encode};
use ring::{
    digest,
    rand::{SecureRandom, SystemRandom},
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};

use crate::{ResourceId, ResourceKind, Scope, keys::install_crypto, token::object};

/// What stands before an Ed25519 seed in PKCS #8 (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// Of a seed, of a public key, and of the random part of a token's id.
const KEY_BYTES: usize = 32;
const TOKEN_ID_BYTES: usize = 16;
const WITHOUT_BYTES: &str = "a secret key is always 32 bytes in base64url";

/// No key or token was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The text is no secret key.
    #[error("no secret key: {why}; make one with `token keygen`")]
    BadKey {
        /// What is wrong, without anything of the key.
        why: &'static str,
    },
    /// The machine has no random numbers.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// The token would be valid for no time.
    #[error("the token would expire at once; give it at least one second")]
    NoTime,
    /// The token would say nothing of whom it is for.
    #[error("`{what}` is empty")]
    Empty {
        /// Which.
        what: &'static str,
    },
    /// The library failed.
    #[error("the token could not be signed")]
    NotSigned,
}

/// A secret Ed25519 key. Whoever has it can make tokens for everybody.
#[derive(Clone)]
pub struct SigningKey {
    seed: [u8; KEY_BYTES],
    public: [u8; KEY_BYTES],
}

impl SigningKey {
    /// A new key.
    ///
    /// # Errors
    /// [`MintError::NoRandomness`].
    pub fn generate() -> Result<Self, MintError> {
        Self::from_seed(random()?)
    }

    /// Reads what [`Self::secret_jwk`] wrote.
    ///
    /// # Errors
    /// [`MintError::BadKey`] where it is no such key, or its public part belongs to another.
    pub fn from_secret_jwk(json: &str) -> Result<Self, MintError> {
        let bad = |why| MintError::BadKey { why };
        let members = object(json.as_bytes()).map_err(|_| bad("it is no JSON object"))?;
        let text = |member: &str| members.get(member).and_then(Value::as_str);
        if text("kty") != Some("OKP") || text("crv") != Some("Ed25519") {
            return Err(bad("its `kty` is not `OKP`, or its `crv` not `Ed25519`"));
        }
        let decoded = text("d").and_then(|d| URL_SAFE_NO_PAD.decode(d).ok());
        let seed = decoded.and_then(|bytes| <[u8; KEY_BYTES]>::try_from(bytes).ok());
        let key = Self::from_seed(seed.ok_or(bad("its `d` is not 32 bytes in base64url"))?)?;
        if text("x") == Some(&encoded(&key.public)) {
            Ok(key)
        } else {
            Err(bad("its `x` does not belong to its `d`"))
        }
    }

    fn from_seed(seed: [u8; KEY_BYTES]) -> Result<Self, MintError> {
        let bad = |why| MintError::BadKey { why };
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| bad(WITHOUT_BYTES))?;
        let public = pair.public_key().as_ref().try_into();
        let public = public.map_err(|_| bad(WITHOUT_BYTES))?;
        Ok(Self { seed, public })
    }

    /// Names the key: its thumbprint (RFC 7638), so that two keys never share one.
    #[must_use]
    pub fn id(&self) -> String {
        let x = encoded(&self.public);
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        encoded(digest::digest(&digest::SHA256, members.as_bytes()).as_ref())
    }

    /// The public part, for the `keys` of a JWK set.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
            "kid": self.id(), "x": encoded(&self.public),
        })
    }

    /// The whole key as JSON, to be kept secret.
    #[must_use]
    pub fn secret_jwk(&self) -> String {
        let mut jwk = self.public_jwk();
        jwk["d"] = Value::from(encoded(&self.seed));
        jwk.to_string()
    }

    fn of_library(&self) -> EncodingKey {
        EncodingKey::from_ed_der(&[&PKCS8_HEAD[..], &self.seed].concat())
    }
}

/// The key's name only.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.id()).finish()
    }
}

/// What a token is narrowed to. It grants nothing by itself: what its subject may do is the project's rules' business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MintFor {
    /// What a role may do in the project.
    Role(Role),
    /// Reading one feature service from the online store, and nothing else.
    FeatureService(String),
}

impl MintFor {
    /// The scopes that a token for this has.
    #[must_use]
    pub fn scopes(&self, project: &ProjectName) -> Vec<Scope> {
        match self {
            Self::Role(role) => Scope::of_role(project, *role).collect(),
            Self::FeatureService(name) => {
                let object = ResourceId {
                    kind: ResourceKind::FeatureService,
                    name: name.clone(),
                };
                vec![Scope::on(project, object, Action::ReadOnline)]
            }
        }
    }
}

/// A token to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MintRequest<'a> {
    /// Who has made it, as the gateway's configuration names it.
    pub issuer: &'a str,
    /// Whom it is for, as the gateway's configuration names it.
    pub audience: &'a str,
    /// Whom it is about, as role bindings name it.
    pub subject: &'a str,
    /// The one project that it is good for.
    pub project: &'a ProjectName,
    /// What it is narrowed to.
    pub narrowed_to: MintFor,
    /// How long it is valid: whole seconds, at least one.
    pub ttl: Duration,
}

/// Makes a token: `iss`, `aud`, `sub`, `iat`, `nbf`, `exp`, a random `jti`, and `scope`.
///
/// # Errors
/// [`MintError`].
pub fn mint(
    key: &SigningKey,
    request: &MintRequest<'_>,
    now: SystemTime,
) -> Result<String, MintError> {
    install_crypto();
    check(request)?;
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let now = now.as_secs();
    let scopes = request.narrowed_to.scopes(request.project);
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let claims = json!({
        "iss": request.issuer,
        "aud": request.audience,
        "sub": request.subject,
        "iat": now,
        "nbf": now,
        "exp": now.saturating_add(request.ttl.as_secs()),
        "jti": encoded(&random::<TOKEN_ID_BYTES>()?),
        "scope": scopes.join(" "),
    });
    let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
    header.kid = Some(key.id());
    encode(&header, &claims, &key.of_library()).map_err(|_| MintError::NotSigned)
}

fn check(request: &MintRequest<'_>) -> Result<(), MintError> {
    if request.ttl.as_secs() == 0 {
        return Err(MintError::NoTime);
    }
    let service = match &request.narrowed_to {
        MintFor::Role(_) => "-",
        MintFor::FeatureService(name) => name,
    };
    let texts = [
        ("issuer", request.issuer),
        ("audience", request.audience),
        ("subject", request.subject),
        ("feature service", service),
    ];
    match texts.into_iter().find(|(_, text)| text.is_empty()) {
        Some((what, _)) => Err(MintError::Empty { what }),
        None => Ok(()),
    }
}

fn random<const N: usize>() -> Result<[u8; N], MintError> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| MintError::NoRandomness)?;
    Ok(bytes)
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
