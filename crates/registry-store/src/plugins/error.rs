use feature_model::{ByteSize, PluginDigest};

/// Why a plugin could not be stored or fetched.
#[derive(Debug, thiserror::Error)]
pub enum PluginStoreError {
    /// There is no such component: apply the definitions with the file that has this digest.
    #[error("`{location}` has no component {digest}; apply the definitions with its file")]
    NotFound {
        /// What was looked for.
        digest: PluginDigest,
        /// The folder of plugins.
        location: String,
    },
    /// The store can't be reached now: try again later.
    #[error("`{location}` can't be reached: {reason}")]
    Unavailable {
        /// Path or URL.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// The credentials don't suffice: give the program others.
    #[error("`{location}` can't be accessed: {reason}")]
    Denied {
        /// Path or URL.
        location: String,
        /// What went wrong.
        reason: String,
    },
    /// The place or the name can't be used: correct it.
    #[error("`{location}` can't be used: {reason}")]
    Config {
        /// Path or URL.
        location: String,
        /// What would be right.
        reason: String,
    },
    /// Other bytes stand under the digest: apply the definitions again, which puts the right ones there.
    #[error(
        "`{location}` holds other bytes, of {found}; apply the definitions with the right file again"
    )]
    Corrupt {
        /// Path or URL.
        location: String,
        /// The digest of what is there.
        found: PluginDigest,
    },
    /// More bytes than are taken.
    #[error("`{location}` is larger than {}", ByteSize::new(*limit))]
    TooLarge {
        /// Path or URL.
        location: String,
        /// The most that are taken.
        limit: u64,
    },
}
