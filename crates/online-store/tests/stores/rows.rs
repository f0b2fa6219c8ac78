//! Short ways to write rows down and to read them back as values.

use feature_codec::encode_entity_key;
use feature_model::{EntityKeyVersion, Timestamp, Value};
use online_store::{
    Error, Held, OnlineReader, OnlineWriter, ReadOptions, RowRef, StoredRows, StoredView, ViewRead,
    WriteBatch, WriteReport,
};

use crate::store::project_name;

/// A view of project `project` with join key `driver_id`.
pub(crate) fn view(project: &str, name: &str, features: &[&str]) -> StoredView {
    StoredView {
        project: project_name(project),
        name: name.to_owned(),
        join_keys: vec!["driver_id".to_owned()],
        features: features.iter().map(ToString::to_string).collect(),
    }
}

/// The entity key of a driver.
pub(crate) fn driver(id: i64) -> Vec<u8> {
    encode_entity_key(EntityKeyVersion::V3, &[("driver_id", &Value::Int64(id))]).unwrap()
}

pub(crate) fn seconds(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

/// A batch of rows: key, event time, a value for each feature.
pub(crate) fn batch(rows: Vec<(Vec<u8>, Timestamp, Vec<Value>)>) -> WriteBatch {
    let mut batch = WriteBatch::default();
    for (key, time, values) in rows {
        batch.keys.push(key);
        batch.event_timestamps.push(time);
        batch.columns.resize(values.len(), Vec::new());
        for (column, value) in batch.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    batch
}

/// Writes one row of one driver.
pub(crate) async fn write_row(
    writer: &dyn OnlineWriter,
    view: &StoredView,
    id: i64,
    time: Timestamp,
    values: &[Value],
) -> WriteReport {
    let row = batch(vec![(driver(id), time, values.to_vec())]);
    writer.write(view, row).await.unwrap()
}

/// A row as values: `None` where a feature isn't stored.
pub(crate) type Row = Option<(Timestamp, Vec<Option<Value>>)>;

/// The row of one driver, all features of the view.
pub(crate) async fn read_row(reader: &dyn OnlineReader, view: &StoredView, id: i64) -> Row {
    let mut rows = try_read(reader, view, &[driver(id)]).await.unwrap();
    rows.remove(0)
}

/// The rows of some keys, all features of the view.
pub(crate) async fn try_read(
    reader: &dyn OnlineReader,
    view: &StoredView,
    keys: &[Vec<u8>],
) -> Result<Vec<Row>, Error> {
    try_read_with(reader, view, keys, ReadOptions::default()).await
}

/// As [`try_read`], in such a way.
pub(crate) async fn try_read_with(
    reader: &dyn OnlineReader,
    view: &StoredView,
    keys: &[Vec<u8>],
    options: ReadOptions,
) -> Result<Vec<Row>, Error> {
    let prepared = reader.prepare(&view.name, &view.features);
    let read = ViewRead {
        view: &prepared,
        keys,
    };
    let rows = reader.read(&[read], options).await?.rows;
    assert_eq!(rows.views(), 1);
    Ok(rows_of_first(&rows))
}

/// The rows of the first view.
pub(crate) fn rows_of_first(rows: &StoredRows) -> Vec<Row> {
    let rows = rows.iter().next().unwrap();
    rows.iter().map(decoded).collect()
}

pub(crate) fn decoded(row: Option<RowRef<'_>>) -> Row {
    row.map(|row| {
        assert_eq!(row.damage(), None);
        let value = |held: Option<Held<'_>>| held.map(|held| held.decode().unwrap());
        (row.event_timestamp(), row.values().map(value).collect())
    })
}

/// The row that is expected where all features are stored.
pub(crate) fn row(time: Timestamp, values: &[Value]) -> Row {
    Some((time, values.iter().cloned().map(Some).collect()))
}
