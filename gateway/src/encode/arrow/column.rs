//! A column of features, from the first row to the last.

use std::sync::Arc;

use arrow_array::{
    ArrayRef,
    builder::{
        BinaryBuilder, BooleanBuilder, Float32Builder, Float64Builder, Int32Builder, Int64Builder,
        ListBuilder, StringBuilder, TimestampSecondBuilder,
    },
};
use feature_codec::{Scalar, decode_scalar, decode_value};
use feature_model::{DataType, List, Value};
use online_store::Held;
use settings::NonFinite;

use super::{
    super::{Status, json, zoned},
    ZONE,
};
use crate::stored_values::is_null;

/// Takes the values of one feature.
pub(super) struct ColumnBuilder {
    values: Values,
    declared: Option<DataType>,
    non_finite: NonFinite,
    /// How many bytes and elements still fit: Arrow counts them with 32 bits.
    room: usize,
    json: Vec<u8>,
    integers: Vec<i64>,
}

/// By Arrow's type.
enum Values {
    Int32(Int32Builder),
    Int64(Int64Builder),
    Float32(Float32Builder),
    Float64(Float64Builder),
    Bool(BooleanBuilder),
    Seconds(TimestampSecondBuilder),
    Bytes(BinaryBuilder),
    Text(StringBuilder),
    /// What has no type in Arrow, as the text of its JSON.
    Json(StringBuilder),
    List(Lists),
}

/// Lists and sets, by the type of their elements.
enum Lists {
    Int32(ListBuilder<Int32Builder>),
    Int64(ListBuilder<Int64Builder>),
    Float32(ListBuilder<Float32Builder>),
    Float64(ListBuilder<Float64Builder>),
    Bool(ListBuilder<BooleanBuilder>),
    Seconds(ListBuilder<TimestampSecondBuilder>),
    Bytes(ListBuilder<BinaryBuilder>),
    Text(ListBuilder<StringBuilder>),
}

const TOO_LARGE: &str = "a column of Arrow holds at most 2 GiB; ask for fewer entities";

impl ColumnBuilder {
    pub(super) fn new(declared: Option<&DataType>, rows: usize, non_finite: NonFinite) -> Self {
        Self {
            values: Values::new(declared, rows),
            declared: declared.cloned(),
            non_finite,
            room: i32::MAX as usize,
            json: Vec::new(),
            integers: Vec::new(),
        }
    }

    /// Adds integers, which are below 2^31, up to what isn't one or doesn't fit the column. Says how many that were.
    #[inline]
    pub(super) fn short_integers(&mut self, numbers: impl Iterator<Item = Option<u32>>) -> usize {
        let Values::Int64(column) = &mut self.values else {
            return 0;
        };
        self.integers.clear();
        let numbers = numbers.map_while(|number| number.map(i64::from));
        self.integers.extend(numbers);
        column.append_slice(&self.integers);
        self.integers.len()
    }

    /// Adds a stored value. The error says why it is told as null.
    #[inline(always)]
    pub(super) fn stored(&mut self, held: Held<'_>) -> Result<Status, String> {
        match held {
            Held::Int64(number) => self.scalar(Scalar::Int64(number.into())),
            // all of them are below 2^31
            Held::Int32(number) => self.scalar(Scalar::Int32(number.cast_signed())),
            Held::Serialized(bytes) => match decode_scalar(bytes) {
                Some(scalar) => self.scalar(scalar),
                None => self.stored_otherwise(bytes),
            },
        }
    }

    #[cold]
    fn stored_otherwise(&mut self, bytes: &[u8]) -> Result<Status, String> {
        match decode_value(bytes) {
            Ok(value) => self.value(&value),
            Err(error) => {
                self.values.null();
                Err(error.to_string())
            }
        }
    }

    /// Adds a null.
    pub(super) fn null(&mut self, status: Status) -> Status {
        self.values.null();
        status
    }

    /// Adds a value. The error says why it is told as null.
    pub(super) fn value(&mut self, value: &Value) -> Result<Status, String> {
        if is_null(value) {
            return Ok(self.null(Status::NullValue));
        }
        if let Values::Json(column) = &mut self.values {
            self.json.clear();
            json::value(&mut self.json, value, self.non_finite);
            if !take(&mut self.room, self.json.len()) {
                return self.refuse(TOO_LARGE.to_owned());
            }
            match str::from_utf8(&self.json) {
                Ok("null") | Err(_) => column.append_null(),
                Ok(text) => column.append_value(text),
            }
            return Ok(Status::Present);
        }
        if let Some(scalar) = scalar_of(value) {
            return self.scalar(scalar);
        }
        match (&mut self.values, value) {
            (
                Values::Text(_),
                Value::ZonedTimestamp {
                    unix_timestamp,
                    zone,
                },
            ) => match zoned::iso_8601(*unix_timestamp, zone) {
                Some(text) => self.scalar(Scalar::String(&text)),
                None => Ok(self.null(Status::Present)),
            },
            (Values::List(column), Value::List(elements) | Value::Set(elements)) => {
                if !take(&mut self.room, size(elements)) {
                    return self.refuse(TOO_LARGE.to_owned());
                }
                if column.add(elements) {
                    Ok(Status::Present)
                } else {
                    self.refuse_type()
                }
            }
            _ => self.refuse_type(),
        }
    }

