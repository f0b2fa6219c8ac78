use std::hash::{BuildHasher, Hasher};

use super::{Entity, Kept, MANY_KEYS, lock, read};
use crate::cache::{
    entity::{Lasts, Packed, Slot},
    moment::Moment,
};

/// Everything has one hash.
struct OneHash;

impl BuildHasher for OneHash {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self
    }
}

impl Hasher for OneHash {
    fn finish(&self) -> u64 {
        7
    }

    fn write(&mut self, _: &[u8]) {}
}

/// An entity without rows; its generation tells it from others.
fn entity(key: &str, generation: u32) -> Entity {
    with_row(key, generation, None)
}

/// An entity with a row of so many bytes.
fn large(key: &str, bytes: usize) -> Entity {
    with_row(key, 0, Some(vec![0; bytes].into()))
}

fn with_row(key: &str, generation: u32, row: Option<Packed<'_>>) -> Entity {
    let slot = Slot {
        lasts: Lasts::of(std::time::Duration::MAX),
        view: 0,
        columns: 1,
        loaded_at: Moment(0),
        row,
    };
    Entity::new(key.as_bytes(), generation, vec![slot]).unwrap()
}

#[test]
fn large_entities_take_no_more_than_they_may_at_any_time() {
    const MAX: u64 = 4 << 20;
    let kept = Kept::new(MAX);
    for id in 0..200 {
        kept.insert(large(&key(id), 100 << 10));
        let bytes = kept.bytes_in_table();
        assert!(bytes <= MAX * 5 / 4, "{bytes} bytes after {id}");
    }
    assert!(kept.bytes_in_table() >= MAX * 3 / 4);
    let too_large = key(0);
    kept.insert(entity(&too_large, 1));
    kept.insert(large(&too_large, 5 << 20));
    assert_eq!(kept.generation(&too_large), None);
}

fn key(id: u32) -> String {
    format!("driver-{id:08}")
}

impl<S: BuildHasher> Kept<S> {
    fn generation(&self, key: &str) -> Option<u32> {
        let entity = self.get(key.as_bytes())?;
        Some(entity.generation())
    }

    fn in_table(&self) -> u64 {
        let shards = self.shards.iter();
        shards.map(|shard| read(shard).0.len() as u64).sum()
    }

    fn bytes_in_table(&self) -> u64 {
        let shards = self.shards.iter().map(read);
        let bytes = |shard: &super::Shard| -> u64 {
            let entities = shard.0.iter();
            entities.map(|(_, entity)| u64::from(entity.weight())).sum()
        };
        shards.map(|shard| bytes(&shard)).sum()
    }

    fn come_to_rest(&self) {
        self.policy.run_pending_tasks();
        self.drop_what_goes();
    }
}

#[test]
fn the_last_of_a_key_is_found_until_it_is_taken_out() {
    let kept = Kept::new(1 << 20);
    assert_eq!(kept.generation("a"), None);
    kept.insert(entity("a", 1));
    kept.insert(entity("b", 2));
    kept.insert(entity("a", 3));
    assert_eq!(
        (kept.generation("a"), kept.generation("b")),
        (Some(3), Some(2))
    );
    kept.remove(b"a");
    kept.remove(b"never there");
    assert_eq!(
        (kept.generation("a"), kept.generation("b")),
        (None, Some(2))
    );
    kept.clear();
    assert_eq!(kept.generation("b"), None);
    kept.insert(entity("b", 4));
    kept.come_to_rest();
    assert_eq!(kept.generation("b"), Some(4));
    assert_eq!((kept.in_table(), kept.size().0), (1, 1));
}

#[test]
fn many_keys_at_once_are_found_as_one_by_one() {
    let kept = Kept::new(1 << 20);
    let keys: Vec<Vec<u8>> = (0..2 * MANY_KEYS as u32)
        .map(|id| key(id).into_bytes())
        .collect();
    for (id, key) in (0..).zip(&keys).filter(|(id, _)| id % 3 != 0) {
        let key = std::str::from_utf8(key).unwrap();
        kept.insert(entity(key, id));
    }
    for keys in [&keys[..], &keys[..MANY_KEYS], &keys[..MANY_KEYS - 1], &[]] {
        let found = kept.get_all(keys);
        let found: Vec<_> = found
            .iter()
            .map(|it| it.as_ref().map(Entity::generation))
            .collect();
        let expected = (0..keys.len() as u32).map(|id| (id % 3 != 0).then_some(id));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
}

#[test]
fn keys_of_one_hash_are_never_taken_for_each_other() {
    let kept = Kept::with_hasher(1 << 20, OneHash);
    kept.insert(entity("a", 1));
    kept.insert(entity("b", 2));
    assert_eq!(
        (kept.generation("a"), kept.generation("b")),
        (None, Some(2))
    );
    kept.remove(b"a");
    assert_eq!(kept.generation("b"), Some(2));
    kept.insert(entity("a", 3));
    assert_eq!(
        (kept.generation("a"), kept.generation("b")),
        (Some(3), None)
    );
}

#[test]
fn what_moka_drops_goes_and_what_is_wanted_stays() {
    let one = entity(&key(0), 0).weight();
    let most = 1_000;
    let kept = Kept::new(u64::from(one) * most);
    kept.insert(entity(&key(0), 1));
    for id in 1..20_000 {
        kept.insert(entity(&key(id), 1));
        // looked at as often as all others together are put in
        assert_eq!(kept.generation(&key(0)), Some(1), "after {id} others");
    }
    kept.come_to_rest();
    let (entities, bytes) = kept.size();
    assert_eq!(kept.in_table(), entities);
    assert!(entities > most / 2 && entities <= most, "{entities}");
    assert_eq!(bytes, entities * u64::from(one));
    assert!(lock(&kept.dropped).is_empty());
}

#[test]
fn the_table_and_moka_agree_after_many_did_everything_at_once() {
    let one = entity(&key(0), 0).weight();
    let kept = Kept::new(u64::from(one) * 100);
    std::thread::scope(|scope| {
        for thread in 0..4_u32 {
            let kept = &kept;
            // keys of one thread alone, as nobody else may change them at the time
            let key = move |step: u32| key(step % 200 * 4 + thread);
            scope.spawn(move || {
                for step in 0..20_000 {
                    kept.insert(entity(&key(step), step));
                    let found = kept.generation(&key(step));
                    assert!(found.is_none_or(|found| found == step));
                    if step % 7 == 0 {
                        kept.remove(key(step).as_bytes());
                        assert_eq!(kept.generation(&key(step)), None);
                    }
                    if step % 5_000 == 0 && thread == 0 {
                        kept.clear();
                    }
                }
            });
        }
    });
    kept.come_to_rest();
    assert_eq!(kept.in_table(), kept.size().0);
}
