//! Keeps the plugins of a project as its registry asks for them.

use std::{cmp::Reverse, sync::Arc, time::Duration};

use anyhow::Result;
use bytes::Bytes;
use feature_model::{PluginBinding, PluginDigest, ProjectName, RegistrySnapshot};
use registry_store::{PluginStore, PluginStoreError, RegistryView};
use settings::PluginSettings;
use tokio::sync::watch;

use super::{
    PluginTable, ServedPlugin, Terms, Trouble, Wanted,
    workshop::{Fetched, Found, Workshop},
};
use crate::names::field;

/// How soon a plugin is fetched again that couldn't be.
const FIRST_RETRY: Duration = Duration::from_secs(1);

/// The pause between two tries doubles up to this.
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// Fetches, compiles and tries the plugins of one project, and publishes those that serve.
pub struct Keeper {
    project: ProjectName,
    store: PluginStore,
    terms: Arc<Terms>,
    workshop: Arc<Workshop>,
    table: watch::Sender<Arc<PluginTable>>,
}

impl Keeper {
    /// A keeper, and where requests find its plugins.
    #[must_use]
    pub fn new(
        project: ProjectName,
        store: PluginStore,
        settings: &PluginSettings,
        workshop: Arc<Workshop>,
    ) -> (Self, watch::Receiver<Arc<PluginTable>>) {
        let (table, plugins) = watch::channel(Arc::<PluginTable>::default());
        let keeper = Self {
            terms: Arc::new(Terms::new(project.as_str(), settings)),
            project,
            store,
            workshop,
            table,
        };
        (keeper, plugins)
    }

