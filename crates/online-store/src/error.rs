/// Why a store did not do what was asked, named by what the caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The store can't answer now: try again later. Nothing is wrong with the request.
    #[error("online store `{store}` is unavailable: {reason}")]
    Unavailable {
        /// Host and port, or the database file.
        store: String,
        /// What happened.
        reason: String,
    },
    /// The store holds something that nobody can read; trying again does not help.
    #[error("online store `{store}` holds what can't be read: {reason}")]
    Corrupt {
        /// Host and port, or the database file.
        store: String,
        /// What was found, and where.
        reason: String,
    },
    /// The store refuses these credentials, or this Unix user.
    #[error("online store `{store}` refuses: {reason}")]
    Denied {
        /// Host and port, or the database file.
        store: String,
        /// What was refused.
        reason: String,
    },
    /// The time that the caller gave the call ([`ReadOptions::deadline`](crate::ReadOptions::deadline)) is over. That says
    /// little of the store: ask again, with more time.
    #[error("online store `{store}` did not answer before the deadline")]
    Late {
        /// Host and port, or the database file.
        store: String,
    },
    /// The settings, or the batch, can't work with any state of the store.
    #[error("{reason}")]
    Config {
        /// What is wrong, and what would be right.
        reason: String,
    },
}

impl Error {
    pub(crate) fn late(store: &str) -> Self {
        Self::Late {
            store: store.to_owned(),
        }
    }

    pub(crate) fn config(reason: impl Into<String>) -> Self {
        Self::Config {
            reason: reason.into(),
        }
    }
}
