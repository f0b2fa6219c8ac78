use proc_macro2::{Span, TokenStream};
use syn::{
    Error, FnArg, Generics, Ident, ItemFn, LitStr, Pat, PatType, Result, Signature, Type,
    Visibility,
};

use crate::{
    attribute::{Options, take, take_text},
    documentation::documentation,
    returned::Returned,
    types::{is_column, without_lifetimes},
};

/// A function that is a transform.
pub(crate) struct Function {
    pub(crate) ident: Ident,
    pub(crate) visibility: Visibility,
    pub(crate) name: String,
    pub(crate) documentation: String,
    pub(crate) deterministic: bool,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) returned: Returned,
    pub(crate) outputs: Vec<String>,
    /// Whether the attribute tells them.
    pub(crate) names_outputs: bool,
}

pub(crate) enum Argument {
    Parameters(TokenStream),
    Input(Box<Input>),
}

/// An argument that is a column, or the value of one.
pub(crate) struct Input {
    pub(crate) column: LitStr,
    pub(crate) documentation: String,
    pub(crate) ty: Type,
}

impl Function {
    /// Reads a function, and takes out of it what only the macro understands.
    pub(crate) fn read(options: Options, item: &mut ItemFn) -> Result<Self> {
        // First of all, so that what is left compiles even where something else is wrong.
        let arguments = read_arguments(&mut item.sig);
        check_signature(&item.sig)?;
        let arguments = arguments?;
        let returned = Returned::of(&item.sig)?;
        let ident = item.sig.ident.clone();
        let name = options
            .name
            .as_ref()
            .map_or(ident.to_string(), LitStr::value);
        check_outputs(&options.outputs, &returned, &ident)?;
        check_names(&options.outputs)?;
        let outputs = match &*options.outputs {
            [] => vec![name.clone()],
            names => names.iter().map(LitStr::value).collect(),
        };
        Ok(Self {
            visibility: item.vis.clone(),
            documentation: documentation(&item.attrs),
            deterministic: !options.nondeterministic,
            names_outputs: !options.outputs.is_empty(),
            ident,
            name,
            arguments,
            returned,
            outputs,
        })
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Input> {
        self.arguments.iter().filter_map(|argument| match argument {
            Argument::Input(input) => Some(&**input),
            Argument::Parameters(_) => None,
        })
    }

    pub(crate) fn parameters(&self) -> Option<&TokenStream> {
        self.arguments.iter().find_map(|argument| match argument {
            Argument::Parameters(ty) => Some(ty),
            Argument::Input(_) => None,
        })
    }

    /// Whether it is called with columns, and not with the values of a row.
    pub(crate) fn takes_columns(&self) -> Result<bool> {
        let Some(column) = self.inputs().find(|input| is_column(&input.ty)) else {
            return Ok(false);
        };
        match self.inputs().find(|input| !is_column(&input.ty)) {
            None => Ok(true),
            Some(row) => Err(Error::new_spanned(
                &row.ty,
                format!(
                    "`{}` is a value of a row and `{}` a column: take columns in all arguments, or in none",
                    row.column.value(),
                    column.column.value()
                ),
            )),
        }
    }
}

fn check_signature(signature: &Signature) -> Result<()> {
    let name = &signature.ident;
    let refuse =
        |span: Span, why: &str| Err(Error::new(span, format!("the transform `{name}` {why}")));
    if let Some(token) = &signature.asyncness {
        return refuse(
            token.span,
            "can't be `async`: there is nothing to wait for in a plugin",
        );
    }
    if let Some(token) = &signature.unsafety {
        return refuse(token.span, "can't be `unsafe`");
    }
    match other_than_lifetime(&signature.generics) {
        None => Ok(()),
        Some(span) => refuse(
            span,
            "can't be generic: its columns have one type each; write a function that is not, and call the generic one \
             from it",
        ),
    }
}

fn other_than_lifetime(generics: &Generics) -> Option<Span> {
    let of_type = generics.type_params().map(|param| param.ident.span());
    let of_const = generics.const_params().map(|param| param.ident.span());
    of_type.chain(of_const).next()
}

fn read_arguments(signature: &mut Signature) -> Result<Vec<Argument>> {
    let name = signature.ident.clone();
    let mut arguments = Vec::new();
    let mut failed: Option<Error> = None;
    for argument in &mut signature.inputs {
        match read_argument(argument, &name) {
            Ok(argument) => arguments.push(argument),
            Err(error) => match &mut failed {
                None => failed = Some(error),
                Some(failed) => failed.combine(error),
            },
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    check_arguments(&arguments)?;
    Ok(arguments)
}

fn check_arguments(arguments: &[Argument]) -> Result<()> {
    let columns = arguments.iter().filter_map(|argument| match argument {
        Argument::Input(input) => Some(&input.column),
        Argument::Parameters(_) => None,
    });
    let columns: Vec<LitStr> = columns.cloned().collect();
    check_names(&columns)?;
    let mut parameters = arguments.iter().filter_map(|argument| match argument {
        Argument::Parameters(ty) => Some(ty),
        Argument::Input(_) => None,
    });
    match parameters.nth(1) {
        None => Ok(()),
        Some(second) => Err(Error::new_spanned(
            second,
            "there is one set of parameters: mark one argument with `#[parameters]`",
        )),
    }
}

fn read_argument(argument: &mut FnArg, function: &Ident) -> Result<Argument> {
    let FnArg::Typed(argument) = argument else {
        let message =
            format!("the transform `{function}` can't be a method: it is a function of columns");
        return Err(Error::new_spanned(argument, message));
    };
    let documentation = documentation(&argument.attrs);
    argument
        .attrs
        .retain(|attribute| !attribute.path().is_ident("doc"));
    let column = take_text(&mut argument.attrs, "column")?;
    let parameters = take(&mut argument.attrs, "parameters");
    if let Some(unknown) = argument.attrs.iter().find(|it| !is_compilers(it.path())) {
        return Err(Error::new_spanned(
            unknown,
            "arguments of transforms have `#[column(\"..\")]` and `#[parameters]`",
        ));
    }
    if parameters.is_some() {
        return read_parameters(argument);
    }
    if let Type::ImplTrait(_) = &*argument.ty {
        let message =
            format!("the transform `{function}` can't be generic: name the type of the column");
        return Err(Error::new_spanned(&argument.ty, message));
    }
    Ok(Argument::Input(Box::new(Input {
        column: column.map_or_else(|| argument_name(argument), Ok)?,
        documentation,
        ty: (*argument.ty).clone(),
    })))
}

fn is_compilers(path: &syn::Path) -> bool {
    ["allow", "expect", "warn", "deny", "forbid"]
        .iter()
        .any(|name| path.is_ident(name))
}

fn read_parameters(argument: &PatType) -> Result<Argument> {
    match &*argument.ty {
        Type::Reference(reference) if reference.mutability.is_none() => {
            Ok(Argument::Parameters(without_lifetimes(&reference.elem)))
        }
        other => Err(Error::new_spanned(
            other,
            "take the parameters by reference, such as `#[parameters] options: &Options`: they are read once for many \
             calls",
        )),
    }
}

fn argument_name(argument: &PatType) -> Result<LitStr> {
    match &*argument.pat {
        Pat::Ident(pat) => {
            let name = pat.ident.to_string();
            let name = name.trim_start_matches("r#").trim_start_matches('_');
            Ok(LitStr::new(name, pat.ident.span()))
        }
        other => Err(Error::new_spanned(
            other,
            "give the argument a name, which is the column's, or name the column with `#[column(\"..\")]`",
        )),
    }
}

fn check_names(names: &[LitStr]) -> Result<()> {
    for (index, name) in names.iter().enumerate() {
        let text = name.value();
        if text.is_empty() {
            return Err(Error::new(name.span(), "a column has a name"));
        }
        if names[..index].iter().any(|earlier| earlier.value() == text) {
            let message = format!("there are two columns `{text}`");
            return Err(Error::new(name.span(), message));
        }
    }
    Ok(())
}

fn check_outputs(names: &[LitStr], returned: &Returned, function: &Ident) -> Result<()> {
    let named = names.len();
    let message = match (returned.tuple_length(), named) {
        (Some(columns), _) if columns == named => return Ok(()),
        (None, 0 | 1) => return Ok(()),
        (Some(columns), 0) => format!(
            "the transform `{function}` returns {columns} columns: name them, `#[transform(outputs(\"..\", ..))]`, or \
             return a struct with `#[derive(Outputs)]`"
        ),
        (Some(columns), named) => {
            format!("the transform `{function}` returns {columns} columns, and {named} are named")
        }
        (None, named) => format!(
            "the transform `{function}` returns one column, and {named} are named: return a tuple, or a struct with \
             `#[derive(Outputs)]`, which names them itself"
        ),
    };
    Err(Error::new_spanned(&returned.ty, message))
}
