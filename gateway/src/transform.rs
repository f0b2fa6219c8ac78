//! Between reading and encoding: the plugins of on-demand views compute columns from what was read and from
//! what the request brought.
//!
//! Each view runs once, and views that don't need each other at the same time. An entity row is a row of the batch;
//! what is missing, too old or unreadable is a null there.

mod batch;
mod error;

use std::{sync::Arc, time::Instant};

use feature_model::{OnPluginError, Timestamp, Value};
use futures::future::try_join_all;
use plugin_host::{Batch, BatchReader, CallError};

use crate::{
    metrics::Ended,
    read::Stored,
    resolve::{ComputedColumn, PlannedTransform, ServingPlan},
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
    pub stored: Stored,
    /// The time of the request.
    pub now: Timestamp,
}

/// What the transforms of a plan returned.
#[derive(Default)]
pub struct Computed {
    /// In the order of [`ServingPlan::transforms`]; `None` where one has failed and its view is told without values.
    columns: Vec<Option<BatchReader>>,
    /// Those failures.
    pub failures: Vec<Failure>,
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
    /// A computed value; `None` where the transform has failed.
    #[must_use]
    pub fn value(&self, column: ComputedColumn, row: usize) -> Option<Value> {
        let columns = self.columns.get(column.transform)?.as_ref()?;
        Some(columns.value(column.column, row))
    }
}

/// Runs the transforms of the plan.
///
/// # Errors
/// Where one fails whose view says that the request fails then.
pub async fn transform(work: &Work) -> Result<Computed, TransformError> {
    let transforms = &work.plan.transforms;
    let mut computed = Computed::default();
    computed.columns.resize_with(transforms.len(), || None);
    let stages = transforms.iter().map(|transform| transform.stage + 1).max();
    for stage in 0..stages.unwrap_or_default() {
        let of_stage = transforms.iter().enumerate();
        let of_stage = of_stage.filter(|(_, transform)| transform.stage == stage);
        let mut runs = of_stage.map(|(index, transform)| run(work, &computed, index, transform));
        let ended = match (runs.next(), runs.next()) {
            (Some(only), None) => vec![only.await?],
            (first, second) => try_join_all(first.into_iter().chain(second).chain(runs)).await?,
        };
        for (index, outcome) in ended {
            match outcome {
                Ok(columns) => computed.columns[index] = Some(columns),
                Err(failure) => computed.failures.push(failure),
            }
        }
    }
    Ok(computed)
}

type Outcome = Result<BatchReader, Failure>;

async fn run(
    work: &Work,
    computed: &Computed,
    index: usize,
    transform: &PlannedTransform,
) -> Result<(usize, Outcome), TransformError> {
    let began = Instant::now();
    let called = call(work, computed, transform).await;
    let ended = Ended(called.as_ref().map_or_else(TransformError::code, |_| "ok"));
    transform.plugin.meter.called(ended, began.elapsed());
    match called {
        Ok(columns) => Ok((index, Ok(columns))),
        Err(error) => match transform.plugin.on_error() {
            OnPluginError::FailRequest => Err(error),
            OnPluginError::NullColumns => Ok((
                index,
                Err(Failure {
                    view: transform.plugin.view.name.clone(),
                    code: error.code(),
                    reason: error.to_string(),
                }),
            )),
        },
    }
}

async fn call(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Result<BatchReader, TransformError> {
    let view = || transform.plugin.view.name.clone();
    let inputs: Batch = batch::inputs(work, computed, transform)?;
    let rows =
        u32::try_from(work.rows.len).map_err(|_| TransformError::TooManyRows { view: view() })?;
    let plugin = &transform.plugin.plugin;
    let failed = |error: CallError| TransformError::Call {
        plugin: transform.plugin.binding.digest,
        error,
    };
    let outputs = plugin.call(rows, inputs).await.map_err(failed)?;
    let columns = Arc::clone(&transform.plugin.outputs);
    BatchReader::new(outputs, columns, work.rows.len).map_err(|error| TransformError::Output {
        view: view(),
        error,
    })
}
