//! Rows of a request as a plugin's columns, and back.

use feature_model::Value;
use plugin_host::{Batch, BatchBuilder, ConvertError};

use super::{Computed, TransformError, Work};
use crate::{
    resolve::{PlannedTransform, TransformInput},
    stored_values::{Place, StoredValues},
};

/// The input columns of a transform.
pub(super) fn inputs(
    work: &Work,
    computed: &Computed,
    transform: &PlannedTransform,
) -> Result<Batch, TransformError> {
    let view = &transform.plugin.view.name;
    let columns = &transform.plugin.inputs;
    let unfit = |error: ConvertError| TransformError::Input {
        view: view.clone(),
        error,
    };
    let mut batch = BatchBuilder::new(columns, work.rows.len).map_err(unfit)?;
    let stored = StoredValues::new(&work.plan, &work.stored, work.now);
    for (column, input) in transform.inputs.iter().enumerate() {
        if let TransformInput::Computed(from) = input
            && computed.columns(from.transform).is_none()
        {
            let source = work.plan.transforms.get(from.transform);
            return Err(TransformError::Source {
                view: view.clone(),
                source_view: source.map_or_else(String::new, |t| t.plugin.view.name.clone()),
            });
        }
        push_column(&mut batch, work, &stored, computed, column, *input).map_err(unfit)?;
    }
    Ok(batch.finish())
}

fn push_column(
    batch: &mut BatchBuilder<'_>,
    work: &Work,
    stored: &StoredValues<'_>,
    computed: &Computed,
    column: usize,
    input: TransformInput,
) -> Result<(), ConvertError> {
    let rows = 0..work.rows.len;
    match input {
        TransformInput::Stored { read, feature } => {
            let key_set = work.plan.reads.get(read).map(|read| read.key_set);
            let keys = key_set.and_then(|key_set| work.rows.keys.get(key_set));
            for row in rows {
                let key = keys.and_then(|keys| keys.positions.get(row));
                let value = key.map_or(Value::Null, |key| {
                    let key = *key;
                    stored.get(&Place { read, feature, key }).value
                });
                batch.push(column, &value)?;
            }
        }
        TransformInput::Request(index) => {
            let values = work.rows.request_data.get(index);
            for row in rows {
                let value = values.and_then(|values| values.get(row));
                batch.push(column, value.unwrap_or(&Value::Null))?;
            }
        }
        TransformInput::Computed(from) => {
            for row in rows {
                let value = computed.value(from, row).unwrap_or_default();
                batch.push(column, &value)?;
            }
        }
    }
    Ok(())
}
