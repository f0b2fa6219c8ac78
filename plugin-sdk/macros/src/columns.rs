//! Functions that are called once, with whole columns.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Type, spanned::Spanned};

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
        let plain = without_lifetimes(referred(ty));
        quote_spanned! {ty.span()=>
            <#plain>::__field(#column, #documentation)
        }
    });
    quote! { ::std::vec![#(#fields),*] }
}

fn output_fields(function: &Function) -> TokenStream {
    let ty = without_lifetimes(&function.returned.ty);
    let names = &function.outputs;
    quote_spanned! {function.returned.ty.span()=>
        <#ty as ::plugin_sdk::OutputColumns>::fields(&[#(#names),*])
    }
}

fn transform(function: &Function) -> TokenStream {
    let columns: Vec<Ident> = (0..function.inputs().count())
        .map(|index| format_ident!("column_{index}"))
        .collect();
    let inputs: Vec<&Input> = function.inputs().collect();
    let readers = inputs.iter().zip(&columns).enumerate();
    let readers = readers.map(|(index, (input, column))| reader(index, input, column));
    let arguments = call_arguments(function, |index| {
        let column = &columns[index];
        match &inputs[index].ty {
            Type::Reference(_) => quote! { &#column },
            _ => quote! { #column },
        }
    });
    let ident = &function.ident;
    let ty = without_lifetimes(&function.returned.ty);
    let names = &function.outputs;
    let unwrap_result = function
        .returned
        .fallible
        .then(|| quote! { .map_err(::plugin_sdk::TransformError::from)? });
    quote! {
        #(#readers)*
        let returned = #ident(#(#arguments),*) #unwrap_result;
        <#ty as ::plugin_sdk::OutputColumns>::finish(returned, rows, &[#(#names),*])
    }
}

fn reader(index: usize, input: &Input, variable: &Ident) -> TokenStream {
    let Input { column, ty, .. } = input;
    let plain = without_lifetimes(referred(ty));
    quote_spanned! {ty.span()=>
        let #variable = <#plain>::__new(inputs, #index, #column, rows)?;
    }
}

fn referred(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    }
}
