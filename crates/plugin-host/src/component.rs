use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use feature_model::{PluginDigest, Wasi};
use wasmtime::{Engine, component::Component as Compiled};

use crate::{
    CallError, Description, Host, Inspection, Limits, LoadError,
    engine::Pool,
    instance::Instance,
    link::Linked,
    native::{self, Verified},
    state::Owner,
};

/// A component that is compiled and has everything it imports. Cheap to clone.
#[derive(Clone)]
pub struct Component {
    inner: Arc<Inner>,
}

struct Inner {
    host: Host,
    inspection: Inspection,
    wasi: Wasi,
    compiled: Compiled,
    linked: Arc<Linked>,
    /// The same code for views that ask for another size of the stack, by engine.
    others: Mutex<HashMap<u64, (Engine, Arc<Linked>)>>,
}

impl Component {
    pub(crate) fn new(
        host: Host,
        inspection: Inspection,
        compiled: Compiled,
        wasi: Wasi,
    ) -> Result<Self, LoadError> {
        let linked = Arc::new(link(&inspection, &compiled, wasi)?);
        let inner = Inner {
            host,
            inspection,
            wasi,
            compiled,
            linked,
            others: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// The SHA-256 of the component's bytes.
    #[must_use]
    pub fn digest(&self) -> &PluginDigest {
        &self.inner.inspection.digest
    }

    /// What the component says about itself without being run.
    #[must_use]
    pub fn inspection(&self) -> &Inspection {
        &self.inner.inspection
    }

    /// The names of its transforms.
    ///
    /// # Errors
    ///
    /// The guest misbehaves.
    pub fn transforms(&self) -> Result<Vec<String>, CallError> {
        let (mut instance, deadline) = self.trial_instance()?;
        instance.names(&self.inner.linked, self.inner.host.engines(), deadline)
    }

    /// What a transform takes and returns under parameters: the text of a JSON object.
    ///
    /// # Errors
    ///
    /// There is no such transform, it can't use the parameters, its description makes no sense, or the guest
    /// misbehaves.
    pub fn describe(&self, transform: &str, parameters: &str) -> Result<Description, CallError> {
        let (mut instance, deadline) = self.trial_instance()?;
        let engines = self.inner.host.engines();
        let asked = (transform, parameters);
        let described = instance.describe(&self.inner.linked, engines, asked, deadline)?;
        Description::of(described).map_err(|problem| instance.bad_output(problem))
    }

    pub(crate) fn host(&self) -> &Host {
        &self.inner.host
    }

    /// The component with stacks of at least this size.
    pub(crate) fn linked(&self, stack_bytes: u64) -> Result<Arc<Linked>, LoadError> {
        let pool = Pool::of(&self.inner.inspection.shape);
        let engine = self.inner.host.engines().get(pool, stack_bytes)?;
        if Engine::same(&engine, self.inner.compiled.engine()) {
            return Ok(self.inner.linked.clone());
        }
        let size = stack_bytes.next_power_of_two();
        let mut others = self
            .inner
            .others
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((other, linked)) = others.get(&size)
            && Engine::same(other, &engine)
        {
            return Ok(linked.clone());
        }
        let compiled = reload(&self.inner.compiled, &engine)?;
        let linked = link(&self.inner.inspection, &compiled, self.inner.wasi).map(Arc::new)?;
        others.insert(size, (engine, linked.clone()));
        Ok(linked)
    }

    fn trial_instance(&self) -> Result<(Instance, Instant), CallError> {
        let options = self.inner.host.options();
        let deadline = Instant::now() + options.trial_deadline;
        let owner = Arc::new(Owner {
            plugin: self.digest().to_string().into(),
            project: "".into(),
        });
        let limits = Limits {
            deadline: options.trial_deadline,
            memory_bytes: options.maximum.memory_bytes,
            ..options.defaults
        };
        let engines = self.inner.host.engines();
        let instance = Instance::new(&self.inner.linked, engines, &owner, limits, deadline)?;
        Ok((instance, deadline))
    }
}

fn link(inspection: &Inspection, compiled: &Compiled, wasi: Wasi) -> Result<Linked, LoadError> {
    let interface = inspection.transforms_export().unwrap_or_default();
    Linked::new(compiled, interface, wasi)
}

/// The same machine code in another engine. It is in this process's memory already.
fn reload(compiled: &Compiled, engine: &Engine) -> Result<Compiled, LoadError> {
    compiled
        .serialize()
        .and_then(|code| native::load(engine, &Verified::new(&code)))
        .map_err(|error| LoadError::Invalid {
            detail: format!("{error:#}"),
        })
}