    fn scalar(&mut self, scalar: Scalar<'_>) -> Result<Status, String> {
        match (&mut self.values, scalar) {
            (_, Scalar::Null | Scalar::UnixTimestamp(json::NOT_A_TIME)) => {
                return Ok(self.null(Status::NullValue));
            }
            (Values::Int64(column), Scalar::Int64(number)) => column.append_value(number),
            (Values::Int64(column), Scalar::Int32(number)) => column.append_value(number.into()),
            (Values::Int32(column), Scalar::Int32(number)) => column.append_value(number),
            (Values::Float64(column), Scalar::Double(number)) => column.append_value(number),
            (Values::Float64(column), Scalar::Float(number)) => column.append_value(number.into()),
            (Values::Float64(column), Scalar::Int32(number)) => column.append_value(number.into()),
            (Values::Float32(column), Scalar::Float(number)) => column.append_value(number),
            (Values::Bool(column), Scalar::Bool(flag)) => column.append_value(flag),
            (Values::Seconds(column), Scalar::UnixTimestamp(seconds)) => {
                column.append_value(seconds);
            }
            (Values::Bytes(column), Scalar::Bytes(bytes)) if take(&mut self.room, bytes.len()) => {
                column.append_value(bytes);
            }
            (Values::Text(column), Scalar::String(text)) if take(&mut self.room, text.len()) => {
                column.append_value(text);
            }
            (Values::Bytes(_), Scalar::Bytes(_)) | (Values::Text(_), Scalar::String(_)) => {
                return self.refuse(TOO_LARGE.to_owned());
            }
            (Values::Json(_), scalar) => return self.value(&scalar.into()),
            _ => return self.refuse_type(),
        }
        Ok(Status::Present)
    }

    fn refuse(&mut self, why: String) -> Result<Status, String> {
        self.values.null();
        Err(why)
    }

    #[cold]
    fn refuse_type(&mut self) -> Result<Status, String> {
        let declared = self.declared.as_ref();
        let declared = declared.map_or_else(String::new, ToString::to_string);
        self.refuse(format!(
            "the value is not of the type `{declared}` that the registry declares, which Arrow needs"
        ))
    }

    pub(super) fn finish(self) -> ArrayRef {
        self.values.finish()
    }
}

fn take(room: &mut usize, size: usize) -> bool {
    match room.checked_sub(size) {
        Some(left) => {
            *room = left;
            true
        }
        None => false,
    }
}

/// Bytes and elements of a list: at least as many as each of Arrow's counters goes up.
fn size(elements: &List) -> usize {
    match elements {
        List::Bytes(all) => all.iter().map(|bytes| 1 + bytes.len()).sum(),
        List::String(all)
        | List::Json(all)
        | List::Uuid(all)
        | List::TimeUuid(all)
        | List::Decimal(all) => all.iter().map(|text| 1 + text.len()).sum(),
        List::Int32(all) => all.len(),
        List::Int64(all) | List::UnixTimestamp(all) => all.len(),
        List::Double(all) => all.len(),
        List::Float(all) => all.len(),
        List::Bool(all) => all.len(),
    }
}

/// Every text is one for Arrow.
fn scalar_of(value: &Value) -> Option<Scalar<'_>> {
    Some(match value {
        Value::Bytes(bytes) => Scalar::Bytes(bytes),
        Value::String(text)
        | Value::Json(text)
        | Value::Uuid(text)
        | Value::TimeUuid(text)
        | Value::Decimal(text) => Scalar::String(text),
        Value::Int32(number) => Scalar::Int32(*number),
        Value::Int64(number) => Scalar::Int64(*number),
        Value::Double(number) => Scalar::Double(*number),
        Value::Float(number) => Scalar::Float(*number),
        Value::Bool(flag) => Scalar::Bool(*flag),
        Value::UnixTimestamp(seconds) => Scalar::UnixTimestamp(*seconds),
        _ => return None,
    })
}

/// The same of every builder in an enum.
macro_rules! each {
    ($cases:ident, $values:expr, $builder:ident => $do:expr, $($case:ident),+) => {
        match $values {
            $($cases::$case($builder) => $do,)+
        }
    };
}

