//! Out of columns into values. Nothing here trusts an index: what isn't there is null.

use std::ops::Range;

use feature_model::{DataType, List, Map, MapKey, Value};

use crate::{Array, Blobs, Lists, Maps, ScalarMaps, Structs, Values, batch_check::DEEPEST_NESTING};

/// The value in a row. The type is none where the values say it themselves: inside maps.
pub(super) fn value(
    children: &[Array],
    array: &Array,
    data_type: Option<&DataType>,
    row: usize,
    depth: usize,
) -> Value {
    if !array.is_valid(row) || depth > DEEPEST_NESTING {
        return Value::Null;
    }
    let read = Reader { children, depth };
    let found = match &array.values {
        Values::List(lists) => read.list(lists, data_type, row, false),
        Values::Set(lists) => read.list(lists, data_type, row, true),
        Values::Map(maps) => read.map(maps, row).map(Value::Map),
        Values::ScalarMap(maps) => read.scalar_map(maps, row).map(Value::ScalarMap),
        Values::Struct(structs) => read.members(structs, data_type, row).map(Value::Struct),
        Values::Mixed(mixed) => mixed
            .choices
            .get(row)
            .and_then(|choice| mixed.alternatives.get(usize::from(*choice)))
            .and_then(|alternative| children.get(*alternative as usize))
            .zip(mixed.positions.get(row))
            .map(|(alternative, position)| {
                value(children, alternative, None, *position as usize, depth + 1)
            }),
        flat => scalar(flat, row),
    };
    found.unwrap_or_default()
}

fn scalar(values: &Values, row: usize) -> Option<Value> {
    Some(match values {
        Values::Boolean(bytes) => Value::Bool(*bytes.get(row)? != 0),
        Values::Int32(numbers) => Value::Int32(*numbers.get(row)?),
        Values::Int64(numbers) => Value::Int64(*numbers.get(row)?),
        Values::Float32(numbers) => Value::Float(*numbers.get(row)?),
        Values::Float64(numbers) => Value::Double(*numbers.get(row)?),
        Values::UnixTimestamp(times) => Value::UnixTimestamp(*times.get(row)?),
        Values::ZonedTimestamp(zoned) => Value::ZonedTimestamp {
            unix_timestamp: *zoned.seconds.get(row)?,
            zone: text(&zoned.zones, row)?,
        },
        Values::Bytes(blobs) => Value::Bytes(blob(blobs, row)?.to_vec()),
        Values::Text(blobs) => Value::String(text(blobs, row)?),
        Values::Json(blobs) => Value::Json(text(blobs, row)?),
        Values::Uuid(blobs) => Value::Uuid(text(blobs, row)?),
        Values::TimeUuid(blobs) => Value::TimeUuid(text(blobs, row)?),
        Values::Decimal(blobs) => Value::Decimal(text(blobs, row)?),
        Values::List(_)
        | Values::Set(_)
        | Values::Map(_)
        | Values::ScalarMap(_)
        | Values::Struct(_)
        | Values::Mixed(_) => return None,
    })
}

struct Reader<'b> {
    children: &'b [Array],
    depth: usize,
}

