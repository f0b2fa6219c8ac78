//! The online store: batched reads, and writes that never replace a newer row, in Feast's layout.
//!
//! A reader ([`open_reader`]) turns views and serialized entity keys into rows of serialized values with
//! one trip to the store; a writer ([`open_writer`]) takes columns of values and keeps, for each entity,
//! the row of the newest event time. They are separate traits on separate connections, so that the read
//! path can't write and holds other credentials. Redis and SQLite have both; one conformance suite
//! (`tests/stores`) says what they have in common.
//!
//! What the two stores differ in: Redis compares event times by the nanosecond, Feast's SQLite layout
//! keeps whole seconds.
//!
//! A reader remembers nothing between reads. A [`CachedReader`] over it does, and hears from the store what has changed.
//!
//! What this crate deliberately does not do: decode values (the bytes go to whoever asked), judge a row's age.

mod batch;
mod cache;
mod error;
mod read;
mod redis_store;
mod rights;
mod sqlite_store;
mod write;

use std::sync::Arc;

use feature_model::ProjectName;

pub use cache::{CacheCondition, CacheOptions, CachedReader, open_cached_reader};
pub use error::Error;
pub use read::{
    CacheReport, Found, Freshness, Held, OnlineReader, PreparedView, ReadOptions, RowRef,
    RowValues, RowsOfView, StoredRow, StoredRows, ViewRead,
};
#[cfg(feature = "fuzzing")]
pub use redis_store::read_replies;
pub use rights::{Rights, Tried, try_rights};
pub use write::{OnlineWriter, StoredView, WriteBatch, WriteReport};

/// A reader of `project`'s rows. Nothing is connected yet: a store that is away now is
/// [`Error::Unavailable`] for each read until it is back.
///
/// # Errors
/// [`Error::Config`] where the settings can't work, such as a certificate file that can't be read.
pub async fn open_reader(
    store: &settings::OnlineStore,
    project: &ProjectName,
) -> Result<Arc<dyn OnlineReader>, Error> {
    Ok(match store {
        settings::OnlineStore::Redis(redis) => {
            Arc::new(redis_store::RedisReader::open(redis, project).await?)
        }
        settings::OnlineStore::Sqlite(sqlite) => {
            Arc::new(sqlite_store::SqliteReader::open(sqlite, project)?)
        }
    })
}

/// A writer of `project`'s rows. Nothing is connected or created yet.
///
/// # Errors
/// [`Error::Config`] where the settings can't work.
pub async fn open_writer(
    store: &settings::OnlineStore,
    project: &ProjectName,
) -> Result<Arc<dyn OnlineWriter>, Error> {
    Ok(match store {
        settings::OnlineStore::Redis(redis) => {
            Arc::new(redis_store::RedisWriter::open(redis, project).await?)
        }
        settings::OnlineStore::Sqlite(sqlite) => {
            Arc::new(sqlite_store::SqliteWriter::open(sqlite, project)?)
        }
    })
}
