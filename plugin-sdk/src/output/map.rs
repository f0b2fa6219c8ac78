//! Maps, and lists whose element type isn't told.

use std::collections::{BTreeMap, HashMap};

use super::{Children, Nulls, Output, blob::BlobWriter, check_length, clamped, value};
use crate::{
    ScalarMap, Set, TransformError, Value,
    bindings::salver::transform::columns::{Array, Lists, Maps, ScalarMaps, Values},
};

/// Maps or lists that are being collected, with the values of all of them.
#[derive(Debug)]
pub struct ValuesWriter<K> {
    offsets: Vec<u32>,
    keys: K,
    values: Vec<Value>,
    nulls: Nulls,
}

impl<K> ValuesWriter<K> {
    fn new(keys: K) -> Self {
        Self {
            offsets: vec![0],
            keys,
            values: Vec::new(),
            nulls: Nulls::default(),
        }
    }

    fn push(&mut self, fill: impl FnOnce(&mut K, &mut Vec<Value>)) {
        self.nulls.push_valid();
        fill(&mut self.keys, &mut self.values);
        self.offsets.push(clamped(self.values.len()));
    }

    fn push_null(&mut self) {
        self.nulls.push_null(self.offsets.len() - 1);
        self.offsets.push(clamped(self.values.len()));
    }
}

impl ValuesWriter<()> {
    fn finish_lists(
        self,
        children: &mut Children,
        case: fn(Lists) -> Values,
    ) -> Result<Array, TransformError> {
        check_length(self.values.len())?;
        let elements = children.add(|children| value::mixed(self.values, children))?;
        let offsets = self.offsets;
        Ok(self.nulls.array(case(Lists { offsets, elements })))
    }
}

impl ValuesWriter<BlobWriter> {
    fn finish_maps(self, children: &mut Children) -> Result<Array, TransformError> {
        let (keys, _) = self.keys.blobs()?;
        let values = children.add(|children| value::mixed(self.values, children))?;
        let offsets = self.offsets;
        let maps = Maps {
            offsets,
            keys,
            values,
        };
        Ok(self.nulls.array(Values::Map(maps)))
    }
}

impl ValuesWriter<Vec<Value>> {
    fn finish_maps(self, children: &mut Children) -> Result<Array, TransformError> {
        check_length(self.values.len())?;
        let keys = children.add(|children| value::uniform_or_mixed(self.keys, children))?;
        let values = children.add(|children| value::mixed(self.values, children))?;
        let offsets = self.offsets;
        let maps = ScalarMaps {
            offsets,
            keys,
            values,
        };
        Ok(self.nulls.array(Values::ScalarMap(maps)))
    }
}

macro_rules! columns_of_values {
    ($([$($generics:tt)*] $type:ty, $keys:ty, $name:literal, $new:expr, $write:expr, $finish:expr;)*) => {$(
        impl<$($generics)*> Output for $type {
            type Writer = ValuesWriter<$keys>;

            fn data_type() -> String {
                $name.to_owned()
            }

            fn writer(_: usize) -> Self::Writer {
                ValuesWriter::new($new)
            }

            fn write(self, writer: &mut Self::Writer) {
                let write: fn(Self, &mut $keys, &mut Vec<Value>) = $write;
                writer.push(|keys, values| write(self, keys, values));
            }

            fn write_null(writer: &mut Self::Writer) {
                writer.push_null();
            }

            fn finish(writer: Self::Writer, children: &mut Children) -> Result<Array, TransformError> {
                let finish: fn(Self::Writer, &mut Children) -> Result<Array, TransformError> = $finish;
                finish(writer, children)
            }
        }
    )*};
}

columns_of_values! {
    [] Vec<Value>, (), "ValueList", (), |list, (), values| values.extend(list),
        |writer, children| writer.finish_lists(children, Values::List);
    [] Set<Value>, (), "ValueSet", (), |set, (), values| values.extend(set.0),
        |writer, children| writer.finish_lists(children, Values::Set);
    [V: Into<Value>] BTreeMap<String, V>, BlobWriter, "Map", BlobWriter::with_capacity(0), write_map,
        ValuesWriter::<BlobWriter>::finish_maps;
    [V: Into<Value>, S] HashMap<String, V, S>, BlobWriter, "Map", BlobWriter::with_capacity(0), write_map,
        ValuesWriter::<BlobWriter>::finish_maps;
    [] ScalarMap, Vec<Value>, "ScalarMap", Vec::new(), write_scalar_map, ValuesWriter::<Vec<Value>>::finish_maps;
}

fn write_map<V: Into<Value>>(
    map: impl IntoIterator<Item = (String, V)>,
    keys: &mut BlobWriter,
    values: &mut Vec<Value>,
) {
    for (key, value) in map {
        keys.push(key.as_bytes());
        values.push(value.into());
    }
}

fn write_scalar_map(map: ScalarMap, keys: &mut Vec<Value>, values: &mut Vec<Value>) {
    for (key, value) in map.0 {
        keys.push(key);
        values.push(value);
    }
}
