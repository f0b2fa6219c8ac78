//! Maps, and lists whose element type isn't told.

use std::{
    collections::{BTreeMap, HashMap},
    marker::PhantomData,
};

use super::{Input, Source, blob::Texts, value::ValueReader};
use crate::{
    FromValue, ScalarMap, Set, TransformError, Value,
    bindings::salver::transform::columns::{Maps, Values},
};

/// The maps of an array.
#[derive(Debug)]
pub struct MapReader<'a, V> {
    offsets: &'a [u32],
    keys: Texts<'a>,
    values: ValueReader<'a>,
    made: PhantomData<V>,
}

impl<'a, V: FromValue> MapReader<'a, V> {
    fn new(source: Source<'a>, maps: &'a Maps) -> Result<Self, TransformError> {
        Ok(Self {
            offsets: &maps.offsets,
            keys: Texts::new(&maps.keys)?,
            values: ValueReader::child(source, maps.values)?,
            made: PhantomData,
        })
    }

    fn entries<M: FromIterator<(String, V)>>(&self, index: usize) -> Result<M, TransformError> {
        let places = self.offsets[index] as usize..self.offsets[index + 1] as usize;
        let entries = places.map(|place| {
            let key = self.keys.get(place);
            let value = V::from_value(self.values.read(place));
            let value = value.map_err(|given| unfit::<V>(key, &given))?;
            Ok((key.to_owned(), value))
        });
        entries.collect()
    }
}

#[cold]
fn unfit<V>(key: &str, given: &Value) -> TransformError {
    let wanted = std::any::type_name::<V>();
    TransformError::invalid_input(format!("the value of `{key}` is no {wanted}: {given:?}"))
}

macro_rules! maps {
    ($($type:ident)*) => {$(
        impl<'a, V: FromValue> Input<'a> for $type<String, V> {
            const CAN_FAIL: bool = true;
            type Reader = MapReader<'a, V>;

            fn data_type() -> String {
                "Map".to_owned()
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::Map(maps) => MapReader::new(source, maps),
                    _ => Err(source.mismatch("Map")),
                }
            }

            fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
                reader.entries(index)
            }
        }
    )*};
}

maps! { BTreeMap HashMap }

/// Checks the array's kind, and leaves the rest to the values.
macro_rules! values {
    ($($type:ty, $case:ident, $name:literal, $value:pat => $result:expr;)*) => {$(
        impl<'a> Input<'a> for $type {
            const CAN_FAIL: bool = true;
            type Reader = ValueReader<'a>;

            fn data_type() -> String {
                $name.to_owned()
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::$case(_) => ValueReader::new(source),
                    _ => Err(source.mismatch($name)),
                }
            }

            fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
                match reader.read(index) {
                    $value => Ok($result),
                    _ => Err(TransformError::failed(concat!("there is no ", $name))),
                }
            }
        }
    )*};
}

values! {
    Vec<Value>, List, "ValueList", Value::List(values) => values;
    Set<Value>, Set, "ValueSet", Value::Set(values) => Set(values);
    ScalarMap, ScalarMap, "ScalarMap", Value::ScalarMap(entries) => ScalarMap(entries);
}
