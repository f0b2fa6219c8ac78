use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type};

/// The type with each of the function's lifetimes left to the compiler: the names mean nothing outside of it.
pub(crate) fn without_lifetimes(ty: &Type) -> TokenStream {
    anonymous(ty.to_token_stream())
}

fn anonymous(tokens: TokenStream) -> TokenStream {
    let mut after_quote = false;
    let replaced = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(name) if after_quote => {
            after_quote = false;
            let kept = if name == "static" { "static" } else { "_" };
            TokenTree::Ident(lifetime_name(kept, name.span()))
        }
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), anonymous(group.stream()));
            inside.set_span(group.span());
            TokenTree::Group(inside)
        }
        TokenTree::Punct(punct) => {
            after_quote = punct.as_char() == '\'';
            TokenTree::Punct(punct)
        }
        other => other,
    });
    replaced.collect()
}

fn lifetime_name(name: &str, span: Span) -> Ident {
    Ident::new(name, span)
}

/// The inner type of `Name<Inner, ..>`, whatever path leads to `Name`.
pub(crate) fn inner<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let segment = last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    let first = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    });
    first.filter(|_| segment.ident == name)
}

/// Whether the type, or what it refers to, is a `Column`.
pub(crate) fn is_column(ty: &Type) -> bool {
    let ty = match ty {
        Type::Reference(reference) => &reference.elem,
        ty => ty,
    };
    last_segment(ty).is_some_and(|segment| segment.ident == "Column")
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Paren(paren) => last_segment(&paren.elem),
        Type::Group(group) => last_segment(&group.elem),
        _ => None,
    }
}