    /// Follows the registry until it isn't watched any longer.
    pub async fn follow(self, mut registry: watch::Receiver<RegistryView>) {
        let mut retry = FIRST_RETRY;
        loop {
            let snapshot = registry.borrow_and_update().snapshot.clone();
            if let Some(snapshot) = snapshot {
                self.update(&snapshot, &registry).await;
            }
            let may_come_back = self
                .table
                .borrow()
                .troubled()
                .any(|(_, _, trouble)| trouble.passes());
            tokio::select! {
                changed = registry.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    retry = FIRST_RETRY;
                }
                () = tokio::time::sleep(retry), if may_come_back => {
                    retry = (retry * 2).min(LONGEST_RETRY);
                }
            }
        }
    }

    /// Brings the table to what this snapshot asks for, or stops half-way where there is a newer one.
    async fn update(&self, snapshot: &RegistrySnapshot, registry: &watch::Receiver<RegistryView>) {
        let wanted = self.wanted(snapshot);
        let mut missing = self.begin(&wanted);
        let mut fetched = Vec::with_capacity(missing.len());
        for wanted in missing.drain(..) {
            match self.fetch(&wanted.binding).await {
                Ok(found) => fetched.push((wanted, found)),
                Err(trouble) => self.fail(&wanted, trouble),
            }
        }
        // the last is taken first: what takes long to compile must not hold up what doesn't
        fetched.sort_by_key(|(_, found)| Reverse(found.size()));
        while let Some((wanted, found)) = fetched.pop() {
            match self.load(&wanted, found).await {
                Ok(plugin) => self.replace(&wanted, plugin),
                Err(error) => self.fail(&wanted, Trouble::Failed(format!("{error:#}"))),
            }
            if registry.has_changed().unwrap_or(true) && self.table.borrow().settled {
                return;
            }
        }
        self.change(|table| table.settled = true);
    }

    /// The views of the project that plugins compute.
    fn wanted(&self, snapshot: &RegistrySnapshot) -> Vec<Wanted> {
        let Some(project) = snapshot.projects.get(&self.project) else {
            return Vec::new();
        };
        let bindings = project.plugin_bindings.iter();
        let wanted = bindings.filter_map(|(name, binding)| {
            let view = project.on_demand_feature_views.get(name)?;
            (!view.write_to_online_store).then(|| Wanted {
                view: view.clone(),
                binding: binding.clone(),
            })
        });
        wanted.collect()
    }

    /// Drops the plugins of views that are bound no longer, and tells which have to be loaded.
    fn begin(&self, wanted: &[Wanted]) -> Vec<Wanted> {
        let mut missing = Vec::new();
        self.change(|table| {
            table
                .slots
                .retain(|name, _| wanted.iter().any(|wanted| wanted.view.name == *name));
            for wanted in wanted {
                if table.begin(wanted) {
                    missing.push(wanted.clone());
                }
            }
        });
        missing
    }

    async fn fetch(&self, binding: &PluginBinding) -> Result<Found, Trouble> {
        let digest = &binding.digest;
        if self.workshop.known(*digest, binding.wasi).is_some() {
            return Ok(Found::InUse);
        }
        let component = self.store.get(digest).await;
        let artefact = self.artefact(digest).await;
        match component {
            Ok(component) => Ok(Found::Fetched(Fetched {
                component,
                artefact,
            })),
            Err(error) => self.recover(binding, artefact, &error).await,
        }
    }

    async fn artefact(&self, digest: &PluginDigest) -> Option<Bytes> {
        let host = self.workshop.host();
        if !host.trusts_artefacts() {
            return None;
        }
        let name = host.artefact_file_name();
        let found = self.store.artefact(digest, &name).await;
        found.unwrap_or_else(|error| {
            tracing::warn!(%digest, %error, "an artefact can't be fetched; compiling the plugin");
            None
        })
    }

    /// What the component was compiled to earlier serves as well as the component, which can't be fetched.
    async fn recover(
        &self,
        binding: &PluginBinding,
        artefact: Option<Bytes>,
        error: &PluginStoreError,
    ) -> Result<Found, Trouble> {
        let (digest, wasi) = (binding.digest, binding.wasi);
        let trouble = trouble(error);
        if !trouble.passes() {
            return Err(trouble);
        }
        let recovered = self.workshop.recover(digest, artefact, wasi).await;
        match recovered {
            Ok(Some(component)) => {
                tracing::warn!(
                    { field::PROJECT } = %self.project,
                    { field::PLUGIN } = %digest,
                    { field::ERROR } = %error,
                    "a component can't be fetched; what it was compiled to earlier is served"
                );
                Ok(Found::Recovered(component))
            }
            Ok(None) => Err(trouble),
            Err(error) => Err(Trouble::Failed(format!("{error:#}"))),
        }
    }

    async fn load(&self, wanted: &Wanted, found: Found) -> Result<ServedPlugin> {
        let binding = &wanted.binding;
        let component = match (self.workshop.known(binding.digest, binding.wasi), found) {
            (Some(component), _) | (None, Found::Recovered(component)) => component,
            (None, Found::Fetched(fetched)) => {
                self.workshop
                    .compile(binding.digest, fetched, binding.wasi)
                    .await?
            }
            (None, Found::InUse) => anyhow::bail!(
                "the plugin has just been dropped; it is loaded again with the next change"
            ),
        };
        let terms = Arc::clone(&self.terms);
        self.workshop.fit(component, terms, wanted.clone()).await
    }

    /// Takes a plugin into service, unless it fails where the one before it didn't.
    fn replace(&self, wanted: &Wanted, plugin: ServedPlugin) {
        let table = self.table.borrow().clone();
        let slot = table.slots.get(&plugin.view.name);
        let before = slot.and_then(|slot| slot.serving.as_ref());
        match plugin.plugin.doubt() {
            Some(error) if before.is_some_and(|before| before.plugin.doubt().is_none()) => {
                let reason = format!(
                    "tried with a row of plain values: {error}; the version that serves can compute from such"
                );
                self.fail(wanted, Trouble::Failed(reason));
            }
            _ => self.serve(plugin),
        }
    }

    fn serve(&self, plugin: ServedPlugin) {
        tracing::info!(
            { field::PROJECT } = %self.project,
            { field::FEATURE_VIEW } = plugin.view.name,
            { field::PLUGIN } = %plugin.binding.digest,
            "a plugin serves"
        );
        self.tell_doubt(&plugin);
        self.tell_cut_limits(&plugin);
        self.change(|table| {
            if let Some(slot) = table.slots.get_mut(&plugin.view.name) {
                slot.serving = Some(Arc::new(plugin));
                slot.trouble = None;
            }
        });
    }

    fn tell_doubt(&self, plugin: &ServedPlugin) {
        if let Some(error) = plugin.plugin.doubt() {
            tracing::warn!(
                { field::PROJECT } = %self.project,
                { field::FEATURE_VIEW } = plugin.view.name,
                { field::PLUGIN } = %plugin.binding.digest,
                { field::ERROR } = %error,
                "a plugin serves, but fails for a row of plain values"
            );
        }
    }

    /// Whoever wrote the definition may not know the gateway's maximum.
    fn tell_cut_limits(&self, plugin: &ServedPlugin) {
        let cut = plugin.plugin.limits().exceeded_by(&plugin.binding.limits);
        if cut.is_empty() {
            return;
        }
        let sentences: Vec<String> = cut.into_iter().map(|(_, sentence)| sentence).collect();
        tracing::warn!(
            { field::PROJECT } = %self.project,
            { field::FEATURE_VIEW } = plugin.view.name,
            { field::PLUGIN } = %plugin.binding.digest,
            limits = sentences.join("; "),
            "limits of a plugin are cut to `salver.plugins.maximum`"
        );
    }

    fn fail(&self, wanted: &Wanted, trouble: Trouble) {
        let table = self.table.borrow().clone();
        let before = table.slots.get(&wanted.view.name);
        if before.is_none_or(|slot| slot.trouble.as_ref() != Some(&trouble)) {
            tracing::warn!(
                { field::PROJECT } = %self.project,
                { field::FEATURE_VIEW } = wanted.view.name,
                { field::PLUGIN } = %wanted.binding.digest,
                { field::ERROR } = trouble.reason(),
                keeps_serving = before.is_some_and(|slot| slot.serving.is_some()),
                "a plugin can't serve"
            );
        }
        self.change(|table| {
            if let Some(slot) = table.slots.get_mut(&wanted.view.name) {
                slot.trouble = Some(trouble);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut PluginTable)) {
        let mut table = PluginTable::clone(&self.table.borrow());
        change(&mut table);
        self.table.send_replace(Arc::new(table));
    }
}

fn trouble(error: &PluginStoreError) -> Trouble {
    match error {
        PluginStoreError::TooLarge { .. } | PluginStoreError::Config { .. } => {
            Trouble::Failed(error.to_string())
        }
        // what is missing or broken in the store may be put there at any time
        _ => Trouble::Unavailable(error.to_string()),
    }
}
