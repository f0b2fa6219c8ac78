//! Rows that were read are kept, and told until they change in the store.
//!
//! What is kept is a project's Redis hash, in one piece of memory: for each view that was read of the entity a row, or
//! that there is none. A read looks an entity up once however many views it wants; all that it misses comes with one
//! trip to the store, which other reads that miss the same wait for.
//!
//! How long after a change a row may still be told is the store's bound: 1 s with Redis, which tells of each change at
//! once (a few milliseconds) and is asked every half second whether it still does; 20 ms with SQLite, whose
//! `data_version` is looked at. What holds between several reads is told in [`state`].

mod columns;
mod entity;
mod flight;
mod kept;
mod look;
mod moment;
mod news;
mod options;
mod reader;
mod state;
mod trust;
mod wanted;

pub(crate) use self::columns::CachedView;
pub use self::{
    options::CacheOptions,
    reader::{CacheCondition, CachedReader, open_cached_reader},
};

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
