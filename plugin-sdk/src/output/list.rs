use std::collections::{BTreeSet, HashSet};

use super::{Children, Nulls, Output, check_length, clamped};
use crate::{
    Element, Set, SetElement, TransformError,
    bindings::salver::transform::columns::{Array, Lists, Values},
};

/// Lists or sets that are being collected.
pub struct ListWriter<T: Output> {
    offsets: Vec<u32>,
    length: usize,
    elements: T::Writer,
    nulls: Nulls,
}

impl<T: Output> ListWriter<T> {
    fn with_capacity(capacity: usize) -> Self {
        let mut offsets = Vec::with_capacity(capacity + 1);
        offsets.push(0);
        Self {
            offsets,
            length: 0,
            elements: T::writer(capacity),
            nulls: Nulls::default(),
        }
    }

    fn push(&mut self, elements: impl IntoIterator<Item = T>) {
        self.nulls.push_valid();
        for element in elements {
            element.write(&mut self.elements);
            self.length += 1;
        }
        self.offsets.push(clamped(self.length));
    }

    fn push_null(&mut self) {
        self.nulls.push_null(self.offsets.len() - 1);
        self.offsets.push(clamped(self.length));
    }

    fn finish(
        self,
        children: &mut Children,
        case: fn(Lists) -> Values,
    ) -> Result<Array, TransformError> {
        check_length(self.length)?;
        let elements = children.add(|children| T::finish(self.elements, children))?;
        let offsets = self.offsets;
        Ok(self.nulls.array(case(Lists { offsets, elements })))
    }
}

macro_rules! collections {
    ($([$($generics:tt)*] $type:ty, $item:ty, $case:ident, $name:literal, |$value:ident| $elements:expr;)*) => {$(
        impl<$($generics)*> Output for $type {
            type Writer = ListWriter<$item>;

            fn data_type() -> String {
                format!(concat!($name, "({})"), <$item>::data_type())
            }

            fn writer(capacity: usize) -> Self::Writer {
                ListWriter::with_capacity(capacity)
            }

            #[inline]
            fn write(self, writer: &mut Self::Writer) {
                let $value = self;
                writer.push($elements);
            }

            fn write_null(writer: &mut Self::Writer) {
                writer.push_null();
            }

            fn finish(writer: Self::Writer, children: &mut Children) -> Result<Array, TransformError> {
                writer.finish(children, Values::$case)
            }
        }
    )*};
}

collections! {
    [T: Output + Element] Vec<T>, T, List, "Array", |list| list;
    [T: Output + SetElement] Set<T>, T, Set, "Set", |set| set.0;
    [T: Output + SetElement] BTreeSet<T>, T, Set, "Set", |set| set;
    [T: Output + SetElement, S] HashSet<T, S>, T, Set, "Set", |set| set;
    [] &[i32], i32, List, "Array", |list| list.iter().copied();
    [] &[i64], i64, List, "Array", |list| list.iter().copied();
    [] &[f32], f32, List, "Array", |list| list.iter().copied();
    [] &[f64], f64, List, "Array", |list| list.iter().copied();
}
