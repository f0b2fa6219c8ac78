use std::collections::HashSet;

use feature_model::DataType;

use crate::{
    BadBatch,
    guest::{GuestDescription, GuestField},
};

/// What a transform takes and returns under its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// For people: what the transform computes.
    pub documentation: String,
    /// The columns that it takes, in this order.
    pub inputs: Vec<Field>,
    /// The columns that it returns, in this order.
    pub outputs: Vec<Field>,
    /// Whether equal inputs have equal outputs, always.
    pub deterministic: bool,
}

/// One column of a transform.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Its name, in both directions.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// For people.
    pub documentation: String,
}

impl Description {
    /// Whether a column of this name goes in or comes out.
    pub(crate) fn has_column(&self, name: &str) -> bool {
        let mut fields = self.inputs.iter().chain(&self.outputs);
        fields.any(|field| field.name == name)
    }

    pub(crate) fn of(guest: GuestDescription) -> Result<Self, BadBatch> {
        let described = fields(guest.inputs)
            .and_then(|inputs| Ok((inputs, fields(guest.outputs)?)))
            .map_err(|detail| BadBatch::Description { detail })?;
        Ok(Self {
            documentation: guest.documentation,
            inputs: described.0,
            outputs: described.1,
            deterministic: guest.deterministic,
        })
    }
}

/// The names and types of columns, as the checks of batches want them.
pub(crate) fn columns(
    fields: &[Field],
) -> impl ExactSizeIterator<Item = (&str, &DataType)> + Clone {
    fields
        .iter()
        .map(|field| (field.name.as_str(), &field.data_type))
}

fn fields(guest: Vec<GuestField>) -> Result<Vec<Field>, String> {
    let mut names = HashSet::new();
    let mut fields = Vec::with_capacity(guest.len());
    for field in guest {
        if field.name.is_empty() {
            return Err("a column has no name".to_owned());
        }
        if !names.insert(field.name.clone()) {
            return Err(format!("the column `{}` stands there twice", field.name));
        }
        let data_type = field
            .data_type
            .parse()
            .map_err(|error| format!("the column `{}`: {error}", field.name))?;
        fields.push(Field {
            name: field.name,
            data_type,
            documentation: field.documentation,
        });
    }
    Ok(fields)
}
