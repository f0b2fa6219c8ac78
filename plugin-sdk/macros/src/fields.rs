//! What both derives read of a struct.

use proc_macro2::TokenStream;
use syn::{
    Data, DeriveInput, Error, Fields, Ident, LitStr, Result, Type, parse2, spanned::Spanned,
};

use crate::{attribute::take_text, documentation::documentation};

/// A struct with named fields.
pub(crate) struct Struct {
    pub(crate) item: DeriveInput,
    pub(crate) fields: Vec<Field>,
}

pub(crate) struct Field {
    pub(crate) ident: Ident,
    pub(crate) name: LitStr,
    pub(crate) documentation: String,
    pub(crate) ty: Type,
}

impl Struct {
    /// Reads it; `attribute` is the one that names a field otherwise.
    pub(crate) fn read(derive: &str, item: TokenStream, attribute: &str) -> Result<Self> {
        let item: DeriveInput = parse2(item)?;
        let refuse = |what: &str| {
            let message = format!(
                "`#[derive({derive})]` is for structs with named fields, and `{}` {what}",
                item.ident
            );
            Err(Error::new(item.ident.span(), message))
        };
        let Data::Struct(data) = &item.data else {
            return refuse("is none");
        };
        let Fields::Named(named) = &data.fields else {
            return refuse("has no names for them");
        };
        if named.named.is_empty() {
            return refuse("has no fields");
        }
        if item.generics.type_params().next().is_some()
            || item.generics.lifetimes().nth(1).is_some()
        {
            return refuse("is generic: it may have one lifetime, and nothing else");
        }
        let fields = named.named.iter().cloned();
        let fields = fields.map(|field| read_field(field, attribute));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        check_names(&fields)?;
        Ok(Self { item, fields })
    }
}

fn read_field(mut field: syn::Field, attribute: &str) -> Result<Field> {
    let name = take_text(&mut field.attrs, attribute)?;
    let span = field.span();
    let ident = field
        .ident
        .ok_or_else(|| Error::new(span, "the field has no name"))?;
    let own = || LitStr::new(ident.to_string().trim_start_matches("r#"), ident.span());
    Ok(Field {
        name: name.unwrap_or_else(own),
        documentation: documentation(&field.attrs),
        ty: field.ty,
        ident,
    })
}

fn check_names(fields: &[Field]) -> Result<()> {
    for (index, field) in fields.iter().enumerate() {
        let name = field.name.value();
        if fields[..index]
            .iter()
            .any(|earlier| earlier.name.value() == name)
        {
            let message = format!("there are two fields `{name}`");
            return Err(Error::new(field.name.span(), message));
        }
    }
    Ok(())
}
