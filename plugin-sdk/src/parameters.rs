//! A view's parameters: a JSON object that an author's struct is read from.

use std::{cell::RefCell, rc::Rc, thread::LocalKey};

use serde::de::DeserializeOwned;

use crate::TransformError;

/// The parameters that an instance was called with last, so that equal ones aren't read again.
#[derive(Debug)]
pub struct ParameterCache<P>(RefCell<Option<(String, Rc<P>)>>);

impl<P> ParameterCache<P> {
    /// One that holds nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(RefCell::new(None))
    }
}

impl<P> Default for ParameterCache<P> {
    fn default() -> Self {
        Self::new()
    }
}

/// What a transform's parameters can be read as: anything that serde reads, and that borrows nothing.
#[diagnostic::on_unimplemented(
    message = "parameters can't be read as `{Self}`",
    label = "serde can't read this type",
    note = "write `#[derive(serde::Deserialize)]` above it"
)]
pub trait Parameters: DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<P: DeserializeOwned> Parameters for P {}

/// The parameters that a text tells.
///
/// # Errors
/// They aren't a JSON object of this shape.
pub fn parameters<P: Parameters>(
    cache: &'static LocalKey<ParameterCache<P>>,
    text: &str,
) -> Result<Rc<P>, TransformError> {
    cache.with(|cache| {
        let mut cached = cache.0.borrow_mut();
        if let Some((known, parameters)) = &*cached
            && known == text
        {
            return Ok(Rc::clone(parameters));
        }
        let parameters = Rc::new(read(text)?);
        *cached = Some((text.to_owned(), Rc::clone(&parameters)));
        Ok(parameters)
    })
}

fn read<P: DeserializeOwned>(text: &str) -> Result<P, TransformError> {
    if !text.trim_start().starts_with('{') {
        return Err(TransformError::invalid_parameters(
            "the parameters are no JSON object",
        ));
    }
    serde_json::from_str(text)
        .map_err(|error| TransformError::invalid_parameters(format!("the parameters: {error}")))
}

/// Checks the parameters of a transform that takes none.
///
/// # Errors
/// There are some.
pub fn no_parameters(text: &str) -> Result<(), TransformError> {
    // What the gateway writes.
    if text == "{}" {
        return Ok(());
    }
    let inside = text.trim().strip_prefix('{');
    let inside = inside.and_then(|text| text.strip_suffix('}'));
    if inside.is_some_and(|inside| inside.trim().is_empty()) {
        return Ok(());
    }
    Err(TransformError::invalid_parameters(
        "this transform takes no parameters: leave them away",
    ))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{ParameterCache, no_parameters, parameters};
    use crate::Failure;

    #[derive(Debug, serde::Deserialize)]
    struct Buckets {
        buckets: u32,
    }

    std::thread_local! {
        static CACHE: ParameterCache<Buckets> = const { ParameterCache::new() };
    }

    #[test]
    fn equal_texts_are_read_once() {
        let first = parameters(&CACHE, r#"{"buckets": 3}"#).unwrap();
        let second = parameters(&CACHE, r#"{"buckets": 3}"#).unwrap();
        assert!(Rc::ptr_eq(&first, &second));
        assert_eq!(parameters(&CACHE, r#"{"buckets": 4}"#).unwrap().buckets, 4);
        assert_eq!(parameters(&CACHE, r#"{"buckets": 3}"#).unwrap().buckets, 3);
    }

    #[test]
    fn what_is_no_object_of_the_shape_is_told() {
        for (text, message) in [
            (
                "{}",
                "the parameters: missing field `buckets` at line 1 column 2",
            ),
            ("[3]", "the parameters are no JSON object"),
            ("", "the parameters are no JSON object"),
        ] {
            let error = parameters(&CACHE, text).unwrap_err();
            assert_eq!(error.failure(), Failure::InvalidParameters);
            assert_eq!(error.message(), message);
        }
    }

    #[test]
    fn no_parameters_is_an_empty_object() {
        assert!(no_parameters("{}").is_ok());
        assert!(no_parameters(" { \n } ").is_ok());
        for text in ["", "{", "}", "[]", r#"{"a": 1}"#, "null"] {
            assert!(no_parameters(text).is_err(), "{text}");
        }
    }
}
