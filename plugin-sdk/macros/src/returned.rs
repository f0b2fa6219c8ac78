use syn::{Error, Result, ReturnType, Signature, Type};

use crate::types::inner;

/// What a function returns, without the `Result` and `Option` around it.
pub(crate) struct Returned {
    pub(crate) fallible: bool,
    pub(crate) optional: bool,
    pub(crate) ty: Type,
}

impl Returned {
    pub(crate) fn of(signature: &Signature) -> Result<Self> {
        let ReturnType::Type(_, ty) = &signature.output else {
            return Err(returns_nothing(signature));
        };
        let mut ty: &Type = ty;
        let fallible = inner(ty, "Result");
        ty = fallible.unwrap_or(ty);
        let optional = inner(ty, "Option");
        ty = optional.unwrap_or(ty);
        match ty {
            Type::Tuple(tuple) if tuple.elems.is_empty() => Err(returns_nothing(signature)),
            Type::ImplTrait(_) => Err(Error::new_spanned(
                ty,
                "a transform returns a type that can be named: the column's type is told by it",
            )),
            _ => Ok(Self {
                fallible: fallible.is_some(),
                optional: optional.is_some(),
                ty: ty.clone(),
            }),
        }
    }

    /// How many columns a tuple has.
    pub(crate) fn tuple_length(&self) -> Option<usize> {
        match &self.ty {
            Type::Tuple(tuple) => Some(tuple.elems.len()),
            _ => None,
        }
    }
}

fn returns_nothing(signature: &Signature) -> Error {
    let name = &signature.ident;
    let message = format!(
        "the transform `{name}` returns nothing: it returns the value of its output column, such as `-> Option<f64>`"
    );
    Error::new_spanned(&signature.ident, message)
}
