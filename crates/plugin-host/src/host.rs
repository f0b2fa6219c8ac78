use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use feature_model::{PluginDigest, Wasi};
use wasmtime::component::Component as Compiled;

use crate::{
    Artefact, ArtefactError, Component, HostError, Inspection, Limits, LoadError, PublicKey,
    SigningKey, Target,
    artefact::{self, Origin},
    cache::Cache,
    cores::Cores,
    engine::{self, Engines, Pool, SettingsHash},
    inspect::{self, Shape},
    native::{self, Verified},
};

/// The target in the name of what this machine compiles for itself.
const THIS_MACHINE: &str = "host";
const WASM_PAGE: u64 = 64 << 10;

/// How a [`Host`] is set up.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Where compiled components are kept for the next start: made with mode 0700 where it isn't there yet. Without
    /// it, each start compiles anew.
    pub cache_dir: Option<PathBuf>,
    /// Whose artefacts are loaded.
    pub trusted_keys: Vec<PublicKey>,
    /// What holds where a view says nothing.
    pub defaults: Limits,
    /// What no view gets more of.
    pub maximum: Limits,
    /// How long a component may take to describe itself, and for the first calls that try it. It isn't on a request,
    /// and an interpreter's first call is its slowest.
    pub trial_deadline: Duration,
    /// Whether a component is compiled on all cores. Not beside requests.
    pub parallel_compilation: bool,
    /// When a plugin that keeps failing is called again.
    pub back_off: BackOff,
}

/// When a plugin that keeps failing is called again.
#[derive(Clone, Copy, Debug)]
pub struct BackOff {
    /// So many calls must misbehave. Four good calls make up for one of them.
    pub failures: u32,
    /// The first pause. Each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
    /// The clock.
    pub now: fn() -> Instant,
}

impl Default for BackOff {
    fn default() -> Self {
        Self {
            failures: 5,
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            now: Instant::now,
        }
    }
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            cache_dir: None,
            trusted_keys: Vec::new(),
            defaults: Limits::DEFAULT,
            maximum: Limits::MAXIMUM,
            trial_deadline: Duration::from_secs(2),
            parallel_compilation: false,
            back_off: BackOff::default(),
        }
    }
}

/// Compiles and loads components. Cheap to clone; all clones are one host.
#[derive(Clone)]
pub struct Host {
    inner: Arc<Inner>,
}

struct Inner {
    options: HostOptions,
    engines: Engines,
    cache: Option<Cache>,
    cores: Mutex<HashMap<(String, PluginDigest), Weak<Cores>>>,
}

