//! What the macros make of functions, and how a component finds them.

use crate::{
    TransformError,
    bindings::{
        exports::salver::transform::transforms::{Computed, Description, Error, Failure},
        salver::transform::columns::Batch,
    },
};

/// A function with `#[transform]`. The macro implements it for a type of the function's name; there is nothing that an
/// author does with it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transform",
    label = "not a function with `#[transform]`",
    note = "write `#[plugin_sdk::transform]` above the function"
)]
pub trait Transform {
    /// Its name in the component.
    const NAME: &'static str;

    /// Tells its columns.
    ///
    /// # Errors
    /// The parameters can't be used.
    fn describe(parameters: &str) -> Result<Description, TransformError>;

    /// Computes.
    ///
    /// # Errors
    /// Those of the function, and those of parameters and columns that don't fit it.
    fn transform(parameters: &str, rows: usize, inputs: &Batch)
    -> Result<Computed, TransformError>;
}

/// One transform of a component.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    name: &'static str,
    describe: fn(&str) -> Result<Description, TransformError>,
    transform: fn(&str, usize, &Batch) -> Result<Computed, TransformError>,
}

/// The entry of a transform.
#[must_use]
pub const fn entry<T: Transform>() -> Entry {
    Entry {
        name: T::NAME,
        describe: T::describe,
        transform: T::transform,
    }
}

/// Stops the compilation where two transforms have one name.
pub const fn check_names(entries: &[Entry]) {
    let mut later = 0;
    while later < entries.len() {
        let mut earlier = 0;
        while earlier < later {
            assert!(
                !equal(entries[earlier].name, entries[later].name),
                "two transforms have one name: give one of them another with `#[transform(name = \"..\")]`"
            );
            earlier += 1;
        }
        later += 1;
    }
}

const fn equal(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut index = 0;
    while index < left.len() && index < right.len() && left[index] == right[index] {
        index += 1;
    }
    index == left.len() && index == right.len()
}

/// What a component exports as `names`.
#[must_use]
pub fn names(entries: &[Entry]) -> Vec<String> {
    entries.iter().map(|entry| entry.name.to_owned()).collect()
}

/// What a component exports as `describe`.
///
/// # Errors
/// There is no such transform, or it can't use the parameters.
pub fn describe(entries: &[Entry], name: &str, parameters: &str) -> Result<Description, Error> {
    tell_panics();
    let described = find(entries, name).and_then(|entry| (entry.describe)(parameters));
    described.map_err(Error::from)
}

/// What a component exports as `transform`.
///
/// # Errors
/// There is no such transform, it can't use parameters or columns, or its function says so.
pub fn transform(
    entries: &[Entry],
    name: &str,
    parameters: &str,
    rows: u32,
    inputs: &Batch,
) -> Result<Computed, Error> {
    tell_panics();
    let entry = find(entries, name)?;
    (entry.transform)(parameters, rows as usize, inputs).map_err(Error::from)
}

fn find(entries: &[Entry], name: &str) -> Result<Entry, TransformError> {
    let found = entries.iter().find(|entry| entry.name == name);
    found.copied().ok_or_else(|| {
        let message = format!("there is no transform `{name}`; there is `{}`", {
            let names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
            names.join("`, `")
        });
        TransformError::new(Failure::UnknownTransform, message)
    })
}

/// A panic ends the call with a trap, which has no words: those go to the log.
fn tell_panics() {
    #[cfg(target_family = "wasm")]
    {
        static ONCE: std::sync::Once = std::sync::Once::new();
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|panic| {
                crate::log::error(&panic.to_string(), &[]);
            }));
        });
    }
}

/// Makes the crate a component of some transforms. Once in a crate, in its `lib.rs`.
///
/// ```
/// # use plugin_sdk::transform;
/// #[transform]
/// fn doubled(x: f64) -> f64 {
///     x * 2.0
/// }
///
/// mod text {
///     #[plugin_sdk::transform]
///     pub fn length(text: &str) -> i64 {
///         text.len() as i64
///     }
/// }
///
/// plugin_sdk::export!(doubled, text::length);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($($transform:path),+ $(,)?) => {
        const _: () = {
            const TRANSFORMS: &[$crate::__private::Entry] =
                &[$($crate::__private::entry::<$transform>()),+];
            const _: () = $crate::__private::check_names(TRANSFORMS);

            #[allow(dead_code, reason = "exported where the target is WebAssembly")]
            struct Component;

            impl $crate::__private::Guest for Component {
                fn names() -> ::std::vec::Vec<::std::string::String> {
                    $crate::__private::names(TRANSFORMS)
                }

                fn describe(
                    name: ::std::string::String,
                    parameters: ::std::string::String,
                ) -> ::std::result::Result<$crate::__private::Description, $crate::__private::Error> {
                    $crate::__private::describe(TRANSFORMS, &name, &parameters)
                }

                fn transform(
                    name: ::std::string::String,
                    parameters: ::std::string::String,
                    rows: u32,
                    inputs: $crate::__private::Batch,
                ) -> ::std::result::Result<$crate::__private::Computed, $crate::__private::Error> {
                    $crate::__private::transform(TRANSFORMS, &name, &parameters, rows, &inputs)
                }
            }

            #[cfg(target_family = "wasm")]
            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
    () => {
        ::std::compile_error!("name the transforms of the component: `plugin_sdk::export!(first, second);`");
    };
}
