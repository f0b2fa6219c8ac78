use super::{Children, Nulls, Output, push};
use crate::{
    Timestamp, TransformError,
    bindings::salver::transform::columns::{Array, Values},
};

/// Numbers that are being collected.
#[derive(Debug)]
pub struct Numbers<T> {
    values: Vec<T>,
    nulls: Nulls,
}

impl<T: Default> Numbers<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            values: Vec::with_capacity(capacity),
            nulls: Nulls::default(),
        }
    }

    #[inline]
    fn push(&mut self, value: T) {
        self.nulls.push_valid();
        push(&mut self.values, value);
    }

    fn push_null(&mut self) {
        self.nulls.push_null(self.values.len());
        push(&mut self.values, T::default());
    }

    fn finish(self, case: fn(Vec<T>) -> Values) -> Array {
        self.nulls.array(case(self.values))
    }
}

macro_rules! numbers {
    ($($type:ty, $stored:ty, $case:ident, $name:literal, $into:expr, $all:expr;)*) => {$(
        impl Output for $type {
            type Writer = Numbers<$stored>;

            fn data_type() -> String {
                $name.to_owned()
            }

            fn writer(capacity: usize) -> Self::Writer {
                Numbers::with_capacity(capacity)
            }

            #[inline]
            fn write(self, writer: &mut Self::Writer) {
                writer.push($into(self));
            }

            fn write_null(writer: &mut Self::Writer) {
                writer.push_null();
            }

            fn finish(writer: Self::Writer, _: &mut Children) -> Result<Array, TransformError> {
                Ok(writer.finish(Values::$case))
            }

            fn array(values: Vec<Self>, _: &mut Children) -> Result<Array, TransformError> {
                Ok(Nulls::default().array(Values::$case($all(values))))
            }
        }
    )*};
}

use std::convert::identity;

numbers! {
    i32, i32, Int32, "Int32", identity, identity;
    i64, i64, Int64, "Int64", identity, identity;
    f32, f32, Float32, "Float32", identity, identity;
    f64, f64, Float64, "Float64", identity, identity;
    bool, u8, Boolean, "Bool", u8::from, |values: Vec<bool>| values.into_iter().map(u8::from).collect();
    Timestamp, i64, UnixTimestamp, "UnixTimestamp", seconds, |values: Vec<Timestamp>| values.into_iter().map(seconds).collect();
}

#[inline]
fn seconds(timestamp: Timestamp) -> i64 {
    timestamp.0
}
