mod trial;

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use feature_model::PluginLimits;
use leftover::Falls;
use tokio::sync::SemaphorePermit;

use crate::{
    Batch, CallError, Component, Description, Limits,
    batch_check::{check, check_names, check_shape},
    breaker::Breaker,
    cores::Cores,
    description::columns,
    instance::Instance,
    link::Linked,
    pace::Pace,
    pool::Pool,
    state::Owner,
};

/// A call waits for a core for as long at least, however short its deadline: where the machine is busy otherwise for
/// a moment, being late is better than failing. A request that is given up doesn't wait any longer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Which transform a view calls, and under which conditions.
#[derive(Clone, Debug)]
pub struct PluginOptions {
    /// What errors and log lines call the plugin: the name of the view.
    pub name: String,
    /// The project of the view.
    pub project: String,
    /// One of the component's transforms.
    pub transform: String,
    /// The text of a JSON object; `{}` where there are no parameters.
    pub parameters: String,
    /// What a call may use.
    pub limits: PluginLimits,
    /// Whether each call gets an instance that no call has used before.
    pub fresh_instance: bool,
}

/// One view's plugin: its transform, and warm instances that no other view or project has. Cheap to clone; all clones
/// share the instances.
#[derive(Clone)]
pub struct Plugin {
    inner: Arc<Inner>,
}

struct Inner {
    component: Component,
    linked: Arc<Linked>,
    owner: Arc<Owner>,
    options: PluginOptions,
    limits: Limits,
    description: Description,
    /// What all views of the project have together that this component computes.
    cores: Arc<Cores>,
    pool: Pool,
    breaker: Breaker,
    pace: Pace,
    doubt: Option<CallError>,
}

impl Plugin {
    /// Describes the transform, and tries it on no rows, on a row of nulls and on a row of
    /// [plain values](crate::sample_inputs). Takes as long as the guest's first calls: never on a request.
    ///
    /// # Errors
    ///
    /// The guest misbehaves, or knows no such transform, or can't use the parameters. An error that the transform
    /// tells of the row of nulls is none: it may insist on values. For the row of plain values, see
    /// [`Plugin::doubt`].
    pub fn new(component: &Component, options: PluginOptions) -> Result<Self, CallError> {
        let host = component.host().options();
        let limits = Limits::of(&options.limits, &host.defaults, &host.maximum);
        let owner = Arc::new(Owner {
            plugin: options.name.as_str().into(),
            project: options.project.as_str().into(),
        });
        let linked =
            component
                .linked(limits.stack_bytes)
                .map_err(|error| CallError::Unavailable {
                    plugin: owner.plugin.clone(),
                    detail: error.to_string(),
                })?;
        let description = describe(component, &linked, &owner, &options, limits)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut inner = Inner {
            cores: component.host().cores(&options.project, component.digest()),
            pool: Pool::new((cores / 2).max(1), limits.memory_bytes),
            breaker: Breaker::new(host.back_off),
            pace: Pace::new(),
            component: component.clone(),
            linked,
            owner,
            options,
            limits,
            description,
            doubt: None,
        };
        inner.doubt = inner.try_out()?;
        inner.pace.begin_trial();
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// What the transform takes and returns.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.inner.description
    }

    /// What went wrong with a row of plain values, when the plugin was tried. Where the transform said that it can't
    /// compute from them (`invalid-input`), nothing did. A plugin may insist on other values, and serve well; most
    /// don't.
    #[must_use]
    pub fn doubt(&self) -> Option<&CallError> {
        self.inner.doubt.as_ref()
    }

