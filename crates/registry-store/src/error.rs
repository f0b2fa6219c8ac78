use feature_codec::DecodeError;
use feature_model::Timestamp;

use crate::Version;

/// Why a registry could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else has written the registry since it was read: read it again and start over.
    #[error("registry has moved: it was {expected}, now it is {current}, {}", moved_by(writer.as_deref(), *last_updated))]
    Conflict {
        /// What the caller had read.
        expected: Box<Version>,
        /// What is there now.
        current: Box<Version>,
        /// The Salver program that wrote it, where it was one.
        writer: Option<String>,
        /// When it was written, as the document says.
        last_updated: Timestamp,
    },
    /// The registry can't be reached now: try again later.
    #[error("registry `{location}` can't be reached: {reason}")]
    Unavailable {
        /// Path or URL.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// The credentials don't suffice: give the program others.
    #[error("registry `{location}` can't be accessed: {reason}")]
    Denied {
        /// Path or URL.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// The settings can't be used: correct them.
    #[error("registry `{location}` can't be used: {reason}")]
    Config {
        /// Path or URL.
        location: String,
        /// What would be right.
        reason: String,
    },
    /// What is there is no registry: restore it.
    #[error("registry `{location}` can't be read: {reason}")]
    Corrupt {
        /// Path or URL.
        location: String,
        /// What is wrong with the bytes.
        reason: DecodeError,
    },
}

fn moved_by(writer: Option<&str>, last_updated: Timestamp) -> String {
    if last_updated == Timestamp::EPOCH {
        return "removed or replaced by another program".to_owned();
    }
    let writer = writer.unwrap_or("Feast or another program");
    format!("written at {last_updated} by {writer}")
}

/// Why [`RegistryStore::update`](crate::RegistryStore::update) did nothing.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError<E> {
    /// The registry could not be read or written, or has moved again and again.
    #[error(transparent)]
    Store(#[from] Error),
    /// The change itself was refused.
    #[error(transparent)]
    Change(E),
}
