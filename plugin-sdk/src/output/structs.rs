use super::{Children, Nulls, check_length, clamped};
use crate::{
    TransformError,
    bindings::salver::transform::columns::{Array, StructMember, Structs, Values},
};

/// Structs that are being collected; `W` holds the writers of their members.
#[derive(Debug, Default)]
pub struct StructWriter<W> {
    length: usize,
    nulls: Nulls,
    members: W,
}

impl<W> StructWriter<W> {
    /// None yet.
    pub fn new(members: W) -> Self {
        Self {
            length: 0,
            nulls: Nulls::default(),
            members,
        }
    }

    /// Adds a struct, whose members are to be written.
    pub fn value(&mut self) -> &mut W {
        self.nulls.push_valid();
        self.length += 1;
        &mut self.members
    }

    /// Adds a null; to each member one is to be written, too.
    pub fn null(&mut self) -> &mut W {
        self.nulls.push_null(self.length);
        self.length += 1;
        &mut self.members
    }

    /// Ends it. `finish` gives a member's values for each name.
    ///
    /// # Errors
    /// A member is larger than a column can be.
    pub fn finish<const N: usize>(
        self,
        children: &mut Children,
        names: [&str; N],
        finish: impl FnOnce(W, &mut Children) -> Result<[u32; N], TransformError>,
    ) -> Result<Array, TransformError> {
        check_length(self.length)?;
        let places = finish(self.members, children)?;
        let members = names.into_iter().zip(places);
        let members = members.map(|(name, values)| StructMember {
            name: name.to_owned(),
            values,
        });
        Ok(self.nulls.array(Values::Struct(Structs {
            length: clamped(self.length),
            members: members.collect(),
        })))
    }
}