    /// What a call may use, after the host's defaults and maximum.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.inner.limits
    }

    /// What it is called in errors and log lines.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.owner.plugin
    }

    /// Bytes of memory that the instance has which is called next; none where there is no warm instance.
    #[must_use]
    pub fn memory_used(&self) -> Option<u64> {
        self.inner.pool.memory_used()
    }

    /// Computes the outputs of rows, on this thread. The inputs are those of the description.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub fn call_blocking(&self, rows: u32, inputs: &Batch) -> Result<Batch, CallError> {
        let inner = &*self.inner;
        let now = inner.begin(rows, inputs)?;
        let cores = &inner.cores;
        if let Some(_permit) = cores.try_acquire() {
            return inner.run(rows, inputs, now).outputs;
        }
        let permit = cores.acquire_blocking(now + inner.patience());
        let _permit = permit.ok_or_else(|| inner.busy())?;
        inner.run(rows, inputs, Instant::now()).outputs
    }

    /// A place for a call that can begin right now, and will be short as far as the plugin's history tells.
    #[must_use]
    pub fn place_at_once(&self, rows: usize) -> Option<Place<'_>> {
        let inner = &*self.inner;
        if !inner.is_short(rows) {
            return None;
        }
        let permit = inner.cores.try_acquire()?;
        Some(Place {
            inner,
            _permit: permit,
        })
    }

    /// Computes the outputs of rows, in a tokio runtime with timers. A call that will be short, as far as its history
    /// tells, runs right here; others run on a thread that may be blocked.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn call(&self, rows: u32, inputs: Batch) -> Result<Batch, CallError> {
        let inner = &*self.inner;
        let patience = inner.begin(rows, &inputs)? + inner.patience();
        let permit = inner.cores.acquire(patience).await;
        let permit = permit.ok_or_else(|| inner.busy())?;
        if inner.is_short(rows as usize) {
            return inner.run(rows, &inputs, Instant::now()).outputs;
        }
        let this = self.clone();
        let call = move || {
            // The core counts as taken until the guest is done, even if nobody waits for it any more.
            let _permit = permit;
            let now = Instant::now();
            if now >= patience {
                return Err(this.inner.busy());
            }
            this.inner.run(rows, &inputs, now).outputs
        };
        let finished = match (inner.pace.is_distrusted(), inner.pace.is_watched()) {
            (true, _) => leftover::run(Falls::AtOnce, call).await,
            (false, true) => leftover::run(Falls::WhenLong, call).await,
            (false, false) => tokio::task::spawn_blocking(call).await.ok(),
        };
        finished.unwrap_or_else(|| {
            Err(CallError::Unavailable {
                plugin: inner.owner.plugin.clone(),
                detail: "its thread has ended early".to_owned(),
            })
        })
    }
}

/// A core that is kept for one call.
pub struct Place<'p> {
    inner: &'p Inner,
    _permit: SemaphorePermit<'p>,
}

/// How a call went.
pub struct Called {
    /// What the guest returned.
    pub outputs: Result<Batch, CallError>,
    /// What the guest took; nothing where it wasn't called.
    pub took: Duration,
}

impl Place<'_> {
    /// Computes the outputs of rows, on this thread.
    #[must_use]
    pub fn call(self, rows: u32, inputs: &Batch) -> Called {
        match self.inner.begin(rows, inputs) {
            Ok(now) => self.inner.run(rows, inputs, now),
            Err(error) => Called {
                outputs: Err(error),
                took: Duration::ZERO,
            },
        }
    }
}

impl Inner {
    fn is_short(&self, rows: usize) -> bool {
        self.pace.is_short(rows) && self.pool.has_idle()
    }

    /// What is checked before anything is waited for. The time now.
    fn begin(&self, rows: u32, inputs: &Batch) -> Result<Instant, CallError> {
        check_shape(inputs, rows as usize, columns(&self.description.inputs)).map_err(
            |problem| CallError::BadInput {
                plugin: self.owner.plugin.clone(),
                problem,
            },
        )?;
        self.breaker
            .check()
            .map_err(|retry_after| CallError::Failing {
                plugin: self.owner.plugin.clone(),
                retry_after,
            })?;
        Ok(Instant::now())
    }

