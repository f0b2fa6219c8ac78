use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use feature_codec::registry::RegistryDocument;
use feature_model::{FeatureView, Project};
use online_store::{OnlineWriter, StoredView};
use registry_store::{PluginStore, RegistryStore, Version};
use settings::FeatureStoreConfig;

use crate::printer::note;

/// A feature repository with its configuration read.
pub(crate) struct Repository {
    pub(crate) config: FeatureStoreConfig,
}

/// What the registry holds, and the version it was read at.
pub(crate) struct Current {
    pub(crate) document: RegistryDocument,
    pub(crate) version: Version,
    /// This repository's project; empty where the registry doesn't have it yet.
    pub(crate) project: Project,
}

impl Repository {
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let environment = std::env::vars().collect();
        let loaded = settings::load(path, &environment)?;
        for warning in &loaded.warnings {
            note(warning.to_string());
        }
        Ok(Self {
            config: loaded.config,
        })
    }

    pub(crate) fn registry(&self) -> anyhow::Result<RegistryStore> {
        Ok(RegistryStore::open(&self.config.registry)?)
    }

    pub(crate) fn plugins(&self) -> anyhow::Result<PluginStore> {
        Ok(PluginStore::open(&self.config.registry)?)
    }

    pub(crate) async fn current(&self) -> anyhow::Result<Current> {
        let store = self.registry()?;
        let (document, version) = store.load_document().await?;
        let snapshot = document
            .snapshot()
            .with_context(|| format!("registry `{}` can't be understood", store.location()))?;
        let project = snapshot
            .projects
            .get(&self.config.project)
            .cloned()
            .unwrap_or_default();
        Ok(Current {
            document,
            version,
            project,
        })
    }

    pub(crate) async fn writer(&self) -> anyhow::Result<Arc<dyn OnlineWriter>> {
        online_store::open_writer(&self.config.admin_online_store, &self.config.project)
            .await
            .context("could not open the online store")
    }

    /// Where and how the online store keeps a view.
    pub(crate) fn stored_view(&self, project: &Project, view: &FeatureView) -> StoredView {
        StoredView {
            project: self.config.project.clone(),
            name: view.name.clone(),
            join_keys: project
                .join_keys(view)
                .into_iter()
                .map(|key| key.name)
                .collect(),
            features: view
                .features
                .iter()
                .map(|feature| feature.name.clone())
                .collect(),
        }
    }
}
