use feature_model::{DataType, List, Map, MapKey, Value};

use super::{
    add_child,
    flat::{
        OTHER_TYPE, Refused, empty_blobs, extend, flat, push_blob, push_flat, push_flat_default,
        push_offset, repeat_last,
    },
    mark,
    mixed_writer::MixedWriter,
};
use crate::{
    Array, Blobs, Lists, Maps, ScalarMaps, StructMember, Structs, Values,
    batch_check::DEEPEST_NESTING,
};

const NULL_ELEMENT: Refused = "an element is null";

/// Grows one array.
pub(super) struct ArrayWriter {
    /// Nothing until the first null.
    validity: Option<Vec<u8>>,
    length: usize,
    values: Writer,
}

enum Writer {
    /// Whatever holds no other array.
    Flat(Values),
    List {
        is_set: bool,
        offsets: Vec<u32>,
        elements: Box<ArrayWriter>,
    },
    Map {
        offsets: Vec<u32>,
        keys: Blobs,
        values: Box<ArrayWriter>,
    },
    ScalarMap {
        offsets: Vec<u32>,
        keys: Vec<Option<MapKey>>,
        values: Box<ArrayWriter>,
    },
    Struct(Vec<(String, ArrayWriter)>),
    Mixed(MixedWriter),
}

impl ArrayWriter {
    /// None for a type that can't cross, or where arrays are nested too deep already.
    pub(super) fn new(data_type: &DataType, rows: usize, depth: usize) -> Option<Self> {
        if depth > DEEPEST_NESTING {
            return None;
        }
        let inner = depth + 1;
        let values = match data_type {
            DataType::Array(element) => list(false, Self::new(element, rows, inner)?),
            DataType::Set(element) => list(true, Self::new(element, rows, inner)?),
            DataType::ValueList => list(false, Self::mixed(inner)),
            DataType::ValueSet => list(true, Self::mixed(inner)),
            DataType::Map => Writer::Map {
                offsets: vec![0],
                keys: empty_blobs(0),
                values: Box::new(Self::mixed(inner)),
            },
            DataType::ScalarMap => Writer::ScalarMap {
                offsets: vec![0],
                keys: Vec::new(),
                values: Box::new(Self::mixed(inner)),
            },
            DataType::Struct(fields) => {
                let member = |(name, data_type): &(String, DataType)| {
                    Some((name.clone(), Self::new(data_type, rows, inner)?))
                };
                Writer::Struct(fields.iter().map(member).collect::<Option<_>>()?)
            }
            scalar => Writer::Flat(flat(scalar, rows)?),
        };
        Some(Self::of(values))
    }

    pub(super) fn mixed(depth: usize) -> Self {
        Self::of(Writer::Mixed(MixedWriter::new(depth)))
    }

    /// Structs whose members have values of any type.
    pub(super) fn untyped_struct(names: &[String], depth: usize) -> Self {
        let members = names
            .iter()
            .map(|name| (name.clone(), Self::mixed(depth + 1)));
        Self::of(Writer::Struct(members.collect()))
    }

    /// Lists of such structs.
    pub(super) fn list_of(elements: Self) -> Self {
        Self::of(list(false, elements))
    }