    /// Calls the guest, which has its time from now on: what was waited isn't held against it.
    fn run(&self, rows: u32, inputs: &Batch, now: Instant) -> Called {
        let used = self.pace.is_distrusted().then(leftover::time_used);
        let mut called = self.call(rows, inputs, now, now + self.limits.deadline);
        if let (Some(used), Err(CallError::Deadline { .. })) = (used, &called.outputs)
            && leftover::time_used().saturating_sub(used) < self.limits.deadline / 2
        {
            // Others had the core: no fault of the guest's.
            called.outputs = Err(self.busy());
        }
        match &called.outputs {
            Err(error) if error.is_misbehaviour() => {
                self.pace.misbehaved();
                if self.breaker.failed() {
                    let (plugin, project) = (&*self.owner.plugin, &*self.owner.project);
                    tracing::warn!(plugin, project, %error, "the plugin keeps failing");
                }
            }
            Err(CallError::Busy { .. }) => {}
            _ => self.breaker.succeeded(),
        }
        called
    }

    fn call(&self, rows: u32, inputs: &Batch, now: Instant, deadline: Instant) -> Called {
        let warm = match self.options.fresh_instance {
            true => None,
            false => self.pool.take(),
        };
        let (mut instance, started) = match warm {
            Some(instance) => (instance, now),
            None => match self.instance(deadline) {
                Ok(instance) => (instance, Instant::now()),
                Err(error) => {
                    return Called {
                        outputs: Err(error),
                        took: now.elapsed(),
                    };
                }
            },
        };
        let outputs = self.transform(&mut instance, (rows, inputs), started, deadline);
        let ended = Instant::now();
        self.pace.took(rows, ended - started);
        let well_behaved = outputs
            .as_ref()
            .err()
            .is_none_or(|error| !error.is_misbehaviour());
        if well_behaved && !self.options.fresh_instance {
            self.pool.give_back(instance, ended);
        }
        Called {
            outputs,
            took: ended - now,
        }
    }

    fn transform(
        &self,
        instance: &mut Instance,
        (rows, inputs): (u32, &Batch),
        started: Instant,
        deadline: Instant,
    ) -> Result<Batch, CallError> {
        let parameters = (
            self.options.transform.as_str(),
            self.options.parameters.as_str(),
            rows,
            inputs,
        );
        let engines = self.component.host().engines();
        let outputs = instance
            .transform(engines, parameters, started, deadline)
            .map_err(|error| error.within(rows, |name| self.description.has_column(name)))?;
        let fields = || columns(&self.description.outputs);
        check_names(&outputs.names, fields())
            .and_then(|()| check(&outputs.columns, rows as usize, fields()))
            .map_err(|problem| instance.bad_output(problem))?;
        Ok(outputs.columns)
    }

    fn instance(&self, deadline: Instant) -> Result<Instance, CallError> {
        let engines = self.component.host().engines();
        Instance::new(&self.linked, engines, &self.owner, self.limits, deadline)
    }

    fn patience(&self) -> Duration {
        self.limits.deadline.max(PATIENCE)
    }

    fn busy(&self) -> CallError {
        CallError::Busy {
            plugin: self.owner.plugin.clone(),
        }
    }
}

fn describe(
    component: &Component,
    linked: &Linked,
    owner: &Arc<Owner>,
    options: &PluginOptions,
    limits: Limits,
) -> Result<Description, CallError> {
    let host = component.host();
    let trial = host.options().trial_deadline;
    let deadline = Instant::now() + trial;
    let limits = Limits {
        deadline: trial,
        ..limits
    };
    let mut instance = Instance::new(linked, host.engines(), owner, limits, deadline)?;
    let asked = (options.transform.as_str(), options.parameters.as_str());
    let described = instance.describe(linked, host.engines(), asked, deadline)?;
    Description::of(described).map_err(|problem| instance.bad_output(problem))
}
