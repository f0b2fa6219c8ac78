//! Keys that come, change and go, on tokio's paused clock.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use access::{
    Algorithm, FetchError, Freshness, KeyDocument, KeySource, Keyring, KeysUnavailable,
    RefreshOptions, Refusal, Verifier, VerifyError, keep_fresh,
};

use async_trait::async_trait;

use serde_json::{Value, json};

use tokio::{
    sync::Semaphore,
    task::yield_now,
    time::{Instant, advance},
};

use crate::signer::{NOW, Signer, at, claims_with, ed, jwks, options};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// A provider whose keys, health and speed are the test's business.
struct Provider {
    keys: Mutex<Option<Vec<Value>>>,
    fetches: AtomicUsize,
    /// A fetch is answered when it gets one of these.
    answers: Semaphore,
}

#[async_trait]
impl KeySource for Provider {
    fn place(&self) -> String {
        "the provider".to_owned()
    }

    async fn fetch(&self) -> Result<KeyDocument, FetchError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        self.answers.acquire().await.unwrap().forget();
        let keys = self.keys.lock().unwrap().clone();
        let keys = keys.ok_or_else(|| FetchError("connection refused".into()))?;
        Ok(KeyDocument::JwkSet(jwks(&keys).into()))
    }
}

struct House {
    provider: Arc<Provider>,
    keyring: Arc<Keyring>,
    verifier: Verifier,
    begun: Instant,
}

impl House {
    /// A gateway that has just started, with a provider that publishes these keys.
    async fn new(keys: &[Value]) -> Self {
        let provider = Arc::new(Provider {
            keys: Mutex::new(Some(keys.to_vec())),
            fetches: AtomicUsize::new(0),
            answers: Semaphore::new(1_000),
        });
        let begun = Instant::now();
        let keyring = Keyring::refreshed(RefreshOptions::default(), begun.into_std());
        let keyring = Arc::new(keyring);
        let (ring, source) = (Arc::clone(&keyring), Arc::clone(&provider));
        tokio::spawn(async move { keep_fresh(&ring, source.as_ref()).await });
        Self {
            provider,
            verifier: Verifier::new(options(), Arc::clone(&keyring)),
            keyring,
            begun,
        }
    }

    async fn with_keys(keys: &[Value]) -> Self {
        let house = Self::new(keys).await;
        house.pass(SECOND).await;
        assert_eq!(house.fetches(), 1);
        house
    }

    async fn pass(&self, time: Duration) {
        pass(time).await;
    }

    fn publish(&self, keys: &[Value]) {
        *self.provider.keys.lock().unwrap() = Some(keys.to_vec());
    }

    fn break_down(&self) {
        *self.provider.keys.lock().unwrap() = None;
    }

    fn fetches(&self) -> usize {
        self.provider.fetches.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), KeysUnavailable> {
        self.keyring.check(Instant::now().into_std())
    }

    fn freshness(&self) -> Freshness {
        self.keyring.freshness(Instant::now().into_std())
    }

    fn verify(&self, token: &str) -> Result<(), VerifyError> {
        let now = Instant::now();
        let wall = at(NOW) + (now - self.begun);
        let verified = self.verifier.verify(token, wall, now.into_std());
        verified.map(drop)
    }

    /// What a token gets whose key may be published: never a wait that is longer than it may be.
    fn is_pending(&self, token: &str) -> bool {
        match self.verify(token) {
            Err(VerifyError::KeyPending { retry_after }) => {
                assert!(
                    (SECOND..=30 * SECOND).contains(&retry_after),
                    "{retry_after:?}"
                );
                true
            }
            Err(VerifyError::Refused(Refusal::UnknownKey)) => false,
            other => panic!("{other:?}"),
        }
    }
}

/// Lets time go by in small steps, so that everything happens in its order.
pub(crate) async fn pass(time: Duration) {
    let step = Duration::from_millis(250);
    let end = Instant::now() + time;
    while Instant::now() < end {
        advance(step.min(end - Instant::now())).await;
        for _ in 0..8 {
            yield_now().await;
        }
    }
}

fn token(signer: &Signer, kid: &str) -> String {
    signer.token(kid, "EdDSA", &claims_with("exp", json!(NOW + 1_000_000)))
}

fn unavailable(reason: KeysUnavailable) -> Result<(), VerifyError> {
    Err(VerifyError::NoKeys {
        reason,
        retry_after: 5 * SECOND,
    })
}

