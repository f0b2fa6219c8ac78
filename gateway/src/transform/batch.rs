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
            && computed
                .columns
                .get(from.transform)
                .is_none_or(Option::is_none)
        {
            let source = work.plan.transforms.get(from.transform);
            return Err(TransformError::Source {
                view: view.clone(),
                source_view: source.map_or_else(String::new, |t| t.plugin.view.name.clone()),
            });
        }
        for row in 0..work.rows.len {
            let value = value(work, &stored, computed, *input, row);
            batch.push(column, &value).map_err(unfit)?;
        }
    }
    Ok(batch.finish())
}

fn value(
    work: &Work,
    stored: &StoredValues<'_>,
    computed: &Computed,
    input: TransformInput,
    row: usize,
) -> Value {
    match input {
        TransformInput::Stored { read, feature } => {
            let key_set = work.plan.reads.get(read).map(|read| read.key_set);
            let keys = key_set.and_then(|key_set| work.rows.keys.get(key_set));
            let key = keys.and_then(|keys| keys.positions.get(row));
            key.map_or(Value::Null, |key| {
                let place = Place {
                    read,
                    feature,
                    key: *key,
                };
                stored.get(&place).value
            })
        }
        TransformInput::Request(index) => {
            let values = work.rows.request_data.get(index);
            let value = values.and_then(|values| values.get(row));
            value.cloned().unwrap_or_default()
        }
        TransformInput::Computed(column) => computed.value(column, row).unwrap_or_default(),
    }
}
