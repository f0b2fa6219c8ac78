//! The little that tells one state of a registry from another, without reading all of it.

use feature_model::Timestamp;
use prost::Message;

use super::read;

/// Who wrote a registry, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// The id that the last writer gave this state of the registry.
    pub version_id: String,
    /// When it was written.
    pub last_updated: Timestamp,
    /// The writer, when it was Salver.
    pub writer: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
struct StampedRegistry {
    #[prost(string, tag = "4")]
    version_id: String,
    #[prost(message, optional, tag = "5")]
    last_updated: Option<prost_types::Timestamp>,
    #[prost(message, optional, tag = "72583")]
    salver: Option<SignedExtension>,
}

#[derive(Clone, PartialEq, Message)]
struct SignedExtension {
    #[prost(message, optional, tag = "2")]
    last_commit: Option<super::proto::salver::registry::Commit>,
}

/// Reads the stamp of a registry document; absent where the bytes are no registry.
#[must_use]
pub fn read_stamp(bytes: &[u8]) -> Option<Stamp> {
    let registry = StampedRegistry::decode(bytes).ok()?;
    let commit = registry.salver.and_then(|salver| salver.last_commit);
    let own = commit.filter(|commit| commit.version_id == registry.version_id);
    Some(Stamp {
        last_updated: read::timestamp(registry.last_updated.as_ref()).unwrap_or_default(),
        writer: own.map(|commit| commit.writer),
        version_id: registry.version_id,
    })
}
