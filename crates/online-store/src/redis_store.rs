//! Rows in Redis, in the layout of Feast's `infra/online_stores/redis.py` (0.67): one hash per entity key
//! and project, shared by all views with these join keys. A view has a field of 4 bytes for each feature
//! and the field `_ts:<view>`, whose presence says that the row exists; no bytes there are the epoch.

mod address;
mod channel;
mod cluster;
mod connection;
mod fault;
mod link;
mod links;
mod lookup;
mod masters;
mod reader;
mod removal;
mod resp;
mod rights;
mod script;
mod tracking;
mod whole_hash;
mod writer;

pub(crate) use reader::RedisReader;
pub(crate) use resp::put_argument;
#[cfg(feature = "fuzzing")]
pub use resp::read_replies;
pub(crate) use rights::try_rights;
pub(crate) use tracking::{Listener, track};
pub(crate) use writer::RedisWriter;
