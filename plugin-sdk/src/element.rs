//! What lists and sets can be of: what Feast has types for.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{Decimal, Json, Set, TimeUuid, Timestamp, Uuid};

/// A type that lists can be of.
#[diagnostic::on_unimplemented(
    message = "there are no lists of `{Self}`",
    label = "no element of a list",
    note = "elements can be null only where they are lists or sets; a list of values of several kinds is a `Vec<Value>`"
)]
pub trait Element {}

/// A type that sets can be of.
#[diagnostic::on_unimplemented(
    message = "there are no sets of `{Self}`",
    label = "no element of a set",
    note = "a set of values of several kinds is a `Set<Value>`"
)]
pub trait SetElement: Element {}

/// An element that can be null.
#[diagnostic::on_unimplemented(
    message = "there are no lists of `Option<{Self}>`",
    label = "no element of a list",
    note = "elements can be null only where they are lists or sets; a list of values of several kinds is a `Vec<Value>`"
)]
pub trait NestedElement: Element {}

macro_rules! elements {
    ($trait:ident: $($type:ty),* $(,)?) => {$(impl $trait for $type {})*};
}

elements!(
    Element:
    bool, i32, i64, f32, f64, &str, String, &[u8], Vec<u8>, Timestamp, Json, Json<&str>, Uuid, Uuid<&str>, TimeUuid,
    TimeUuid<&str>, Decimal, Decimal<&str>,
);
elements!(
    SetElement:
    bool, i32, i64, f32, f64, &str, String, &[u8], Vec<u8>, Timestamp, Uuid, Uuid<&str>, TimeUuid, TimeUuid<&str>,
    Decimal, Decimal<&str>,
);

#[diagnostic::do_not_recommend]
impl<T: NestedElement> Element for Option<T> {}

macro_rules! nested {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        impl<$($generics)*> Element for $type {}
        impl<$($generics)*> NestedElement for $type {}
    )*};
}

nested!(
    [T: Element] Vec<T>,
    [T: SetElement] Set<T>,
    [T: SetElement] BTreeSet<T>,
    [T: SetElement, S] HashSet<T, S>,
);

impl<V> Element for BTreeMap<String, V> {}
impl<V, S> Element for HashMap<String, V, S> {}

elements!(Element: &[i32], &[i64], &[f32], &[f64]);
elements!(NestedElement: &[i32], &[i64], &[f32], &[f64]);

impl<T: Element> SetElement for Vec<T> {}
impl<T: SetElement> SetElement for Set<T> {}
