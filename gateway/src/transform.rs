//! Between reading and encoding: the plugins of on-demand views compute columns from what was read and from
//! what the request brought.
//!
//! Each view runs once, and views that don't need each other at the same time. An entity row is a row of the batch;
//! what is missing, too old or unreadable is a null there.

mod batch;
mod error;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use feature_model::{OnPluginError, Timestamp, Value};
use futures::future::try_join_all;
use online_store::StoredRows;
use plugin_host::{Batch, BatchReader, CallError};

use crate::{
    metrics::Ended,
    resolve::{ComputedColumn, PlannedTransform, ServingPlan, TransformInput},
    rows::Rows,
};
pub use error::TransformError;

/// A request between reading and encoding.
#[derive(Debug)]
pub struct Work {
    /// How it is answered.
    pub plan: Arc<ServingPlan>,
    /// For which entities.
    pub rows: Rows,
    /// What the store had.
    pub stored: StoredRows,
    /// The time of the request.
    pub now: Timestamp,
}

/// What the transforms of a plan returned.
#[derive(Default)]
pub struct Computed {
    /// In the order of [`ServingPlan::transforms`].
    results: Vec<TransformResult>,
    /// Why some have failed.
    pub failures: Vec<Failure>,
}

enum TransformResult {
    /// It hasn't run yet.
    Due,
    /// It has failed, and its view is told without values.
    Failed,
    Columns(BatchReader),
}

/// A transform has failed, and its view says to go on without it.
#[derive(Debug)]
pub struct Failure {
    /// The view's name.
    pub view: String,
    /// A stable code.
    pub code: &'static str,
    /// What happened.
    pub reason: String,
}

impl Computed {
    fn due(plan: &ServingPlan) -> Self {
        let results = plan.transforms.iter().map(|_| TransformResult::Due);
        Self {
            results: results.collect(),
            failures: Vec::new(),
        }
    }

    /// Whether every transform has run.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let is_due = |result: &TransformResult| matches!(result, TransformResult::Due);
        !self.results.iter().any(is_due)
    }

    fn is_due(&self, transform: usize) -> bool {
        matches!(self.results.get(transform), Some(TransformResult::Due))
    }

    /// Whether a transform can run: those that it computes from have.
    fn can_run(&self, transform: &PlannedTransform) -> bool {
        transform.inputs.iter().all(|input| match input {
            TransformInput::Computed(from) => !self.is_due(from.transform),
            TransformInput::Stored { .. } | TransformInput::Request(_) => true,
        })
    }

    fn columns(&self, transform: usize) -> Option<&BatchReader> {
        match self.results.get(transform)? {
            TransformResult::Columns(columns) => Some(columns),
            TransformResult::Due | TransformResult::Failed => None,
        }
    }

    fn set(&mut self, transform: usize, outcome: Outcome) {
        let result = outcome.map_or_else(
            |failure| {
                self.failures.push(failure);
                TransformResult::Failed
            },
            TransformResult::Columns,
        );
        if let Some(place) = self.results.get_mut(transform) {
            *place = result;
        }
    }

    /// A computed value; `None` where the transform has failed.
    #[must_use]
    pub fn value(&self, column: ComputedColumn, row: usize) -> Option<Value> {
        let columns = self.columns(column.transform)?;
        Some(columns.value(column.column, row))
    }
}

/// Runs those transforms of the plan that take microseconds and can begin right now: waiting for them as for the
/// others would take longer than they do.
///
/// # Errors
/// Where one fails whose view says that the request fails then.
pub fn transform_at_once(work: &Work) -> Result<Computed, TransformError> {
    let mut computed = Computed::due(&work.plan);
    for (index, transform) in work.plan.transforms.iter().enumerate() {
        if !computed.can_run(transform) {
            continue;
        }
        if let Some((called, took)) = call_at_once(work, &computed, transform) {
            computed.set(index, outcome(&work.plan, index, called, took)?);
        }
    }
    Ok(computed)
}