    fn of(values: Writer) -> Self {
        Self {
            validity: None,
            length: 0,
            values,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    pub(super) fn push(&mut self, value: &Value) -> Result<(), Refused> {
        match value.is_null() {
            true => self.values.push_nothing(),
            false => self.values.push(value)?,
        }
        mark(&mut self.validity, self.length, !value.is_null());
        self.length += 1;
        Ok(())
    }

    /// Adds the elements of a list of scalars.
    fn extend(&mut self, list: &List) -> Result<usize, Refused> {
        let Writer::Flat(values) = &mut self.values else {
            return Err(OTHER_TYPE);
        };
        let before = self.length;
        extend(values, list)?;
        self.length = values.len();
        Ok(self.length - before)
    }

    pub(super) fn finish(self, children: &mut Vec<Array>) -> Array {
        Array {
            validity: self.validity,
            values: self.values.finish(self.length, children),
        }
    }

    /// Adds the array to the children; its index.
    fn finish_child(self, children: &mut Vec<Array>) -> u32 {
        add_child(children, |children| self.finish(children))
    }
}

impl Writer {
    fn finish(self, length: usize, children: &mut Vec<Array>) -> Values {
        match self {
            Self::Flat(values) => values,
            Self::List {
                is_set,
                offsets,
                elements,
            } => {
                let elements = elements.finish_child(children);
                let lists = Lists { offsets, elements };
                match is_set {
                    true => Values::Set(lists),
                    false => Values::List(lists),
                }
            }
            Self::Map {
                offsets,
                keys,
                values,
            } => Values::Map(Maps {
                offsets,
                keys,
                values: values.finish_child(children),
            }),
            Self::ScalarMap {
                offsets,
                keys,
                values,
            } => Values::ScalarMap(ScalarMaps {
                offsets,
                keys: add_child(children, |children| key_array(&keys, children)),
                values: values.finish_child(children),
            }),
            Self::Struct(members) => {
                let members = members.into_iter().map(|(name, member)| StructMember {
                    name,
                    values: member.finish_child(children),
                });
                Values::Struct(Structs {
                    members: members.collect(),
                    length: u32::try_from(length).unwrap_or(u32::MAX),
                })
            }
            Self::Mixed(mixed) => Values::Mixed(mixed.finish(children)),
        }
    }

    fn push(&mut self, value: &Value) -> Result<(), Refused> {
        match self {
            Self::Flat(values) => push_flat(values, value),
            Self::List {
                is_set,
                offsets,
                elements,
            } => {
                let count = push_elements(*is_set, elements, value)?;
                push_offset(offsets, count)
            }
            Self::Map {
                offsets,
                keys,
                values,
            } => {
                let Value::Map(map) = value else {
                    return Err(OTHER_TYPE);
                };
                for (key, value) in map {
                    push_blob(keys, key.as_bytes())?;
                    values.push(value)?;
                }
                push_offset(offsets, map.len())
            }
            Self::ScalarMap {
                offsets,
                keys,
                values,
            } => {
                let Value::ScalarMap(entries) = value else {
                    return Err(OTHER_TYPE);
                };
                for (key, value) in entries {
                    keys.push(key.clone());
                    values.push(value)?;
                }
                push_offset(offsets, entries.len())
            }
            Self::Struct(members) => match value {
                Value::Struct(map) => push_struct(members, map),
                _ => Err(OTHER_TYPE),
            },
            Self::Mixed(mixed) => mixed.push(value),
        }
    }

    /// What stands at the place of a null.
    fn push_nothing(&mut self) {
        match self {
            Self::Flat(values) => push_flat_default(values),
            Self::List { offsets, .. }
            | Self::Map { offsets, .. }
            | Self::ScalarMap { offsets, .. } => repeat_last(offsets),
            Self::Struct(members) => {
                for (_, member) in members {
                    // A null is of every type.
                    let _ = member.push(&Value::Null);
                }
            }
            Self::Mixed(mixed) => mixed.push_nothing(),
        }
    }
}

fn list(is_set: bool, elements: ArrayWriter) -> Writer {
    Writer::List {
        is_set,
        offsets: vec![0],
        elements: Box::new(elements),
    }
}

/// Adds the elements of a value to a list's or a set's; how many there are.
fn push_elements(
    is_set: bool,
    elements: &mut ArrayWriter,
    value: &Value,
) -> Result<usize, Refused> {
    match (is_set, value) {
        (false, Value::List(list)) | (true, Value::Set(list)) => elements.extend(list),
        (false, Value::ValueList(values)) | (true, Value::ValueSet(values)) => {
            if matches!(
                elements.values,
                Writer::Flat(_) | Writer::Map { .. } | Writer::Struct(_)
            ) {
                return Err(OTHER_TYPE);
            }
            values.iter().try_for_each(|value| elements.push(value))?;
            Ok(values.len())
        }
        (false, Value::MapList(maps)) => match &mut elements.values {
            Writer::Map { .. } => push_maps(elements, maps, Value::Map),
            _ => Err(OTHER_TYPE),
        },
        (false, Value::StructList(structs)) => match &mut elements.values {
            Writer::Struct(_) => push_maps(elements, structs, Value::Struct),
            _ => Err(OTHER_TYPE),
        },
        (_, Value::Null) => Err(NULL_ELEMENT),
        _ => Err(OTHER_TYPE),
    }
}

fn push_maps(
    elements: &mut ArrayWriter,
    maps: &[Map],
    value: fn(Map) -> Value,
) -> Result<usize, Refused> {
    for map in maps {
        elements.push(&value(map.clone()))?;
    }
    Ok(maps.len())
}

/// A member that the struct hasn't is null.
fn push_struct(members: &mut [(String, ArrayWriter)], map: &Map) -> Result<(), Refused> {
    let known = |name: &String| members.iter().any(|(member, _)| member == name);
    if !map.keys().all(known) {
        return Err("it has a member that its type hasn't");
    }
    for (name, member) in members {
        member.push(map.get(name).unwrap_or(&Value::Null))?;
    }
    Ok(())
}

/// One array where all keys are of one kind, else a mixed one.
fn key_array(keys: &[Option<MapKey>], children: &mut Vec<Array>) -> Array {
    let values: Vec<_> = keys.iter().map(key_value).collect();
    let first = values.first().and_then(super::mixed_writer::scalar_type);
    let plain = first.and_then(|data_type| {
        let mut writer = ArrayWriter::new(&data_type, values.len(), 0)?;
        values
            .iter()
            .try_for_each(|value| writer.push(value))
            .ok()?;
        Some(writer)
    });
    let writer = plain.unwrap_or_else(|| {
        let mut writer = ArrayWriter::mixed(0);
        for value in &values {
            // A mixed array takes every scalar.
            let _ = writer.push(value);
        }
        writer
    });
    writer.finish(children)
}

fn key_value(key: &Option<MapKey>) -> Value {
    match key {
        None => Value::Null,
        Some(MapKey::Int32(key)) => Value::Int32(*key),
        Some(MapKey::Int64(key)) => Value::Int64(*key),
        Some(MapKey::Float(key)) => Value::Float(*key),
        Some(MapKey::Double(key)) => Value::Double(*key),
        Some(MapKey::Bool(key)) => Value::Bool(*key),
        Some(MapKey::UnixTimestamp(key)) => Value::UnixTimestamp(*key),
        Some(MapKey::Bytes(key)) => Value::Bytes(key.clone()),
        Some(MapKey::Uuid(key)) => Value::Uuid(key.clone()),
        Some(MapKey::TimeUuid(key)) => Value::TimeUuid(key.clone()),
        Some(MapKey::Decimal(key)) => Value::Decimal(key.clone()),
    }
}
