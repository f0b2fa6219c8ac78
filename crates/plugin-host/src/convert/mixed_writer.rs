use feature_model::{DataType, List, Map, Value};

use super::{add_child, array_writer::ArrayWriter, flat::Refused};
use crate::{Array, Mixed, batch_check::DEEPEST_NESTING};

/// Alternatives that a byte can tell apart.
const MOST_ALTERNATIVES: usize = 256;

/// Grows an array of values of several kinds: an alternative for each kind that comes.
pub(super) struct MixedWriter {
    depth: usize,
    choices: Vec<u8>,
    positions: Vec<u32>,
    alternatives: Vec<(Kind, ArrayWriter)>,
}

/// What values of one alternative have in common.
#[derive(PartialEq)]
enum Kind {
    Typed(DataType),
    /// The names of the members.
    Struct(Vec<String>),
    StructList(Vec<String>),
}

impl MixedWriter {
    pub(super) fn new(depth: usize) -> Self {
        Self {
            depth,
            choices: Vec::new(),
            positions: Vec::new(),
            alternatives: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, value: &Value) -> Result<(), Refused> {
        let kind = kind(value)?;
        let known = self
            .alternatives
            .iter()
            .position(|(known, _)| *known == kind);
        let choice = match known {
            Some(choice) => choice,
            None if self.alternatives.len() == MOST_ALTERNATIVES => {
                return Err("its values are of more than 256 kinds");
            }
            None => {
                let writer = kind.writer(self.depth + 1).ok_or("it is nested too deep")?;
                self.alternatives.push((kind, writer));
                self.alternatives.len() - 1
            }
        };
        let (_, writer) = &mut self.alternatives[choice];
        let position = u32::try_from(writer.len()).map_err(|_| "there are too many values")?;
        writer.push(value)?;
        self.positions.push(position);
        self.choices.push(u8::try_from(choice).unwrap_or(u8::MAX));
        Ok(())
    }

    pub(super) fn push_nothing(&mut self) {
        self.choices.push(0);
        self.positions.push(0);
    }

    pub(super) fn finish(self, children: &mut Vec<Array>) -> Mixed {
        let alternatives = self
            .alternatives
            .into_iter()
            .map(|(_, writer)| add_child(children, |children| writer.finish(children)));
        Mixed {
            alternatives: alternatives.collect(),
            choices: self.choices,
            positions: self.positions,
        }
    }
}

impl Kind {
    /// None where it would be nested too deep.
    fn writer(&self, depth: usize) -> Option<ArrayWriter> {
        if depth >= DEEPEST_NESTING {
            return None;
        }
        match self {
            Self::Typed(data_type) => ArrayWriter::new(data_type, 0, depth),
            Self::Struct(names) => Some(ArrayWriter::untyped_struct(names, depth)),
            Self::StructList(names) => {
                let elements = ArrayWriter::untyped_struct(names, depth + 1);
                Some(ArrayWriter::list_of(elements))
            }
        }
    }
}

fn kind(value: &Value) -> Result<Kind, Refused> {
    let data_type = match value {
        Value::Map(_) => DataType::Map,
        Value::MapList(_) => DataType::Array(Box::new(DataType::Map)),
        Value::ScalarMap(_) => DataType::ScalarMap,
        Value::ZonedTimestamp { .. } => DataType::ZonedTimestamp,
        Value::ValueList(_) => DataType::ValueList,
        Value::ValueSet(_) => DataType::ValueSet,
        Value::List(list) => DataType::Array(Box::new(element_type(list))),
        Value::Set(list) => DataType::Set(Box::new(element_type(list))),
        Value::Struct(members) => return Ok(Kind::Struct(names(members))),
        Value::StructList(structs) => return struct_list(structs),
        scalar => scalar_type(scalar).ok_or("it is null where no null can be")?,
    };
    Ok(Kind::Typed(data_type))
}

fn struct_list(structs: &[Map]) -> Result<Kind, Refused> {
    let first = structs.first().map(names).unwrap_or_default();
    if structs.iter().all(|other| other.keys().eq(&first)) {
        Ok(Kind::StructList(first))
    } else {
        Err(
            "the structs of one list have different members, and no type says which they should have",
        )
    }
}

fn names(members: &Map) -> Vec<String> {
    members.keys().cloned().collect()
}

/// The type of a scalar that can also be a key.
pub(super) fn scalar_type(value: &Value) -> Option<DataType> {
    Some(match value {
        Value::Bytes(_) => DataType::Bytes,
        Value::String(_) => DataType::String,
        Value::Int32(_) => DataType::Int32,
        Value::Int64(_) => DataType::Int64,
        Value::Double(_) => DataType::Float64,
        Value::Float(_) => DataType::Float32,
        Value::Bool(_) => DataType::Bool,
        Value::UnixTimestamp(_) => DataType::UnixTimestamp,
        Value::Json(_) => DataType::Json,
        Value::Uuid(_) => DataType::Uuid,
        Value::TimeUuid(_) => DataType::TimeUuid,
        Value::Decimal(_) => DataType::Decimal,
        _ => return None,
    })
}

fn element_type(list: &List) -> DataType {
    match list {
        List::Bytes(_) => DataType::Bytes,
        List::String(_) => DataType::String,
        List::Int32(_) => DataType::Int32,
        List::Int64(_) => DataType::Int64,
        List::Double(_) => DataType::Float64,
        List::Float(_) => DataType::Float32,
        List::Bool(_) => DataType::Bool,
        List::UnixTimestamp(_) => DataType::UnixTimestamp,
        List::Json(_) => DataType::Json,
        List::Uuid(_) => DataType::Uuid,
        List::TimeUuid(_) => DataType::TimeUuid,
        List::Decimal(_) => DataType::Decimal,
    }
}
