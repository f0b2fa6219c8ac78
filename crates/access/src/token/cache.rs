//! Tokens that were verified, by the hash of their text.

use std::{collections::HashMap, mem, sync::Arc};

use std::sync::{PoisonError, RwLock};

use ring::digest;

use super::{numeric_date::NumericDate, recent::RecentTokens};
use crate::Principal;

/// The SHA-256 of a token's text.
type TokenHash = [u8; 32];

fn hash(token: &str) -> TokenHash {
    let digest = digest::digest(&digest::SHA256, token.as_bytes());
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}

#[derive(Clone)]
pub(super) struct Remembered {
    pub(super) principal: Arc<Principal>,
    pub(super) exp: NumericDate,
    /// Of which keys one has signed it.
    pub(super) generation: u64,
}

/// At most `capacity` tokens. Those that are asked for outlive those that aren't: the young half becomes the old
/// half when it is full, what was the old half is forgotten, and what is found in the old half is young again.
pub(super) struct TokenCache {
    half: usize,
    /// In front of the others: some of those that were found among them.
    recent: RecentTokens,
    halves: RwLock<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashMap<TokenHash, Remembered>,
    old: HashMap<TokenHash, Remembered>,
}

impl TokenCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            half: capacity.div_ceil(2),
            recent: RecentTokens::new(),
            halves: RwLock::default(),
        }
    }

    /// What was verified with the keys of this generation and hasn't expired.
    pub(super) fn get(&self, text: &str, generation: u64, now: NumericDate) -> Option<Remembered> {
        let is_good =
            |token: &Remembered| token.generation == generation && !token.exp.is_past(now);
        if let Some(recent) = self.recent.get(text).filter(is_good) {
            return Some(recent);
        }
        let hash = hash(text);
        let (found, is_young) = self.find(&hash)?;
        if !is_good(&found) {
            return None;
        }
        if !is_young {
            self.keep(hash, found.clone());
        }
        self.recent.put(text, found.clone());
        Some(found)
    }

    pub(super) fn put(&self, text: &str, token: Remembered) {
        self.keep(hash(text), token);
    }

    /// A token, and whether it is in the young half.
    fn find(&self, hash: &TokenHash) -> Option<(Remembered, bool)> {
        let halves = self.halves.read().unwrap_or_else(PoisonError::into_inner);
        match halves.young.get(hash) {
            Some(found) => Some((found.clone(), true)),
            None => Some((halves.old.get(hash)?.clone(), false)),
        }
    }

    fn keep(&self, hash: TokenHash, token: Remembered) {
        let mut halves = self.halves.write().unwrap_or_else(PoisonError::into_inner);
        // whichever keys come first, tokens of older ones are of no use any more
        let is_newer = |one: &Remembered| one.generation > token.generation;
        if halves.young.values().next().is_some_and(is_newer) {
            return;
        }
        if halves.forget_before(token.generation) {
            self.recent.clear();
        }
        if halves.young.len() >= self.half {
            halves.old = mem::take(&mut halves.young);
        }
        if self.half > 0 {
            halves.young.insert(hash, token);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        let halves = self.halves.read().unwrap();
        halves.young.len() + halves.old.len()
    }
}

impl Halves {
    /// All tokens in the cache are of one generation, so one tells for all. Whether any were forgotten.
    fn forget_before(&mut self, generation: u64) -> bool {
        let mut were_any = false;
        for half in [&mut self.young, &mut self.old] {
            let one = half.values().next();
            if one.is_some_and(|one| one.generation < generation) {
                half.clear();
                were_any = true;
            }
        }
        were_any
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::Arc,
        time::{Duration, SystemTime},
    };

    use super::{NumericDate, Remembered, TokenCache};
    use crate::Principal;

    fn at(seconds: u64) -> NumericDate {
        NumericDate::at(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }

    fn token(generation: u64) -> Remembered {
        Remembered {
            principal: Arc::new(Principal::new("s")),
            exp: at(100),
            generation,
        }
    }

    #[test]
    fn a_token_is_found_until_it_expires() {
        let cache = TokenCache::new(10);
        cache.put("a", token(1));
        assert!(cache.get("a", 1, at(0)).is_some());
        assert!(cache.get("b", 1, at(0)).is_none());
        assert!(cache.get("a", 1, at(110)).is_none());
    }

    #[test]
    fn a_token_of_other_keys_is_not_found() {
        let cache = TokenCache::new(10);
        cache.put("a", token(1));
        assert!(cache.get("a", 2, at(0)).is_none());
        cache.put("b", token(2));
        assert_eq!(cache.len(), 1);
        cache.put("c", token(1));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn the_number_is_bounded_and_what_is_asked_for_stays() {
        let cache = TokenCache::new(10);
        cache.put("kept", token(1));
        for n in 0..1_000 {
            cache.put(&n.to_string(), token(1));
            assert!(cache.len() <= 10);
            assert!(cache.get("kept", 1, at(0)).is_some(), "{n}");
        }
        assert!(cache.get("0", 1, at(0)).is_none());
    }

    #[test]
    fn a_cache_without_room_holds_nothing() {
        let cache = TokenCache::new(0);
        cache.put("a", token(1));
        assert_eq!(cache.len(), 0);
    }
}