impl Reader<'_> {
    fn child(&self, index: u32) -> Option<&Array> {
        self.children.get(index as usize)
    }

    fn nested(&self, array: &Array, data_type: Option<&DataType>, row: usize) -> Value {
        value(self.children, array, data_type, row, self.depth + 1)
    }

    fn list(
        &self,
        lists: &Lists,
        data_type: Option<&DataType>,
        row: usize,
        is_set: bool,
    ) -> Option<Value> {
        let range = range(&lists.offsets, row)?;
        let elements = self.child(lists.elements)?;
        let any_type = matches!(data_type, Some(DataType::ValueList | DataType::ValueSet));
        if !any_type && let Some(list) = scalar_list(&elements.values, &range) {
            return Some(match is_set {
                true => Value::Set(list),
                false => Value::List(list),
            });
        }
        match &elements.values {
            Values::Map(maps) if !any_type && !is_set => {
                let maps = range.map(|row| self.map(maps, row));
                Some(Value::MapList(maps.collect::<Option<_>>()?))
            }
            Values::Struct(structs) if !any_type && !is_set => {
                let element = element_type(data_type);
                let structs = range.map(|row| self.members(structs, element, row));
                Some(Value::StructList(structs.collect::<Option<_>>()?))
            }
            _ => {
                let element = element_type(data_type);
                let values = range.map(|row| self.nested(elements, element, row));
                let values = values.collect();
                Some(match is_set {
                    true => Value::ValueSet(values),
                    false => Value::ValueList(values),
                })
            }
        }
    }

    fn map(&self, maps: &Maps, row: usize) -> Option<Map> {
        let values = self.child(maps.values)?;
        range(&maps.offsets, row)?
            .map(|entry| Some((text(&maps.keys, entry)?, self.nested(values, None, entry))))
            .collect()
    }

    fn scalar_map(&self, maps: &ScalarMaps, row: usize) -> Option<Vec<(Option<MapKey>, Value)>> {
        let (keys, values) = (self.child(maps.keys)?, self.child(maps.values)?);
        let entry = |entry| {
            let key = map_key(self.nested(keys, None, entry));
            (key, self.nested(values, None, entry))
        };
        Some(range(&maps.offsets, row)?.map(entry).collect())
    }

    fn members(&self, structs: &Structs, data_type: Option<&DataType>, row: usize) -> Option<Map> {
        let fields = match data_type {
            Some(DataType::Struct(fields)) => &fields[..],
            _ => &[],
        };
        let member = |(position, member): (usize, &crate::StructMember)| {
            let data_type = fields.get(position).map(|(_, data_type)| data_type);
            let values = self.child(member.values)?;
            Some((member.name.clone(), self.nested(values, data_type, row)))
        };
        structs.members.iter().enumerate().map(member).collect()
    }
}

fn element_type(data_type: Option<&DataType>) -> Option<&DataType> {
    match data_type {
        Some(DataType::Array(element) | DataType::Set(element)) => Some(element),
        _ => None,
    }
}

fn scalar_list(values: &Values, range: &Range<usize>) -> Option<List> {
    let texts = |blobs: &Blobs| {
        let texts = range.clone().map(|row| text(blobs, row));
        texts.collect::<Option<Vec<_>>>()
    };
    Some(match values {
        Values::Boolean(bytes) => {
            let bytes = bytes.get(range.clone())?;
            List::Bool(bytes.iter().map(|byte| *byte != 0).collect())
        }
        Values::Int32(numbers) => List::Int32(numbers.get(range.clone())?.to_vec()),
        Values::Int64(numbers) => List::Int64(numbers.get(range.clone())?.to_vec()),
        Values::Float32(numbers) => List::Float(numbers.get(range.clone())?.to_vec()),
        Values::Float64(numbers) => List::Double(numbers.get(range.clone())?.to_vec()),
        Values::UnixTimestamp(times) => List::UnixTimestamp(times.get(range.clone())?.to_vec()),
        Values::Bytes(blobs) => {
            let bytes = range.clone().map(|row| Some(blob(blobs, row)?.to_vec()));
            List::Bytes(bytes.collect::<Option<_>>()?)
        }
        Values::Text(blobs) => List::String(texts(blobs)?),
        Values::Json(blobs) => List::Json(texts(blobs)?),
        Values::Uuid(blobs) => List::Uuid(texts(blobs)?),
        Values::TimeUuid(blobs) => List::TimeUuid(texts(blobs)?),
        Values::Decimal(blobs) => List::Decimal(texts(blobs)?),
        _ => return None,
    })
}

fn map_key(value: Value) -> Option<MapKey> {
    Some(match value {
        Value::Int32(key) => MapKey::Int32(key),
        Value::Int64(key) => MapKey::Int64(key),
        Value::Float(key) => MapKey::Float(key),
        Value::Double(key) => MapKey::Double(key),
        Value::Bool(key) => MapKey::Bool(key),
        Value::UnixTimestamp(key) => MapKey::UnixTimestamp(key),
        Value::Bytes(key) => MapKey::Bytes(key),
        Value::Uuid(key) => MapKey::Uuid(key),
        Value::TimeUuid(key) => MapKey::TimeUuid(key),
        Value::Decimal(key) => MapKey::Decimal(key),
        _ => return None,
    })
}

fn range(offsets: &[u32], row: usize) -> Option<Range<usize>> {
    let start = *offsets.get(row)? as usize;
    let end = *offsets.get(row + 1)? as usize;
    (start <= end).then_some(start..end)
}

fn blob(blobs: &Blobs, row: usize) -> Option<&[u8]> {
    blobs.data.get(range(&blobs.offsets, row)?)
}

fn text(blobs: &Blobs, row: usize) -> Option<String> {
    let text = std::str::from_utf8(blob(blobs, row)?).ok()?;
    Some(text.to_owned())
}
