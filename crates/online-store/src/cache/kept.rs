//! Where what is kept is found, and what of it goes when there is too much.
//!
//! moka decides what goes: it is told of every entity that is put in, and of one look in [`LOOKS_PER_USE`], and says what
//! it drops. While it is far from having to drop anything, it is told of one look in [`ROOMY_LOOKS_PER_USE`]. The table in
//! front of it is what a look goes through, as a hit in moka itself fetches a dozen pieces of memory one after the other
//! (its table, keys, counters and queues), and this one three.

use std::{
    cell::Cell,
    hash::BuildHasher,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use moka::sync::Cache;

use super::entity::Entity;

/// Parts of the table, each with a lock of its own. A look at one key takes one of them, a look at many takes all, so that
/// the processor can fetch the memory of several entities at once: it doesn't do that across a lock.
const SHARDS: usize = 32;
/// From so many keys on all locks are taken.
const MANY_KEYS: usize = 16;
/// Of so many looks that find something moka gets to know one, which one is left to chance.
const LOOKS_PER_USE: u32 = 16;
/// The same where less is kept than [`ROOMY_PERCENT`] of what there is room for: then what it learns is used late, if ever.
const ROOMY_LOOKS_PER_USE: u32 = 128;
const ROOMY_PERCENT: u64 = 75;
/// What of the room may be filled past it until moka looks.
const UNSETTLED_PARTS: u64 = 16;

/// Entities, by their keys.
///
/// Whoever puts one in or takes one out sees to it that nobody else does that to the same key at the time.
pub(super) struct Kept<S = RandomState> {
    shards: Box<[RwLock<Shard>]>,
    /// By the hashes of the keys. What has the hash of another takes its place.
    policy: Cache<u64, Entity, RandomState>,
    /// Where less is kept, nothing is about to go.
    roomy_bytes: u64,
    max_bytes: u64,
    /// What was put in since moka last looked what must go.
    unsettled_bytes: AtomicU64,
    /// What moka has dropped and the table still has.
    dropped: Dropped,
    hasher: S,
}

type Dropped = Arc<Mutex<Vec<Entity>>>;

/// With the hashes of their keys, so that a table that grows doesn't look at each entity.
#[derive(Default)]
struct Shard(HashTable<(u64, Entity)>);

impl Kept {
    pub(super) fn new(max_bytes: u64) -> Self {
        Self::with_hasher(max_bytes, RandomState::default())
    }
}

impl<S: BuildHasher> Kept<S> {
    fn with_hasher(max_bytes: u64, hasher: S) -> Self {
        let dropped = Dropped::default();
        let drops = Arc::clone(&dropped);
        Self {
            shards: (0..SHARDS).map(|_| RwLock::default()).collect(),
            policy: Cache::builder()
                .max_capacity(max_bytes)
                .weigher(|_, entity: &Entity| entity.weight())
                .eviction_listener(move |_, entity, _| lock(&drops).push(entity))
                .build_with_hasher(RandomState::default()),
            roomy_bytes: max_bytes / 100 * ROOMY_PERCENT,
            max_bytes,
            unsettled_bytes: AtomicU64::new(0),
            dropped,
            hasher,
        }
    }

    pub(super) fn hash(&self, key: &[u8]) -> u64 {
        self.hasher.hash_one(key)
    }

    /// What is kept of a key that is wanted.
    pub(super) fn get(&self, key: &[u8]) -> Option<Entity> {
        let hash = self.hash(key);
        let entity = {
            let shard = self.shard(hash);
            let found = shard.find(hash, key)?;
            found.fetch();
            found.clone()
        };
        self.tell_of(std::iter::once(hash));
        Some(entity)
    }

    /// What is kept of many keys that are wanted.
    pub(super) fn get_all(&self, keys: &[Vec<u8>]) -> Vec<Option<Entity>> {
        if keys.len() < MANY_KEYS {
            return keys.iter().map(|key| self.get(key)).collect();
        }
        let hashes: Vec<u64> = keys.iter().map(|key| self.hash(key)).collect();
        let entities: Vec<Option<Entity>> = {
            let shards: Vec<_> = self.shards.iter().map(read).collect();
            let find = |(hash, key): (&u64, &Vec<u8>)| {
                let found = shards.get(shard_of(*hash))?.find(*hash, key)?;
                found.fetch();
                Some(found)
            };
            let found: Vec<_> = hashes.iter().zip(keys).map(find).collect();
            found.into_iter().map(Option::<&Entity>::cloned).collect()
        };
        let found = hashes.iter().zip(&entities);
        self.tell_of(found.filter_map(|(hash, entity)| entity.as_ref().map(|_| *hash)));
        entities
    }

    /// Tells moka of some of these.
    fn tell_of(&self, found: impl Iterator<Item = u64>) {
        let looks_per_use = match self.policy.weighted_size() < self.roomy_bytes {
            true => ROOMY_LOOKS_PER_USE,
            false => LOOKS_PER_USE,
        };
        let mut is_told = false;
        for hash in found.filter(|_| chance() < u32::MAX / looks_per_use) {
            self.policy.get(&hash);
            is_told = true;
        }
        if is_told {
            self.drop_what_goes();
        }
    }

    /// The same, where nobody wants it.
    pub(super) fn peek(&self, key: &[u8]) -> Option<Entity> {
        let hash = self.hash(key);
        self.shard(hash).find(hash, key).cloned()
    }

    /// Keeps an entity in place of what was kept of its key; nothing of one that is too large.
    pub(super) fn insert(&self, entity: Entity) {
        let weight = u64::from(entity.weight());
        if weight > self.max_bytes {
            return self.remove(entity.key());
        }
        let hash = self.hash(entity.key());
        self.shard_to_change(hash).put(hash, entity.clone());
        self.policy.insert(hash, entity);
        self.settle(weight);
        self.drop_what_goes();
    }

    /// Has moka look what must go as soon as a part of the room was filled. By itself it looks after 64 entities, however
    /// large they are.
    fn settle(&self, weight: u64) {
        let unsettled = self.unsettled_bytes.fetch_add(weight, Ordering::Relaxed) + weight;
        if unsettled > self.max_bytes / UNSETTLED_PARTS {
            self.unsettled_bytes.store(0, Ordering::Relaxed);
            self.policy.run_pending_tasks();
        }
    }

    pub(super) fn remove(&self, key: &[u8]) {
        let hash = self.hash(key);
        let removed = self
            .shard_to_change(hash)
            .take(hash, |entity| entity.key() == key);
        if removed.is_some() {
            self.policy.invalidate(&hash);
            self.drop_what_goes();
        }
    }

    pub(super) fn clear(&self) {
        for shard in &self.shards {
            let cleared = std::mem::take(&mut *write(shard));
            // takes a while, and nobody need wait for it
            drop(cleared);
        }
        self.policy.invalidate_all();
    }

    /// How many entities are kept, and what they weigh; a little late.
    pub(super) fn size(&self) -> (u64, u64) {
        (self.policy.entry_count(), self.policy.weighted_size())
    }

    /// Takes what moka has dropped out of the table. What has come in its place stays.
    fn drop_what_goes(&self) {
        let dropped = std::mem::take(&mut *lock(&self.dropped));
        for entity in dropped {
            let hash = self.hash(entity.key());
            self.shard_to_change(hash)
                .take(hash, |other| other.is(&entity));
        }
    }

    fn shard(&self, hash: u64) -> RwLockReadGuard<'_, Shard> {
        read(&self.shards[shard_of(hash)])
    }

    fn shard_to_change(&self, hash: u64) -> RwLockWriteGuard<'_, Shard> {
        write(&self.shards[shard_of(hash)])
    }
}

