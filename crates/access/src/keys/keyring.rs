//! Which keys are trusted now, and when they are to be fetched again. Pure: every method is told the time.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{Algorithm, KeySet};

/// An unknown `kid` causes at most one fetch in this time, and waits no longer than this for one.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(30);
/// When to ask again while a fetch is under way.
const FETCH_PATIENCE: Duration = Duration::from_secs(1);
/// More would be no refreshing.
const MAX_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// The first pause after a failed fetch; each further one is twice as long, up to the interval.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// How keys are kept fresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshOptions {
    /// What keys may be for: see [`KeySet::from_jwks`].
    pub algorithms: Vec<Algorithm>,
    /// From one fetch to the next; at most a day.
    pub interval: Duration,
    /// Longest time that one fetch may take: below 30 s.
    pub fetch_timeout: Duration,
    /// Keys that were last fetched longer ago are trusted no more.
    pub max_age: Duration,
}

impl Default for RefreshOptions {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::USUAL.to_vec(),
            interval: Duration::from_secs(60),
            fetch_timeout: Duration::from_secs(10),
            max_age: Duration::from_secs(60 * 60),
        }
    }
}

/// The keys that are trusted now.
#[derive(Debug)]
pub struct Keyring {
    options: Option<RefreshOptions>,
    state: Mutex<State>,
    /// Told when a fetch is due sooner than planned.
    pub(super) hurry: Notify,
}

#[derive(Debug)]
struct State {
    keys: Option<Trusted>,
    fetched_at: Option<Instant>,
    /// In the past while a fetch is under way.
    next_fetch: Instant,
    failures: u32,
    /// When an unknown `kid` last caused a fetch.
    last_extra: Option<Instant>,
    /// Since when unknown `kid`s have waited for a fetch that succeeds.
    waiting_since: Option<Instant>,
}

/// Keys, and which ones they are: another number for every other set.
#[derive(Clone, Debug)]
pub(crate) struct Trusted {
    pub(crate) keys: Arc<KeySet>,
    pub(crate) generation: u64,
}

/// How fresh keys are. Old ones are trusted for a while, so this tells of trouble before a token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// How long ago they were fetched; `None` where they never were.
    pub age: Option<Duration>,
    /// Whether the last fetch that has ended gave keys.
    pub is_reachable: bool,
}

/// There are no keys that could be trusted just now. It isn't the token's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeysUnavailable {
    /// None were fetched yet.
    #[error("the keys that tokens are checked with have not been fetched yet")]
    NotYet,
    /// Those that there are were fetched too long ago.
    #[error("the keys that tokens are checked with could not be fetched for too long")]
    Stale,
    /// All were taken out of the set that is fetched. No token is taken, so this is told of the keyring only.
    #[error("the set of keys that tokens are checked with holds no key that can be used")]
    NoneLeft,
}

/// What becomes of a token whose key isn't known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnknownKey {
    /// There are other keys by now: look again.
    LookAgain,
    /// A fetch is due: ask again after that time.
    Wait(Duration),
    /// Nothing more is done for it.
    Refuse,
}

impl Keyring {
    /// Keys that never change.
    #[must_use]
    pub fn fixed(keys: KeySet) -> Self {
        let state = State {
            keys: Some(Trusted {
                keys: Arc::new(keys),
                generation: 1,
            }),
            ..State::new(Instant::now())
        };
        Self::with(None, state)
    }

    /// No keys yet: [`super::keep_fresh`] fetches them, at once and again and again.
    #[must_use]
    pub fn refreshed(options: RefreshOptions, now: Instant) -> Self {
        Self::with(Some(options), State::new(now))
    }

    fn with(options: Option<RefreshOptions>, state: State) -> Self {
        Self {
            options,
            state: Mutex::new(state),
            hurry: Notify::new(),
        }
    }

    /// Whether a token could be checked now.
    ///
    /// # Errors
    /// [`KeysUnavailable`] where not.
    pub fn check(&self, now: Instant) -> Result<(), KeysUnavailable> {
        let trusted = self.trusted(now)?;
        if trusted.keys.is_empty() {
            return Err(KeysUnavailable::NoneLeft);
        }
        Ok(())
    }

    /// How fresh the keys are.
    #[must_use]
    pub fn freshness(&self, now: Instant) -> Freshness {
        let state = self.state();
        let age = |fetched_at| now.saturating_duration_since(fetched_at);
        Freshness {
            age: state.fetched_at.map(age),
            is_reachable: state.failures == 0 && state.has_keys(),
        }
    }

