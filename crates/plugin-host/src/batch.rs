//! Columns as they cross between the gateway and a plugin: the records of `interface columns` in
//! `wit/v1/transform.wit`, which says what each field means and what must hold.

use feature_model::DataType;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::{BadBatch, batch_check::check};

/// Columns of equal length in the order of their description, and what their nested values refer to.
#[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `batch`")]
pub struct Batch {
    pub columns: Vec<Array>,
    pub children: Vec<Array>,
}

/// Values of one kind and which of them are null.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `array`")]
pub struct Array {
    pub validity: Option<Vec<u8>>,
    pub values: Values,
}

/// The values of an array, a case for each kind of `feast.types.Value`.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(variant)]
#[allow(missing_docs, reason = "see the WIT variant `values`")]
pub enum Values {
    #[component(name = "boolean")]
    Boolean(Vec<u8>),
    #[component(name = "int32")]
    Int32(Vec<i32>),
    #[component(name = "int64")]
    Int64(Vec<i64>),
    #[component(name = "float32")]
    Float32(Vec<f32>),
    #[component(name = "float64")]
    Float64(Vec<f64>),
    #[component(name = "unix-timestamp")]
    UnixTimestamp(Vec<i64>),
    #[component(name = "zoned-timestamp")]
    ZonedTimestamp(ZonedTimestamps),
    #[component(name = "bytes")]
    Bytes(Blobs),
    #[component(name = "text")]
    Text(Blobs),
    #[component(name = "json")]
    Json(Blobs),
    #[component(name = "uuid")]
    Uuid(Blobs),
    #[component(name = "time-uuid")]
    TimeUuid(Blobs),
    #[component(name = "decimal")]
    Decimal(Blobs),
    #[component(name = "list")]
    List(Lists),
    #[component(name = "set")]
    Set(Lists),
    #[component(name = "map")]
    Map(Maps),
    #[component(name = "scalar-map")]
    ScalarMap(ScalarMaps),
    #[component(name = "struct")]
    Struct(Structs),
    #[component(name = "mixed")]
    Mixed(Mixed),
}

/// Texts or bytes, one after the other.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `blobs`")]
pub struct Blobs {
    pub offsets: Vec<u32>,
    pub data: Vec<u8>,
}

/// Times with their zones.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `zoned-timestamps`")]
pub struct ZonedTimestamps {
    pub seconds: Vec<i64>,
    pub zones: Blobs,
}

/// Lists or sets, whose elements are in a child.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `lists`")]
pub struct Lists {
    pub offsets: Vec<u32>,
    pub elements: u32,
}

/// Maps with texts for keys, whose values are in a child.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `maps`")]
pub struct Maps {
    pub offsets: Vec<u32>,
    pub keys: Blobs,
    pub values: u32,
}

/// Maps with other keys, whose keys and values are in a child each.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `scalar-maps`")]
pub struct ScalarMaps {
    pub offsets: Vec<u32>,
    pub keys: u32,
    pub values: u32,
}

/// Structs, each of whose members is in a child.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `structs`")]
pub struct Structs {
    pub length: u32,
    pub members: Vec<StructMember>,
}

/// One member of all structs of an array.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `struct-member`")]
pub struct StructMember {
    pub name: String,
    pub values: u32,
}

/// Values of several kinds, each kind in a child.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(record)]
#[allow(missing_docs, reason = "see the WIT record `mixed`")]
pub struct Mixed {
    pub choices: Vec<u8>,
    pub positions: Vec<u32>,
    pub alternatives: Vec<u32>,
}

impl Batch {
    /// Holds a batch to all rules of the interface, and to these columns. What a [`Plugin`](crate::Plugin) returns has
    /// been checked.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong.
    pub fn check(&self, columns: &[(String, DataType)], rows: usize) -> Result<(), BadBatch> {
        let fields = columns
            .iter()
            .map(|(name, data_type)| (name.as_str(), data_type));
        check(self, rows, fields)
    }
}

impl Array {
    /// Values without nulls.
    #[must_use]
    pub fn of(values: Values) -> Self {
        Self {
            validity: None,
            values,
        }
    }

    /// Whether the value in a row is not null.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        let validity = self.validity.as_deref().unwrap_or_default();
        validity.get(row) != Some(&0)
    }
}

impl Values {
    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Boolean(bytes) => bytes.len(),
            Self::Int32(numbers) => numbers.len(),
            Self::Int64(numbers) | Self::UnixTimestamp(numbers) => numbers.len(),
            Self::Float32(numbers) => numbers.len(),
            Self::Float64(numbers) => numbers.len(),
            Self::ZonedTimestamp(zoned) => zoned.seconds.len(),
            Self::Bytes(blobs)
            | Self::Text(blobs)
            | Self::Json(blobs)
            | Self::Uuid(blobs)
            | Self::TimeUuid(blobs)
            | Self::Decimal(blobs) => before_last(&blobs.offsets),
            Self::List(lists) | Self::Set(lists) => before_last(&lists.offsets),
            Self::Map(maps) => before_last(&maps.offsets),
            Self::ScalarMap(maps) => before_last(&maps.offsets),
            Self::Struct(structs) => structs.length as usize,
            Self::Mixed(mixed) => mixed.choices.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the case in the WIT.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "boolean",
            Self::Int32(_) => "int32",
            Self::Int64(_) => "int64",
            Self::Float32(_) => "float32",
            Self::Float64(_) => "float64",
            Self::UnixTimestamp(_) => "unix-timestamp",
            Self::ZonedTimestamp(_) => "zoned-timestamp",
            Self::Bytes(_) => "bytes",
            Self::Text(_) => "text",
            Self::Json(_) => "json",
            Self::Uuid(_) => "uuid",
            Self::TimeUuid(_) => "time-uuid",
            Self::Decimal(_) => "decimal",
            Self::List(_) => "list",
            Self::Set(_) => "set",
            Self::Map(_) => "map",
            Self::ScalarMap(_) => "scalar-map",
            Self::Struct(_) => "struct",
            Self::Mixed(_) => "mixed",
        }
    }
}

fn before_last(offsets: &[u32]) -> usize {
    offsets.len().saturating_sub(1)
}
