use std::time::Duration;

use async_trait::async_trait;
use feature_codec::{encode_timestamp, encode_value, redis_key};
use feature_model::ProjectName;
use futures::{StreamExt, TryStreamExt, stream};
use redis::{Pipeline, Value};
use tokio::sync::Semaphore;

use super::{fault, masters::Masters, removal, script::StoredScript};
use crate::{Error, OnlineWriter, StoredView, WriteBatch, WriteReport, batch};

/// A writer's calls queue behind each other, and a server that saves or loads answers late.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// Calls in one pipeline: packing them takes a fraction of a millisecond of a core.
const CALLS_PER_PIPELINE: usize = 64;
/// Values in one pipeline, where rows are wide.
const VALUES_PER_PIPELINE: usize = 8 * 1024;
/// Pipelines that may be under way at once, over all batches: enough to keep Redis busy while answers
/// travel, few enough that its queue for this writer is a matter of milliseconds.
const PIPELINES_IN_FLIGHT: usize = 8;

/// Writes hashes with one script call each.
pub(crate) struct RedisWriter {
    project: ProjectName,
    masters: Masters,
    key_ttl_seconds: Option<u64>,
    in_flight: Semaphore,
}

impl RedisWriter {
    pub(crate) async fn open(
        store: &settings::RedisStore,
        project: &ProjectName,
    ) -> Result<Self, Error> {
        Ok(Self {
            project: project.clone(),
            masters: Masters::of(store, RESPONSE_TIMEOUT).await?,
            key_ttl_seconds: store.key_ttl_seconds,
            in_flight: Semaphore::new(PIPELINES_IN_FLIGHT),
        })
    }

    /// Writes some rows of the batch; the number of those that were not stale.
    async fn write_rows(
        &self,
        script: &StoredScript,
        batch: &WriteBatch,
        rows: &[usize],
    ) -> Result<u64, Error> {
        let _permit = self
            .in_flight
            .acquire()
            .await
            .expect("the semaphore is never closed");
        let calls = self.calls(script, batch, rows);
        let replies = self.masters.run(Some(script), &calls).await?;
        let mut written = 0;
        for (row, reply) in rows.iter().zip(&replies) {
            match reply {
                Value::Int(1) => written += 1,
                Value::Int(_) => {}
                other => {
                    let key = redis_key(&batch.keys[*row], &self.project);
                    return Err(fault::unexpected(
                        self.masters.name(),
                        &key,
                        other,
                        "number",
                    ));
                }
            }
        }
        Ok(written)
    }

    fn calls(&self, script: &StoredScript, batch: &WriteBatch, rows: &[usize]) -> Pipeline {
        let mut calls = Pipeline::with_capacity(rows.len());
        let mut value = Vec::new();
        for &row in rows {
            let mut call = script.call(&redis_key(&batch.keys[row], &self.project));
            call.arg(encode_timestamp(batch.event_timestamps[row]));
            for column in &batch.columns {
                value.clear();
                encode_value(&column[row], &mut value);
                call.arg(value.as_slice());
            }
            calls.add_command(call);
        }
        calls
    }
}

#[async_trait]
impl OnlineWriter for RedisWriter {
    async fn prepare(&self, view: &StoredView) -> Result<(), Error> {
        let script = StoredScript::write_if_newer(view, self.key_ttl_seconds);
        for link in self.masters.links().await? {
            script.load(&link).await?;
        }
        Ok(())
    }

    async fn write(&self, view: &StoredView, batch: WriteBatch) -> Result<WriteReport, Error> {
        batch::check(view, &batch)?;
        let script = &StoredScript::write_if_newer(view, self.key_ttl_seconds);
        let (batch, rows) = (&batch, &batch::newest_rows(&batch));
        let calls = (VALUES_PER_PIPELINE / (view.features.len() + 1)).clamp(1, CALLS_PER_PIPELINE);
        let starts = (0..rows.len()).step_by(calls);
        let written = stream::iter(starts)
            .map(|start| {
                let rows = &rows[start..rows.len().min(start + calls)];
                self.write_rows(script, batch, rows)
            })
            .buffer_unordered(PIPELINES_IN_FLIGHT)
            .try_fold(0, |sum, written| async move { Ok(sum + written) })
            .await?;
        Ok(batch::report(batch.keys.len(), written))
    }

    /// A hash table has no order.
    fn prefers_key_order(&self) -> bool {
        false
    }

    async fn has_data(&self, view: &StoredView) -> Result<bool, Error> {
        removal::has_data(&self.masters, view).await
    }

    async fn remove_view(&self, view: &StoredView) -> Result<u64, Error> {
        removal::remove(&self.masters, view).await
    }
}
