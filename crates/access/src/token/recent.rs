//! The tokens that were seen last, by their text: to compare it takes 20 ns, to hash it half a microsecond.

use std::sync::{PoisonError, RwLock};

use super::cache::Remembered;

/// Places, each for one token. A token has one place; the next one that has the same takes it.
const PLACES: usize = 64;

/// Longer texts are only hashed.
const MOST_BYTES: usize = 4096;

/// At most 64 tokens of at most 4 KiB.
pub(super) struct RecentTokens {
    places: Box<[RwLock<Option<Recent>>]>,
}

struct Recent {
    text: Box<[u8]>,
    token: Remembered,
}

impl RecentTokens {
    pub(super) fn new() -> Self {
        let places = (0..PLACES).map(|_| RwLock::default()).collect();
        Self { places }
    }

    pub(super) fn get(&self, text: &str) -> Option<Remembered> {
        let place = self.place(text)?.read();
        let place = place.unwrap_or_else(PoisonError::into_inner);
        let recent = place.as_ref()?;
        is_equal(&recent.text, text.as_bytes()).then(|| recent.token.clone())
    }

    pub(super) fn put(&self, text: &str, token: Remembered) {
        let Some(place) = self.place(text) else {
            return;
        };
        let mut place = place.write().unwrap_or_else(PoisonError::into_inner);
        let text = text.as_bytes().into();
        *place = Some(Recent { text, token });
    }

    /// Forgets all texts.
    pub(super) fn clear(&self) {
        for place in &self.places {
            *place.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    /// By the end of the signature, which is as good as random.
    fn place(&self, text: &str) -> Option<&RwLock<Option<Recent>>> {
        let end = text.as_bytes().last_chunk::<4>()?;
        let mixed = u32::from_le_bytes(*end).wrapping_mul(0x9E37_79B9) >> 26;
        let place = usize::try_from(mixed).ok()?;
        self.places.get(place).filter(|_| text.len() <= MOST_BYTES)
    }
}

/// Takes as long for a text whose first byte differs as for one whose last byte does, so that how long it takes tells
/// nothing of a token to somebody who tries.
fn is_equal(one: &[u8], other: &[u8]) -> bool {
    let differences = one.iter().zip(other).fold(0, |all, (a, b)| all | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::SystemTime};

    use super::{MOST_BYTES, PLACES, RecentTokens};
    use crate::{
        Principal,
        token::{cache::Remembered, numeric_date::NumericDate},
    };

    fn token(subject: &str) -> Remembered {
        Remembered {
            principal: Arc::new(Principal::new(subject)),
            exp: NumericDate::at(SystemTime::now()),
            generation: 1,
        }
    }

    fn subject(tokens: &RecentTokens, text: &str) -> Option<String> {
        let token = tokens.get(text)?;
        Some(token.principal.subject.clone())
    }

    #[test]
    fn only_the_very_same_text_is_found() {
        let tokens = RecentTokens::new();
        tokens.put("header.claims.signature", token("a"));
        let found = subject(&tokens, "header.claims.signature");
        assert_eq!(found.as_deref(), Some("a"));
        // all of these have the same place
        for other in [
            "Header.claims.signature",
            "header.claimt.signature",
            "eader.claims.signature",
            "xheader.claims.signature",
            "ture",
        ] {
            assert_eq!(subject(&tokens, other), None, "{other}");
        }
    }

    #[test]
    fn one_of_the_same_place_takes_it() {
        let tokens = RecentTokens::new();
        for text in ["one.same", "two.same"] {
            tokens.put(text, token(text));
        }
        assert_eq!(subject(&tokens, "one.same"), None);
        assert_eq!(subject(&tokens, "two.same").as_deref(), Some("two.same"));
    }

    #[test]
    fn texts_spread_over_the_places_and_end_with_the_keys() {
        let tokens = RecentTokens::new();
        let text = |n: u32| format!("token.{:08x}", n.wrapping_mul(0x1234_5677));
        (0..1_000).for_each(|n| tokens.put(&text(n), token("a")));
        let kept = || {
            (0..1_000)
                .filter(|n| tokens.get(&text(*n)).is_some())
                .count()
        };
        assert!((PLACES / 2..=PLACES).contains(&kept()), "{}", kept());
        tokens.clear();
        assert_eq!(kept(), 0);
    }

    #[test]
    fn what_is_too_long_or_no_token_has_no_place() {
        let tokens = RecentTokens::new();
        for text in ["x".repeat(MOST_BYTES + 1).as_str(), "abc", ""] {
            tokens.put(text, token("a"));
            assert_eq!(subject(&tokens, text), None);
        }
    }
}
