//! Public keys as JSON (RFC 7517, 7518 section 6, 8037).

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::{Map, Value};

use super::{Algorithm, key_set::TrustedKey};
use crate::token::object;

/// More than any provider publishes.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
const MAX_KEYS: usize = 64;
/// 2048 to 8192 bits.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// A document that gives no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not a JWK set.
    #[error("not a JWK set: {why}; it should be `{{\"keys\": [...]}}`")]
    Malformed {
        /// What is wrong.
        why: String,
    },
    /// Longer than any real one.
    #[error("the JWK set has {found} {what}, and at most {max} are read")]
    TooLarge {
        /// Bytes or keys.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// Nothing is left of it.
    #[error("no key of the JWK set can be used{}", told(skipped))]
    NoUsableKey {
        /// What was left out.
        skipped: Vec<SkippedKey>,
    },
    /// The secret is too short.
    #[error("the secret has {bytes} bytes; give it at least {min}, made at random")]
    WeakSecret {
        /// How many it has.
        bytes: usize,
        /// How many it needs.
        min: usize,
    },
    /// HS256 among the algorithms of public keys.
    #[error("`HS256` needs a secret of its own and can't stand beside other algorithms")]
    SymmetricBesidePublic,
}

fn told(skipped: &[SkippedKey]) -> String {
    let told: Vec<String> = skipped.iter().map(ToString::to_string).collect();
    if told.is_empty() {
        String::new()
    } else {
        format!(": {}", told.join("; "))
    }
}

/// A key that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Its id.
    pub id: Option<String>,
    /// Why.
    pub why: String,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "key `{id}`: {}", self.why),
            None => write!(f, "a key without `kid`: {}", self.why),
        }
    }
}

type Members = Map<String, Value>;

pub(super) fn read(
    document: &[u8],
    algorithms: &[Algorithm],
) -> Result<(Vec<TrustedKey>, Vec<SkippedKey>), KeySetError> {
    if algorithms.contains(&Algorithm::HS256) {
        return Err(KeySetError::SymmetricBesidePublic);
    }
    let jwks = listed(document)?;
    let (mut keys, mut skipped) = (Vec::new(), Vec::new());
    for jwk in &jwks {
        let id = text(jwk, "kid").map(str::to_owned);
        match key(jwk, id.clone(), algorithms) {
            Ok(key) => keys.push(key),
            Err(why) => skipped.push(SkippedKey { id, why }),
        }
    }
    if keys.is_empty() {
        return Err(KeySetError::NoUsableKey { skipped });
    }
    Ok((keys, skipped))
}

fn listed(document: &[u8]) -> Result<Vec<Members>, KeySetError> {
    check_size("bytes", document.len(), MAX_DOCUMENT_BYTES)?;
    let malformed = |why: String| KeySetError::Malformed { why };
    if document.trim_ascii_start().starts_with(b"-----BEGIN") {
        let why = "this is PEM, whose public key is to be written as a JWK";
        return Err(malformed(why.to_owned()));
    }
    let mut set = object(document).map_err(malformed)?;
    let Some(Value::Array(keys)) = set.remove("keys") else {
        return Err(malformed("`keys` is no list".to_owned()));
    };
    check_size("keys", keys.len(), MAX_KEYS)?;
    let objects = keys.into_iter().map(|key| match key {
        Value::Object(members) => Ok(members),
        _ => Err(malformed("an item of `keys` is no object".to_owned())),
    });
    objects.collect()
}

fn check_size(what: &'static str, found: usize, max: usize) -> Result<(), KeySetError> {
    if found > max {
        return Err(KeySetError::TooLarge { what, found, max });
    }
    Ok(())
}

fn key(jwk: &Members, id: Option<String>, algorithms: &[Algorithm]) -> Result<TrustedKey, String> {
    check_purpose(jwk)?;
    let (fitting, key, material) = match text(jwk, "kty").unwrap_or_default() {
        "RSA" => rsa(jwk)?,
        "EC" => ec(jwk)?,
        "OKP" => okp(jwk)?,
        "oct" => return Err("it is symmetric (`oct`)".to_owned()),
        other => return Err(format!("its type `{other}` is not known")),
    };
    Ok(TrustedKey {
        id,
        algorithm: algorithm(jwk, fitting, algorithms)?,
        key,
        material,
    })
}

