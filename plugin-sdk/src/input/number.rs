use super::{Input, Source};
use crate::{Timestamp, TransformError, bindings::salver::transform::columns::Values};

macro_rules! numbers {
    ($($type:ty, $case:ident, $name:literal;)*) => {$(
        impl<'a> Input<'a> for $type {
            type Reader = &'a [$type];

            fn data_type() -> String {
                $name.to_owned()
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::$case(values) => Ok(values),
                    _ => Err(source.mismatch($name)),
                }
            }

            #[inline]
            fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
                Ok(reader[index])
            }
        }
    )*};
}

numbers! {
    i32, Int32, "Int32";
    i64, Int64, "Int64";
    f32, Float32, "Float32";
    f64, Float64, "Float64";
}

impl<'a> Input<'a> for bool {
    type Reader = &'a [u8];

    fn data_type() -> String {
        "Bool".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        match source.values() {
            Values::Boolean(values) => Ok(values),
            _ => Err(source.mismatch("Bool")),
        }
    }

    #[inline]
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        Ok(reader[index] != 0)
    }
}

impl<'a> Input<'a> for Timestamp {
    type Reader = &'a [i64];

    fn data_type() -> String {
        "UnixTimestamp".to_owned()
    }

    fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
        match source.values() {
            Values::UnixTimestamp(values) => Ok(values),
            _ => Err(source.mismatch("UnixTimestamp")),
        }
    }

    #[inline]
    fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
        Ok(Self(reader[index]))
    }
}
