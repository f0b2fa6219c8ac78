use syn::{
    Attribute, Error, Ident, LitBool, LitStr, Result, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

/// What stands in `#[transform(..)]`.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<LitStr>,
    pub(crate) outputs: Vec<LitStr>,
    pub(crate) nondeterministic: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            options.parse_one(input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn parse_one(&mut self, input: ParseStream<'_>) -> Result<()> {
        let key: Ident = input.parse()?;
        match key.to_string().as_str() {
            "name" => {
                input.parse::<Token![=]>()?;
                self.name = Some(input.parse()?);
            }
            "outputs" => {
                let names;
                parenthesized!(names in input);
                let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&names)?;
                self.outputs = names.into_iter().collect();
            }
            "deterministic" => {
                input.parse::<Token![=]>()?;
                self.nondeterministic = !input.parse::<LitBool>()?.value;
            }
            other => {
                let message = format!(
                    "`{other}` is no option of `transform`; there are `name = \"..\"`, `outputs(\"..\", ..)` and \
                     `deterministic = false`"
                );
                return Err(Error::new(key.span(), message));
            }
        }
        Ok(())
    }
}

/// Takes `#[name("..")]` out of attributes.
pub(crate) fn take_text(attributes: &mut Vec<Attribute>, name: &str) -> Result<Option<LitStr>> {
    let Some(attribute) = take(attributes, name) else {
        return Ok(None);
    };
    let text = attribute.parse_args::<LitStr>();
    text.map(Some)
        .map_err(|_| Error::new_spanned(attribute, format!("write a name: `#[{name}(\"..\")]`")))
}

/// Takes an attribute out of others.
pub(crate) fn take(attributes: &mut Vec<Attribute>, name: &str) -> Option<Attribute> {
    let place = attributes
        .iter()
        .position(|attribute| attribute.path().is_ident(name))?;
    Some(attributes.remove(place))
}
