//! Making and calling with batches.

use plugin_sdk::{
    Transform, TransformError,
    bindings::salver::transform::columns::{Array, Batch, Blobs, Values},
};

pub(crate) fn array(values: Values) -> Array {
    let validity = None;
    Array { validity, values }
}

pub(crate) fn nullable(validity: &[u8], values: Values) -> Array {
    let validity = Some(validity.to_vec());
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

/// The names are for whoever reads the test: columns cross in the order of their description.
pub(crate) fn batch(columns: &[(&str, Array)]) -> Batch {
    Batch {
        columns: columns.iter().map(|(_, values)| values.clone()).collect(),
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
    assert_eq!(out.names.len(), out.columns.columns.len());
    Ok(out.names.into_iter().zip(out.columns.columns).collect())
}
