use std::sync::Arc;

use anyhow::{Context, Result, bail};
use feature_codec::registry::decode_snapshot;
use feature_model::{ProjectName, RegistrySnapshot};
use registry_store::{Error, PluginStore, RegistryStore};
use settings::FeatureStoreConfig;

use super::ServedProject;
use crate::{
    authorise::Access,
    lifecycle::Lifecycle,
    metrics::Metrics,
    names::field,
    plugins::{Keeper, Workshop},
};

/// Opens the project of a feature repository. A registry or a store that can't be reached now comes later;
/// what waiting doesn't mend is told at once.
///
/// # Errors
/// Where there is no registry, where it is none, where it lacks the project, or where the settings can't work.
pub async fn open(
    config: Arc<FeatureStoreConfig>,
    access: Access,
    workshop: &Arc<Workshop>,
    metrics: &Arc<Metrics>,
    lifecycle: &Lifecycle,
) -> Result<ServedProject> {
    let plugins = PluginStore::open(&config.registry)?;
    let registry = RegistryStore::open(&config.registry)?;
    check(&registry, &config).await?;
    let name = &config.project;
    let store = online_store::open_reader(&config.online_store, name)
        .await
        .with_context(|| format!("opening the online store of project `{name}` failed"))?;
    let closing = lifecycle.closing_token();
    let poll = config.salver.registry_poll;
    let view = registry_store::watch(registry, poll, closing.cancelled_owned()).await;
    let (keeper, plugins) = Keeper::new(name.clone(), plugins, Arc::clone(workshop));
    tokio::spawn(keeper.follow(view.clone()));
    Ok(ServedProject::new(
        config, access, view, plugins, store, metrics,
    ))
}

async fn check(registry: &RegistryStore, config: &FeatureStoreConfig) -> Result<()> {
    let (location, name) = (registry.location(), &config.project);
    let loaded = match registry.load().await {
        Ok(loaded) => loaded,
        Err(error @ Error::Unavailable { .. }) => {
            tracing::warn!({ field::PROJECT } = %name, %error, "waiting for the registry");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let apply = format!("run `registry-admin -c {} apply`", config.repo.display());
    if loaded.bytes.is_empty() {
        bail!("registry `{location}` does not exist or is empty; {apply} to write it");
    }
    let parsed = tokio::task::spawn_blocking(move || decode_snapshot(&loaded.bytes)).await?;
    let snapshot = parsed.with_context(|| {
        format!("registry `{location}` is truncated or no registry; restore it")
    })?;
    if !snapshot.projects.contains_key(name) {
        let others = others(&snapshot);
        bail!("registry `{location}` has no project `{name}`{others}; {apply} to add it");
    }
    Ok(())
}

fn others(snapshot: &RegistrySnapshot) -> String {
    let names: Vec<_> = snapshot.projects.keys().map(ProjectName::as_str).collect();
    if names.is_empty() {
        String::new()
    } else {
        format!(", only `{}`", names.join("`, `"))
    }
}
