//! Signs tokens as providers do, and as attackers do.

use std::{
    sync::{Arc, LazyLock},
    time::{Duration, Instant, SystemTime},
};

use access::{
    Algorithm, ClaimMapping, KeySet, Keyring, Verified, Verifier, VerifierOptions, VerifyError,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::{self, PublicKeyComponents},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384,
        RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaEncoding,
    },
};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const AUDIENCE: &str = "salver";
/// 2026-01-01T00:00:00Z
pub(crate) const NOW: u64 = 1_767_225_600;

/// A secret key of one kind.
pub(crate) enum Signer {
    Rsa(&'static rsa::KeyPair),
    Ec(Box<EcdsaKeyPair>, &'static str),
    Ed(Box<Ed25519KeyPair>),
    Secret(Vec<u8>),
}

pub(crate) fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn rsa() -> Signer {
    static PAIR: LazyLock<rsa::KeyPair> = LazyLock::new(|| {
        let lines = include_str!("../fixtures/rsa_2048_pkcs8.txt");
        let der = STANDARD.decode(lines.replace('\n', "")).unwrap();
        rsa::KeyPair::from_pkcs8(&der).unwrap()
    });
    Signer::Rsa(&PAIR)
}

fn ec(algorithm: &'static EcdsaSigningAlgorithm, curve: &'static str) -> Signer {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).unwrap();
    Signer::Ec(Box::new(pair), curve)
}

pub(crate) fn p256() -> Signer {
    ec(&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256")
}

pub(crate) fn p384() -> Signer {
    ec(&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384")
}

pub(crate) fn ed() -> Signer {
    let der = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    Signer::Ed(Box::new(Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap()))
}

impl Signer {
    /// The public part; without `alg` where none is given.
    pub(crate) fn jwk(&self, kid: &str, alg: Option<&str>) -> Value {
        let mut jwk = match self {
            Self::Rsa(pair) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "n": text(parts.n), "e": text(parts.e)})
            }
            Self::Ec(pair, curve) => {
                let (x, y) =
                    pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                json!({"kty": "EC", "crv": curve, "x": text(x), "y": text(y)})
            }
            Self::Ed(pair) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref())})
            }
            Self::Secret(secret) => json!({"kty": "oct", "k": text(secret)}),
        };
        jwk["kid"] = json!(kid);
        if let Some(alg) = alg {
            jwk["alg"] = json!(alg);
        }
        jwk
    }

    /// A token whose header and claims are these texts, whatever they are.
    pub(crate) fn sign(&self, header: &str, claims: &str, alg: &str) -> String {
        let message = format!("{}.{}", text(header), text(claims));
        let signature = self.signature(message.as_bytes(), alg);
        format!("{message}.{}", text(signature))
    }

    fn signature(&self, message: &[u8], alg: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(rsa_encoding(alg), &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Self::Ec(pair, _) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Secret(secret) => {
                let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
                hmac::sign(&key, message).as_ref().to_vec()
            }
        }
    }

    /// A token with the usual header and these claims.
    pub(crate) fn token(&self, kid: &str, alg: &str, claims: &Value) -> String {
        let header = json!({"alg": alg, "kid": kid, "typ": "JWT"});
        self.sign(&header.to_string(), &claims.to_string(), alg)
    }
}

fn rsa_encoding(alg: &str) -> &'static dyn RsaEncoding {
    match alg {
        "RS384" => &RSA_PKCS1_SHA384,
        "RS512" => &RSA_PKCS1_SHA512,
        "PS256" => &RSA_PSS_SHA256,
        "PS384" => &RSA_PSS_SHA384,
        "PS512" => &RSA_PSS_SHA512,
        _ => &RSA_PKCS1_SHA256,
    }
}

/// What a good token says.
pub(crate) fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "iat": NOW, "exp": NOW + 600})
}

/// The claims of a good token, but for one.
pub(crate) fn claims_with(claim: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[claim] = value;
    claims
}

pub(crate) fn options() -> VerifierOptions {
    VerifierOptions {
        issuer: ISSUER.into(),
        audiences: vec![AUDIENCE.into()],
        typ: None,
        require_scope: false,
        claims: ClaimMapping::for_client(Some("feast")),
        remembered_tokens: 100,
    }
}

pub(crate) fn jwks(keys: &[Value]) -> Vec<u8> {
    json!({"keys": keys}).to_string().into_bytes()
}

pub(crate) fn keys(keys: &[Value]) -> KeySet {
    KeySet::from_jwks(&jwks(keys), &Algorithm::USUAL).unwrap().0
}

/// Believes these keys, now and always.
pub(crate) fn verifier(keys: KeySet, options: VerifierOptions) -> Verifier {
    Verifier::new(options, Arc::new(Keyring::fixed(keys)))
}

pub(crate) fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

pub(crate) fn verify(verifier: &Verifier, token: &str) -> Result<Verified, VerifyError> {
    verifier.verify(token, at(NOW), Instant::now())
}
