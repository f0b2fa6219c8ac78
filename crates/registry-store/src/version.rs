use std::{fmt, time::SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One state of a registry, or that there is none.
///
/// Two versions are equal when the documents are the same bytes. The id inside the document doesn't suffice:
/// any program may write other bytes under an old id. Serialises for plans that are kept in files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Version {
    /// `Registry.version_id`
    version_id: String,
    /// SHA-256 of the document in hexadecimal; absent: there is no document.
    sha256: Option<String>,
    /// How the object store tells this version apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) e_tag: Option<String>,
    /// As `e_tag`, where the object store numbers versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) object_version: Option<String>,
    /// How the local file looked when it was read, and when that began.
    #[serde(skip)]
    pub(crate) seen: Option<(FileStamp, SystemTime)>,
}

/// What can be told of a local file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStamp {
    pub(crate) modified: SystemTime,
    pub(crate) size: u64,
    pub(crate) inode: u64,
}

impl Version {
    /// The version of a registry that doesn't exist yet.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            version_id: String::new(),
            sha256: None,
            e_tag: None,
            object_version: None,
            seen: None,
        }
    }

    /// Whether there is no document.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sha256.is_none()
    }

    /// The same version, as an object store tells it apart.
    pub(crate) fn stored_as(self, e_tag: Option<String>, object_version: Option<String>) -> Self {
        Self {
            e_tag,
            object_version,
            ..self
        }
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        let stamp = feature_codec::registry::read_stamp(bytes).unwrap_or_default();
        let digest = Sha256::digest(bytes);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            version_id: stamp.version_id,
            sha256: Some(sha256),
            ..Self::empty()
        }
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.sha256 == other.sha256
    }
}

impl Eq for Version {}

/// The document's own id and the beginning of the hash of its bytes.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sha256.as_ref().and_then(|sha256| sha256.get(..8)) {
            Some(hash) if self.version_id.is_empty() => write!(f, "without id ({hash})"),
            Some(hash) => write!(f, "{} ({hash})", self.version_id),
            None => f.write_str("absent"),
        }
    }
}

#[cfg(test)]
mod tests {
    use feature_codec::registry::RegistryDocument;
    use feature_model::Timestamp;

    use super::Version;

    #[test]
    fn other_bytes_under_the_same_id_are_another_version() {
        let mut document = RegistryDocument::empty();
        document.stamp("same", Timestamp::from_seconds(1));
        let one = Version::of(&document.encode());
        document.stamp("same", Timestamp::from_seconds(2));
        let two = Version::of(&document.encode());
        assert_ne!(one, two);
        assert_ne!(one.to_string(), two.to_string());
        assert!(one.to_string().starts_with("same ("));
    }
}
