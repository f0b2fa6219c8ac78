//! Write plugins for the Salver feature server in Rust: functions that compute feature values from others.
//!
//! A plugin is a crate of plain functions. `#[transform]` makes each a transform: its arguments are the columns that it
//! takes, its result is the column that it returns. [`export!`] makes a WebAssembly component of them.
//!
//! ```
//! use plugin_sdk::{Outputs, TransformError, transform};
//! use serde::Deserialize;
//!
//! /// What a view says in its `parameters:`.
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Tariff {
//!     per_km: f64,
//! }
//!
//! #[derive(Outputs)]
//! struct Fare {
//!     /// What the ride costs.
//!     fare: f64,
//!     /// What it costs a minute.
//!     fare_per_minute: Option<f64>,
//! }
//!
//! /// The fare of a ride.
//! #[transform]
//! fn fare(
//!     /// How far it goes; never null here.
//!     distance_km: f64,
//!     /// How long it takes, where that is known.
//!     minutes: Option<f64>,
//!     #[parameters] tariff: &Tariff,
//! ) -> Result<Fare, TransformError> {
//!     if distance_km < 0.0 {
//!         let message = format!("`{distance_km}` is no distance: it is 0 or more");
//!         return Err(TransformError::invalid_input(message).column("distance_km"));
//!     }
//!     let fare = distance_km * tariff.per_km;
//!     Ok(Fare { fare, fare_per_minute: minutes.map(|minutes| fare / minutes) })
//! }
//!
//! plugin_sdk::export!(fare);
//!
//! // The function stays a function: test it as one, with `cargo test`.
//! # fn main() {
//! let ride = fare(10.0, Some(20.0), &Tariff { per_km: 1.5 }).unwrap();
//! assert_eq!(ride.fare, 15.0);
//! assert_eq!(ride.fare_per_minute, Some(0.75));
//! # }
//! ```
//!
//! The crate's `Cargo.toml` has a library that is both a component and testable:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//! ```
//!
//! # Rows and nulls
//!
//! A function over rows is called for each row. An argument that isn't an `Option` never sees a null: where one of its
//! column's values is null, the function isn't called, and all outputs of the row are null. A function returns
//!
//! - a value, for one output column, which has the transform's name or that of `outputs("..")`;
//! - a tuple, whose columns `#[transform(outputs("..", ".."))]` names; or a struct with `#[derive(Outputs)]`;
//! - an `Option` of these, where `None` makes all outputs of the row null;
//! - a `Result` of these. Its error ends the whole call, and needn't name the row: that is known. Anything that a
//!   [`TransformError`] can be made from will do, `String` included.
//!
//! # Columns
//!
//! A function whose arguments are [`Column`]s is called once for all rows, and returns a `Vec` or an [`OutputColumn`]
//! for each output. Numbers are slices that nothing was copied for, so loops over them become vector instructions:
//!
//! ```
//! use plugin_sdk::{Column, OutputColumn, transform};
//!
//! #[transform]
//! fn fahrenheit(celsius: &Column<'_, f32>) -> OutputColumn<f32> {
//!     let degrees = celsius.values().iter().map(|degrees| degrees * 1.8 + 32.0);
//!     OutputColumn::with_validity(degrees.collect(), celsius.validity().to_vec())
//! }
//! ```
//!
//! # Types
//!
//! | Feast's type | in Rust |
//! |---|---|
//! | `Bool`, `Int32`, `Int64`, `Float32`, `Float64` | `bool`, `i32`, `i64`, `f32`, `f64` |
//! | `String` | `&str`, `String` |
//! | `Bytes` | `&[u8]`, `Vec<u8>` |
//! | `UnixTimestamp` | [`Timestamp`] |
//! | `ZonedTimestamp` | [`ZonedTimestamp`], `ZonedTimestamp<&str>` |
//! | `Json`, `Uuid`, `TimeUuid`, `Decimal` | [`Json`], [`Uuid`], [`TimeUuid`], [`Decimal`]; each with `<&str>`, too |
//! | `Array(T)` | `Vec<T>`; of numbers also `&[f32]` and the like |
//! | `Set(T)` | [`Set<T>`](Set), `BTreeSet<T>`, `HashSet<T>` |
//! | `Struct({..})` | a struct with `#[derive(Struct)]` |
//! | `Map` | `BTreeMap<String, V>`, `HashMap<String, V>`, with [`Value`] or another type for `V` |
//! | `ScalarMap` | [`ScalarMap`] |
//! | `ValueList`, `ValueSet` | `Vec<Value>`, `Set<Value>` |
//!
//! Those that borrow (`&str`, `&[f32]`) copy nothing. Elements and members can be nested at will; `Option` takes nulls
//! within them.
//!
//! # Parameters
//!
//! The argument with `#[parameters]` is a reference to any type that serde reads. The parameters of a view are a JSON
//! object, which is read once for many calls; where it isn't of the type's shape, applying the view fails with serde's
//! message. To check more, read another type and convert it: `#[serde(try_from = "..")]`.
//!
//! # What a plugin can't do
//!
//! A transform sees its columns and its parameters. There is no clock, no randomness, no file and no network; times and
//! the like come with the request. It is stateless: an instance may be dropped after any call, so whatever it remembers
//! is at best a cache. A panic ends the call, and its message goes to the gateway's log. See [`log`] for lines of your
//! own.
//!
//! A component's allocator is quick for small blocks that come and go with each call. A crate that brings its own turns this one
//! off with `default-features = false`.
//!
//! A function with `#[transform]` also takes the type `f` of its name: no module or type beside it can have that.

#[allow(
    unused_extern_crates,
    reason = "the macros name this crate by its name, here too"
)]
extern crate self as plugin_sdk;

#[cfg(any(test, all(target_family = "wasm", feature = "allocator")))]
mod allocator;
#[doc(hidden)]
pub mod bindings;
mod column;
mod element;
mod error;
mod input;
pub mod log;
mod output;
mod output_column;
mod outputs;
mod parameters;
mod row;
mod scalar;
mod transform;
mod value;

pub use column::{Column, ColumnValue};
pub use element::{Element, NestedElement, SetElement};
pub use error::{Failure, TransformError};
pub use input::Input;
pub use output::Output;
pub use output_column::{ColumnOutput, OutputColumn, OutputColumns};
pub use outputs::Outputs;
pub use parameters::Parameters;
pub use plugin_sdk_macros::{Outputs, Struct, transform};
pub use scalar::{Decimal, Json, ScalarMap, Set, TimeUuid, Timestamp, Uuid, ZonedTimestamp};
pub use transform::Transform;
pub use value::{FromValue, Value};

/// What the macros' code uses.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::{
        exports::salver::transform::transforms::{Computed, Description, Error, Field, Guest},
        salver::transform::columns::{Array, Batch},
    };
    pub use crate::input::{Nested, Source, StructSource};
    pub use crate::output::{Children, StructWriter};
    pub use crate::outputs::{ComputedWriter, field};
    pub use crate::parameters::{ParameterCache, no_parameters, parameters};
    pub use crate::row::{NullRows, argument, failed_at, input};
    pub use crate::transform::{Entry, check_names, describe, entry, names, transform};
    pub use wit_bindgen;
}
