//! The one thread of this process that compiles plugins, at a low priority: requests go first.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak, mpsc},
};

use anyhow::{Context, Result};
use bytes::Bytes;
use feature_model::{PluginDigest, Wasi};
use plugin_host::{Component, Host, LoadError};
use tokio::sync::oneshot;

use super::{ServedPlugin, Terms, Wanted};
use crate::metrics::Metrics;

type Job = Box<dyn FnOnce() + Send>;

/// Compiles and tries plugins, one after the other.
pub struct Workshop {
    host: Host,
    metrics: Arc<Metrics>,
    jobs: mpsc::Sender<Job>,
    /// What has been compiled and is still in use, so that views and projects share the machine code.
    compiled: Mutex<HashMap<(PluginDigest, Wasi), Weak<Component>>>,
}

/// What there is of a component that has to be loaded.
pub(super) enum Found {
    /// It is in use already.
    InUse,
    /// Its bytes.
    Fetched(Fetched),
    /// What it was compiled to, where its bytes can't be had.
    Recovered(Arc<Component>),
}

impl Found {
    /// Bytes that may have to be compiled.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Fetched(fetched) => fetched.component.len(),
            Self::InUse | Self::Recovered(_) => 0,
        }
    }
}

/// A component as it was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The component.
    pub component: Bytes,
    /// What somebody whom we may trust has compiled it to.
    pub artefact: Option<Bytes>,
}

impl Workshop {
    /// Starts the thread. It ends with the workshop.
    ///
    /// # Errors
    /// Where no thread can be started.
    pub fn open(host: Host, metrics: Arc<Metrics>) -> Result<Self> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let work = move || {
            lower_priority();
            for job in queue {
                job();
            }
        };
        std::thread::Builder::new()
            .name("plugin-workshop".to_owned())
            .spawn(work)
            .context("starting the thread that compiles plugins failed")?;
        Ok(Self {
            host,
            metrics,
            jobs,
            compiled: Mutex::default(),
        })
    }

    /// What runs the plugins.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// A component that is in use already.
    #[must_use]
    pub fn known(&self, digest: PluginDigest, wasi: Wasi) -> Option<Arc<Component>> {
        let compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.get(&(digest, wasi))?.upgrade()
    }

    /// Compiles a component, or loads what it was compiled to.
    ///
    /// # Errors
    /// Where it is none that can be served.
    pub async fn compile(
        &self,
        digest: PluginDigest,
        fetched: Fetched,
        wasi: Wasi,
    ) -> Result<Arc<Component>> {
        let host = self.host.clone();
        let compile = move || load(&host, &digest, &fetched, wasi);
        let component = self.run(compile).await??;
        Ok(self.keep(digest, component, wasi))
    }

    /// Loads what a component was compiled to earlier, without the component.
    ///
    /// # Errors
    /// Where that is none that can be served.
    pub async fn recover(
        &self,
        digest: PluginDigest,
        artefact: Option<Bytes>,
        wasi: Wasi,
    ) -> Result<Option<Arc<Component>>> {
        let host = self.host.clone();
        let load = move || host.load_compiled(&digest, artefact.as_deref(), wasi);
        let component = self.run(load).await??;
        Ok(component.map(|component| self.keep(digest, component, wasi)))
    }

    fn keep(&self, digest: PluginDigest, component: Component, wasi: Wasi) -> Arc<Component> {
        let component = Arc::new(component);
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.retain(|_, known| known.strong_count() > 0);
        compiled.insert((digest, wasi), Arc::downgrade(&component));
        component
    }

    /// Checks a component against a view and tries it.
    ///
    /// # Errors
    /// Where it can't serve the view.
    pub async fn fit(
        &self,
        component: Arc<Component>,
        terms: Arc<Terms>,
        wanted: Wanted,
    ) -> Result<ServedPlugin> {
        let metrics = Arc::clone(&self.metrics);
        let fit = move || ServedPlugin::new(component, &terms, wanted, &metrics);
        Ok(self.run(fit).await??)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let (sender, done) = oneshot::channel();
        let job: Job = Box::new(move || {
            // nobody waits any longer where the project is gone
            let _ = sender.send(work());
        });
        self.jobs
            .send(job)
            .ok()
            .context("the thread that compiles plugins is gone")?;
        done.await
            .context("the thread that compiles plugins has dropped a plugin")
    }
}

fn load(
    host: &Host,
    digest: &PluginDigest,
    fetched: &Fetched,
    wasi: Wasi,
) -> Result<Component, LoadError> {
    if let Some(artefact) = &fetched.artefact {
        match host.load_artefact(digest, &fetched.component, artefact, wasi) {
            Ok(component) => return Ok(component),
            Err(error) => {
                tracing::warn!(%digest, %error, "a stored artefact can't be used; compiling the plugin");
            }
        }
    }
    host.compile(&fetched.component, wasi)
}

/// On Linux the priority is a thread's own. Where it can't be lowered, compiling competes with requests.
fn lower_priority() {
    const NICEST: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(None, NICEST) {
        tracing::debug!(%error, "the priority of the thread that compiles plugins can't be lowered");
    }
}
