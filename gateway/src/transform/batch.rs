//! Rows of a request as a plugin's columns, and back.

use feature_model::Value;
use plugin_host::{Batch, BatchBuilder, BatchReader, ConvertError};

use super::{Computed, TransformError, Work};
use crate::{
    resolve::{ComputedColumn, PlannedTransform, TransformInput},
    stored_values::{Place, StoredValues},
};

/// The input columns of a transform.
pub(super) fn inputs(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Result<Batch, TransformError> {
    let view = &transform.plugin.view.name;
    let mut batch = BatchBuilder::new(&transform.plugin.inputs, work.rows.len);
    for input in &transform.inputs {
        let added = match *input {
            TransformInput::Stored { read, feature } => add_stored(&mut batch, work, read, feature),
            TransformInput::Request(index) => add_request_data(&mut batch, work, index),
            TransformInput::Computed(from) => {
                let source = source(work, computed, from, view)?;
                let rows = 0..work.rows.len;
                batch.column(rows.map(|row| source.value(from.column, row)))
            }
        };
        added.map_err(|error| TransformError::Input {
            view: view.clone(),
            error,
        })?;
    }
    Ok(batch.finish())
}

fn add_stored(
    batch: &mut BatchBuilder<'_>,
    work: &Work,
    read: usize,
    feature: usize,
) -> Result<(), ConvertError> {
    let stored = StoredValues::new(&work.plan, &work.stored, work.now);
    let key_set = work.plan.reads.get(read).map(|read| read.key_set);
    let keys = key_set.and_then(|key_set| work.rows.keys.get(key_set));
    let positions = keys.map_or(&[][..], |keys| &keys.positions);
    batch.column((0..work.rows.len).map(|row| {
        let place = |key: &usize| Place {
            read,
            feature,
            key: *key,
        };
        let place = positions.get(row).map(place);
        place.map_or(Value::Null, |place| stored.get(&place).value)
    }))
}

fn add_request_data(
    batch: &mut BatchBuilder<'_>,
    work: &Work,
    index: usize,
) -> Result<(), ConvertError> {
    let values = work.rows.request_data.get(index);
    let values = values.map_or(&[][..], Vec::as_slice);
    batch.column((0..work.rows.len).map(|row| values.get(row).unwrap_or(&Value::Null)))
}

/// What another transform has computed.
fn source<'a>(
    work: &Work,
    computed: &'a Computed,
    from: ComputedColumn,
    view: &str,
) -> Result<&'a BatchReader, TransformError> {
    computed.columns(from.transform).ok_or_else(|| {
        let source = work.plan.transforms.get(from.transform);
        TransformError::Source {
            view: view.to_owned(),
            source_view: source.map_or_else(String::new, |t| t.plugin.view.name.clone()),
        }
    })
}
