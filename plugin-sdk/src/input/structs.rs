use super::{Input, Nested, Source};
use crate::{
    TransformError,
    bindings::salver::transform::columns::{Structs, Values},
};

/// The structs of an array, whose members are in others.
#[derive(Clone, Copy, Debug)]
pub struct StructSource<'a> {
    source: Source<'a>,
    structs: &'a Structs,
}

impl<'a> StructSource<'a> {
    /// Sees that the values are structs.
    ///
    /// # Errors
    /// They aren't.
    pub fn new(source: Source<'a>) -> Result<Self, TransformError> {
        match source.values() {
            Values::Struct(structs) => Ok(Self { source, structs }),
            _ => Err(source.mismatch("Struct")),
        }
    }

    /// The values of a member.
    ///
    /// # Errors
    /// There is none of that name, or it is of another type.
    pub fn member<T: Input<'a>>(&self, name: &str) -> Result<Nested<'a, T>, TransformError> {
        let mut members = self.structs.members.iter();
        let member = members.find(|member| member.name == name);
        let member = member.ok_or_else(|| {
            TransformError::failed(format!("its structs have no member `{name}`"))
        })?;
        Nested::child(self.source, member.values)
    }
}
