use std::{path::Path, time::Duration};

use feature_model::{ProjectName, RegistrySnapshot};
use online_store::Tried;
use registry_store::{RegistryStore, WriteAccess};
use settings::{Authentication, FeatureStoreConfig, OnlineStore, TokenKeys, TrustedKey};
use tokio::time::timeout;

use super::{Finding, Verdict, files};

/// How long a store or a registry may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rights of one store that are told.
const MOST_RIGHTS: usize = 20;

/// What the gateway may do with what a project names: its online store, its registry and its files. Nothing is changed
/// by finding out.
///
/// `served` are the projects that one process serves: the user that reads one may be the one that reads them all.
pub async fn examine(config: &FeatureStoreConfig, served: &[ProjectName]) -> Vec<Finding> {
    let of_store = async { of_store(config, tried(config, served).await).await };
    let (mut findings, registry) = tokio::join!(of_store, of_registry(config));
    findings.push(registry);
    findings.extend(of_files(config));
    findings
}

/// What the registry says of the project and its neighbours, for stores that keep them side by side; nothing where it can't
/// be read, which is told of the registry.
async fn tried(config: &FeatureStoreConfig, served: &[ProjectName]) -> Tried {
    let mut tried = Tried {
        project: config.project.clone(),
        join_keys: Vec::new(),
        others: Vec::new(),
        caches: config.salver.cache.is_some(),
    };
    if !matches!(config.online_store, OnlineStore::Redis(_)) {
        return tried;
    }
    let Some(snapshot) = snapshot(config).await else {
        return tried;
    };
    if let Some(project) = snapshot.projects.get(&config.project) {
        let entities = project.entities.values();
        tried.join_keys = entities.map(|entity| entity.join_key.clone()).collect();
        tried.join_keys.sort();
        tried.join_keys.dedup();
    }
    let others = snapshot.projects.into_keys();
    let others = others.filter(|name| *name != config.project && !served.contains(name));
    tried.others = others.collect();
    tried
}

async fn snapshot(config: &FeatureStoreConfig) -> Option<RegistrySnapshot> {
    let registry = RegistryStore::open(&config.registry).ok()?;
    let loaded = timeout(PATIENCE, registry.load_document()).await;
    let (document, _) = loaded.ok()?.ok()?;
    document.snapshot().ok()
}

async fn of_store(config: &FeatureStoreConfig, tried: Tried) -> Vec<Finding> {
    let about = match &config.online_store {
        OnlineStore::Redis(redis) => {
            let user = redis.username.as_deref().unwrap_or("default");
            format!("online store (Redis user `{user}`)")
        }
        OnlineStore::Sqlite(_) => "online store".to_owned(),
    };
    let tried = online_store::try_rights(&config.online_store, &tried);
    let rights = match timeout(PATIENCE, tried).await {
        Ok(Ok(rights)) => rights,
        Ok(Err(error)) => return vec![Finding::new(about, Verdict::Unknown(error.to_string()))],
        Err(_) => {
            let late = format!("no answer within {PATIENCE:?}");
            return vec![Finding::new(about, Verdict::Unknown(late))];
        }
    };
    let excess = at_most(rights.excess).into_iter().map(Verdict::Excess);
    let verdicts = excess.chain(rights.missing.into_iter().map(Verdict::Missing));
    or_fine(about, verdicts)
}

/// Who may do everything may do hundreds of things, of which the first are the worst.
fn at_most(mut rights: Vec<String>) -> Vec<String> {
    let more = rights.len().saturating_sub(MOST_RIGHTS);
    rights.truncate(MOST_RIGHTS);
    if more > 0 {
        rights.push(format!("and {more} more"));
    }
    rights
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
    let keys = config
        .salver
        .plugins
        .trusted_keys
        .iter()
        .filter_map(trusted);
    let trusted = keys.chain(token_key_file(&config.authentication));
    findings.extend(files::of_folders(trusted.chain([config.file.as_path()])));
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

fn token_key_file(authentication: &Authentication) -> Option<&Path> {
    let Authentication::Tokens(settings) = authentication else {
        return None;
    };
    match &settings.keys {
        TokenKeys::SecretFile(path) | TokenKeys::JwksFile(path) => Some(path),
        TokenKeys::JwksUrl(_) | TokenKeys::Discovery(_) => None,
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
