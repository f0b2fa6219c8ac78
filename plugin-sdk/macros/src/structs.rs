use proc_macro2::TokenStream;
use quote::quote;
use syn::{Ident, Index, Lifetime, LitStr, Type, parse_quote};

use crate::fields::Struct;

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    Struct::read("Struct", item, "member").map_or_else(syn::Error::into_compile_error, |read| {
        let parts = Parts::of(&read);
        let (input, output, element) = (parts.input(), parts.output(), parts.element());
        quote! { #input #output #element }
    })
}

struct Parts<'r> {
    read: &'r Struct,
    names: Vec<&'r LitStr>,
    idents: Vec<&'r Ident>,
    types: Vec<&'r Type>,
    index: Vec<Index>,
}

impl<'r> Parts<'r> {
    fn of(read: &'r Struct) -> Self {
        let fields = &read.fields;
        Self {
            read,
            names: fields.iter().map(|field| &field.name).collect(),
            idents: fields.iter().map(|field| &field.ident).collect(),
            types: fields.iter().map(|field| &field.ty).collect(),
            index: (0..fields.len()).map(Index::from).collect(),
        }
    }

    /// `Struct({name: String, age: Int64})`, by a trait that tells the types of members.
    fn data_type(&self, of: &TokenStream) -> TokenStream {
        let (names, types) = (&self.names, &self.types);
        quote! {
            let members = [#((#names, <#types as #of>::data_type())),*];
            let members = members.map(|(name, data_type)| ::std::format!("{name}: {data_type}"));
            ::std::format!("Struct({{{}}})", members.join(", "))
        }
    }

    fn input(&self) -> TokenStream {
        let Self {
            names,
            idents,
            types,
            index,
            read,
        } = self;
        let ident = &read.item.ident;
        let (_, arguments, _) = read.item.generics.split_for_impl();
        let own = read.item.generics.lifetimes().next();
        let lifetime: Lifetime =
            own.map_or_else(|| parse_quote!('column), |own| own.lifetime.clone());
        let data_type = self.data_type(&quote! { ::plugin_sdk::Input<#lifetime> });
        quote! {
            #[automatically_derived]
            impl<#lifetime> ::plugin_sdk::Input<#lifetime> for #ident #arguments {
                const CAN_FAIL: bool = true;
                type Reader = (#(::plugin_sdk::__private::Nested<#lifetime, #types>,)*);

                fn data_type() -> ::std::string::String {
                    #data_type
                }

                fn reader(
                    source: ::plugin_sdk::__private::Source<#lifetime>,
                ) -> ::std::result::Result<Self::Reader, ::plugin_sdk::TransformError> {
                    let structs = ::plugin_sdk::__private::StructSource::new(source)?;
                    ::std::result::Result::Ok((#(structs.member::<#types>(#names)?,)*))
                }

                #[inline]
                fn read(
                    reader: &Self::Reader,
                    index: usize,
                ) -> ::std::result::Result<Self, ::plugin_sdk::TransformError> {
                    ::std::result::Result::Ok(Self { #(#idents: reader.#index.read(index)?),* })
                }
            }
        }
    }

    fn output(&self) -> TokenStream {
        let Self {
            names,
            idents,
            types,
            index,
            read,
        } = self;
        let ident = &read.item.ident;
        let (generics, arguments, _) = read.item.generics.split_for_impl();
        let data_type = self.data_type(&quote! { ::plugin_sdk::Output });
        quote! {
            #[automatically_derived]
            impl #generics ::plugin_sdk::Output for #ident #arguments {
                type Writer = ::plugin_sdk::__private::StructWriter<(#(<#types as ::plugin_sdk::Output>::Writer,)*)>;

                fn data_type() -> ::std::string::String {
                    #data_type
                }

                fn writer(capacity: usize) -> Self::Writer {
                    ::plugin_sdk::__private::StructWriter::new((
                        #(<#types as ::plugin_sdk::Output>::writer(capacity),)*
                    ))
                }

                #[inline]
                fn write(self, writer: &mut Self::Writer) {
                    let members = writer.value();
                    #(::plugin_sdk::Output::write(self.#idents, &mut members.#index);)*
                }

                fn write_null(writer: &mut Self::Writer) {
                    let members = writer.null();
                    #(<#types as ::plugin_sdk::Output>::write_null(&mut members.#index);)*
                }

                fn finish(
                    writer: Self::Writer,
                    children: &mut ::plugin_sdk::__private::Children,
                ) -> ::std::result::Result<::plugin_sdk::__private::Array, ::plugin_sdk::TransformError> {
                    writer.finish(children, [#(#names),*], |members, children| {
                        ::std::result::Result::Ok([#(
                            children.add(|children| <#types as ::plugin_sdk::Output>::finish(members.#index, children))?
                        ),*])
                    })
                }
            }
        }
    }

    fn element(&self) -> TokenStream {
        let ident = &self.read.item.ident;
        let (generics, arguments, _) = self.read.item.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #generics ::plugin_sdk::Element for #ident #arguments {}
        }
    }
}