fn check_purpose(jwk: &Members) -> Result<(), String> {
    if jwk.contains_key("d") || jwk.contains_key("k") {
        return Err("it holds its private part: publish only the public one, which `registry-admin token keygen --add-to` writes".to_owned());
    }
    if jwk.get("use").is_some_and(|purpose| *purpose != "sig") {
        return Err("it is not for signatures (`use`)".to_owned());
    }
    let verifies = |operations: &Value| {
        let operations = operations.as_array();
        operations.is_some_and(|all| all.iter().any(|one| *one == "verify"))
    };
    if jwk.get("key_ops").is_some_and(|all| !verifies(all)) {
        return Err("it is not for checking signatures (`key_ops`)".to_owned());
    }
    Ok(())
}

/// The one that the key names, else the one that fits.
fn algorithm(
    jwk: &Members,
    fitting: &[Algorithm],
    allowed: &[Algorithm],
) -> Result<Algorithm, String> {
    if let Some(named) = jwk.get("alg") {
        let named = named.as_str().unwrap_or_default();
        let mut fitting = fitting.iter().filter(|one| allowed.contains(one));
        let found = fitting.find(|one| one.as_str() == named);
        return found
            .copied()
            .ok_or_else(|| format!("its `alg`, `{named}`, is not one of `algorithms`"));
    }
    let mut fitting = fitting.iter().filter(|one| allowed.contains(one));
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(*one),
        (None, _) => Err("none of `algorithms` is for keys of its type".to_owned()),
        (Some(_), Some(_)) => {
            Err("it has no `alg`, and several of `algorithms` are for keys of its type".to_owned())
        }
    }
}

type Parts = (&'static [Algorithm], DecodingKey, Vec<u8>);

fn rsa(jwk: &Members) -> Result<Parts, String> {
    use Algorithm::{PS256, PS384, PS512, RS256, RS384, RS512};

    let (n, e) = (bytes(jwk, "n")?, bytes(jwk, "e")?);
    let n = unpadded(&n);
    if !RSA_MODULUS_BYTES.contains(&n.len()) {
        return Err(format!(
            "its modulus has {} bits, not 2048 to 8192",
            n.len() * 8
        ));
    }
    let e = unpadded(&e);
    let key = DecodingKey::from_rsa_raw_components(n, e);
    Ok((
        &[RS256, RS384, RS512, PS256, PS384, PS512],
        key,
        [n, e].concat(),
    ))
}

/// A number without leading zero bytes, as ring wants it.
fn unpadded(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0);
    &number[first.unwrap_or(number.len())..]
}

fn ec(jwk: &Members) -> Result<Parts, String> {
    let (fitting, len): (&[Algorithm], usize) = match text(jwk, "crv").unwrap_or_default() {
        "P-256" => (&[Algorithm::ES256], 32),
        "P-384" => (&[Algorithm::ES384], 48),
        other => {
            return Err(format!(
                "its curve `{other}` is none of `P-256` and `P-384`"
            ));
        }
    };
    let (x, y) = (sized(jwk, "x", len)?, sized(jwk, "y", len)?);
    // uncompressed point: SEC 1, section 2.3.3
    let point = [&[4], x.as_slice(), y.as_slice()].concat();
    Ok((fitting, DecodingKey::from_ec_der(&point), point))
}

fn okp(jwk: &Members) -> Result<Parts, String> {
    match text(jwk, "crv").unwrap_or_default() {
        "Ed25519" => {
            let x = sized(jwk, "x", 32)?;
            Ok((&[Algorithm::EdDSA], DecodingKey::from_ed_der(&x), x))
        }
        other => Err(format!("its curve `{other}` is not `Ed25519`")),
    }
}

fn sized(jwk: &Members, member: &str, len: usize) -> Result<Vec<u8>, String> {
    let bytes = bytes(jwk, member)?;
    if bytes.len() == len {
        Ok(bytes)
    } else {
        Err(format!(
            "its `{member}` has {} bytes, not {len}",
            bytes.len()
        ))
    }
}

fn bytes(jwk: &Members, member: &str) -> Result<Vec<u8>, String> {
    let decoded = text(jwk, member).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
    decoded.ok_or_else(|| format!("its `{member}` is no base64url"))
}

fn text<'j>(jwk: &'j Members, member: &str) -> Option<&'j str> {
    jwk.get(member)?.as_str()
}
