//! Where the components of plugins come from, and where they go.

use std::{
    io::Read as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bytes::Bytes;
use feature_model::{PluginDigest, Wasi};
use plugin_host::Host;
use registry_store::{MAX_COMPONENT_BYTES, PluginStore};
use sha2::{Digest as _, Sha256};

use crate::{
    definitions::{ComponentSource, PluginDefinition},
    printer::note,
    repository::Repository,
};

/// What takes longer than this to compile is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// A component that plugins name.
#[derive(Clone)]
pub(crate) struct Component {
    pub(crate) digest: PluginDigest,
    pub(crate) bytes: Bytes,
    /// The file that it was read from, as the definitions write it; absent where it is stored already.
    pub(crate) file: Option<String>,
}

/// A component that was compiled for what a definition lets it import.
#[derive(Clone)]
pub(super) struct Compiled {
    pub(super) wasi: Wasi,
    pub(super) compiled: plugin_host::Component,
}

/// Components, each once.
#[derive(Default)]
pub(crate) struct Components {
    found: Vec<Component>,
    compiled: Vec<Compiled>,
}

/// What can't be had: the part of the plugin's definition that says so, and the message.
pub(super) type NotFound = (&'static str, String);

impl Components {
    pub(crate) fn into_found(self) -> Vec<Component> {
        self.found
    }

    /// The component of a plugin, compiled.
    pub(super) async fn find(
        &mut self,
        repository: &Repository,
        host: &Host,
        plugin: &PluginDefinition,
    ) -> Result<Compiled, NotFound> {
        let (part, component) = self.look_for(repository, plugin).await?;
        let same = |known: &&Compiled| {
            *known.compiled.digest() == component.digest && known.wasi == plugin.wasi
        };
        if let Some(known) = self.compiled.iter().find(same) {
            return Ok(known.clone());
        }
        let compiled = compile(host, &component.bytes, plugin.wasi).await;
        let compiled = Compiled {
            wasi: plugin.wasi,
            compiled: compiled.map_err(|message| (part, message))?,
        };
        self.compiled.push(compiled.clone());
        Ok(compiled)
    }

    /// The component, and the part of the definition that names it.
    async fn look_for(
        &mut self,
        repository: &Repository,
        plugin: &PluginDefinition,
    ) -> Result<(&'static str, Component), NotFound> {
        let mut found = self.found.iter();
        match &plugin.component {
            ComponentSource::File(path) => {
                let same = |known: &&Component| known.file.as_ref() == Some(path);
                if let Some(known) = found.find(same) {
                    return Ok(("path", known.clone()));
                }
                let bytes = read(&repository.config.repo.join(path));
                let bytes = bytes.map_err(|message| ("path", message))?;
                Ok(("path", self.keep(bytes.into(), Some(path.clone()))))
            }
            ComponentSource::Stored(digest) => {
                if let Some(known) = found.find(|known| known.digest == *digest) {
                    return Ok(("digest", known.clone()));
                }
                let stored = fetch(repository, digest).await;
                let bytes = stored.map_err(|message| ("digest", message))?;
                Ok(("digest", self.keep(bytes, None)))
            }
        }
    }

    fn keep(&mut self, bytes: Bytes, file: Option<String>) -> Component {
        let digest = PluginDigest::new(Sha256::digest(&bytes).into());
        let component = Component {
            digest,
            bytes,
            file,
        };
        self.found.push(component.clone());
        component
    }
}

/// Stores components that are files beside the registry, so that a registry that names them can be committed.
pub(crate) async fn upload(store: &PluginStore, components: &[Component]) -> anyhow::Result<()> {
    for component in components
        .iter()
        .filter(|component| component.file.is_some())
    {
        let stored = store.put(component.bytes.clone()).await;
        stored.with_context(|| format!("could not store the component {}", component.digest))?;
    }
    Ok(())
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("`{}` can't be read: {error}", path.display());
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // A pipe would be waited for.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(format!("`{}` is no file", path.display()));
    }
    let mut bytes = Vec::new();
    file.take(MAX_COMPONENT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_COMPONENT_BYTES {
        let most = feature_model::ByteSize::new(MAX_COMPONENT_BYTES);
        return Err(format!("`{}` is larger than {most}", path.display()));
    }
    Ok(bytes)
}

async fn fetch(repository: &Repository, digest: &PluginDigest) -> Result<Bytes, String> {
    let store = repository.plugins().map_err(|error| error.to_string())?;
    store.get(digest).await.map_err(|error| error.to_string())
}

async fn compile(host: &Host, bytes: &Bytes, wasi: Wasi) -> Result<plugin_host::Component, String> {
    let (host, bytes) = (host.clone(), bytes.clone());
    let begun = Instant::now();
    let compiled = tokio::task::spawn_blocking(move || host.compile(&bytes, wasi)).await;
    let compiled = compiled.map_err(|error| error.to_string())?;
    let took = begun.elapsed();
    if took > PATIENCE {
        note(format!("compiled a plugin in {:.1} s", took.as_secs_f64()));
    }
    compiled.map_err(|error| error.to_string())
}
