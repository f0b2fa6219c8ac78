//! `feast/types/Value.proto` of Feast 0.67 and `google/protobuf/timestamp.proto`, to decode with.
//!
//! Written by hand so that no code generator is needed. Encoding is by hand in `value/encode.rs`:
//! it takes a borrowed value, and writes map entries as Feast's protobuf does (prost leaves out an
//! entry's empty key or value).

use std::collections::BTreeMap;

use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProtoTimestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProtoValue {
    #[prost(
        oneof = "Val",
        tags = "1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, \
                28, 29, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48"
    )]
    pub(crate) val: Option<Val>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Val {
    #[prost(bytes = "vec", tag = "1")]
    Bytes(Vec<u8>),
    #[prost(string, tag = "2")]
    String(String),
    #[prost(int32, tag = "3")]
    Int32(i32),
    #[prost(int64, tag = "4")]
    Int64(i64),
    #[prost(double, tag = "5")]
    Double(f64),
    #[prost(float, tag = "6")]
    Float(f32),
    #[prost(bool, tag = "7")]
    Bool(bool),
    #[prost(int64, tag = "8")]
    UnixTimestamp(i64),
    #[prost(message, tag = "11")]
    BytesList(BytesList),
    #[prost(message, tag = "12")]
    StringList(StringList),
    #[prost(message, tag = "13")]
    Int32List(Int32List),
    #[prost(message, tag = "14")]
    Int64List(Int64List),
    #[prost(message, tag = "15")]
    DoubleList(DoubleList),
    #[prost(message, tag = "16")]
    FloatList(FloatList),
    #[prost(message, tag = "17")]
    BoolList(BoolList),
    #[prost(message, tag = "18")]
    UnixTimestampList(Int64List),
    #[prost(int32, tag = "19")]
    Null(i32),
    #[prost(message, tag = "20")]
    Map(ProtoMap),
    #[prost(message, tag = "21")]
    MapList(MapList),
    #[prost(message, tag = "22")]
    BytesSet(BytesList),
    #[prost(message, tag = "23")]
    StringSet(StringList),
    #[prost(message, tag = "24")]
    Int32Set(Int32List),
    #[prost(message, tag = "25")]
    Int64Set(Int64List),
    #[prost(message, tag = "26")]
    DoubleSet(DoubleList),
    #[prost(message, tag = "27")]
    FloatSet(FloatList),
    #[prost(message, tag = "28")]
    BoolSet(BoolList),
    #[prost(message, tag = "29")]
    UnixTimestampSet(Int64List),
    #[prost(string, tag = "32")]
    Json(String),
    #[prost(message, tag = "33")]
    JsonList(StringList),
    #[prost(message, tag = "34")]
    Struct(ProtoMap),
    #[prost(message, tag = "35")]
    StructList(MapList),
    #[prost(string, tag = "36")]
    Uuid(String),
    #[prost(string, tag = "37")]
    TimeUuid(String),
    #[prost(message, tag = "38")]
    UuidList(StringList),
    #[prost(message, tag = "39")]
    TimeUuidList(StringList),
    #[prost(message, tag = "40")]
    UuidSet(StringList),
    #[prost(message, tag = "41")]
    TimeUuidSet(StringList),
    #[prost(message, tag = "42")]
    ValueList(RepeatedValue),
    #[prost(message, tag = "43")]
    ValueSet(RepeatedValue),
    #[prost(string, tag = "44")]
    Decimal(String),
    #[prost(message, tag = "45")]
    DecimalList(StringList),
    #[prost(message, tag = "46")]
    DecimalSet(StringList),
    #[prost(message, tag = "47")]
    ScalarMap(ScalarMap),
    #[prost(message, tag = "48")]
    ZonedTimestamp(ZonedTimestamp),
}

// Feast's `Int64Set` and the like are laid out as the lists are, so one message serves for both.

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BytesList {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) val: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StringList {
    #[prost(string, repeated, tag = "1")]
    pub(crate) val: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Int32List {
    #[prost(int32, repeated, tag = "1")]
    pub(crate) val: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Int64List {
    #[prost(int64, repeated, tag = "1")]
    pub(crate) val: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DoubleList {
    #[prost(double, repeated, tag = "1")]
    pub(crate) val: Vec<f64>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct FloatList {
    #[prost(float, repeated, tag = "1")]
    pub(crate) val: Vec<f32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BoolList {
    #[prost(bool, repeated, tag = "1")]
    pub(crate) val: Vec<bool>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MapList {
    #[prost(message, repeated, tag = "1")]
    pub(crate) val: Vec<ProtoMap>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RepeatedValue {
    #[prost(message, repeated, tag = "1")]
    pub(crate) val: Vec<ProtoValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ScalarMap {
    #[prost(message, repeated, tag = "1")]
    pub(crate) val: Vec<ScalarMapEntry>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProtoMap {
    #[prost(btree_map = "string, message", tag = "1")]
    pub(crate) val: BTreeMap<String, ProtoValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ScalarMapEntry {
    #[prost(message, optional, tag = "1")]
    pub(crate) key: Option<ProtoMapKey>,
    #[prost(message, optional, tag = "2")]
    pub(crate) value: Option<ProtoValue>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProtoMapKey {
    #[prost(oneof = "Key", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")]
    pub(crate) key: Option<Key>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(crate) enum Key {
    #[prost(int32, tag = "1")]
    Int32(i32),
    #[prost(int64, tag = "2")]
    Int64(i64),
    #[prost(float, tag = "3")]
    Float(f32),
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(bool, tag = "5")]
    Bool(bool),
    #[prost(int64, tag = "6")]
    UnixTimestamp(i64),
    #[prost(bytes = "vec", tag = "7")]
    Bytes(Vec<u8>),
    #[prost(string, tag = "8")]
    Uuid(String),
    #[prost(string, tag = "9")]
    TimeUuid(String),
    #[prost(string, tag = "10")]
    Decimal(String),
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ZonedTimestamp {
    #[prost(int64, tag = "1")]
    pub(crate) unix_timestamp: i64,
    #[prost(string, tag = "2")]
    pub(crate) zone: String,
}
