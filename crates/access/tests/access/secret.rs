//! A secret for HS256, and another one.

use std::sync::{Arc, Mutex};

use access::{
    FetchError, KeyDocument, KeySet, KeySource, Keyring, RefreshOptions, Verifier, keep_fresh,
};
use async_trait::async_trait;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    keyring::{SECOND, pass},
    signer::{NOW, Signer, at, claims_with, options},
};

/// A file with a secret, as it is now.
struct SecretFile(Mutex<Vec<u8>>);

#[async_trait]
impl KeySource for SecretFile {
    fn place(&self) -> String {
        "secret".to_owned()
    }

    async fn fetch(&self) -> Result<KeyDocument, FetchError> {
        let bytes = self.0.lock().unwrap().clone();
        Ok(KeyDocument::Secret(bytes.into()))
    }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_is_exchanged_ends_the_tokens_of_the_one_before() {
    let secrets = [[1; 32], [2; 32]];
    let [old, new] = secrets.map(|secret| {
        let signer = Signer::Secret(secret.to_vec());
        let claims = claims_with("exp", json!(NOW + 1_000_000));
        signer.token("any", "HS256", &claims)
    });
    let file = Arc::new(SecretFile(Mutex::new(secrets[0].to_vec())));
    let keyring = Keyring::refreshed(RefreshOptions::default(), Instant::now().into_std());
    let keyring = Arc::new(keyring);
    let (ring, source) = (Arc::clone(&keyring), Arc::clone(&file));
    tokio::spawn(async move { keep_fresh(&ring, source.as_ref()).await });
    let verifier = Verifier::new(options(), keyring);
    let minute = async |secret: &[u8]| {
        *file.0.lock().unwrap() = secret.to_vec();
        pass(61 * SECOND).await;
        [&old, &new].map(|token| {
            verifier
                .verify(token, at(NOW), Instant::now().into_std())
                .is_ok()
        })
    };
    assert_eq!(minute(&secrets[0]).await, [true, false]);
    // torn, and empty
    assert_eq!(minute(&secrets[1][..31]).await, [true, false]);
    assert_eq!(minute(b"").await, [true, false]);
    assert_eq!(minute(&secrets[1]).await, [false, true]);
}

#[test]
fn a_secret_is_not_shown() {
    let secret = KeyDocument::Secret(b"hush".as_slice().into());
    assert_eq!(format!("{secret:?}"), "Secret(4 bytes)");
}

#[test]
fn the_end_of_a_line_is_none_of_a_secret_in_a_file() {
    let told = |bytes: &[u8]| KeySet::from_secret_file(bytes).map(drop);
    let short = [b'x'; 31];
    let weak = told(&short).unwrap_err();
    assert_eq!(told(&[&short[..], b"\r\n"].concat()).unwrap_err(), weak);
    assert!(told(&[&short[..], b"x\n"].concat()).is_ok());
}
