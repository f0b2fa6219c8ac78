use std::collections::{HashMap, hash_map::Entry};

use crate::{Error, StoredView, WriteBatch, WriteReport};

/// Checks that the batch's columns are the view's, all of one length. A batch without rows may go
/// without columns.
pub(crate) fn check(view: &StoredView, batch: &WriteBatch) -> Result<(), Error> {
    let rows = batch.keys.len();
    let same = |length: usize| length == rows;
    let fits = (batch.columns.len() == view.features.len() || rows == 0)
        && same(batch.event_timestamps.len())
        && (batch.created_timestamps.is_empty() || same(batch.created_timestamps.len()))
        && batch.columns.iter().all(|column| same(column.len()));
    if fits {
        return Ok(());
    }
    Err(Error::config(format!(
        "a batch for view `{}` needs {} columns of {rows} rows each, like its keys",
        view.name,
        view.features.len()
    )))
}

/// The rows that are worth writing, in their order: for each key the newest, of equally new ones the last.
///
/// What is left has each key once, so its order doesn't matter to the store.
pub(crate) fn newest_rows(batch: &WriteBatch) -> Vec<usize> {
    let mut newest: HashMap<&[u8], usize> = HashMap::with_capacity(batch.keys.len());
    for (row, key) in batch.keys.iter().enumerate() {
        match newest.entry(key) {
            Entry::Vacant(free) => {
                free.insert(row);
            }
            Entry::Occupied(mut best) => {
                if batch.event_timestamps[row] >= batch.event_timestamps[*best.get()] {
                    best.insert(row);
                }
            }
        }
    }
    if newest.len() == batch.keys.len() {
        return (0..batch.keys.len()).collect();
    }
    let mut rows: Vec<usize> = newest.into_values().collect();
    rows.sort_unstable();
    rows
}

/// The report of a batch of `rows` rows of which `written` are in the store.
pub(crate) fn report(rows: usize, written: u64) -> WriteReport {
    WriteReport {
        written,
        stale: (rows as u64).saturating_sub(written),
    }
}

#[cfg(test)]
mod tests {
    use feature_model::Timestamp;

    use super::{WriteBatch, newest_rows};

    fn batch(rows: &[(&str, i64)]) -> WriteBatch {
        WriteBatch {
            keys: rows
                .iter()
                .map(|(key, _)| key.as_bytes().to_vec())
                .collect(),
            event_timestamps: rows
                .iter()
                .map(|(_, seconds)| Timestamp::from_seconds(*seconds))
                .collect(),
            ..WriteBatch::default()
        }
    }

    #[test]
    fn the_newest_row_of_a_key_stays_and_of_equals_the_last() {
        assert_eq!(newest_rows(&batch(&[])), [0_usize; 0]);
        assert_eq!(newest_rows(&batch(&[("a", 1), ("b", 1)])), [0, 1]);
        assert_eq!(newest_rows(&batch(&[("a", 2), ("b", 1), ("a", 1)])), [0, 1]);
        assert_eq!(newest_rows(&batch(&[("a", 1), ("b", 1), ("a", 2)])), [1, 2]);
        assert_eq!(newest_rows(&batch(&[("a", 1), ("a", 1), ("a", 0)])), [1]);
    }
}
