use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, Result, parse2, spanned::Spanned};

use crate::{
    attribute::Options,
    columns,
    function::{Argument, Function},
    rows,
};

pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut function = match parse2::<ItemFn>(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let message = "`#[transform]` stands above a function";
            let error = syn::Error::new_spanned(&item, message).into_compile_error();
            return quote! { #error #item };
        }
    };
    let code = parse2::<Options>(attribute).and_then(|options| {
        let read = Function::read(options, &mut function)?;
        implementation(&read)
    });
    let code = code.unwrap_or_else(syn::Error::into_compile_error);
    quote! { #function #code }
}

/// The type of the function's name, and what it implements.
fn implementation(function: &Function) -> Result<TokenStream> {
    let code = match function.takes_columns()? {
        true => columns::code(function),
        false => rows::code(function),
    };
    let Code {
        input_fields,
        output_fields,
        transform,
    } = code;
    let describe = describe(function, &input_fields, &output_fields);
    let Function {
        ident,
        visibility,
        name,
        ..
    } = function;
    let parameters = read_parameters(function);
    let cache = parameter_cache(function);
    Ok(quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #visibility enum #ident {}

        const _: () = {
            #[automatically_derived]
            impl ::plugin_sdk::Transform for #ident {
                const NAME: &'static str = #name;

                #describe

                fn transform(
                    parameters: &str,
                    rows: usize,
                    inputs: &::plugin_sdk::__private::Batch,
                ) -> ::std::result::Result<::plugin_sdk::__private::Computed, ::plugin_sdk::TransformError> {
                    #parameters
                    #transform
                }
            }

            #cache
        };
    })
}

fn describe(function: &Function, inputs: &TokenStream, outputs: &TokenStream) -> TokenStream {
    let Function {
        documentation,
        deterministic,
        ..
    } = function;
    let parameters = read_parameters(function);
    quote! {
        fn describe(
            parameters: &str,
        ) -> ::std::result::Result<::plugin_sdk::__private::Description, ::plugin_sdk::TransformError> {
            #parameters
            ::std::result::Result::Ok(::plugin_sdk::__private::Description {
                documentation: ::std::convert::From::from(#documentation),
                inputs: #inputs,
                outputs: #outputs,
                deterministic: #deterministic,
            })
        }
    }
}

/// What differs between functions of rows and of columns.
pub(crate) struct Code {
    /// A `Vec<Field>` each.
    pub(crate) input_fields: TokenStream,
    pub(crate) output_fields: TokenStream,
    /// From `inputs`, `rows` and `parameters` to a `Result<Computed, _>`.
    pub(crate) transform: TokenStream,
}

/// Reads the parameters, or sees that there are none.
fn read_parameters(function: &Function) -> TokenStream {
    match function.parameters() {
        Some(ty) => quote_spanned! {ty.span()=>
            let parameters = ::plugin_sdk::__private::parameters::<#ty>(&PARAMETERS, parameters)?;
        },
        None => quote! { ::plugin_sdk::__private::no_parameters(parameters)?; },
    }
}

fn parameter_cache(function: &Function) -> Option<TokenStream> {
    let ty = function.parameters()?;
    Some(quote! {
        ::std::thread_local! {
            static PARAMETERS: ::plugin_sdk::__private::ParameterCache<#ty> =
                const { ::plugin_sdk::__private::ParameterCache::new() };
        }
    })
}

/// What the function is called with; `input` gives that of the input at an index.
pub(crate) fn call_arguments(
    function: &Function,
    input: impl Fn(usize) -> TokenStream,
) -> Vec<TokenStream> {
    let mut index = 0;
    let arguments = function.arguments.iter().map(|argument| match argument {
        Argument::Parameters(_) => quote! { &parameters },
        Argument::Input(_) => {
            index += 1;
            input(index - 1)
        }
    });
    arguments.collect()
}
