//! Out of columns into values. Nothing here trusts an index: what isn't there is null.
//!
//! A batch that keeps the rules refers forward only, and to each value once. What was never checked is read as if it
//! did: a reference backwards finds nothing, and a value that is made of more values than the batch has is null.

use std::{cell::Cell, ops::Range};

use feature_model::{DataType, List, Map, MapKey, Value};

use crate::{
    Array, Blobs, Lists, Maps, Mixed, ScalarMaps, Structs, Values,
    batch_check::{DEEPEST_NESTING, MOST_EMPTY_STRUCTS},
};

/// How many values are in the children: what one value is made of at most.
pub(super) fn values_in(children: &[Array]) -> usize {
    let lengths = || children.iter().map(|array| (array, array.values.len()));
    let is_struct = |array: &Array| matches!(array.values, Values::Struct(_));
    let others = lengths().filter(|(array, _)| !is_struct(array));
    let longest = others.map(|(_, length)| length).max().unwrap_or_default();
    // Structs only say how many they are. Those with members are as many as the values of these.
    let most_structs = longest.max(MOST_EMPTY_STRUCTS);
    let counted = lengths().map(|(array, length)| match is_struct(array) {
        true => length.min(most_structs),
        false => length,
    });
    counted.fold(0, usize::saturating_add)
}

/// The value of a column in a row, made of at most so many values in the children.
pub(super) fn value(
    children: &[Array],
    column: &Array,
    data_type: &DataType,
    row: usize,
    most_values: usize,
) -> Value {
    let left = Cell::new(most_values);
    let reader = Reader {
        children,
        first: 0,
        depth: 0,
        left: &left,
    };
    reader.value(column, Some(data_type), row)
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

/// Reads what is in one array.
#[derive(Clone, Copy)]
struct Reader<'b> {
    children: &'b [Array],
    /// The first child that the array may refer to.
    first: usize,
    depth: usize,
    /// How many values may still be looked at.
    left: &'b Cell<usize>,
}

impl<'b> Reader<'b> {
    /// The child of an index, if the array may refer to it, and who reads what is in it.
    fn child(&self, index: u32) -> Option<(Self, &'b Array)> {
        let index = index as usize;
        if index < self.first || self.depth >= DEEPEST_NESTING {
            return None;
        }
        let inside = Self {
            first: index + 1,
            depth: self.depth + 1,
            ..*self
        };
        Some((inside, self.children.get(index)?))
    }

    fn look_at(&self, values: usize) -> Option<()> {
        self.left.set(self.left.get().checked_sub(values)?);
        Some(())
    }

    /// The value in a row. The type is none where the values say it themselves: inside maps.
    fn value(&self, array: &Array, data_type: Option<&DataType>, row: usize) -> Value {
        if !array.is_valid(row) {
            return Value::Null;
        }
        let found = match &array.values {
            Values::List(lists) => self.list(lists, data_type, row, false),
            Values::Set(lists) => self.list(lists, data_type, row, true),
            Values::Map(maps) => self.map(maps, row).map(Value::Map),
            Values::ScalarMap(maps) => self.scalar_map(maps, row).map(Value::ScalarMap),
            Values::Struct(structs) => self.members(structs, data_type, row).map(Value::Struct),
            Values::Mixed(mixed) => self.alternative(mixed, row),
            flat => scalar(flat, row),
        };
        found.unwrap_or_default()
    }

    fn list(
        &self,
        lists: &Lists,
        data_type: Option<&DataType>,
        row: usize,
        is_set: bool,
    ) -> Option<Value> {
        let range = range(&lists.offsets, row)?;
        self.look_at(range.len())?;
        let (inside, elements) = self.child(lists.elements)?;
        let any_type = matches!(data_type, Some(DataType::ValueList | DataType::ValueSet));
        if !any_type && let Some(list) = scalar_list(&elements.values, &range) {
            return Some(match is_set {
                true => Value::Set(list),
                false => Value::List(list),
            });
        }
        match &elements.values {
            Values::Map(maps) if !any_type && !is_set => {
                let maps = range.map(|row| inside.map(maps, row));
                Some(Value::MapList(maps.collect::<Option<_>>()?))
            }
            Values::Struct(structs) if !any_type && !is_set => {
                let element = element_type(data_type);
                let structs = range.map(|row| inside.members(structs, element, row));
                Some(Value::StructList(structs.collect::<Option<_>>()?))
            }
            _ => {
                let element = element_type(data_type);
                let values = range.map(|row| inside.value(elements, element, row));
                let values = values.collect();
                Some(match is_set {
                    true => Value::ValueSet(values),
                    false => Value::ValueList(values),
                })
            }
        }
    }

    fn map(&self, maps: &Maps, row: usize) -> Option<Map> {
        let range = range(&maps.offsets, row)?;
        self.look_at(range.len())?;
        let (inside, values) = self.child(maps.values)?;
        range
            .map(|entry| Some((text(&maps.keys, entry)?, inside.value(values, None, entry))))
            .collect()
    }

    fn scalar_map(&self, maps: &ScalarMaps, row: usize) -> Option<Vec<(Option<MapKey>, Value)>> {
        let range = range(&maps.offsets, row)?;
        self.look_at(range.len().saturating_mul(2))?;
        let (in_keys, keys) = self.child(maps.keys)?;
        let (in_values, values) = self.child(maps.values)?;
        let entry = |entry| {
            let key = map_key(in_keys.value(keys, None, entry));
            (key, in_values.value(values, None, entry))
        };
        Some(range.map(entry).collect())
    }

    fn members(&self, structs: &Structs, data_type: Option<&DataType>, row: usize) -> Option<Map> {
        let fields = match data_type {
            Some(DataType::Struct(fields)) => &fields[..],
            _ => &[],
        };
        self.look_at(structs.members.len())?;
        let member = |(position, member): (usize, &crate::StructMember)| {
            let data_type = fields.get(position).map(|(_, data_type)| data_type);
            let (inside, values) = self.child(member.values)?;
            Some((member.name.clone(), inside.value(values, data_type, row)))
        };
        structs.members.iter().enumerate().map(member).collect()
    }

    fn alternative(&self, mixed: &Mixed, row: usize) -> Option<Value> {
        let choice = usize::from(*mixed.choices.get(row)?);
        let position = *mixed.positions.get(row)? as usize;
        self.look_at(1)?;
        let (inside, values) = self.child(*mixed.alternatives.get(choice)?)?;
        Some(inside.value(values, None, position))
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