impl Values {
    fn new(declared: Option<&DataType>, rows: usize) -> Self {
        match declared {
            Some(DataType::Int32) => Self::Int32(Int32Builder::with_capacity(rows)),
            Some(DataType::Int64) => Self::Int64(Int64Builder::with_capacity(rows)),
            Some(DataType::Float32) => Self::Float32(Float32Builder::with_capacity(rows)),
            Some(DataType::Float64) => Self::Float64(Float64Builder::with_capacity(rows)),
            Some(DataType::Bool) => Self::Bool(BooleanBuilder::with_capacity(rows)),
            Some(DataType::UnixTimestamp) => Self::Seconds(seconds(rows)),
            Some(DataType::Bytes | DataType::PdfBytes | DataType::ImageBytes) => {
                Self::Bytes(BinaryBuilder::with_capacity(rows, rows * 16))
            }
            Some(
                DataType::String
                | DataType::Json
                | DataType::Uuid
                | DataType::TimeUuid
                | DataType::Decimal
                | DataType::ZonedTimestamp,
            ) => Self::Text(StringBuilder::with_capacity(rows, rows * 16)),
            Some(DataType::Array(element) | DataType::Set(element)) => {
                Lists::new(element).map_or_else(Self::json, Self::List)
            }
            _ => Self::json(),
        }
    }

    fn json() -> Self {
        Self::Json(StringBuilder::new())
    }

    fn null(&mut self) {
        each!(Self, self, column => column.append_null(),
              Int32, Int64, Float32, Float64, Bool, Seconds, Bytes, Text, Json, List);
    }

    fn finish(self) -> ArrayRef {
        each!(Self, self, column => { let mut column = column; Arc::new(column.finish()) as ArrayRef },
              Int32, Int64, Float32, Float64, Bool, Seconds, Bytes, Text, Json, List)
    }
}

fn seconds(rows: usize) -> TimestampSecondBuilder {
    TimestampSecondBuilder::with_capacity(rows).with_timezone(ZONE)
}

impl Lists {
    fn new(element: &DataType) -> Option<Self> {
        Some(match element {
            DataType::Int32 => Self::Int32(ListBuilder::new(Int32Builder::new())),
            DataType::Int64 => Self::Int64(ListBuilder::new(Int64Builder::new())),
            DataType::Float32 => Self::Float32(ListBuilder::new(Float32Builder::new())),
            DataType::Float64 => Self::Float64(ListBuilder::new(Float64Builder::new())),
            DataType::Bool => Self::Bool(ListBuilder::new(BooleanBuilder::new())),
            DataType::UnixTimestamp => Self::Seconds(ListBuilder::new(seconds(0))),
            DataType::Bytes => Self::Bytes(ListBuilder::new(BinaryBuilder::new())),
            DataType::String
            | DataType::Json
            | DataType::Uuid
            | DataType::TimeUuid
            | DataType::Decimal => Self::Text(ListBuilder::new(StringBuilder::new())),
            _ => return None,
        })
    }

    /// Whether the elements are of the column's type; nothing is added where they aren't.
    fn add(&mut self, elements: &List) -> bool {
        match (self, elements) {
            (Self::Int32(column), List::Int32(all)) => {
                column.values().append_slice(all);
                column.append(true);
            }
            (Self::Int64(column), List::Int64(all)) => {
                column.values().append_slice(all);
                column.append(true);
            }
            (Self::Float32(column), List::Float(all)) => {
                column.values().append_slice(all);
                column.append(true);
            }
            (Self::Float64(column), List::Double(all)) => {
                column.values().append_slice(all);
                column.append(true);
            }
            (Self::Bool(column), List::Bool(all)) => {
                column.values().append_slice(all);
                column.append(true);
            }
            (Self::Seconds(column), List::UnixTimestamp(all)) => {
                let is_time = |seconds: &&i64| **seconds != json::NOT_A_TIME;
                column.append_value(all.iter().map(|it| Some(it).filter(is_time).copied()));
            }
            (Self::Bytes(column), List::Bytes(all)) => column.append_value(all.iter().map(Some)),
            (
                Self::Text(column),
                List::String(all)
                | List::Json(all)
                | List::Uuid(all)
                | List::TimeUuid(all)
                | List::Decimal(all),
            ) => column.append_value(all.iter().map(Some)),
            _ => return false,
        }
        true
    }

    fn append_null(&mut self) {
        each!(Self, self, column => column.append_null(),
              Int32, Int64, Float32, Float64, Bool, Seconds, Bytes, Text);
    }

    fn finish(&mut self) -> arrow_array::ListArray {
        each!(Self, self, column => column.finish(),
              Int32, Int64, Float32, Float64, Bool, Seconds, Bytes, Text)
    }
}
