//! Compiled components that travel: made once by the admin program, loaded by every gateway that trusts its key.
//!
//! Layout: the magic, then each field of the header with its length as a little-endian u32 before it (digest of the
//! component, version of wasmtime, hash of the settings, target, signature), then the machine code. The signature is
//! over a domain name, the other fields and the SHA-256 of the machine code.

use feature_model::PluginDigest;
use sha2::{Digest as _, Sha256};

use crate::{
    ArtefactError, PublicKey, SigningKey, Target,
    engine::{SettingsHash, WASMTIME_VERSION},
    native::Verified,
};

const MAGIC: &[u8] = b"salver plugin artefact 1\n";
const DOMAIN: &[u8] = b"salver plugin artefact signature 1\n";

/// A compiled component for one target, signed.
#[derive(Clone, Debug)]
pub struct Artefact {
    /// The name that gateways look for, beside the component.
    pub file_name: String,
    /// The whole file.
    pub bytes: Vec<u8>,
}

/// What machine code was made from and for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) component: PluginDigest,
    pub(crate) wasmtime_version: String,
    pub(crate) settings: SettingsHash,
    pub(crate) target: String,
}

impl Origin {
    /// Of code that this program makes or loads.
    pub(crate) fn of(component: PluginDigest, settings: SettingsHash, target: &str) -> Self {
        Self {
            component,
            wasmtime_version: WASMTIME_VERSION.to_owned(),
            settings,
            target: target.to_owned(),
        }
    }

    /// All fields, each with its length before it, so that no two origins have the same bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push(&mut bytes, self.component.as_bytes());
        push(&mut bytes, self.wasmtime_version.as_bytes());
        push(&mut bytes, self.settings.as_bytes());
        push(&mut bytes, self.target.as_bytes());
        bytes
    }

    fn check(&self, expected: &Self) -> Result<(), ArtefactError> {
        if self.component != expected.component {
            return Err(ArtefactError::Component {
                expected: expected.component,
                found: self.component,
            });
        }
        if self.wasmtime_version != expected.wasmtime_version {
            return Err(ArtefactError::WasmtimeVersion {
                expected: expected.wasmtime_version.clone(),
                found: self.wasmtime_version.clone(),
            });
        }
        if self.target != expected.target {
            return Err(ArtefactError::Target {
                expected: expected.target.clone(),
                found: self.target.clone(),
            });
        }
        if self.settings != expected.settings {
            return Err(ArtefactError::Settings);
        }
        Ok(())
    }
}

pub(crate) fn file_name(target: Target, settings: SettingsHash) -> String {
    format!("{target}-{WASMTIME_VERSION}-{}.artefact", settings.short())
}

pub(crate) fn sign(origin: &Origin, code: &[u8], key: &SigningKey) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&origin.to_bytes());
    push(&mut bytes, &key.sign(&message(origin, code)));
    bytes.extend_from_slice(code);
    bytes
}

/// The machine code, if it is of this origin and a trusted key has signed it. The signature is looked at first: what
/// the fields of an untrusted file say is of no interest.
pub(crate) fn verify<'b>(
    artefact: &'b [u8],
    expected: &Origin,
    trusted: &[PublicKey],
) -> Result<Verified<'b>, ArtefactError> {
    let (origin, signature, code) = parse(artefact).ok_or(ArtefactError::Malformed)?;
    let message = message(&origin, code);
    if !trusted.iter().any(|key| key.verifies(&message, signature)) {
        return Err(ArtefactError::Signature);
    }
    origin.check(expected)?;
    Ok(Verified::new(code))
}

fn message(origin: &Origin, code: &[u8]) -> Vec<u8> {
    let mut message = DOMAIN.to_vec();
    message.extend_from_slice(&origin.to_bytes());
    push(&mut message, &Sha256::digest(code));
    message
}

fn parse(artefact: &[u8]) -> Option<(Origin, &[u8], &[u8])> {
    let mut rest = artefact.strip_prefix(MAGIC)?;
    let component = PluginDigest::new(pull(&mut rest)?.try_into().ok()?);
    let wasmtime_version = String::from_utf8(pull(&mut rest)?.to_vec()).ok()?;
    let settings = SettingsHash::from_bytes(pull(&mut rest)?.try_into().ok()?);
    let target = String::from_utf8(pull(&mut rest)?.to_vec()).ok()?;
    let signature = pull(&mut rest)?;
    let origin = Origin {
        component,
        wasmtime_version,
        settings,
        target,
    };
    Some((origin, signature, rest))
}

fn push(bytes: &mut Vec<u8>, field: &[u8]) {
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(field);
}

fn pull<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (field, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin::of(
            PluginDigest::new([1; 32]),
            SettingsHash::from_bytes([2; 32]),
            "x86-64-v2",
        )
    }

    fn refused(artefact: &[u8], expected: &Origin, key: &SigningKey) -> ArtefactError {
        match verify(artefact, expected, &[key.public()]) {
            Err(error) => error,
            Ok(_) => panic!("verified"),
        }
    }

    #[test]
    fn what_was_signed_is_verified() {
        let (key, other) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let artefact = sign(&origin(), b"code", &key);
        let trusted = [other.public(), key.public()];
        assert!(verify(&artefact, &origin(), &trusted).is_ok());
        assert_eq!(
            refused(&artefact, &origin(), &other),
            ArtefactError::Signature
        );
        assert!(verify(&artefact, &origin(), &[]).is_err());
    }

    #[test]
    fn no_byte_can_be_changed_or_left_out() {
        let key = SigningKey::generate().unwrap();
        let artefact = sign(&origin(), b"code", &key);
        for index in 0..artefact.len() {
            let mut changed = artefact.clone();
            changed[index] ^= 1;
            refused(&changed, &origin(), &key);
            refused(&artefact[..index], &origin(), &key);
        }
    }

    #[test]
    fn code_of_another_origin_is_refused_by_what_differs() {
        let key = SigningKey::generate().unwrap();
        let mut other = origin();
        other.component = PluginDigest::new([9; 32]);
        let error = refused(&sign(&other, b"code", &key), &origin(), &key);
        assert!(matches!(error, ArtefactError::Component { .. }), "{error}");

        let mut other = origin();
        other.wasmtime_version = "47.0.0".to_owned();
        let error = refused(&sign(&other, b"code", &key), &origin(), &key);
        assert_eq!(
            error.to_string(),
            "it was made by wasmtime 47.0.0; this is wasmtime 48.0.8"
        );

        let mut other = origin();
        other.settings = SettingsHash::from_bytes([9; 32]);
        let error = refused(&sign(&other, b"code", &key), &origin(), &key);
        assert_eq!(error, ArtefactError::Settings);

        let mut other = origin();
        other.target = "aarch64".to_owned();
        let error = refused(&sign(&other, b"code", &key), &origin(), &key);
        assert!(matches!(error, ArtefactError::Target { .. }), "{error}");
    }
}
