//! Functions that are called for each row.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    function::{Function, Input},
    transform::{Code, call_arguments},
    types::without_lifetimes,
};

pub(crate) fn code(function: &Function) -> Code {
    Code {
        input_fields: input_fields(function),
        output_fields: output_fields(function),
        transform: transform(function),
    }
}

fn input_fields(function: &Function) -> TokenStream {
    let fields = function.inputs().map(|input| {
        let Input {
            column,
            documentation,
            ty,
        } = input;
        let plain = without_lifetimes(ty);
        quote_spanned! {ty.span()=>
            ::plugin_sdk::__private::input::<#plain>(#column, #documentation)
        }
    });
    quote! { ::std::vec![#(#fields),*] }
}

fn output_fields(function: &Function) -> TokenStream {
    let ty = without_lifetimes(&function.returned.ty);
    let names = &function.outputs;
    let fields = quote_spanned! {function.returned.ty.span()=>
        <#ty as ::plugin_sdk::Outputs>::fields(&[#(#names),*])
    };
    if !function.names_outputs || function.returned.tuple_length().is_some() {
        return fields;
    }
    quote! {{
        const _: () = assert!(
            !<#ty as ::plugin_sdk::Outputs>::NAMED,
            "the returned struct names its columns itself: leave `outputs(..)` away"
        );
        #fields
    }}
}

fn transform(function: &Function) -> TokenStream {
    let columns: Vec<Ident> = (0..function.inputs().count())
        .map(|index| format_ident!("column_{index}"))
        .collect();
    let readers = function.inputs().zip(&columns).enumerate();
    let readers = readers.map(|(index, (input, column))| reader(index, input, column));
    let ty = without_lifetimes(&function.returned.ty);
    let names = &function.outputs;
    let row = row(function, &columns);
    quote! {
        #(#readers)*
        let nulls = ::plugin_sdk::__private::NullRows::of(rows, &[#(#columns.required()),*]);
        let mut outputs = <#ty as ::plugin_sdk::Outputs>::writers(rows);
        for row in 0..rows {
            if nulls.has(row) {
                <#ty as ::plugin_sdk::Outputs>::write_null(&mut outputs);
                continue;
            }
            #row
            <#ty as ::plugin_sdk::Outputs>::write(returned, &mut outputs);
        }
        <#ty as ::plugin_sdk::Outputs>::finish(outputs, &[#(#names),*])
    }
}

fn reader(index: usize, input: &Input, variable: &Ident) -> TokenStream {
    let Input { column, ty, .. } = input;
    let plain = without_lifetimes(ty);
    quote_spanned! {ty.span()=>
        let #variable = ::plugin_sdk::__private::argument::<#plain>(inputs, #index, #column)?;
    }
}

/// From the columns to `returned`, the value or values of one row.
fn row(function: &Function, columns: &[Ident]) -> TokenStream {
    let ident = &function.ident;
    let ty = without_lifetimes(&function.returned.ty);
    let arguments = call_arguments(function, |index| {
        let column = &columns[index];
        quote! { #column.get(row)? }
    });
    let unwrap_result = function.returned.fallible.then(|| {
        quote! {
            let returned = match returned {
                ::std::result::Result::Ok(returned) => returned,
                ::std::result::Result::Err(error) => {
                    return ::std::result::Result::Err(::plugin_sdk::__private::failed_at(error, row));
                }
            };
        }
    });
    let unwrap_option = function.returned.optional.then(|| {
        quote! {
            let ::std::option::Option::Some(returned) = returned else {
                <#ty as ::plugin_sdk::Outputs>::write_null(&mut outputs);
                continue;
            };
        }
    });
    quote! {
        let returned = #ident(#(#arguments),*);
        #unwrap_result
        #unwrap_option
    }
}
