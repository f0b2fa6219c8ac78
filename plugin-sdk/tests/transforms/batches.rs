//! Making and calling with batches.

use plugin_sdk::{
    Transform, TransformError,
    bindings::salver::transform::columns::{Array, Batch, Blobs, Column, Values},
};

pub(crate) fn array(values: Values) -> Array {
    let validity = Vec::new();
    Array { validity, values }
}

pub(crate) fn nullable(validity: &[u8], values: Values) -> Array {
    let validity = validity.to_vec();
    Array { validity, values }
}

pub(crate) fn blobs(texts: &[&str]) -> Blobs {
    let mut blobs = Blobs {
        offsets: vec![0],
        data: Vec::new(),
    };
    for text in texts {
        blobs.data.extend_from_slice(text.as_bytes());
        blobs.offsets.push(u32::try_from(blobs.data.len()).unwrap());
    }
    blobs
}

pub(crate) fn batch(columns: &[(&str, Array)]) -> Batch {
    let columns = columns.iter().map(|(name, values)| Column {
        name: (*name).to_owned(),
        values: values.clone(),
    });
    Batch {
        columns: columns.collect(),
        children: Vec::new(),
    }
}

/// The columns that come out, by name.
pub(crate) fn run<T: Transform>(
    parameters: &str,
    rows: usize,
    inputs: &Batch,
) -> Result<Vec<(String, Array)>, TransformError> {
    let out = T::transform(parameters, rows, inputs)?;
    let columns = out.columns.into_iter();
    Ok(columns.map(|column| (column.name, column.values)).collect())
}
