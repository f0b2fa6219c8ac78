//! How a stream begins: with its schema, which takes longer to write than the values of a small reply. So a plan keeps what
//! was written last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{Array, ArrayRef};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, Field, Schema, SchemaRef};
use serde_json::value::RawValue;

use super::{super::Beside, ipc_options};
use crate::resolve::ServingPlan;

/// The beginning of the stream that was written last by a plan, whose it is alone: equal plans may have it or not.
#[derive(Debug, Default)]
pub struct StreamHeads(Mutex<Option<Arc<Head>>>);

/// The beginning of a stream.
#[derive(Debug)]
pub(super) struct Head {
    beside: Beside,
    pub(super) schema: SchemaRef,
    /// The message that tells the schema.
    pub(super) bytes: Vec<u8>,
}

/// How every stream ends: a mark, and a message of no bytes.
pub(super) const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

impl StreamHeads {
    /// The beginning of a stream of these columns of `plan`, of whose types most are the plan's: those of join keys may
    /// change with what is asked for.
    pub(super) fn of(
        &self,
        plan: &ServingPlan,
        beside: Beside,
        columns: &[ArrayRef],
    ) -> Result<Arc<Head>, ArrowError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(head) = last.as_ref().filter(|head| head.fits(beside, columns)) {
            return Ok(Arc::clone(head));
        }
        let head = Arc::new(Head::new(plan, beside, columns)?);
        *last = Some(Arc::clone(&head));
        Ok(head)
    }
}

impl Clone for StreamHeads {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for StreamHeads {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Head {
    fn new(plan: &ServingPlan, beside: Beside, columns: &[ArrayRef]) -> Result<Self, ArrowError> {
        let fields = names(plan, beside).zip(columns);
        let fields = fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true));
        let schema = Schema::new(fields.collect::<Vec<_>>()).with_metadata(metadata(plan));
        let writer = StreamWriter::try_new_with_options(Vec::new(), &schema, ipc_options()?)?;
        Ok(Self {
            beside,
            bytes: writer.get_ref().clone(),
            schema: Arc::new(schema),
        })
    }

    fn fits(&self, beside: Beside, columns: &[ArrayRef]) -> bool {
        let types = self.schema.fields().iter().map(|field| field.data_type());
        self.beside == beside && types.eq(columns.iter().map(Array::data_type))
    }
}

/// The names of a stream's columns.
fn names(plan: &ServingPlan, beside: Beside) -> impl Iterator<Item = String> {
    let all = |told: bool, suffix: &'static str| {
        let names = plan.names.iter().filter(move |_| told);
        names.map(move |name| format!("{name}{suffix}"))
    };
    all(true, "")
        .chain(all(beside.statuses, ":status"))
        .chain(all(beside.event_timestamps, ":event_timestamp"))
}

/// `feature_view_metadata`, as JSON has it, where the request wants the versions of views.
fn metadata(plan: &ServingPlan) -> HashMap<String, String> {
    #[derive(serde::Deserialize)]
    struct Metadata<'m> {
        #[serde(borrow)]
        feature_view_metadata: Option<&'m RawValue>,
    }
    if !plan.tells_versions {
        return HashMap::new();
    }
    let metadata = serde_json::from_slice::<Metadata<'_>>(&plan.metadata).ok();
    let versions = metadata.and_then(|metadata| metadata.feature_view_metadata);
    let entry = |json: &RawValue| ("feature_view_metadata".to_owned(), json.get().to_owned());
    versions.map(entry).into_iter().collect()
}