impl Shard {
    fn find(&self, hash: u64, key: &[u8]) -> Option<&Entity> {
        let is_it = |(other, entity): &(u64, Entity)| *other == hash && entity.key() == key;
        self.0.find(hash, is_it).map(|(_, entity)| entity)
    }

    fn put(&mut self, hash: u64, entity: Entity) {
        let key = entity.key();
        let is_it = |(other, old): &(u64, Entity)| *other == hash && old.key() == key;
        match self.0.find_mut(hash, is_it) {
            Some((_, place)) => *place = entity,
            None => {
                let hash_of = |(hash, _): &(u64, Entity)| *hash;
                self.0.insert_unique(hash, (hash, entity), hash_of);
            }
        }
    }

    fn take(&mut self, hash: u64, mut is_it: impl FnMut(&Entity) -> bool) -> Option<Entity> {
        let is_it = |(other, entity): &(u64, Entity)| *other == hash && is_it(entity);
        let found = self.0.find_entry(hash, is_it).ok()?;
        let ((_, entity), _) = found.remove();
        Some(entity)
    }
}

/// A number that looks random.
fn chance() -> u32 {
    thread_local! {
        static LAST: Cell<u32> = const { Cell::new(0) };
    }
    let next = LAST
        .get()
        .wrapping_mul(1_664_525)
        .wrapping_add(1_013_904_223);
    LAST.set(next);
    next
}

/// The table looks at the lowest and the highest bits.
fn shard_of(hash: u64) -> usize {
    usize::try_from(hash >> 32).unwrap_or_default() % SHARDS
}

fn read(shard: &RwLock<Shard>) -> RwLockReadGuard<'_, Shard> {
    shard.read().unwrap_or_else(PoisonError::into_inner)
}

fn write(shard: &RwLock<Shard>) -> RwLockWriteGuard<'_, Shard> {
    shard.write().unwrap_or_else(PoisonError::into_inner)
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