#[tokio::test(start_paused = true)]
async fn without_keys_nobody_can_tell() {
    let signer = ed();
    let house = House::new(&[signer.jwk("a", None)]).await;
    let token = token(&signer, "a");
    assert_eq!(house.verify(&token), unavailable(KeysUnavailable::NotYet));
    house.pass(SECOND).await;
    assert_eq!(house.verify(&token), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn keys_are_fetched_once_a_minute() {
    let house = House::with_keys(&[ed().jwk("a", None)]).await;
    house.pass(600 * SECOND).await;
    assert_eq!(house.fetches(), 11);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_published_a_minute_before_it_signs_refuses_no_token() {
    let (old, new) = (ed(), ed());
    let house = House::with_keys(&[old.jwk("old", None)]).await;
    house.publish(&[old.jwk("old", None), new.jwk("new", None)]);
    for _ in 0..61 {
        assert_eq!(house.verify(&token(&old, "old")), Ok(()));
        house.pass(SECOND).await;
    }
    for _ in 0..100 {
        assert_eq!(house.verify(&token(&new, "new")), Ok(()));
        assert_eq!(house.verify(&token(&old, "old")), Ok(()));
        house.pass(SECOND).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_signs_at_once_is_fetched_at_once() {
    let (old, new) = (ed(), ed());
    let house = House::with_keys(&[old.jwk("old", None)]).await;
    house.publish(&[old.jwk("old", None), new.jwk("new", None)]);
    assert!(house.is_pending(&token(&new, "new")));
    house.pass(SECOND).await;
    assert_eq!(house.verify(&token(&new, "new")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_unknown_kids_cause_one_fetch_in_30_seconds() {
    let signer = ed();
    let house = House::with_keys(&[signer.jwk("a", None)]).await;
    let stranger = ed();
    let flood: Vec<String> = (0..10_000)
        .map(|n| token(&stranger, &n.to_string()))
        .collect();
    for (second, some) in flood.chunks(500).enumerate() {
        for unknown in some {
            let is_pending = house.is_pending(unknown);
            assert_eq!(is_pending, second == 0, "{second}");
        }
        assert_eq!(house.verify(&token(&signer, "a")), Ok(()));
        house.pass(SECOND).await;
    }
    assert_eq!(house.fetches(), 2);
    house.pass(10 * SECOND).await;
    assert!(house.is_pending(&flood[0]));
    house.pass(SECOND).await;
    assert!(!house.is_pending(&flood[0]));
    assert_eq!(house.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn tokens_without_any_chance_cause_no_fetch() {
    let house = House::with_keys(&[ed().jwk("a", None)]).await;
    let stranger = ed();
    let unsigned = r#"{"alg":"none","kid":"x"}"#;
    for claims in [
        claims_with("iss", json!("https://evil.example")),
        claims_with("exp", json!("1")),
        json!({}),
    ] {
        let unknown = stranger.token("x", "EdDSA", &claims);
        assert!(matches!(
            house.verify(&unknown),
            Err(VerifyError::Refused(_))
        ));
        let unknown = stranger.sign(unsigned, &claims.to_string(), "EdDSA");
        assert!(matches!(
            house.verify(&unknown),
            Err(VerifyError::Refused(_))
        ));
    }
    house.pass(SECOND).await;
    assert_eq!(house.fetches(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_revoked_key_takes_its_remembered_tokens_along() {
    let (good, leaked) = (ed(), ed());
    let house = House::with_keys(&[good.jwk("good", None), leaked.jwk("leaked", None)]).await;
    assert_eq!(house.verify(&token(&leaked, "leaked")), Ok(()));
    house.publish(&[good.jwk("good", None)]);
    house.pass(61 * SECOND).await;
    let _ = house.is_pending(&token(&leaked, "leaked"));
    house.pass(SECOND).await;
    assert!(!house.is_pending(&token(&leaked, "leaked")));
    assert_eq!(house.verify(&token(&good, "good")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn another_key_under_an_old_name_takes_remembered_tokens_along() {
    let (old, new) = (ed(), ed());
    let house = House::with_keys(&[old.jwk("a", None)]).await;
    assert_eq!(house.verify(&token(&old, "a")), Ok(()));
    house.publish(&[new.jwk("a", None)]);
    house.pass(61 * SECOND).await;
    assert_eq!(
        house.verify(&token(&old, "a")),
        Err(Refusal::BadSignature.into())
    );
    assert_eq!(house.verify(&token(&new, "a")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_away_makes_unknown_kids_wait_for_30_seconds_at_most() {
    let signer = ed();
    let house = House::with_keys(&[signer.jwk("a", None)]).await;
    house.break_down();
    house.pass(70 * SECOND).await;
    let unknown = token(&ed(), "x");
    let mut waits = 0;
    for second in 0..120 {
        let is_pending = house.is_pending(&unknown);
        assert_eq!(is_pending, second < 30, "{second}");
        waits += usize::from(is_pending);
        assert_eq!(house.verify(&token(&signer, "a")), Ok(()));
        house.pass(SECOND).await;
    }
    assert_eq!(waits, 30);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_never_answers_is_given_up_and_asked_again() {
    let (old, new) = (ed(), ed());
    let house = House::with_keys(&[old.jwk("old", None)]).await;
    let answers = house.provider.answers.forget_permits(1_000);
    assert_eq!(answers, 999);
    house.publish(&[old.jwk("old", None), new.jwk("new", None)]);
    assert!(house.is_pending(&token(&new, "new")));
    house.pass(5 * SECOND).await;
    assert_eq!(house.fetches(), 2);
    assert!(house.is_pending(&token(&new, "new")));
    house.pass(7 * SECOND).await;
    assert_eq!(house.fetches(), 3);
    house.provider.answers.add_permits(100);
    house.pass(SECOND).await;
    assert_eq!(house.verify(&token(&new, "new")), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn keys_that_are_too_old_are_trusted_no_more_and_new_ones_are_again() {
    let signer = ed();
    let keys = [signer.jwk("a", None)];
    let house = House::with_keys(&keys).await;
    let token = token(&signer, "a");
    house.break_down();
    house.pass(3_590 * SECOND).await;
    assert_eq!(house.verify(&token), Ok(()));
    house.pass(70 * SECOND).await;
    assert_eq!(house.verify(&token), unavailable(KeysUnavailable::Stale));
    house.publish(&keys);
    house.pass(61 * SECOND).await;
    assert_eq!(house.verify(&token), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_document_that_is_none_leaves_the_keys_as_they_are() {
    let signer = ed();
    let house = House::with_keys(&[signer.jwk("a", None)]).await;
    house.publish(&[json!("torn")]);
    house.pass(300 * SECOND).await;
    assert_eq!(house.verify(&token(&signer, "a")), Ok(()));
    assert!(!house.freshness().is_reachable);
}

#[tokio::test(start_paused = true)]
async fn a_set_whose_last_key_was_taken_out_ends_every_token() {
    let signer = ed();
    let mut broken = signer.jwk("a", None);
    broken["x"] = json!("AAAA");
    for left in [vec![], vec![broken]] {
        let house = House::with_keys(&[signer.jwk("a", None)]).await;
        let token = token(&signer, "a");
        assert_eq!(house.verify(&token), Ok(()));
        house.publish(&left);
        house.pass(61 * SECOND).await;
        assert!(house.verify(&token).is_err());
        house.pass(SECOND).await;
        assert_eq!(house.verify(&token), Err(Refusal::UnknownKey.into()));
        assert_eq!(house.check(), Err(KeysUnavailable::NoneLeft));
        assert!(!house.freshness().is_reachable);
        house.publish(&[signer.jwk("a", None)]);
        house.pass(61 * SECOND).await;
        assert_eq!(house.verify(&token), Ok(()));
        assert_eq!(house.check(), Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_set_without_keys_leaves_everybody_waiting() {
    let signer = ed();
    let house = House::new(&[]).await;
    house.pass(SECOND).await;
    let token = token(&signer, "a");
    assert_eq!(house.verify(&token), unavailable(KeysUnavailable::NotYet));
    house.publish(&[signer.jwk("a", None)]);
    house.pass(10 * SECOND).await;
    assert_eq!(house.verify(&token), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn trouble_with_the_keys_is_told_before_they_are_too_old() {
    let keys = [ed().jwk("a", None)];
    let house = House::new(&keys).await;
    let told = |age: Option<u64>, is_reachable| {
        let now = house.keyring.freshness(Instant::now().into_std());
        // time goes by in quarters of a second
        assert_eq!(now.age.map(|age| age.as_secs()), age);
        assert_eq!(now.is_reachable, is_reachable);
    };
    told(None, false);
    house.pass(10 * SECOND).await;
    told(Some(9), true);
    house.break_down();
    house.pass(600 * SECOND).await;
    told(Some(609), false);
    house.publish(&keys);
    house.pass(61 * SECOND).await;
    let now = house.keyring.freshness(Instant::now().into_std());
    assert!(now.is_reachable && now.age < Some(61 * SECOND), "{now:?}");
}

#[test]
fn no_names_of_algorithms_are_the_usual_ones() {
    assert_eq!(Algorithm::named(&[]).unwrap(), Algorithm::USUAL);
    let one = Algorithm::named(&["PS256".to_owned()]);
    assert_eq!(one.unwrap(), [Algorithm::PS256]);
    assert!(Algorithm::named(&["ps256".to_owned()]).is_err());
}
