use std::collections::{BTreeSet, HashSet};

use super::{Input, Nested, Source};
use crate::{
    Element, Set, SetElement, TransformError,
    bindings::salver::transform::columns::{Lists, Values},
};

/// The values of an array whose elements are in another.
pub struct ListReader<'a, T: Input<'a>> {
    offsets: &'a [u32],
    elements: Nested<'a, T>,
}

impl<'a, T: Input<'a>> ListReader<'a, T> {
    fn new(source: Source<'a>, lists: &'a Lists) -> Result<Self, TransformError> {
        Ok(Self {
            offsets: &lists.offsets,
            elements: Nested::child(source, lists.elements)?,
        })
    }

    #[inline]
    fn elements<C: FromIterator<T>>(&self, index: usize) -> Result<C, TransformError> {
        let (start, end) = (self.offsets[index], self.offsets[index + 1]);
        (start..end)
            .map(|element| self.elements.read(element as usize))
            .collect()
    }
}

macro_rules! collections {
    ($($type:ty, $case:ident, $name:literal, $element:ident $(+ $more:path)*, $from:expr;)*) => {$(
        impl<'a, T: Input<'a> + $element $(+ $more)*> Input<'a> for $type {
            const CAN_FAIL: bool = true;
            type Reader = ListReader<'a, T>;

            fn data_type() -> String {
                format!(concat!($name, "({})"), T::data_type())
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::$case(lists) => ListReader::new(source, lists),
                    _ => Err(source.mismatch($name)),
                }
            }

            #[inline]
            fn read(reader: &Self::Reader, index: usize) -> Result<Self, TransformError> {
                reader.elements(index).map($from)
            }
        }
    )*};
}

collections! {
    Vec<T>, List, "Array", Element, std::convert::identity;
    Set<T>, Set, "Set", SetElement, Set;
    BTreeSet<T>, Set, "Set", SetElement + Ord, std::convert::identity;
    HashSet<T>, Set, "Set", SetElement + Eq + std::hash::Hash, std::convert::identity;
}

/// A list of numbers, where it stands.
macro_rules! slices {
    ($($type:ty)*) => {$(
        impl<'a> Input<'a> for &'a [$type] {
            type Reader = (&'a [u32], &'a [$type]);

            fn data_type() -> String {
                Vec::<$type>::data_type()
            }

            fn reader(source: Source<'a>) -> Result<Self::Reader, TransformError> {
                match source.values() {
                    Values::List(lists) => {
                        let elements = <$type>::reader(source.child(lists.elements)?)?;
                        Ok((&lists.offsets, elements))
                    }
                    _ => Err(source.mismatch("Array")),
                }
            }

            #[inline]
            fn read((offsets, elements): &Self::Reader, index: usize) -> Result<Self, TransformError> {
                Ok(&elements[offsets[index] as usize..offsets[index + 1] as usize])
            }
        }
    )*};
}

slices! { i32 i64 f32 f64 }