impl Host {
    /// Sets up the engines.
    ///
    /// # Errors
    ///
    /// The cache's folder can't be made or trusted, or the machine gives no engine.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let cache = options.cache_dir.as_deref().map(Cache::open).transpose()?;
        let engines = Engines::new(options.maximum, options.parallel_compilation)?;
        let inner = Inner {
            options,
            engines,
            cache,
            cores: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Looks into bytes without compiling or running them.
    ///
    /// # Errors
    ///
    /// They are no component, which the error tells from what they are instead, or they are cut short.
    pub fn inspect(bytes: &[u8]) -> Result<Inspection, LoadError> {
        inspect::inspect(bytes)
    }

    /// Compiles a component, or takes what the cache has of it. Takes seconds for one with an interpreter: never on a
    /// request.
    ///
    /// # Errors
    ///
    /// The bytes are no plugin, or one that imports more than it may.
    pub fn compile(&self, bytes: &[u8], wasi: Wasi) -> Result<Component, LoadError> {
        let inspection = inspect::inspect(bytes)?;
        inspection.check(wasi)?;
        let engine = self.engine(&inspection)?;
        let origin = Origin::of(inspection.digest, SettingsHash::of(&engine), THIS_MACHINE);
        let compiled = match self.cached(&engine, &origin) {
            Some(compiled) => compiled,
            None => self.compile_now(&engine, &origin, bytes)?,
        };
        Component::new(self.clone(), inspection, compiled, wasi)
    }

    /// Loads what [`Self::precompile`] has made of a component, perhaps elsewhere: takes milliseconds.
    ///
    /// # Errors
    ///
    /// The component isn't the one of this digest or isn't a plugin; no trusted key has signed the artefact; it is of
    /// another component, wasmtime or processor.
    pub fn load_artefact(
        &self,
        digest: &PluginDigest,
        component: &[u8],
        artefact: &[u8],
        wasi: Wasi,
    ) -> Result<Component, LoadError> {
        let inspection = inspect::inspect(component)?;
        if inspection.digest != *digest {
            return Err(LoadError::Digest {
                expected: *digest,
                found: inspection.digest,
            });
        }
        inspection.check(wasi)?;
        let engine = self.engine(&inspection)?;
        let compiled = self.verified(&engine, digest, artefact)?;
        Component::new(self.clone(), inspection, compiled, wasi)
    }

    /// Loads what a component was compiled to, without the component: its artefact, else what the cache has of it. Both
    /// are bound to the digest, by the signature of a trusted key or by the cache's own, so that what runs is what the
    /// component's bytes would be compiled to. `None` where there is neither.
    ///
    /// # Errors
    ///
    /// It is no plugin, or one that imports more than it may.
    pub fn load_compiled(
        &self,
        digest: &PluginDigest,
        artefact: Option<&[u8]>,
        wasi: Wasi,
    ) -> Result<Option<Component>, LoadError> {
        let engines = &self.inner.engines;
        let stack = self.inner.options.defaults.stack_bytes;
        let engine = engines.get(Pool::of(&Shape::UNKNOWN), stack)?;
        let signed = artefact.and_then(|artefact| self.verified(&engine, digest, artefact).ok());
        let origin = Origin::of(*digest, SettingsHash::of(&engine), THIS_MACHINE);
        let Some(compiled) = signed.or_else(|| self.cached(&engine, &origin)) else {
            return Ok(None);
        };
        let inspection = Inspection::of_compiled(*digest, &compiled);
        inspection.check(wasi)?;
        Component::new(self.clone(), inspection, compiled, wasi).map(Some)
    }

    /// Compiles a component for the baseline of a target, and signs what comes out.
    ///
    /// # Errors
    ///
    /// The bytes are no plugin.
    pub fn precompile(
        &self,
        bytes: &[u8],
        target: Target,
        key: &SigningKey,
    ) -> Result<Artefact, LoadError> {
        let inspection = inspect::inspect(bytes)?;
        // What it may import is said by the views that use it.
        inspection.check(Wasi::Empty)?;
        let engine = engine::baseline_engine(target)?;
        let settings = SettingsHash::of(&engine);
        let code = engine
            .precompile_component(bytes)
            .map_err(|error| invalid(&error))?;
        let origin = Origin::of(inspection.digest, settings, &target.to_string());
        Ok(Artefact {
            file_name: artefact::file_name(target, settings),
            bytes: artefact::sign(&origin, &code, key),
        })
    }

    /// Whether there is a key whose artefacts are loaded.
    #[must_use]
    pub fn trusts_artefacts(&self) -> bool {
        !self.inner.options.trusted_keys.is_empty()
    }

    /// The name of the artefact that this host can load.
    #[must_use]
    pub fn artefact_file_name(&self) -> String {
        let target = Target::of_this_machine();
        artefact::file_name(target, self.inner.engines.baseline_hash())
    }

    pub(crate) fn options(&self) -> &HostOptions {
        &self.inner.options
    }

    pub(crate) fn engines(&self) -> &Engines {
        &self.inner.engines
    }

    /// The share of the cores that all views of a project have together which one component computes.
    pub(crate) fn cores(&self, project: &str, digest: &PluginDigest) -> Arc<Cores> {
        let of = (project.to_owned(), *digest);
        let mut shares = self
            .inner
            .cores
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(cores) = shares.get(&of).and_then(Weak::upgrade) {
            return cores;
        }
        shares.retain(|_, cores| cores.strong_count() > 0);
        let cores = Arc::new(Cores::half_of_this_machine());
        shares.insert(of, Arc::downgrade(&cores));
        cores
    }

    fn engine(&self, inspection: &Inspection) -> Result<wasmtime::Engine, LoadError> {
        let needed = inspection.shape.memory_pages.saturating_mul(WASM_PAGE);
        let maximum = self.inner.options.maximum.memory_bytes;
        if needed > maximum {
            return Err(LoadError::Memory { needed, maximum });
        }
        let stack = self.inner.options.defaults.stack_bytes;
        Ok(self.inner.engines.get(Pool::of(&inspection.shape), stack)?)
    }

    /// The code of an artefact that a trusted key has signed for this component and this machine.
    fn verified(
        &self,
        engine: &wasmtime::Engine,
        digest: &PluginDigest,
        artefact: &[u8],
    ) -> Result<Compiled, ArtefactError> {
        let target = Target::of_this_machine().to_string();
        let origin = Origin::of(*digest, self.inner.engines.baseline_hash(), &target);
        let code = artefact::verify(artefact, &origin, &self.inner.options.trusted_keys)?;
        native::load(engine, &code).map_err(|error| ArtefactError::Refused {
            detail: format!("{error:#}"),
        })
    }

    fn cached(&self, engine: &wasmtime::Engine, origin: &Origin) -> Option<Compiled> {
        let cache = self.inner.cache.as_ref()?;
        let cached = cache.read(origin)?;
        let loaded = match cache.verify(origin, &cached) {
            Some(code) => native::load(engine, &code).map_err(|error| format!("{error:#}")),
            None => Err("it isn't what this cache has written".to_owned()),
        };
        loaded
            .inspect_err(|error| {
                let file = cache.path(origin);
                tracing::warn!(file = %file.display(), error, "a compiled plugin is compiled anew");
            })
            .ok()
    }

    fn compile_now(
        &self,
        engine: &wasmtime::Engine,
        origin: &Origin,
        bytes: &[u8],
    ) -> Result<Compiled, LoadError> {
        let code = engine
            .precompile_component(bytes)
            .map_err(|error| invalid(&error))?;
        if let Some(cache) = &self.inner.cache
            && let Err(error) = cache.write(origin, &code)
        {
            tracing::warn!(%error, "a compiled plugin can't be cached");
        }
        // This process has made the code just now.
        native::load(engine, &Verified::new(&code)).map_err(|error| invalid(&error))
    }
}

fn invalid(error: &wasmtime::Error) -> LoadError {
    LoadError::Invalid {
        detail: format!("{error:#}"),
    }
}
