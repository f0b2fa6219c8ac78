//! One value of an arrow column, seen without its hundred storage formats.

use arrow::array::{Array, ArrayRef, AsArray, MapArray, StructArray, cast::downcast_array};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, Decimal256Type, DecimalType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use feature_model::Timestamp;

/// One value of a column, borrowed from it where it has no fixed size.
#[derive(Debug)]
pub(crate) enum Cell<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Single(f32),
    Double(f64),
    Text(&'a str),
    Binary(&'a [u8]),
    /// An instant; `digits` is how many digits of a second its column keeps.
    Time {
        at: Timestamp,
        digits: usize,
        zone: Option<&'a str>,
    },
    /// Whole days since 1970-01-01.
    Date(i64),
    /// Nanoseconds since midnight; `digits` as in `Time`.
    TimeOfDay {
        nanos: i64,
        digits: usize,
    },
    /// The digits of a decimal and how many of them follow the point (below zero: zeros before it).
    Decimal {
        digits: String,
        scale: i8,
    },
    /// The elements of a list.
    List(ArrayRef),
    Struct(&'a StructArray, usize),
    /// Keys and values of a map, of equal length.
    Map(ArrayRef, ArrayRef),
    /// A type that no feature can have.
    Other,
}

/// Unpacks dictionaries and run-end encodings, so that [`cell`] sees plain values.
pub(crate) fn unpacked(array: &ArrayRef) -> ArrayRef {
    let plain = match array.data_type() {
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        DataType::RunEndEncoded(_, values) => values.data_type().clone(),
        _ => return ArrayRef::clone(array),
    };
    arrow::compute::cast(array, &plain).unwrap_or_else(|_| ArrayRef::clone(array))
}

/// The value of a row of an [`unpacked`] column. `row` is below the column's length.
pub(crate) fn cell(array: &dyn Array, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int8 => int::<Int8Type>(array, row),
        DataType::Int16 => int::<Int16Type>(array, row),
        DataType::Int32 => int::<Int32Type>(array, row),
        DataType::Int64 => int::<Int64Type>(array, row),
        DataType::UInt8 => int::<UInt8Type>(array, row),
        DataType::UInt16 => int::<UInt16Type>(array, row),
        DataType::UInt32 => int::<UInt32Type>(array, row),
        DataType::UInt64 => int::<UInt64Type>(array, row),
        DataType::Float16 => Cell::Single(array.as_primitive::<Float16Type>().value(row).to_f32()),
        DataType::Float32 => Cell::Single(array.as_primitive::<Float32Type>().value(row)),
        DataType::Float64 => Cell::Double(array.as_primitive::<Float64Type>().value(row)),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Cell::Text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Cell::Text(array.as_string_view().value(row)),
        DataType::Binary => Cell::Binary(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => Cell::Binary(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => Cell::Binary(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => Cell::Binary(array.as_fixed_size_binary().value(row)),
        DataType::Timestamp(unit, zone) => time(array, row, *unit, zone.as_deref()),
        DataType::Date32 => Cell::Date(i64::from(array.as_primitive::<Date32Type>().value(row))),
        DataType::Date64 => Cell::Date(
            array
                .as_primitive::<Date64Type>()
                .value(row)
                .div_euclid(86_400_000),
        ),
        DataType::Time32(unit) | DataType::Time64(unit) => time_of_day(array, row, *unit),
        _ => nested(array, row),
    }
}

fn nested(array: &dyn Array, row: usize) -> Cell<'_> {
    match array.data_type() {
        DataType::Decimal32(..) => decimal::<Decimal32Type>(array, row),
        DataType::Decimal64(..) => decimal::<Decimal64Type>(array, row),
        DataType::Decimal128(..) => decimal::<Decimal128Type>(array, row),
        DataType::Decimal256(..) => decimal::<Decimal256Type>(array, row),
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row)),
        DataType::ListView(_) => list(&array.as_list_view::<i32>().value(row)),
        DataType::LargeListView(_) => list(&array.as_list_view::<i64>().value(row)),
        DataType::FixedSizeList(..) => list(&array.as_fixed_size_list().value(row)),
        DataType::Struct(_) => Cell::Struct(array.as_struct(), row),
        DataType::Map(..) => map(array.as_map(), row),
        _ => Cell::Other,
    }
}

fn int<T>(array: &dyn Array, row: usize) -> Cell<'_>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i128>,
{
    Cell::Int(array.as_primitive::<T>().value(row).into())
}

fn decimal<T>(array: &dyn Array, row: usize) -> Cell<'_>
where
    T: DecimalType,
    T::Native: std::fmt::Display,
{
    let decimals = array.as_primitive::<T>();
    let scale = match decimals.data_type() {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => *scale,
        _ => 0,
    };
    Cell::Decimal {
        digits: decimals.value(row).to_string(),
        scale,
    }
}

fn list<'a>(values: &ArrayRef) -> Cell<'a> {
    Cell::List(unpacked(values))
}

fn map(maps: &MapArray, row: usize) -> Cell<'_> {
    let entries: StructArray = downcast_array(&maps.value(row));
    Cell::Map(unpacked(entries.column(0)), unpacked(entries.column(1)))
}

fn time<'a>(array: &'a dyn Array, row: usize, unit: TimeUnit, zone: Option<&'a str>) -> Cell<'a> {
    let (ticks, per_second, digits) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().value(row), 1, 0),
        TimeUnit::Millisecond => {
            let ticks = array.as_primitive::<TimestampMillisecondType>().value(row);
            (ticks, 1_000, 3)
        }
        TimeUnit::Microsecond => {
            let ticks = array.as_primitive::<TimestampMicrosecondType>().value(row);
            (ticks, 1_000_000, 6)
        }
        TimeUnit::Nanosecond => {
            let ticks = array.as_primitive::<TimestampNanosecondType>().value(row);
            (ticks, 1_000_000_000, 9)
        }
    };
    let nanos = ticks.rem_euclid(per_second) * (1_000_000_000 / per_second);
    Cell::Time {
        at: Timestamp::new(
            ticks.div_euclid(per_second),
            u32::try_from(nanos).unwrap_or_default(),
        ),
        digits,
        zone,
    }
}

fn time_of_day(array: &dyn Array, row: usize, unit: TimeUnit) -> Cell<'_> {
    let (nanos, digits) = match unit {
        TimeUnit::Second => {
            let seconds = array.as_primitive::<Time32SecondType>().value(row);
            (i64::from(seconds) * 1_000_000_000, 0)
        }
        TimeUnit::Millisecond => {
            let millis = array.as_primitive::<Time32MillisecondType>().value(row);
            (i64::from(millis) * 1_000_000, 3)
        }
        TimeUnit::Microsecond => {
            let micros = array.as_primitive::<Time64MicrosecondType>().value(row);
            (micros.saturating_mul(1_000), 6)
        }
        TimeUnit::Nanosecond => (array.as_primitive::<Time64NanosecondType>().value(row), 9),
    };
    Cell::TimeOfDay { nanos, digits }
}
