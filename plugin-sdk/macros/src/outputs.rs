use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Index, LitStr, Type};

use crate::fields::Struct;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    Struct::read("Outputs", item, "column")
        .map_or_else(syn::Error::into_compile_error, |read| implementation(&read))
}

fn implementation(read: &Struct) -> TokenStream {
    let ident = &read.item.ident;
    let (generics, arguments, _) = read.item.generics.split_for_impl();
    let fields = &read.fields;
    let names: Vec<&LitStr> = fields.iter().map(|field| &field.name).collect();
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let types: Vec<&Type> = fields.iter().map(|field| &field.ty).collect();
    let documentation = fields.iter().map(|field| &field.documentation);
    let columns = fields.len();
    let index: Vec<Index> = (0..columns).map(Index::from).collect();
    quote! {
        #[automatically_derived]
        impl #generics ::plugin_sdk::Outputs for #ident #arguments {
            const NAMED: bool = true;
            type Writers = (#(<#types as ::plugin_sdk::Output>::Writer,)*);

            fn fields(_: &[&str]) -> ::std::vec::Vec<::plugin_sdk::__private::Field> {
                ::std::vec![#(::plugin_sdk::__private::field::<#types>(#names, #documentation)),*]
            }

            fn writers(capacity: usize) -> Self::Writers {
                (#(<#types as ::plugin_sdk::Output>::writer(capacity),)*)
            }

            #[inline]
            fn write(self, writers: &mut Self::Writers) {
                #(::plugin_sdk::Output::write(self.#idents, &mut writers.#index);)*
            }

            #[inline]
            fn write_null(writers: &mut Self::Writers) {
                #(<#types as ::plugin_sdk::Output>::write_null(&mut writers.#index);)*
            }

            fn finish(
                writers: Self::Writers,
                _: &[&str],
            ) -> ::std::result::Result<::plugin_sdk::__private::Computed, ::plugin_sdk::TransformError> {
                let mut computed = ::plugin_sdk::__private::ComputedWriter::of(#columns);
                #(computed.add(#names, |children| {
                    <#types as ::plugin_sdk::Output>::finish(writers.#index, children)
                })?;)*
                ::std::result::Result::Ok(computed.finish())
            }
        }
    }
}
