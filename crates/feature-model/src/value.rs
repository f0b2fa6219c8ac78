mod list;
mod text;

use std::collections::BTreeMap;

pub use text::{is_decimal, is_uuid};

/// One feature value: every case of Feast 0.67's `feast.types.Value`, and null.
///
/// A set and a list of the same elements differ in Feast's bytes, so they differ here. The order of a
/// set's elements is the order in which they were stored.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(
    clippy::enum_variant_names,
    reason = "`ValueList` and `ValueSet` are Feast's names of these types"
)]
pub enum Value {
    /// No value: an unset `Value`, or `null_val`.
    #[default]
    Null,
    /// `bytes_val`
    Bytes(Vec<u8>),
    /// `string_val`
    String(String),
    /// `int32_val`
    Int32(i32),
    /// `int64_val`
    Int64(i64),
    /// `double_val`
    Double(f64),
    /// `float_val`
    Float(f32),
    /// `bool_val`
    Bool(bool),
    /// `unix_timestamp_val`, in whole seconds since 1970-01-01T00:00:00Z.
    UnixTimestamp(i64),
    /// `json_val`: the text of a JSON document, not parsed.
    Json(String),
    /// `uuid_val`
    Uuid(String),
    /// `time_uuid_val`
    TimeUuid(String),
    /// `decimal_val`: the decimal as text.
    Decimal(String),
    /// `zoned_timestamp_val`
    ZonedTimestamp {
        /// Whole seconds since 1970-01-01T00:00:00Z.
        unix_timestamp: i64,
        /// IANA name of a time zone, or an offset as Feast writes it.
        zone: String,
    },
    /// Any `*_list_val` of scalars.
    List(List),
    /// Any `*_set_val` of scalars.
    Set(List),
    /// `map_val`
    Map(Map),
    /// `map_list_val`
    MapList(Vec<Map>),
    /// `struct_val`
    Struct(Map),
    /// `struct_list_val`
    StructList(Vec<Map>),
    /// `list_val`: a list of values, each of which may be a list again.
    ValueList(Vec<Value>),
    /// `set_val`: a set of values, each of which may be a set again.
    ValueSet(Vec<Value>),
    /// `scalar_map_val`: a map whose keys are not strings.
    ScalarMap(Vec<(Option<MapKey>, Value)>),
}

/// A string-keyed map of values (`feast.types.Map`).
pub type Map = BTreeMap<String, Value>;

/// The elements of a list or set of scalars. A list of `feast.types` cannot hold a null.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    missing_docs,
    reason = "each case is the list of the `Value` case of that name"
)]
pub enum List {
    Bytes(Vec<Vec<u8>>),
    String(Vec<String>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Double(Vec<f64>),
    Float(Vec<f32>),
    Bool(Vec<bool>),
    UnixTimestamp(Vec<i64>),
    Json(Vec<String>),
    Uuid(Vec<String>),
    TimeUuid(Vec<String>),
    Decimal(Vec<String>),
}

/// A key of a [`Value::ScalarMap`] (`feast.types.MapKey`).
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "each case is the `Value` case of that name")]
pub enum MapKey {
    Int32(i32),
    Int64(i64),
    Float(f32),
    Double(f64),
    Bool(bool),
    UnixTimestamp(i64),
    Bytes(Vec<u8>),
    Uuid(String),
    TimeUuid(String),
    Decimal(String),
}

impl Value {
    /// Whether this is [`Value::Null`].
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }
}
