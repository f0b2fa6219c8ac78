//! The third stage: a plan's reads of all rows, in one call to the online store.

use std::sync::{Arc, OnceLock};

use online_store::{
    CacheReport, OnlineReader, PreparedView, ReadOptions, RowsOfView, StoredRows, ViewRead,
};

use crate::{
    resolve::{PlannedRead, ServingPlan},
    rows::Rows,
};

/// What was read for a request.
#[derive(Debug, Default)]
pub struct Reading {
    /// For each read of the plan, for each distinct key of its key set, the stored row.
    pub rows: StoredRows,
    /// Where they came from.
    pub origin: Origin,
}

/// Where rows came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the cache did; `None` where there is none.
    pub cache: Option<CacheReport>,
    /// Whether a replica told some of them, so that they may be older than what was written last.
    pub from_replica: bool,
}

/// The values couldn't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] online_store::Error),
    /// The store answered something else than it was asked: a defect of Salver's.
    #[error("the online store answered {0}")]
    Answer(&'static str),
}

/// The names of a plan's reads as the project's reader has prepared them, when the plan was first used. They belong to
/// the plan whose reads they are, so that equal plans may have them or not.
#[derive(Clone, Debug, Default)]
pub struct PreparedReads(OnceLock<Vec<Arc<PreparedView>>>);

impl PreparedReads {
    fn of(&self, reads: &[PlannedRead], reader: &dyn OnlineReader) -> &[Arc<PreparedView>] {
        let prepare = |read: &PlannedRead| reader.prepare(&read.stored_view, &read.features);
        self.0.get_or_init(|| reads.iter().map(prepare).collect())
    }
}

impl PartialEq for PreparedReads {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Reads everything that the plan needs for these rows.
///
/// # Errors
/// Where the store can't be read, or not by the deadline of `options`. What it lacks is no error: see [`Reading::rows`].
pub async fn read(
    reader: &dyn OnlineReader,
    plan: &ServingPlan,
    rows: &Rows,
    options: ReadOptions,
) -> Result<Reading, ReadError> {
    let no_keys: &[Vec<u8>] = &[];
    let prepared = plan.prepared.of(&plan.reads, reader);
    let views: Vec<ViewRead<'_>> = plan
        .reads
        .iter()
        .zip(prepared)
        .map(|(read, view)| ViewRead {
            view,
            keys: rows
                .keys
                .get(read.key_set)
                .map_or(no_keys, |keys| keys.distinct.as_slice()),
        })
        .collect();
    if views.is_empty() {
        return Ok(Reading::default());
    }
    let found = reader.read(&views, options).await?;
    let stored = found.rows;
    if stored.views() != views.len() {
        return Err(ReadError::Answer("for another number of views"));
    }
    let all_rows = |(read, rows): (&ViewRead<'_>, RowsOfView<'_>)| {
        rows.len() == read.keys.len() && rows.show(read.view.features().len())
    };
    if views.iter().zip(stored.iter()).all(all_rows) {
        Ok(Reading {
            rows: stored,
            origin: Origin {
                cache: found.cache,
                from_replica: found.from_replica,
            },
        })
    } else {
        Err(ReadError::Answer("another number of rows or values"))
    }
}
