//! Values that Rust has no type of its own for.

/// Whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

/// A time and the zone it was told in. `Z` is `&str` where texts needn't be copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ZonedTimestamp<Z = String> {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub seconds: i64,
    /// The IANA name of a time zone, or an offset.
    pub zone: Z,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        ///
        /// `T` is `&str` where texts needn't be copied.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name<T = String>(pub T);
    )*};
}

texts! {
    /// The text of a JSON document.
    Json
    /// A UUID, as text.
    Uuid
    /// A UUID that has a time in it, as text.
    TimeUuid
    /// A decimal number, as text.
    Decimal
}

impl<T: AsRef<str>> Json<T> {
    /// Reads the document.
    ///
    /// # Errors
    /// The text is no JSON, or not of this shape.
    pub fn parse<'t, V: serde::Deserialize<'t>>(&'t self) -> Result<V, crate::TransformError> {
        serde_json::from_str(self.0.as_ref())
            .map_err(|error| crate::TransformError::invalid_input(error.to_string()))
    }
}

/// The elements of a set, in the order in which they were stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set<T>(pub Vec<T>);

/// The entries of a map whose keys aren't texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalarMap(pub Vec<(crate::Value, crate::Value)>);
