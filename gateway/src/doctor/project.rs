use std::{path::Path, time::Duration};

use registry_store::{RegistryStore, WriteAccess};
use settings::{Authentication, FeatureStoreConfig, OnlineStore, TokenKeys, TrustedKey};
use tokio::time::timeout;

use super::{Finding, Verdict, files};

/// How long a store or a registry may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the gateway may do with what a project names: its online store, its registry and its files. Nothing is changed
/// by finding out.
pub async fn examine(config: &FeatureStoreConfig) -> Vec<Finding> {
    let (mut findings, registry) = tokio::join!(of_store(config), of_registry(config));
    findings.push(registry);
    findings.extend(of_files(config));
    findings
}

async fn of_store(config: &FeatureStoreConfig) -> Vec<Finding> {
    let about = match &config.online_store {
        OnlineStore::Redis(redis) => {
            let user = redis.username.as_deref().unwrap_or("default");
            format!("online store (Redis user `{user}`)")
        }
        OnlineStore::Sqlite(_) => "online store".to_owned(),
    };
    let tried = online_store::try_rights(&config.online_store, &config.project);
    let rights = match timeout(PATIENCE, tried).await {
        Ok(Ok(rights)) => rights,
        Ok(Err(error)) => return vec![Finding::new(about, Verdict::Unknown(error.to_string()))],
        Err(_) => {
            let late = format!("no answer within {PATIENCE:?}");
            return vec![Finding::new(about, Verdict::Unknown(late))];
        }
    };
    let excess = rights.excess.into_iter().map(Verdict::Excess);
    let verdicts = excess.chain(rights.missing.into_iter().map(Verdict::Missing));
    or_fine(about, verdicts)
}

async fn of_registry(config: &FeatureStoreConfig) -> Finding {
    let registry = match RegistryStore::open(&config.registry) {
        Ok(registry) => registry,
        Err(error) => return Finding::new("registry", Verdict::Unknown(error.to_string())),
    };
    let verdict = match timeout(PATIENCE, registry.write_access()).await {
        Ok(Ok(WriteAccess::Denied)) => Verdict::Fine,
        Ok(Ok(WriteAccess::Granted(right))) => Verdict::Excess(right),
        Ok(Ok(WriteAccess::Untried(why))) => Verdict::Unknown(why),
        Ok(Err(error)) => Verdict::Unknown(error.to_string()),
        Err(_) => Verdict::Unknown(format!("no answer within {PATIENCE:?}")),
    };
    Finding::new(format!("registry `{}`", registry.location()), verdict)
}

fn of_files(config: &FeatureStoreConfig) -> Vec<Finding> {
    let settings = if holds_a_password(config) {
        files::of_secret(&config.file)
    } else {
        files::of_settings(&config.file)
    };
    let mut findings = vec![settings];
    if let OnlineStore::Redis(redis) = &config.online_store
        && let Some(tls) = &redis.tls
    {
        findings.extend(tls.key_file.as_deref().map(files::of_secret));
        let public = [tls.ca_certs.as_deref(), tls.cert_file.as_deref()];
        findings.extend(public.into_iter().flatten().map(files::of_settings));
    }
    let keys = config.salver.plugins.trusted_keys.iter();
    findings.extend(keys.filter_map(trusted).map(files::of_settings));
    findings.extend(of_token_keys(&config.authentication));
    findings
}

/// Whoever writes them makes tokens, and so does whoever reads the secret.
fn of_token_keys(authentication: &Authentication) -> Option<Finding> {
    let Authentication::Tokens(settings) = authentication else {
        return None;
    };
    match &settings.keys {
        TokenKeys::SecretFile(path) => Some(files::of_secret(path)),
        TokenKeys::JwksFile(path) => Some(files::of_settings(path)),
        TokenKeys::JwksUrl(at) | TokenKeys::Discovery(at) => {
            at.ca_cert.as_deref().map(files::of_settings)
        }
    }
}

fn trusted(key: &TrustedKey) -> Option<&Path> {
    match key {
        TrustedKey::File(path) => Some(path),
        TrustedKey::Text(_) => None,
    }
}

/// Whether the file itself has the password, and no variable stands for it.
fn holds_a_password(config: &FeatureStoreConfig) -> bool {
    let OnlineStore::Redis(redis) = &config.online_store else {
        return false;
    };
    let Some(password) = &redis.password else {
        return false;
    };
    let text = std::fs::read_to_string(&config.file).unwrap_or_default();
    text.contains(password.reveal())
}

fn or_fine(about: String, verdicts: impl Iterator<Item = Verdict>) -> Vec<Finding> {
    let findings: Vec<_> = verdicts
        .map(|verdict| Finding::new(about.clone(), verdict))
        .collect();
    if findings.is_empty() {
        vec![Finding::new(about, Verdict::Fine)]
    } else {
        findings
    }
}