/// Runs the transforms of the plan that haven't run yet, those that don't need each other at the same time.
///
/// # Errors
/// Where one fails whose view says that the request fails then.
pub async fn transform(work: &Work, computed: &mut Computed) -> Result<(), TransformError> {
    let transforms = &work.plan.transforms;
    let stages = transforms.iter().map(|transform| transform.stage + 1).max();
    for stage in 0..stages.unwrap_or_default() {
        let due = transforms.iter().enumerate();
        let due =
            due.filter(|(index, transform)| transform.stage == stage && computed.is_due(*index));
        let runs = due.map(|(index, transform)| run(work, computed, (index, transform)));
        for (index, outcome) in try_join_all(runs).await? {
            computed.set(index, outcome);
        }
    }
    Ok(())
}

type Outcome = Result<BatchReader, Failure>;

async fn run(
    work: &Work,
    computed: &Computed,
    (index, transform): (usize, &PlannedTransform),
) -> Result<(usize, Outcome), TransformError> {
    let began = Instant::now();
    let called = call(work, computed, transform).await;
    let outcome = outcome(&work.plan, index, called, began.elapsed());
    Ok((index, outcome?))
}

/// Counts a call, and decides what its failure means to the request.
fn outcome(
    plan: &ServingPlan,
    index: usize,
    called: Result<BatchReader, TransformError>,
    took: Duration,
) -> Result<Outcome, TransformError> {
    let transform = &plan.transforms[index];
    let ended = Ended(called.as_ref().map_or_else(TransformError::code, |_| "ok"));
    transform.plugin.meter.called(ended, took);
    let error = match called {
        Ok(columns) => return Ok(Ok(columns)),
        Err(error) => error,
    };
    if fails_request(plan, index) {
        return Err(error);
    }
    Ok(Err(Failure {
        view: transform.plugin.view.name.clone(),
        code: error.code(),
        reason: error.to_string(),
    }))
}

/// Whether the failure of a transform is one of the request. Where nobody asked for its features, those that compute
/// from it have the say.
fn fails_request(plan: &ServingPlan, index: usize) -> bool {
    let transform = &plan.transforms[index];
    let reads_it = |reader: &PlannedTransform| {
        let of_it = |input: &TransformInput| matches!(input, TransformInput::Computed(from) if from.transform == index);
        reader.inputs.iter().any(of_it)
    };
    let readers = || {
        plan.transforms
            .iter()
            .enumerate()
            .filter(|(_, reader)| reads_it(reader))
    };
    transform.plugin.on_error() == OnPluginError::FailRequest
        && (transform.is_told || readers().any(|(reader, _)| fails_request(plan, reader)))
}

async fn call(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Result<BatchReader, TransformError> {
    let (rows, inputs) = inputs(work, computed, transform)?;
    let outputs = transform.plugin.plugin.call(rows, inputs).await;
    read(work, transform, outputs)
}

/// With what the call took; none where the plugin isn't known to be quick, or is busy.
fn call_at_once(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Option<(Result<BatchReader, TransformError>, Duration)> {
    let place = transform.plugin.plugin.place_at_once(work.rows.len)?;
    let (rows, inputs) = match inputs(work, computed, transform) {
        Ok(inputs) => inputs,
        Err(error) => return Some((Err(error), Duration::ZERO)),
    };
    let called = place.call(rows, &inputs);
    Some((read(work, transform, called.outputs), called.took))
}

fn inputs(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Result<(u32, Batch), TransformError> {
    let rows = u32::try_from(work.rows.len).map_err(|_| TransformError::TooManyRows {
        view: transform.plugin.view.name.clone(),
    })?;
    Ok((rows, batch::inputs(work, computed, transform)?))
}

fn read(
    work: &Work,
    transform: &PlannedTransform,
    outputs: Result<Batch, CallError>,
) -> Result<BatchReader, TransformError> {
    let outputs = outputs.map_err(|error| TransformError::Call {
        plugin: transform.plugin.binding.digest,
        error,
    })?;
    let columns = Arc::clone(&transform.plugin.outputs);
    BatchReader::new(outputs, columns, work.rows.len).map_err(|error| TransformError::Output {
        view: transform.plugin.view.name.clone(),
        error,
    })
}
