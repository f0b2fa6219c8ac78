use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use feature_codec::encode_entity_key;
use feature_model::{
    DUMMY_JOIN_KEY, EntityKeyVersion, FeatureView, Field, FileSource, MaterializationInterval,
    Project, Value,
};
use futures::StreamExt as _;
use offline_store::{LatestRows, LatestRowsRequest, RowBatch, ScanProgress, SortKey, latest_rows};
use online_store::{OnlineWriter, StoredView, WriteBatch, WriteReport};
use tokio::task::JoinSet;

use super::{
    progress::Progress,
    report::{ViewReport, shown},
};
use crate::repository::Repository;

/// How often progress is told while the source is read and nothing is written yet.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Batches on their way into the store at once: one is on the wire while the next is serialized.
const WRITES_AT_ONCE: usize = 2;

/// One view on its way into the store.
pub(super) struct Load<'a> {
    pub(super) repository: &'a Repository,
    pub(super) project: &'a Project,
    pub(super) view: &'a FeatureView,
    pub(super) source: &'a FileSource,
    pub(super) interval: MaterializationInterval,
    pub(super) strict: bool,
    pub(super) writer: Arc<dyn OnlineWriter>,
    pub(super) progress: &'a dyn Progress,
}

impl Load<'_> {
    pub(super) async fn run(&self) -> anyhow::Result<ViewReport> {
        let begun = Instant::now();
        let stored = Arc::new(self.repository.stored_view(self.project, self.view));
        let join_keys = self.join_keys();
        let keys = Keys::new(self.repository.config.entity_key_version, &join_keys);
        let mut rows = latest_rows(self.request(join_keys, &keys)).await?;
        self.writer.prepare(&stored).await?;
        let mut report = ViewReport::new(&self.view.name, self.interval);
        self.write_all(&mut rows, &stored, &keys, &mut report)
            .await?;
        let progress = rows.progress();
        report.read = progress.rows_in_interval();
        report.entities = progress.entities();
        report.seconds = begun.elapsed().as_secs_f64();
        Ok(report)
    }

    /// Join keys that the source has; none for a view without entities.
    fn join_keys(&self) -> Vec<Field> {
        let mut keys = self.project.join_keys(self.view);
        keys.retain(|key| key.name != DUMMY_JOIN_KEY);
        keys
    }

    fn request(&self, join_keys: Vec<Field>, keys: &Keys) -> LatestRowsRequest {
        let keys = keys.clone();
        // A key that can't be serialized is told of when its row is written.
        let sort_key = SortKey::new(move |values| keys.key(values).unwrap_or_default());
        LatestRowsRequest {
            source: self.source.clone(),
            base_dir: self.repository.config.repo.clone(),
            join_keys,
            features: self.view.features.clone(),
            start: self.interval.start_time,
            end: self.interval.end_time,
            memory_limit_bytes: LatestRowsRequest::DEFAULT_MEMORY_LIMIT_BYTES,
            batch_rows: LatestRowsRequest::DEFAULT_BATCH_ROWS,
            sort_key: self.writer.prefers_key_order().then_some(sort_key),
        }
    }

    /// Reads the next batch while the last ones are being written.
    async fn write_all(
        &self,
        rows: &mut LatestRows,
        stored: &Arc<StoredView>,
        keys: &Keys,
        report: &mut ViewReport,
    ) -> anyhow::Result<()> {
        let scan = rows.progress();
        let mut writes = JoinSet::new();
        let mut first_write = None;
        while let Some(batch) = self.next(rows, &scan, first_write.is_none()).await {
            let batch = batch?;
            self.note_rejected(&batch, report)?;
            if batch.is_empty() {
                continue;
            }
            if writes.len() >= WRITES_AT_ONCE {
                self.note_written(&mut writes, &scan, report).await?;
            }
            let batch = keys.write_batch(batch)?;
            let (writer, stored) = (Arc::clone(&self.writer), Arc::clone(stored));
            first_write.get_or_insert_with(Instant::now);
            writes.spawn(async move { writer.write(&stored, batch).await });
        }
        while !writes.is_empty() {
            self.note_written(&mut writes, &scan, report).await?;
        }
        report.write_seconds = first_write.map_or(0.0, |first| first.elapsed().as_secs_f64());
        Ok(())
    }

    /// The next batch. Until the first one there is only reading to tell of.
    async fn next(
        &self,
        rows: &mut LatestRows,
        scan: &ScanProgress,
        tell: bool,
    ) -> Option<Result<RowBatch, offline_store::Error>> {
        loop {
            match tokio::time::timeout(TELL_EVERY, rows.next()).await {
                Ok(batch) => return batch,
                Err(_) if tell => {
                    self.progress
                        .scanned(scan.rows_scanned(), scan.rows_in_source());
                }
                Err(_) => {}
            }
        }
    }

    fn note_rejected(&self, batch: &RowBatch, report: &mut ViewReport) -> anyhow::Result<()> {
        report.note_rejected(batch);
        if self.strict
            && let Some(first) = batch.rejected.first()
        {
            let more = match batch.rejected_count - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            bail!("a row can't be read: {}{more}", shown(first));
        }
        Ok(())
    }

    /// Waits for one of the writes.
    async fn note_written(
        &self,
        writes: &mut JoinSet<Result<WriteReport, online_store::Error>>,
        scan: &ScanProgress,
        report: &mut ViewReport,
    ) -> anyhow::Result<()> {
        if let Some(written) = writes.join_next().await {
            let written = written.context("a write ended early")??;
            report.written += written.written;
            report.stale += written.stale;
            self.progress
                .written(report.written + report.stale, scan.entities());
        }
        Ok(())
    }
}

/// How the entity keys of a view are serialized.
#[derive(Clone)]
struct Keys {
    version: EntityKeyVersion,
    join_keys: Vec<String>,
}

impl Keys {
    fn new(version: EntityKeyVersion, join_keys: &[Field]) -> Self {
        let join_keys = join_keys.iter().map(|key| key.name.clone()).collect();
        Self { version, join_keys }
    }

    fn write_batch(&self, batch: RowBatch) -> anyhow::Result<WriteBatch> {
        let keys = (0..batch.len()).map(|row| {
            let values: Vec<&Value> = batch.join_keys.iter().map(|values| &values[row]).collect();
            self.key(&values)
        });
        Ok(WriteBatch {
            keys: keys.collect::<anyhow::Result<_>>()?,
            event_timestamps: batch.event_timestamps,
            created_timestamps: batch.created_timestamps,
            columns: batch.columns,
        })
    }

    fn key(&self, values: &[&Value]) -> anyhow::Result<Vec<u8>> {
        let none = Value::String(String::new());
        let names = self.join_keys.iter().map(String::as_str);
        let mut parts: Vec<(&str, &Value)> = names.zip(values.iter().copied()).collect();
        if parts.is_empty() {
            parts.push((DUMMY_JOIN_KEY, &none));
        }
        encode_entity_key(self.version, &parts).context("an entity key can't be serialized")
    }
}
