//! Whether the gateway of a repository would take a token.

use std::{
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime},
};

use access::{
    Algorithm, ClaimMapping, ClaimPaths, KeySet, Keyring, Verifier, VerifierOptions, VerifyError,
};
use anyhow::Context as _;
use settings::{Authentication, FeatureStoreConfig, TokenKeys, TokenSettings};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It would, as one of this subject.
    Taken(String),
    /// It would not, for this reason.
    Refused(String),
    /// Nobody can tell here, for this reason.
    Unchecked(String),
}

/// Looks at keys in files alone: those of a provider are the gateway's to fetch.
pub(super) fn verdict(
    config: &FeatureStoreConfig,
    token: &str,
    now: SystemTime,
) -> anyhow::Result<Verdict> {
    let Authentication::Tokens(settings) = &config.authentication else {
        let reason = "this repository checks no tokens: it has neither `auth` nor `salver.auth`";
        return Ok(Verdict::Unchecked(reason.to_owned()));
    };
    let keys = match &settings.keys {
        TokenKeys::JwksFile(file) => public_keys(file, settings)?,
        TokenKeys::SecretFile(file) => KeySet::from_secret_file(&contents(file)?)
            .with_context(|| format!("`{}`", file.display()))?,
        TokenKeys::Discovery(_) | TokenKeys::JwksUrl(_) => {
            let reason = "the keys are on the network, where only the gateway fetches them";
            return Ok(Verdict::Unchecked(reason.to_owned()));
        }
    };
    let claims = &settings.claims;
    let options = VerifierOptions {
        issuer: settings.issuer.clone(),
        audiences: settings.audiences.clone(),
        typ: settings.typ.clone(),
        require_scope: settings.require_scope,
        claims: ClaimMapping::for_client(claims.client_id.as_deref()).told(ClaimPaths {
            subject: claims.subject.as_deref(),
            roles: claims.roles.as_deref(),
            groups: claims.groups.as_deref(),
            scope: claims.scope.as_deref(),
        })?,
        remembered_tokens: 1,
    };
    let verifier = Verifier::new(options, Arc::new(Keyring::fixed(keys)));
    Ok(match verifier.verify(token, now, Instant::now()) {
        Ok(verified) => Verdict::Taken(verified.principal.subject.clone()),
        Err(VerifyError::Refused(reason)) => Verdict::Refused(reason.to_string()),
        Err(error) => Verdict::Unchecked(error.to_string()),
    })
}

fn public_keys(file: &Path, settings: &TokenSettings) -> anyhow::Result<KeySet> {
    let algorithms = Algorithm::named(&settings.algorithms)?;
    let (keys, _) = KeySet::from_jwks(&contents(file)?, &algorithms)
        .with_context(|| format!("`{}`", file.display()))?;
    Ok(keys)
}

fn contents(file: &Path) -> anyhow::Result<Vec<u8>> {
    settings::read_regular(file)
        .with_context(|| format!("could not read the keys in `{}`", file.display()))
}