    pub(crate) fn trusted(&self, now: Instant) -> Result<Trusted, KeysUnavailable> {
        let state = self.state();
        let keys = state.keys.clone().ok_or(KeysUnavailable::NotYet)?;
        if let (Some(options), Some(fetched_at)) = (&self.options, state.fetched_at)
            && now.saturating_duration_since(fetched_at) > options.max_age
        {
            return Err(KeysUnavailable::Stale);
        }
        Ok(keys)
    }

    /// What to do about a token whose key the keys of `generation` don't have.
    pub(crate) fn unknown_key(&self, generation: u64, now: Instant) -> UnknownKey {
        if self.options.is_none() {
            return UnknownKey::Refuse;
        }
        let mut state = self.state();
        if state
            .keys
            .as_ref()
            .is_some_and(|keys| keys.generation != generation)
        {
            return UnknownKey::LookAgain;
        }
        let decided = state.unknown_key(now);
        if state.next_fetch <= now {
            self.hurry.notify_one();
        }
        decided
    }

    /// When the next fetch is due.
    pub(super) fn next_fetch(&self) -> Instant {
        self.state().next_fetch
    }

    /// Ends a fetch, so that the next one is due later; tells whether there are other keys now.
    pub(super) fn end(&self, fetched: Option<KeySet>, now: Instant) -> bool {
        let interval = self.options.as_ref().map(|options| options.interval);
        let interval = interval.unwrap_or(MAX_INTERVAL).min(MAX_INTERVAL);
        let mut state = self.state();
        // there is nothing yet that a set without keys could take back
        let fetched = fetched.filter(|keys| !keys.is_empty() || state.keys.is_some());
        let Some(keys) = fetched else {
            state.next_fetch = now + state.pause(interval);
            state.failures = state.failures.saturating_add(1);
            return false;
        };
        state.failures = 0;
        state.fetched_at = Some(now);
        state.waiting_since = None;
        state.next_fetch = now + interval;
        state.replace(keys)
    }

    pub(super) fn options(&self) -> Option<&RefreshOptions> {
        self.options.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(now: Instant) -> Self {
        Self {
            keys: None,
            fetched_at: None,
            next_fetch: now,
            failures: 0,
            last_extra: None,
            waiting_since: None,
        }
    }

    fn has_keys(&self) -> bool {
        self.keys.as_ref().is_some_and(|keys| !keys.keys.is_empty())
    }

    fn unknown_key(&mut self, now: Instant) -> UnknownKey {
        let is_due = self.next_fetch <= now;
        let since = |then: Instant| now.saturating_duration_since(then);
        let may_hurry = self
            .last_extra
            .is_none_or(|then| since(then) >= UNKNOWN_KEY_INTERVAL);
        if !is_due && may_hurry {
            self.last_extra = Some(now);
            self.next_fetch = now;
        } else if !is_due && self.failures == 0 {
            // the keys were looked through moments ago, and the next look is the regular one
            return UnknownKey::Refuse;
        }
        let waiting_since = *self.waiting_since.get_or_insert(now);
        let left = UNKNOWN_KEY_INTERVAL.saturating_sub(since(waiting_since));
        if left.is_zero() {
            return UnknownKey::Refuse;
        }
        let until_fetch = self.next_fetch.saturating_duration_since(now);
        UnknownKey::Wait(until_fetch.clamp(FETCH_PATIENCE, left.max(FETCH_PATIENCE)))
    }

    fn pause(&self, interval: Duration) -> Duration {
        let doubled = FIRST_RETRY.saturating_mul(1 << self.failures.min(16));
        doubled.min(interval)
    }

    fn replace(&mut self, keys: KeySet) -> bool {
        let before = self.keys.as_ref();
        if before.is_some_and(|before| *before.keys == keys) {
            return false;
        }
        let generation = before.map_or(0, |before| before.generation) + 1;
        self.keys = Some(Trusted {
            keys: Arc::new(keys),
            generation,
        });
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Keyring, RefreshOptions, UnknownKey};
    use crate::KeySet;

    #[test]
    fn a_token_that_was_looked_up_in_older_keys_is_looked_up_again() {
        let now = Instant::now();
        let keyring = Keyring::refreshed(RefreshOptions::default(), now);
        let fetch = |byte: u8| keyring.end(KeySet::from_secret(&[byte; 32]).ok(), now);
        assert!(fetch(1));
        let before = keyring.trusted(now).unwrap().generation;
        assert!(!fetch(1), "the same keys are no other ones");
        assert_eq!(keyring.trusted(now).unwrap().generation, before);
        assert!(fetch(2));
        assert_eq!(keyring.unknown_key(before, now), UnknownKey::LookAgain);
        let after = keyring.trusted(now).unwrap().generation;
        let wait = UnknownKey::Wait(Duration::from_secs(1));
        assert_eq!(keyring.unknown_key(after, now), wait);
    }
}
