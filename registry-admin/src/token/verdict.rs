//! Whether the gateway of a repository would take a token.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Instant, SystemTime},
};

use access::{
    Algorithm, ClaimMapping, ClaimPath, KeySet, Keyring, ParseClaimPathError, Verifier,
    VerifierOptions, VerifyError,
};
use anyhow::Context as _;
use settings::{Authentication, ClaimSettings, FeatureStoreConfig, TokenKeys, TokenSettings};

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
        TokenKeys::SecretFile(file) => {
            let secret = contents(file)?;
            // as most tools write it: the line's end is none of it
            let secret = secret.strip_suffix(b"\n").unwrap_or(&secret);
            let secret = secret.strip_suffix(b"\r").unwrap_or(secret);
            KeySet::from_secret(secret).with_context(|| format!("`{}`", file.display()))?
        }
        TokenKeys::Discovery(_) | TokenKeys::JwksUrl(_) => {
            let reason = "the keys are on the network, where only the gateway fetches them";
            return Ok(Verdict::Unchecked(reason.to_owned()));
        }
    };
    let options = VerifierOptions {
        issuer: settings.issuer.clone(),
        audiences: settings.audiences.clone(),
        typ: settings.typ.clone(),
        require_scope: settings.require_scope,
        claims: claims(&settings.claims)?,
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
    let named = settings.algorithms.iter().map(|name| name.parse());
    let named: Vec<Algorithm> = named.collect::<Result<_, _>>()?;
    let algorithms = match named.is_empty() {
        true => &Algorithm::USUAL[..],
        false => &named,
    };
    let (keys, _) = KeySet::from_jwks(&contents(file)?, algorithms)
        .with_context(|| format!("`{}`", file.display()))?;
    Ok(keys)
}

fn contents(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("could not read the keys in `{}`", file.display()))
}

fn claims(settings: &ClaimSettings) -> Result<ClaimMapping, ParseClaimPathError> {
    let usual = ClaimMapping::for_client(settings.client_id.as_deref());
    let one = |text: &Option<String>, usual: ClaimPath| match text {
        Some(text) => text.parse(),
        None => Ok(usual),
    };
    let several = |texts: &Option<Vec<String>>, usual: Vec<ClaimPath>| match texts {
        Some(texts) => texts.iter().map(|text| text.parse()).collect(),
        None => Ok(usual),
    };
    Ok(ClaimMapping {
        subject: one(&settings.subject, usual.subject)?,
        roles: several(&settings.roles, usual.roles)?,
        groups: several(&settings.groups, usual.groups)?,
        scope: one(&settings.scope, usual.scope)?,
    })
}
