use std::{future::Future, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use feature_codec::registry::decode_snapshot;
use feature_model::{ProjectName, RegistrySnapshot};
use registry_store::{Error, PluginStore, RegistryStore, RegistryView, Version};
use settings::FeatureStoreConfig;
use tokio::{sync::watch, task::spawn_blocking, time::timeout};

use super::ServedProject;
use crate::{
    authorise::Access,
    lifecycle::Lifecycle,
    metrics::Metrics,
    names::field,
    plugins::{Keeper, Workshop},
};

/// How long the start waits for a registry to answer. Past it, the process serves what else there is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A project as it could be opened.
#[derive(Debug)]
pub struct Opened {
    /// The project. Requests that it can't answer are told so.
    pub project: ServedProject,
    /// What is wrong with it that doesn't pass by itself.
    pub trouble: Option<anyhow::Error>,
}

impl Opened {
    /// A project that isn't opened, and why.
    #[must_use]
    pub fn broken(
        config: Arc<FeatureStoreConfig>,
        access: Access,
        trouble: anyhow::Error,
        metrics: &Metrics,
    ) -> Self {
        Self {
            project: ServedProject::broken(config, access, format!("{trouble:#}"), metrics),
            trouble: Some(trouble),
        }
    }
}

/// Opens the project of a feature repository. A registry or a store that can't be reached now comes later. A registry
/// that doesn't exist, is none, or lacks the project is somebody's mistake, but serves as soon as that is mended;
/// with settings that can't work the project is [broken](ServedProject::broken).
pub async fn open(
    config: Arc<FeatureStoreConfig>,
    access: Access,
    workshop: &Arc<Workshop>,
    metrics: &Arc<Metrics>,
    lifecycle: &Lifecycle,
) -> Opened {
    let opening = try_open(
        Arc::clone(&config),
        access.clone(),
        workshop,
        metrics,
        lifecycle,
    );
    match opening.await {
        Ok(opened) => opened,
        Err(trouble) => Opened::broken(config, access, trouble, metrics),
    }
}

async fn try_open(
    config: Arc<FeatureStoreConfig>,
    access: Access,
    workshop: &Arc<Workshop>,
    metrics: &Arc<Metrics>,
    lifecycle: &Lifecycle,
) -> Result<Opened> {
    let plugins = PluginStore::open(&config.registry)?;
    let registry = RegistryStore::open(&config.registry)?;
    let name = &config.project;
    let store = online_store::open_reader(&config.online_store, name)
        .await
        .with_context(|| format!("opening the online store of project `{name}` failed"))?;
    let trouble = check(&registry, &config).await.err();
    let closing = lifecycle.closing_token();
    let poll = config.salver.registry_poll;
    let watched = registry_store::watch(registry, poll, closing.cancelled_owned());
    let view = soon(watched, access.clone()).await;
    let settings = &config.salver.plugins;
    let (keeper, plugins) = Keeper::new(name.clone(), plugins, settings, Arc::clone(workshop));
    tokio::spawn(keeper.follow(view.clone()));
    let project = ServedProject::new(config, access, view, plugins, store, metrics);
    Ok(Opened {
        project: project.with_cache(metrics).await?,
        trouble,
    })
}

/// A registry whose first copy may be long in coming, though not for those who wait for this: past [`PATIENCE`] they
/// go on without. No copy is served before its rules are ready.
async fn soon(
    watched: impl Future<Output = watch::Receiver<RegistryView>> + Send + 'static,
    access: Access,
) -> watch::Receiver<RegistryView> {
    let (sender, mut receiver) = watch::channel(RegistryView {
        snapshot: None,
        version: Version::empty(),
        loaded_at: None,
        last_error: Some("it has not answered yet".to_owned()),
    });
    tokio::spawn(async move {
        let mut watched = tokio::select! {
            watched = watched => watched,
            () = sender.closed() => return,
        };
        loop {
            let view = watched.borrow_and_update().clone();
            prepare(&access, &view).await;
            sender.send_replace(view);
            tokio::select! {
                changed = watched.changed() => if changed.is_err() { return },
                () = sender.closed() => return,
            }
        }
    });
    // whether it came in time shows in what it holds
    let _ = timeout(PATIENCE, receiver.changed()).await;
    receiver
}

/// Compiles the patterns of its rules, beside the reactor, so that no request waits for that.
async fn prepare(access: &Access, view: &RegistryView) {
    if let (Access::Guarded(guard), Some(snapshot)) = (access, &view.snapshot) {
        let (guard, snapshot) = (Arc::clone(guard), Arc::clone(snapshot));
        let made = spawn_blocking(move || guard.prepare(&snapshot)).await;
        if let Err(error) = made {
            tracing::error!(%error, "preparing the rules of a registry failed");
        }
    }
}

async fn check(registry: &RegistryStore, config: &FeatureStoreConfig) -> Result<()> {
    let (location, name) = (registry.location(), &config.project);
    let loaded = match timeout(PATIENCE, registry.load()).await {
        Ok(Ok(loaded)) => loaded,
        Ok(Err(error @ Error::Unavailable { .. })) => {
            tracing::warn!({ field::PROJECT } = %name, %error, "waiting for the registry");
            return Ok(());
        }
        Ok(Err(error)) => return Err(error.into()),
        Err(_) => {
            tracing::warn!({ field::PROJECT } = %name, location, "the registry does not answer, waiting for it");
            return Ok(());
        }
    };
    let apply = format!("run `registry-admin -c {} apply`", config.repo.display());
    if loaded.bytes.is_empty() {
        bail!("registry `{location}` does not exist or is empty; {apply} to write it");
    }
    let parsed = spawn_blocking(move || decode_snapshot(&loaded.bytes)).await?;
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

#[cfg(test)]
mod tests {
    use std::{future::ready, sync::Arc};

    use feature_model::RegistrySnapshot;
    use registry_store::{RegistryView, Version};
    use tokio::sync::watch;

    use super::{Access, soon};
    use crate::fixture;

    fn view() -> RegistryView {
        RegistryView {
            snapshot: Some(Arc::new(RegistrySnapshot::default())),
            version: Version::empty(),
            loaded_at: None,
            last_error: None,
        }
    }

    #[tokio::test]
    async fn a_copy_of_the_registry_is_served_when_its_rules_are_ready() {
        let guard = Arc::new(fixture::guard());
        let (sender, watched) = watch::channel(view());
        let mut served = soon(ready(watched), Access::Guarded(Arc::clone(&guard))).await;
        for _ in 0..3 {
            let snapshot = served.borrow_and_update().snapshot.clone().unwrap();
            assert!(guard.is_prepared(&snapshot));
            sender.send_replace(view());
            served.changed().await.unwrap();
        }
    }
}
