//! Whether a reply tells what is stored.

use anyhow::{Context, Result, ensure};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, cast::AsArray, types::Int64Type};
use arrow_ipc::reader::StreamReader;
use arrow_schema::FieldRef;
use serde_json::Value;

use crate::{
    asked::{Asked, Format},
    project::{JOIN_KEY, feature_name, features, value},
};

/// A name of a reply, and its values.
type Column = (String, Vec<i64>);

/// Checks every value of the reply to a request.
pub(crate) fn check(asked: &Asked, index: usize, body: &[u8]) -> Result<()> {
    let told = match asked.format {
        Format::Json => of_json(body)?,
        Format::Arrow => of_arrow(body)?,
    };
    let expected = stored(&asked.ids_of(index));
    ensure!(told == expected, "reply {index}: {told:?}");
    Ok(())
}

fn stored(ids: &[i64]) -> Vec<Column> {
    let column = |feature| {
        let values = ids.iter().map(|id| value(*id, feature));
        (feature_name(feature), values.collect())
    };
    let keys = (JOIN_KEY.to_owned(), ids.to_vec());
    std::iter::once(keys)
        .chain(features().map(column))
        .collect()
}

fn of_json(body: &[u8]) -> Result<Vec<Column>> {
    let reply: Value = serde_json::from_slice(body)?;
    let names = reply["metadata"]["feature_names"].as_array();
    let results = reply["results"].as_array();
    let column = |(name, result): (&Value, &Value)| {
        let name = name.as_str()?.to_owned();
        let values = result["values"].as_array()?.iter().map(Value::as_i64);
        Some((name, values.collect::<Option<_>>()?))
    };
    let told = names.zip(results).and_then(|(names, results)| {
        let columns = names.iter().zip(results);
        columns.map(column).collect()
    });
    told.context("the reply has another form")
}

fn of_arrow(body: &[u8]) -> Result<Vec<Column>> {
    let mut batches = StreamReader::try_new(body, None)?;
    let batch: RecordBatch = batches.next().context("there is no batch")??;
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let column = |(field, array): (&FieldRef, &ArrayRef)| -> Option<Column> {
        let array: &Int64Array = AsArray::as_primitive_opt::<Int64Type>(array)?;
        Some((field.name().clone(), array.values().to_vec()))
    };
    let told: Option<_> = columns.map(column).collect();
    told.context("a column has no integers")
}
