//! The rows that both sides write: float64 features, as `xtask bench materialize` generates them, and keys in
//! no order.

use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, Timestamp, Value};
use online_store::{StoredView, WriteBatch};

/// Rows that a materialization hands over at once.
const ROWS_PER_BATCH: usize = 8_192;

/// The view, in this project.
pub(crate) fn view(project: &str, features: usize) -> StoredView {
    StoredView {
        project: project.parse().expect("a valid name"),
        name: "driver_hourly_stats".to_owned(),
        join_keys: vec!["driver_id".to_owned()],
        features: (0..features)
            .map(|index| format!("feature_{index}"))
            .collect(),
    }
}

/// The event time of rows, such that it has all its bytes.
pub(crate) fn event_time() -> Timestamp {
    Timestamp::new(1_767_225_600, 123_456_000)
}

/// The entity key of a row. Multiplied with an odd number, so that neighbours are far from each other.
pub(crate) fn key(row: usize) -> Vec<u8> {
    let id = (row as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16;
    let pairs = [("driver_id", &Value::Int64(id as i64))];
    encode_entity_key(EntityKeyVersion::V3, &pairs).expect("an integer is a key")
}

/// The value of a feature in a row.
pub(crate) fn value(row: usize, feature: usize) -> Value {
    let noise = (row * 31 + feature) as u64;
    let noise = noise.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    Value::Double((noise >> 11) as f64 / (1_u64 << 53) as f64)
}

/// All rows, in batches as a materialization makes them.
pub(crate) fn batches(rows: usize, features: usize) -> Vec<WriteBatch> {
    let starts = (0..rows).step_by(ROWS_PER_BATCH);
    starts
        .map(|start| {
            let rows = start..rows.min(start + ROWS_PER_BATCH);
            WriteBatch {
                keys: rows.clone().map(key).collect(),
                event_timestamps: rows.clone().map(|_| event_time()).collect(),
                created_timestamps: Vec::new(),
                columns: (0..features)
                    .map(|feature| rows.clone().map(|row| value(row, feature)).collect())
                    .collect(),
            }
        })
        .collect()
}
