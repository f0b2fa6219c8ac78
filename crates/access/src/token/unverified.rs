use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{refusal::Unverified, strict_json};

/// Entra's tokens with 200 groups have about 12,000 bytes.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// What a token says before anybody has looked at its signature: nothing to rely on. Everything is done here that
/// jsonwebtoken leaves undone: the number of parts, members given twice, `crit`, `b64`.
#[derive(Clone, Debug)]
pub struct UnverifiedToken {
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl UnverifiedToken {
    /// Takes a compact JWS apart. `jku`, `x5u`, `jwk` and their like in the header are never looked at.
    ///
    /// # Errors
    /// [`Unverified`] where it is none that could be taken, whoever signed it.
    pub fn read(token: &str) -> Result<Self, Unverified> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Unverified::TooLong {
                max: MAX_TOKEN_BYTES,
            });
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts[..] else {
            return Err(Unverified::NotThreeParts);
        };
        if [header, claims, signature].contains(&"") {
            return Err(Unverified::NotThreeParts);
        }
        let read = Self {
            header: object(header, "header")?,
            claims: object(claims, "claims")?,
        };
        decode(signature, "signature")?;
        read.check_header()?;
        Ok(read)
    }

    fn check_header(&self) -> Result<(), Unverified> {
        if self.header.contains_key("crit") {
            return Err(Unverified::Critical);
        }
        if self.header.get("b64").is_some_and(|b64| *b64 != true) {
            return Err(Unverified::NotEncoded);
        }
        if !self.header.get("alg").is_some_and(Value::is_string) {
            return Err(Unverified::InvalidHeader { member: "alg" });
        }
        for member in ["kid", "typ"] {
            if self
                .header
                .get(member)
                .is_some_and(|value| !value.is_string())
            {
                return Err(Unverified::InvalidHeader { member });
            }
        }
        Ok(())
    }

    /// The header's members.
    #[must_use]
    pub fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// The claims.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The algorithm that the token names, which decides nothing.
    pub(crate) fn alg(&self) -> &str {
        self.text("alg").unwrap_or_default()
    }

    /// The key that the token names.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.text("kid")
    }

    /// The kind of token that it says it is.
    pub(crate) fn typ(&self) -> Option<&str> {
        self.text("typ")
    }

    fn text(&self, member: &str) -> Option<&str> {
        self.header.get(member)?.as_str()
    }
}

fn object(part: &str, name: &'static str) -> Result<Map<String, Value>, Unverified> {
    let json = decode(part, name)?;
    strict_json::object(&json).map_err(|why| Unverified::NotJson { part: name, why })
}

fn decode(part: &str, name: &'static str) -> Result<Vec<u8>, Unverified> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    bytes.map_err(|_| Unverified::NotBase64 { part: name })
}
