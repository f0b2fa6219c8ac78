//! What plugins are tried and measured with: values of any type, the same ones each time.
//!
//! They are such that most transforms take them: numbers from 0 to 1 (rates, latitudes), whole numbers below 100,
//! lists that are all of one length (embeddings), and no nulls.

use feature_model::{DataType, List, Map, MapKey, Value};

use crate::{Batch, BatchBuilder, ConvertError, Description, split_mix::SplitMix};

/// Elements of each list in [`sample_inputs`].
pub const SAMPLE_LIST_LENGTH: usize = 8;
const SEED: u64 = 0x5a17_e55e_ed00_0001;
/// 2026-03-01T12:00:00Z
const MARCH: i64 = 1_772_366_400;
const WORDS: [&str; 8] = [
    "driver",
    "airport",
    "late night",
    "grün",
    "order",
    "north",
    "refund",
    "first ride",
];

/// Input columns of so many rows, the same ones each time: rates, whole numbers below 100, short texts, lists of
/// [`SAMPLE_LIST_LENGTH`], and no nulls.
///
/// # Errors
///
/// A type that no value has.
pub fn sample_inputs(description: &Description, rows: u32) -> Result<Batch, ConvertError> {
    let fields = description.inputs.iter();
    let fields: Vec<_> = fields
        .map(|field| (field.name.clone(), field.data_type.clone()))
        .collect();
    let mut random = Random(SplitMix(SEED));
    let mut columns = vec![Vec::with_capacity(rows as usize); fields.len()];
    for _ in 0..rows {
        for (column, (_, data_type)) in columns.iter_mut().zip(&fields) {
            column.push(random.value(data_type));
        }
    }
    let mut builder = BatchBuilder::new(&fields, rows as usize);
    for values in columns {
        builder.column(values)?;
    }
    Ok(builder.finish())
}

struct Random(SplitMix);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        u32::try_from(self.0.next() % u64::from(end)).unwrap_or_default()
    }

    /// Two digits after the point, as a person would write it.
    fn fraction(&mut self) -> f64 {
        f64::from(self.below(100)) / 100.0
    }

    fn word(&mut self) -> String {
        WORDS[self.below(8) as usize].to_owned()
    }

    fn value(&mut self, data_type: &DataType) -> Value {
        match data_type {
            DataType::Array(element) => self.list(element),
            DataType::Set(element) => match List::of_values(self.values(element), element) {
                Ok(list) => Value::Set(list),
                Err(values) => Value::ValueSet(values),
            },
            DataType::ValueList => Value::ValueList(self.values(&DataType::Int64)),
            DataType::ValueSet => Value::ValueSet(self.values(&DataType::Int64)),
            DataType::Map => Value::Map(self.map()),
            DataType::ScalarMap => {
                let pair = |key| (Some(MapKey::Int64(key)), Value::String(self.word()));
                Value::ScalarMap((0..3).map(pair).collect())
            }
            DataType::Struct(members) => Value::Struct(self.structure(members)),
            scalar => self.scalar(scalar),
        }
    }

    fn scalar(&mut self, data_type: &DataType) -> Value {
        match data_type {
            DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes => {
                Value::Bytes(self.0.next().to_le_bytes().to_vec())
            }
            DataType::String => Value::String(self.word()),
            DataType::Int32 => Value::Int32(self.below(100).cast_signed()),
            DataType::Int64 => Value::Int64(self.below(100).into()),
            DataType::Float32 => Value::Float(self.fraction() as f32),
            DataType::Float64 => Value::Double(self.fraction()),
            DataType::Bool => Value::Bool(self.below(2) == 1),
            DataType::UnixTimestamp => Value::UnixTimestamp(self.time()),
            DataType::Json => Value::Json(format!("{{\"count\": {}}}", self.below(100))),
            DataType::Uuid => Value::Uuid(self.uuid(4)),
            DataType::TimeUuid => Value::TimeUuid(self.uuid(1)),
            DataType::Decimal => Value::Decimal(format!("{:.2}", self.fraction())),
            DataType::ZonedTimestamp => Value::ZonedTimestamp {
                unix_timestamp: self.time(),
                zone: "Europe/Berlin".to_owned(),
            },
            // The builder has refused these.
            _ => Value::Null,
        }
    }

    fn time(&mut self) -> i64 {
        MARCH + i64::from(self.below(86_400))
    }

    fn uuid(&mut self, version: u8) -> String {
        let (high, low) = (self.0.next(), self.0.next());
        format!(
            "{:08x}-{:04x}-{version}{:03x}-8{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }

    fn values(&mut self, element: &DataType) -> Vec<Value> {
        (0..SAMPLE_LIST_LENGTH)
            .map(|_| self.value(element))
            .collect()
    }

    fn map(&mut self) -> Map {
        let entries = WORDS.iter().take(3);
        entries
            .map(|word| ((*word).to_owned(), Value::Int64(self.below(100).into())))
            .collect()
    }

    fn structure(&mut self, members: &[(String, DataType)]) -> Map {
        members
            .iter()
            .map(|(name, data_type)| (name.clone(), self.value(data_type)))
            .collect()
    }

    fn list(&mut self, element: &DataType) -> Value {
        match element {
            DataType::Map => Value::MapList((0..SAMPLE_LIST_LENGTH).map(|_| self.map()).collect()),
            DataType::Struct(members) => {
                let structs = (0..SAMPLE_LIST_LENGTH).map(|_| self.structure(members));
                Value::StructList(structs.collect())
            }
            _ => match List::of_values(self.values(element), element) {
                Ok(list) => Value::List(list),
                Err(values) => Value::ValueList(values),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{BatchReader, Field};

    use super::*;

    #[test]
    fn every_type_has_values_and_the_same_ones_again() {
        let names = [
            "Bytes",
            "PdfBytes",
            "ImageBytes",
            "String",
            "Int32",
            "Int64",
            "Float32",
            "Float64",
            "Bool",
            "UnixTimestamp",
            "Json",
            "Uuid",
            "TimeUuid",
            "Decimal",
            "ZonedTimestamp",
            "Map",
            "ScalarMap",
            "Array(String)",
            "Array(Float32)",
            "Set(Int64)",
            "Array(Map)",
            "Array(Array(Bool))",
            "Set(Set(Uuid))",
            "Struct({a: Int32, b: Array(Float64)})",
            "Array(Struct({a: Json}))",
        ];
        let field = |name: &str| Field {
            name: name.to_owned(),
            data_type: name.parse().unwrap(),
            documentation: String::new(),
        };
        let description = Description {
            documentation: String::new(),
            inputs: names.into_iter().map(field).collect(),
            outputs: Vec::new(),
            deterministic: true,
        };
        let batch = sample_inputs(&description, 3).unwrap();
        assert_eq!(batch, sample_inputs(&description, 3).unwrap());
        let fields: Vec<_> = description
            .inputs
            .iter()
            .map(|field| (field.name.clone(), field.data_type.clone()))
            .collect();
        let reader = BatchReader::new(batch, fields.as_slice().into(), 3).unwrap();
        for (column, (name, _)) in fields.iter().enumerate() {
            let values: Vec<_> = (0..3).map(|row| reader.value(column, row)).collect();
            assert!(values.iter().all(|value| !value.is_null()), "{name}");
        }
    }

    #[test]
    fn a_uuid_tells_its_version() {
        let uuid = Random(SplitMix(1)).uuid(4);
        assert_eq!(uuid.len(), 36, "{uuid}");
        assert_eq!(&uuid[14..15], "4", "{uuid}");
    }
}
