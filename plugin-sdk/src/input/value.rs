//! Values whose kind only the array tells.

use super::{Source, blob::Texts};
use crate::{
    Decimal, Json, TimeUuid, Timestamp, TransformError, Uuid, Value, ZonedTimestamp,
    bindings::salver::transform::columns::{Blobs, Lists, Mixed, ScalarMaps, Structs, Values},
};

/// The values of any array.
#[derive(Debug)]
pub struct ValueReader<'a> {
    validity: &'a [u8],
    kind: Kind<'a>,
}

#[derive(Debug)]
enum Kind<'a> {
    Bool(&'a [u8]),
    Int32(&'a [i32]),
    Int64(&'a [i64]),
    Float32(&'a [f32]),
    Float64(&'a [f64]),
    Timestamp(&'a [i64]),
    ZonedTimestamp(&'a [i64], Texts<'a>),
    Bytes(&'a Blobs),
    Text(Texts<'a>, fn(String) -> Value),
    List(&'a [u32], Box<ValueReader<'a>>, fn(Vec<Value>) -> Value),
    Map(&'a [u32], Texts<'a>, Box<ValueReader<'a>>),
    ScalarMap(&'a [u32], Box<ValueReader<'a>>, Box<ValueReader<'a>>),
    Struct(Vec<(&'a str, ValueReader<'a>)>),
    Mixed(&'a Mixed, Vec<ValueReader<'a>>),
}

impl<'a> ValueReader<'a> {
    pub(super) fn new(source: Source<'a>) -> Result<Self, TransformError> {
        let text = |blobs: &'a Blobs, make: fn(String) -> Value| {
            Texts::new(blobs).map(|texts| Kind::Text(texts, make))
        };
        let kind = match source.values() {
            Values::Boolean(values) => Kind::Bool(values),
            Values::Int32(values) => Kind::Int32(values),
            Values::Int64(values) => Kind::Int64(values),
            Values::Float32(values) => Kind::Float32(values),
            Values::Float64(values) => Kind::Float64(values),
            Values::UnixTimestamp(values) => Kind::Timestamp(values),
            Values::ZonedTimestamp(times) => {
                Kind::ZonedTimestamp(&times.seconds, Texts::new(&times.zones)?)
            }
            Values::Bytes(blobs) => Kind::Bytes(blobs),
            Values::Text(blobs) => text(blobs, Value::String)?,
            Values::Json(blobs) => text(blobs, |text| Value::Json(Json(text)))?,
            Values::Uuid(blobs) => text(blobs, |text| Value::Uuid(Uuid(text)))?,
            Values::TimeUuid(blobs) => text(blobs, |text| Value::TimeUuid(TimeUuid(text)))?,
            Values::Decimal(blobs) => text(blobs, |text| Value::Decimal(Decimal(text)))?,
            Values::List(lists) => list(source, lists, Value::List)?,
            Values::Set(lists) => list(source, lists, Value::Set)?,
            Values::Map(maps) => {
                let values = Self::child(source, maps.values)?;
                Kind::Map(&maps.offsets, Texts::new(&maps.keys)?, Box::new(values))
            }
            Values::ScalarMap(maps) => scalar_map(source, maps)?,
            Values::Struct(structs) => members(source, structs)?,
            Values::Mixed(mixed) => alternatives(source, mixed)?,
        };
        let validity = source.validity().bytes();
        Ok(Self { validity, kind })
    }

    pub(super) fn child(source: Source<'a>, index: u32) -> Result<Self, TransformError> {
        Self::new(source.child(index)?)
    }

    /// The values from one offset up to the next.
    pub(super) fn range(&self, offsets: &[u32], index: usize) -> Vec<Value> {
        let places = offsets[index] as usize..offsets[index + 1] as usize;
        places.map(|place| self.read(place)).collect()
    }

    pub(super) fn read(&self, index: usize) -> Value {
        if !self.validity.is_empty() && self.validity[index] == 0 {
            return Value::Null;
        }
        match &self.kind {
            Kind::Bool(values) => Value::Bool(values[index] != 0),
            Kind::Int32(values) => Value::Int32(values[index]),
            Kind::Int64(values) => Value::Int64(values[index]),
            Kind::Float32(values) => Value::Float32(values[index]),
            Kind::Float64(values) => Value::Float64(values[index]),
            Kind::Timestamp(values) => Value::Timestamp(Timestamp(values[index])),
            Kind::ZonedTimestamp(seconds, zones) => Value::ZonedTimestamp(ZonedTimestamp {
                seconds: seconds[index],
                zone: zones.get(index).to_owned(),
            }),
            Kind::Bytes(blobs) => Value::Bytes(bytes(blobs, index)),
            Kind::Text(texts, make) => make(texts.get(index).to_owned()),
            Kind::List(offsets, elements, make) => make(elements.range(offsets, index)),
            Kind::Map(offsets, keys, values) => {
                let places = offsets[index] as usize..offsets[index + 1] as usize;
                let entry = |place| (keys.get(place).to_owned(), values.read(place));
                Value::Map(places.map(entry).collect())
            }
            Kind::ScalarMap(offsets, keys, values) => {
                let keys = keys.range(offsets, index);
                let entries = keys.into_iter().zip(values.range(offsets, index));
                Value::ScalarMap(entries.collect())
            }
            Kind::Struct(members) => {
                let members = members.iter();
                let values = members.map(|(name, values)| ((*name).to_owned(), values.read(index)));
                Value::Struct(values.collect())
            }
            Kind::Mixed(mixed, alternatives) => {
                let alternative = &alternatives[mixed.choices[index] as usize];
                alternative.read(mixed.positions[index] as usize)
            }
        }
    }
}

fn bytes(blobs: &Blobs, index: usize) -> Vec<u8> {
    blobs.data[blobs.offsets[index] as usize..blobs.offsets[index + 1] as usize].to_vec()
}

fn list<'a>(
    source: Source<'a>,
    lists: &'a Lists,
    make: fn(Vec<Value>) -> Value,
) -> Result<Kind<'a>, TransformError> {
    let elements = ValueReader::child(source, lists.elements)?;
    Ok(Kind::List(&lists.offsets, Box::new(elements), make))
}

fn scalar_map<'a>(source: Source<'a>, maps: &'a ScalarMaps) -> Result<Kind<'a>, TransformError> {
    let keys = ValueReader::child(source, maps.keys)?;
    let values = ValueReader::child(source, maps.values)?;
    Ok(Kind::ScalarMap(
        &maps.offsets,
        Box::new(keys),
        Box::new(values),
    ))
}

fn members<'a>(source: Source<'a>, structs: &'a Structs) -> Result<Kind<'a>, TransformError> {
    let members = structs.members.iter().map(|member| {
        let values = ValueReader::child(source, member.values)?;
        Ok((&*member.name, values))
    });
    members.collect::<Result<_, _>>().map(Kind::Struct)
}

fn alternatives<'a>(source: Source<'a>, mixed: &'a Mixed) -> Result<Kind<'a>, TransformError> {
    let alternatives = mixed.alternatives.iter();
    let readers = alternatives.map(|index| ValueReader::child(source, *index));
    let readers = readers.collect::<Result<_, _>>()?;
    Ok(Kind::Mixed(mixed, readers))
}
