//! The macros of `plugin-sdk`, which says how they are used.

use proc_macro::TokenStream;

mod attribute;
mod columns;
mod documentation;
mod fields;
mod function;
mod outputs;
mod returned;
mod rows;
mod structs;
mod transform;
mod types;

/// Makes a transform of a function; see the documentation of `plugin_sdk`.
///
/// - `name = ".."`: its name in the component, where that isn't the function's.
/// - `outputs("..", ..)`: the names of its output columns. Needed for a tuple; a single output has the transform's name,
///   and a struct with `#[derive(Outputs)]` names its columns itself.
/// - `deterministic = false`: equal inputs may have unequal outputs.
///
/// On arguments: `#[column("..")]` names the column where the argument's name doesn't; `#[parameters]` marks the one that is
/// given the view's parameters. The comments above the function and above its arguments are kept as documentation.
#[proc_macro_attribute]
pub fn transform(attribute: TokenStream, item: TokenStream) -> TokenStream {
    transform::expand(attribute.into(), item.into()).into()
}

/// Makes each field of a struct an output column.
///
/// The field's name is the column's; `#[column("..")]` names it otherwise. Comments are kept as documentation.
#[proc_macro_derive(Outputs, attributes(column))]
pub fn derive_outputs(item: TokenStream) -> TokenStream {
    outputs::expand(item.into()).into()
}

/// Makes a struct a value of type `Struct({..})`, to take and to return.
///
/// The field's name is the member's; `#[member("..")]` names it otherwise.
#[proc_macro_derive(Struct, attributes(member))]
pub fn derive_struct(item: TokenStream) -> TokenStream {
    structs::expand(item.into()).into()
}
